"""What came of a study: its best trials, what became of the others, the command of the best one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from tui_lab.commandline.console import Console
from tui_lab.commandline.request import declared
from tui_lab.commandline.table import number_text, table
from tui_lab.errors import TuiLabError
from tui_lab.experiment import Experiment
from tui_lab.lineage import run_card
from tui_lab.runs.directory import RunDirectory
from tui_lab.studies.directory import StudyDirectory
from tui_lab.studies.following import StudyFollower
from tui_lab.study import StudyRequest, StudyState, StudySummary, Trial, TrialState, best_of
from tui_lab.view_models.card import typed

_MOST_ROWS = 10


def print_study(study: StudyDirectory, console: Console, *, as_json: bool) -> None:
    """Prints how a study stands; raises `RunUnreadable` where that can't be read."""
    request, follower = study.request(), StudyFollower(study)
    summary, _ = follower.read()
    best = best_of(request, follower.trials)
    command = _command(study, best)
    if as_json:
        console.print_json(_json(request, summary, follower.trials, command))
        return
    if follower.trials:
        rows = list(_rows(request, follower.trials))
        console.print(table(rows, width=console.columns if console.stdout.isatty() else 0))
        console.print()
    for line in _lines(request, summary, best, command):
        console.print(line)
    for sentence in _sentences(summary):
        console.say(sentence)


def _rows(request: StudyRequest, trials: Sequence[Trial]) -> Iterator[Sequence[str]]:
    names = [each.name for each in request.ranges]
    yield ("trial", *names, request.goal, "state", "run", "")
    experiment = _experiment(request)
    for trial in sorted(trials, key=lambda trial: _rank(request, trial))[:_MOST_ROWS]:
        goal = trial.last if trial.goal is None else trial.goal
        yield (
            str(trial.number),
            *(typed(experiment, name, trial.values.get(name, "")) for name in names),
            "" if goal is None else number_text(goal),
            str(trial.state),
            trial.runs[0] if trial.runs else "",
            trial.reason,
        )
    if (more := len(trials) - _MOST_ROWS) > 0:
        yield ("…", *("" for _ in names), "", f"{more:,} more", "", "")


def _rank(request: StudyRequest, trial: Trial) -> tuple[int, float, int]:
    """Complete ones first, the best first, then those that got a goal at all."""
    goal = trial.last if trial.goal is None else trial.goal
    if goal is None or math.isnan(goal):
        return 2, 0.0, trial.number
    sign = 1 if request.direction == "minimize" else -1
    return int(trial.state is not TrialState.COMPLETE), sign * goal, trial.number


def _lines(
    request: StudyRequest, summary: StudySummary, best: Trial | None, command: str
) -> Iterator[str]:
    counts = "  ".join(f"{n:,} {state}" for state, n in summary.counts.items())
    left_out = f"  {summary.left_out:,} left out by the constraint" if summary.left_out else ""
    yield f"{summary.id}  {summary.state}  {counts or 'no trials'}{left_out}"
    if best is not None:
        over = f", mean of {request.seeds} seeds" if request.seeds > 1 else ""
        yield f"best: trial {best.number}  {request.goal} {number_text(best.goal)}{over}"
    if summary.test:
        measured = "  ".join(f"{key} {number_text(value)}" for key, value in summary.test.items())
        once = "" if request.goal.startswith("test/") else ", looked at once"
        yield f"its test metrics{once}: {measured}"
    if command:
        yield command


def _sentences(summary: StudySummary) -> Iterator[str]:
    if summary.error:
        yield summary.error
    if summary.state is StudyState.INTERRUPTED:
        yield "Its coordinator vanished."
    if summary.can_go_on:
        yield f"tui-lab study --resume {summary.id} goes on with it."


def _json(
    request: StudyRequest, summary: StudySummary, trials: Sequence[Trial], command: str
) -> dict[str, Any]:
    return {
        "study": summary.id,
        "experiment": summary.experiment,
        "state": summary.state,
        "goal": request.goal,
        "direction": request.direction,
        "sampler": request.sampler,
        "ranges": [str(each) for each in request.ranges],
        "hyperparameters": dict(request.hyperparameters),
        "seeds": request.seeds,
        "seed": request.seed,
        "counts": {str(state): count for state, count in summary.counts.items()},
        "left_out": summary.left_out,
        "best": summary.best,
        "test": dict(summary.test),
        "command": command,
        "error": summary.error,
        "trials": [trial.to_json() for trial in trials],
    }


def _command(study: StudyDirectory, best: Trial | None) -> str:
    """The command that makes the best trial's first run again."""
    if best is None or not best.runs:
        return ""
    run = RunDirectory(study.runs / best.runs[0])
    try:
        return run_card(run, declared(run.request())).command
    except TuiLabError:  # deleted meanwhile
        return ""


def _experiment(request: StudyRequest) -> Experiment | None:
    """What knows how values are written; nothing of a person's own file is run."""
    from tui_lab.plugins import load_experiment

    if request.plugin:
        return request.declared
    try:
        return load_experiment(request.experiment)
    except TuiLabError:
        return None
