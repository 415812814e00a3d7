"""What came of a run, for a person: charts of its curves, its metrics, and where to find it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui_lab.commandline.console import Console
from tui_lab.commandline.request import experiment_of
from tui_lab.commandline.result import run_result
from tui_lab.commandline.table import elapsed_text, number_text, table
from tui_lab.errors import TuiLabError
from tui_lab.experiment import Experiment
from tui_lab.run import RunStatus
from tui_lab.runs.directory import RunDirectory

if TYPE_CHECKING:  # numpy comes with it
    from tui_lab.view_models.run import RunView


def fold_log(run: RunDirectory) -> RunView:
    """All that the run's log says."""
    from tui_lab.history import folded  # numpy comes with it, and `--help` must not wait for that

    return folded(run, _declared(run))


def print_report(run: RunDirectory, view: RunView, console: Console) -> None:
    """Charts, final metrics, the run's name and how to see it again, on stdout."""
    result = run_result(run, view)
    experiment = _declared(run)
    # Textual comes with it, and no other output needs that.
    from tui_lab.commandline.charts import draw_curves

    for row in draw_curves(view, experiment, console):
        console.print_drawing(row)
    console.print(headline(result))
    if result["metrics"]:
        console.print(table(_metrics(result, experiment), indent="  ", width=console.columns))
    again = [("kept in", str(run.path)), ("to see it again", f"tui-lab show {run.id}")]
    again.append(("in the lab", f"tui-lab attach {run.id}"))
    console.print(table(again, indent="  "))


def print_hyperparameters(run: RunDirectory, console: Console) -> None:
    """The chosen values, those that are not the defaults marked."""
    request, experiment = run.request(), _declared(run)
    defaults = experiment.to_json(experiment.defaults) if experiment else {}
    rows = [
        (
            _label(experiment, name),
            str(value),
            "" if name not in defaults or value == defaults[name] else f"default {defaults[name]}",
        )
        for name, value in request.hyperparameters.items()
    ]
    if rows:
        console.print("hyperparameters")
        console.print(table(rows, indent="  ", width=console.columns))


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
    return (
        f"{result['run']}: {result['status']}, {_count(result['steps'], 'step')}, "
        f"{_count(result['epochs'], 'epoch')} in {elapsed_text(result['elapsed_s'])}, "
        f"seed {result['seed']}, {result['device']}"
    )


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
    """The run's experiment; None when it is not installed any more."""
    try:
        return experiment_of(run.request())
    except TuiLabError:
        return None
