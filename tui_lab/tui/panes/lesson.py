"""The lesson of an experiment as Markdown: its notes.md, or what its declaration says."""

from __future__ import annotations

from importlib.resources import files

from tui_lab.experiment import Experiment

NOTES = "notes.md"


def lesson(experiment: Experiment) -> str:
    """The page to show; the notes lie beside the program."""
    return _notes(experiment) or _declared(experiment)


def _notes(experiment: Experiment) -> str:
    package = experiment.program.partition(":")[0].rpartition(".")[0]
    if not package:
        return ""  # a file of the user's own
    try:
        return files(package).joinpath(NOTES).read_text("utf-8")
    except (FileNotFoundError, ModuleNotFoundError):
        return ""


def _declared(experiment: Experiment) -> str:
    parts = [f"# {experiment.title}", experiment.summary]
    parts += ["## Metrics", *(f"- `{m.key}`: {m.help}" for m in experiment.metrics)]
    pictures = [f"- {p.title}: {p.help}" for p in experiment.pictures if p.help]
    return "\n\n".join([*parts, "## Pictures", *pictures] if pictures else parts)
