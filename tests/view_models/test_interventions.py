"""Protects what is read off a log of what was done to its run: all of it, in order, and nothing
that a run which was taken up again left behind."""

from __future__ import annotations

from tests.view_models.folded import started
from tui_lab.events import (
    HyperparameterChanged,
    MetricsLogged,
    RunEvent,
    RunFinished,
    RunResumed,
    RunStopped,
    StepAbandoned,
    StepAltered,
)
from tui_lab.schedule import words
from tui_lab.view_models.interventions import schedule_of


def turned(step: int, new: float) -> HyperparameterChanged:
    return HyperparameterChanged(t=0.0, step=step, name="lr", old=0.1, new=new)


def test_everything_done_is_told_in_order() -> None:
    events: list[RunEvent] = [
        started(),
        turned(9, 0.2),
        StepAbandoned(t=0.0, step=19, then="again"),
        turned(19, 0.02),
        StepAbandoned(t=0.0, step=30, then="skip"),
        StepAltered(t=0.0, step=31, how="clipped the gradient to norm 1"),
        StepAltered(t=0.0, step=32, how="left zero_grad out"),
        MetricsLogged(t=0.0, kind="step", columns={}),
        RunStopped(t=0.0, step=235, epoch=1),
    ]
    done = ["@9:lr=0.2", "@19:lr=0.02", "@30:skip", "@31:clip", "@235:stop"]
    assert list(words(schedule_of(events))) == done


def test_a_run_that_is_taken_up_leaves_behind_what_came_after() -> None:
    events: list[RunEvent] = [
        started(),
        turned(9, 0.2),
        turned(40, 0.3),
        turned(41, 0.4),
        RunStopped(t=0.0, step=50, epoch=1),
        RunResumed(t=0.0, step=40, from_step=40),
        started(),
        turned(45, 0.5),
        RunFinished(t=0.0, step=400, epoch=9),
    ]
    assert list(words(schedule_of(events))) == ["@9:lr=0.2", "@40:lr=0.3", "@45:lr=0.5"]


def test_a_stop_that_was_not_the_end_is_none() -> None:
    stopped = RunStopped(t=0.0, step=50, epoch=1)
    assert schedule_of([stopped, RunResumed(t=0.0, step=50, from_step=50), started()]) == []
    assert schedule_of([started(), RunResumed(t=0.0, step=9), stopped])[0].step == 50
    assert schedule_of([started(), RunStopped(t=0.0, step=0, epoch=0)]) == []
