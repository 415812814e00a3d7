"""Protects the fold from a run's events to where it stands: progress and pace, status, metrics."""

from __future__ import annotations

import dataclasses

import pytest

from tests.view_models.folded import EXPERIMENT, started, steps, view_of
from tui_lab.cost import LabCostMeasured
from tui_lab.events import (
    MetricsLogged,
    PhaseEntered,
    RunEvent,
    RunFailed,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStopped,
)
from tui_lab.run import RunStatus
from tui_lab.view_models.pace import Pace
from tui_lab.view_models.run import RunView


class TestProgress:
    def test_before_anything_nothing_is_known(self) -> None:
        view = RunView()

        assert view.status is RunStatus.PENDING
        assert (view.step, view.epoch, view.total_steps, view.revision) == (0, 0, 0, 0)
        assert (view.steps_per_second, view.time_left) == (0.0, None)
        assert (view.gradients, view.snapshot, view.lines) == ({}, None, [])

    def test_counts_steps_and_the_epoch_they_belong_to(self) -> None:
        view = view_of(started(), steps(1, 4, 0.1))
        assert (view.step, view.epoch, view.total_epochs) == (4, 1, 100)

        view.fold(steps(5, 5, 0.2))
        assert (view.step, view.epoch, view.revision) == (5, 2, 3)

    def test_pace_is_that_of_the_last_two_seconds(self) -> None:
        view = view_of(started(total_steps=10_000))
        for second in range(1, 6):
            view.fold(steps(100 * second - 99, 100 * second, float(second)))
        assert view.steps_per_second == pytest.approx(100)
        assert view.time_left == pytest.approx(95)

        view.fold(steps(501, 901, 6.0))
        view.fold(steps(902, 1300, 7.0))
        view.fold(steps(1301, 1700, 8.0))
        assert view.steps_per_second == pytest.approx(400)

    def test_what_the_lab_takes_is_what_was_said_last(self) -> None:
        assert view_of(started()).pace.lab_share is None  # an older log
        costs = [LabCostMeasured(t=t, step=1, share=share) for t, share in ((1.0, 0.2), (2.0, 0.1))]
        pace = view_of(started(), *costs).pace
        assert pace.lab_share == 0.1
        assert Pace.recalled(pace.state).lab_share == 0.1
        older = {key: value for key, value in pace.state.items() if key != "lab_share"}
        assert Pace.recalled(older).lab_share is None

    def test_a_pause_has_no_pace_and_does_not_slow_the_one_after_it(self) -> None:
        view = view_of(started(), steps(1, 100, 1.0), RunPaused(t=1.0, step=100))
        assert (view.steps_per_second, view.time_left) == (0.0, None)

        view.fold(RunResumed(t=100.0, step=100))
        view.fold(steps(101, 200, 101.0))
        assert view.steps_per_second == pytest.approx(100)

    def test_once_ended_pace_is_that_of_the_whole_run_without_its_pauses(self) -> None:
        view = view_of(
            started(),
            steps(1, 100, 1.0),
            RunPaused(t=1.0, step=100),
            RunResumed(t=100.0, step=100),
            steps(101, 400, 101.0),
            RunFinished(t=101.0, step=400, epoch=100),
        )

        assert view.steps_per_second == pytest.approx(200)
        assert view.time_left is None
        assert view.t == 101.0


