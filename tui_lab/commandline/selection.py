"""The run a command is about, named by its whole name or the beginning of it."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from tui_lab.commandline.parser import Parser, word
from tui_lab.commandline.request import Chosen, choose_experiment, own_path
from tui_lab.config import runs_directory
from tui_lab.errors import RunError, UsageError
from tui_lab.plugins import load_experiment
from tui_lab.run import SOURCE, only_looked_at
from tui_lab.runs.catalogue import Catalogue
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.source import change_since
from tui_lab.versions import current_versions
from tui_lab.worker.own_file import OwnFile, file_digest


def add_run(parser: Parser) -> None:
    """Declares RUN."""
    parser.add_argument("run", nargs="?", metavar="RUN", help="its name, or the beginning of it")


def catalogue() -> Catalogue:
    """The runs at home."""
    return Catalogue(runs_directory())


def find_run(arguments: Namespace, runs: Catalogue, command: str) -> RunDirectory:
    """The run named in the arguments; raises `UsageError` or `RunNotFound`."""
    return runs.find(word(arguments, "run", f"{command} needs a run; see tui-lab runs."))


def own_experiment(run: RunDirectory, file: str | None, command: str) -> Chosen | None:
    """The experiment in the file that a person named, None for an installed one. What a run's
    directory names is never run by itself."""
    request = run.request()
    if file is None and request.plugin:
        raise UsageError(
            f"{run.id} was made from a file, {request.plugin}, which is not run unasked; "
            f"tui-lab {command} {run.id} FILE.py names it."
        )
    if file is None:
        return None
    if not request.plugin:
        raise UsageError(f"{run.id} is of the installed {request.experiment}; leave {file} out.")
    if request.sha256:
        return _as_it_was(run, own_path(file), command)
    own = choose_experiment(file)
    if own.experiment.name != request.experiment:
        raise UsageError(
            f"{file} declares {own.experiment.name}; {run.id} is a run of {request.experiment}."
        )
    return own


def _as_it_was(run: RunDirectory, file: Path, command: str) -> Chosen:
    """What the run was made of: the file it names, unless that was edited since, or what the run
    kept of it. Another file of the same text may lie beside other modules."""
    request, kept = run.request(), run.path / SOURCE
    what = "is another file"
    if str(file) in (request.plugin, str(kept)):
        what = change_since(request) if str(file) == request.plugin else ""
    if what or request.declared is None or file_digest(file) != request.sha256:
        raise UsageError(
            f"{file} {what or 'is not what it was'}; as {run.id} was made of {request.plugin}: "
            f"tui-lab {command} {run.id} {kept}."
        )
    own = OwnFile(file, request.sha256, request.declaration or {}, known_as=request.plugin)
    return Chosen(request.declared, request.plugin, own)


def split_file(words: Sequence[str]) -> tuple[str | None, list[str]]:
    """The FILE.py among words, None where there is none, and the others."""
    files = [word for word in words if word.endswith(".py") and "=" not in word]
    if len(files) > 1:
        raise UsageError(f"{files[0]} and {files[1]} are two files; one declares the experiment.")
    return next(iter(files), None), [word for word in words if word not in files]


def require_ended(run: RunDirectory) -> None:
    """Raises `RunError` for a run that goes on."""
    if not (status := run.status()).is_finished:
        raise RunError(f"{run.id} is {status}; tui-lab attach {run.id} opens the lab on it.")


def trained_experiment(run: RunDirectory, file: str | None, command: str) -> Chosen:
    """The experiment whose steps are to be taken again or further, by code that a person chose:
    installed, or in the file named. Raises `TuiLabError` where that is not the run's own, or takes
    no steps."""
    request = run.request()
    if request.imported:
        raise UsageError(only_looked_at(run.id, request.imported))
    chosen = own_experiment(run, file, command) or Chosen(load_experiment(request.experiment))
    if (request.program, request.plugin) != (chosen.experiment.program, chosen.plugin):
        made_of = request.plugin or request.program
        known = chosen.plugin or chosen.experiment.program
        raise RunError(f"{run.id} was made of {made_of}, which is not {known}.")
    if chosen.experiment.demonstration:
        raise UsageError(f"{run.id} is a demonstration: it takes no steps to {command}.")
    return chosen


def other_versions(run: RunDirectory) -> list[str]:
    """A sentence that names what has another version than when the run was made, if anything."""
    made, present = run.request().versions, current_versions()
    other = [
        f"{name} {made[name]} (now {version})"
        for name, version in present.items()
        if made.get(name, version) != version
    ]
    return [f"{run.id} was made with {', '.join(other)}: numbers may differ."] * bool(other)
