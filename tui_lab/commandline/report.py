"""What came of a run, for a person: charts of its curves, its metrics, and where to find it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui_lab.commandline.console import Console
from tui_lab.commandline.request import declared
from tui_lab.commandline.result import run_result
from tui_lab.commandline.table import elapsed_text, number_text, table
from tui_lab.experiment import Experiment
from tui_lab.lineage import run_card
from tui_lab.run import RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.view_models.card import typed
from tui_lab.view_models.divergence import diverged_at, diverged_words
from tui_lab.view_models.number_format import percent
from tui_lab.watching import undeclared

if TYPE_CHECKING:  # numpy comes with it
    from tui_lab.view_models.run import RunView

_MOST = 30
"""Metrics shown: a run whose experiment is not known has all of its parameters among them."""


def fold_log(run: RunDirectory, experiment: Experiment | None = None) -> RunView:
    """All that the run's log says; `experiment` is its declaration, where that comes from a file
    that a person has named."""
    from tui_lab.history import folded  # numpy comes with it, and `--help` must not wait for that

    return folded(run, experiment or _declared(run))


def print_report(run: RunDirectory, view: RunView, console: Console) -> None:
    """Charts, final metrics, the run's name and how to see it again, on stdout."""
    result = run_result(run, view)
    experiment = view.experiment
    # Textual comes with it, and no other output needs that.
    from tui_lab.commandline.charts import draw_curves

    for row in draw_curves(view, experiment, console):
        console.print_drawing(row)
    console.print(headline(result))
    if metrics := _metrics(result, experiment):
        console.print(table(metrics[:_MOST], indent="  ", width=console.columns))
    if len(metrics) > _MOST:
        rest = f"  and {len(metrics) - _MOST:,} more: tui-lab show {run.id} --json"
        console.print(rest)
    request = run.request()
    again = [("kept in", str(run.path)), ("to see it again", f"tui-lab show {run.id}")]
    unknown = request.plugin and request.declaration is None
    file = " FILE.py" if unknown else ""  # which of them is for a person to say
    again.append(("in the lab", f"tui-lab attach {run.id}{file}"))
    if view.pace.lab_share is not None:
        again.insert(0, ("the lab itself took", f"{percent(view.pace.lab_share)} of the time"))
    if request.parent:
        again.append(("branched from", f"{request.parent} after step {request.parent_step:,}"))
    console.print(table(again, indent="  "))
    print_card(run, experiment, console)


def print_card(run: RunDirectory, experiment: Experiment | None, console: Console) -> None:
    """The command that makes the run again, whole, on a line of its own: it is there to be copied.
    What it does not repeat is a comment to a shell."""
    card = run_card(run, experiment)
    console.print(f"  to make it again\n{card.command}")
    if card.remark:
        console.print(f"# {card.remark}")


def print_hyperparameters(run: RunDirectory, console: Console) -> None:
    """The chosen values, those that are not the defaults marked."""
    request, experiment = run.request(), _declared(run)
    defaults = experiment.to_json(experiment.defaults) if experiment else {}
    rows = [
        (
            _label(experiment, name),
            typed(experiment, name, value),
            ""
            if name not in defaults or value == defaults[name]
            else f"default {typed(experiment, name, defaults[name])}",
        )
        for name, value in request.hyperparameters.items()
    ]
    if rows:
        console.print("hyperparameters")
        console.print(table(rows, indent="  ", width=console.columns))


def say_complaint(run: RunDirectory, console: Console) -> None:
    """What is wrong with a run that neither failed nor crashed, on stderr."""
    complaint = run.status_record().error
    if complaint and run.status() not in (RunStatus.FAILED, RunStatus.CRASHED):
        console.say(complaint)


def print_trouble(run: RunDirectory, view: RunView, console: Console) -> None:
    """Why a run failed or crashed, on stderr; nothing for one that did not."""
    if run.status() not in (RunStatus.FAILED, RunStatus.CRASHED):
        return
    result = run_result(run, view)
    if said := str(result.get("log", "")).strip():
        console.say("\n".join(said.splitlines()[-8:]))
    console.say(str(result.get("error") or f"{run.id} failed."))


def headline(result: dict[str, Any]) -> str:
    """One line: `weight-decay-…-7f3a: finished, 400 steps, 100 epochs in 0.8 s, seed 0, cpu`."""
    fate = diverged_words(diverged_at(result["metrics"]))
    return (
        f"{result['run']}: {result['status']}{fate and f' ({fate})'}, "
        f"{_count(result['steps'], 'step')}, {_count(result['epochs'], 'epoch')} "
        f"in {elapsed_text(result['elapsed_s'])}{_conditions(result)}"
    )


def _conditions(result: dict[str, Any]) -> str:
    """`, seed 0, cpu`; of a script, which has its own seed, the device alone; nothing of what was
    imported."""
    if "imported" in result:
        return ""
    return f", {result['device']}" if "script" in result else _seed_and_device(result)


def _seed_and_device(result: dict[str, Any]) -> str:
    return f", seed {result['seed']}, {result['device']}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _metrics(result: dict[str, Any], experiment: Experiment | None) -> list[tuple[str, ...]]:
    """What the experiment declares and what went wrong; all there is where nothing is declared."""
    measured: dict[str, Any] = result["metrics"]
    meaning = {metric.key: metric.help for metric in experiment.metrics} if experiment else {}
    keys = [key for key in meaning if key in measured] or list(measured)
    keys += [key for key in measured if key.startswith("step/") and key not in keys]
    return [(key, number_text(measured[key]), meaning.get(key, "")) for key in keys]


def _label(experiment: Experiment | None, name: str) -> str:
    """Symbol and name; the name alone where the declaration has changed since."""
    declared = experiment.hyperparameters if experiment else ()
    return next((h.label for h in declared if h.name == name), name)


def _declared(run: RunDirectory) -> Experiment | None:
    request = run.request()
    if request.script is not None:
        return undeclared(request.script)
    return declared(request)