class TestStatus:
    @pytest.mark.parametrize(
        ("event", "status"),
        [
            (RunFinished(t=1, step=400, epoch=100), RunStatus.FINISHED),
            (RunStopped(t=1, step=5, epoch=2), RunStatus.STOPPED),
            (RunFailed(t=1, step=5, epoch=2, error="boom"), RunStatus.FAILED),
        ],
    )
    def test_ends_as_its_last_event_says(self, event: RunEvent, status: RunStatus) -> None:
        view = view_of(started(), RunPaused(t=0.5, step=4), event)

        assert view.status is status
        assert view.ended is event
        assert not view.paused

    def test_pause_says_why(self) -> None:
        view = view_of(started(), RunPaused(t=1, step=9, reason="disk full"))
        assert (view.status, view.pause_reason) == (RunStatus.PAUSED, "disk full")

        view.fold(RunResumed(t=2, step=9))
        assert (view.status, view.pause_reason) == (RunStatus.RUNNING, "")

    def test_micro_stepping_stands_at_a_line_until_the_step_is_over(self) -> None:
        view = view_of(
            started(),
            steps(1, 40, 1.0),
            PhaseEntered(t=1.1, step=41, phase="backward", line=12),
            RunPaused(t=1.1, step=40),
        )
        assert (view.status, view.phase, view.line) == (RunStatus.PAUSED, "backward", 12)

        view.fold(steps(41, 41, 3.0))
        assert (view.phase, view.line, view.step) == (None, None, 41)

    def test_resuming_leaves_the_phase(self) -> None:
        view = view_of(started(), PhaseEntered(t=1, step=1, phase="forward", line=7))
        view.fold(RunResumed(t=2, step=0))

        assert (view.phase, view.line, view.status) == (None, None, RunStatus.RUNNING)

    def test_time_held_at_a_phase_is_not_time_the_run_took(self) -> None:
        view = view_of(
            started(),
            steps(1, 100, 1.0),
            PhaseEntered(t=1.0, step=101, phase="forward", line=7),
            steps(101, 101, 60.0),
            RunResumed(t=60.0, step=101),
            steps(102, 200, 61.0),
            RunFinished(t=61.0, step=200, epoch=50),
        )

        assert view.steps_per_second == pytest.approx(199 / 2)


class TestMetrics:
    def test_steps_and_epochs_are_kept_apart(self) -> None:
        epoch = MetricsLogged(
            t=1.0, kind="epoch", steps=[4, 8], epochs=[1, 2], columns={"train/loss": [0.5, 0.25]}
        )
        view = view_of(started(), steps(1, 8, 1.0), epoch)

        assert view.series["step", "train/loss"].steps.tolist() == list(range(1, 9))
        assert view.series["epoch", "train/loss"].steps.tolist() == [4, 8]
        assert view.metrics["train/loss"] == 0.25

    def test_a_batch_does_not_speak_for_the_whole_set(self) -> None:
        epoch = MetricsLogged(
            t=1.0, kind="epoch", steps=[4], epochs=[1], columns={"train/loss": [0.5]}
        )
        view = view_of(started(), epoch, steps(5, 6, 2.0))

        assert view.metrics["train/loss"] == 0.5

    def test_steps_of_a_block_are_spread_over_its_time(self) -> None:
        view = view_of(started(), steps(1, 4, 1.0), steps(5, 6, 3.0))

        times = view.series["step", "train/loss"].times.tolist()
        assert times == [0.25, 0.5, 0.75, 1.0, 2.0, 3.0]

    def test_evaluation_on_request_stands_between_epochs(self) -> None:
        asked = MetricsLogged(
            t=9.0, kind="evaluation", steps=[6], epochs=[1], columns={"test/loss": [0.125]}
        )
        view = view_of(started(), asked)

        assert view.series["epoch", "test/loss"].steps.tolist() == [6]
        assert view.series["epoch", "test/loss"].times.tolist() == [9.0]
        assert view.lines[-1] == "evaluated at step 6: test/loss 0.125"

    def test_epochs_without_steps_find_theirs(self) -> None:
        epoch = MetricsLogged(t=1.0, kind="epoch", epochs=[2, 3], columns={"loss": [1.0, 2.0]})

        assert view_of(started(), epoch).series["epoch", "loss"].steps.tolist() == [8, 12]

    def test_last_event_has_the_last_word(self) -> None:
        end = RunFinished(
            t=1.0, step=400, epoch=100, metrics={"norm/w": 0.366, "train/loss": "NaN"}
        )
        view = view_of(started(), steps(1, 2, 0.1), end)

        assert view.metrics["norm/w"] == 0.366
        assert str(view.metrics["train/loss"]) == "nan"
        assert (view.step, view.epoch) == (400, 100)


def test_a_demonstration_has_no_metrics_but_those_of_its_last_knobs() -> None:
    view = RunView(dataclasses.replace(EXPERIMENT, demonstration=True))
    for key in ("test/loss", "shares/error"):
        view.fold(MetricsLogged(t=1, kind="evaluation", steps=[0], epochs=[0], columns={key: [1]}))

    assert view.metrics == {"shares/error": 1}
