"""What is asked of a study besides its ranges, as hyperparameters, so that knobs show it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tui_lab.conditions import Not
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Choice, Flag, Hyperparameter, Int
from tui_lab.study import MOST_TRIALS, StudyRequest

AT_ONCE = "at_once"
_SAMPLERS = ("tpe", "grid", "random")


def options_of(asked: StudyRequest, goals: Sequence[str]) -> Experiment:
    """A declaration with the options of a request, of which a panel of knobs is made."""
    return Experiment(
        name="study",
        title="Study",
        chapter="",
        summary="",
        program="",
        metrics=(),
        pictures=(),
        hyperparameters=(*_proposing(asked, goals), *_running(asked)),
    )


def _proposing(asked: StudyRequest, goals: Sequence[str]) -> Iterator[Hyperparameter]:
    """What is looked for, and how."""
    yield Choice(
        "goal",
        tuple(goals),
        default=asked.goal,
        help="The metric by which trials are compared, at their ends.",
    )
    yield Choice(
        "sampler",
        _SAMPLERS,
        default=asked.sampler,
        help="How values are proposed: near good ones (tpe), every combination of the values "
        "listed (grid), or by chance (random).",
    )
    yield Int(
        "trials",
        default=asked.trials,
        low=1,
        high=MOST_TRIALS,
        step=5,
        only_if=(Not("sampler", "grid"),),
        help="How many proposals are run; a grid has as many as it has.",
    )


def _running(asked: StudyRequest) -> Iterator[Hyperparameter]:
    """How the trials are run."""
    yield Int(
        "seeds",
        default=asked.seeds,
        low=1,
        high=MOST_TRIALS,
        step=1,
        help="Runs of each trial, with seeds that follow each other; the goal is their mean.",
    )
    yield Int(
        AT_ONCE,
        default=asked.slots,
        low=1,
        high=MOST_TRIALS,
        step=1,
        help="Runs that go on side by side.",
    )
    yield Flag(
        "prune",
        default=asked.prune,
        help="End trials that are worse than the median of the others at the same epoch.",
    )
