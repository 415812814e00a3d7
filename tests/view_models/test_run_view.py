"""Protects the fold from a run's events to what its screen says, whatever the events hold."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from tui_lab.events import (
    AlarmRaised,
    HyperparameterChanged,
    MetricsLogged,
    PhaseEntered,
    PictureLogged,
    RunEvent,
    RunFailed,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStarted,
    RunStopped,
    from_json,
)
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Float, Vector
from tui_lab.run import RunStatus
from tui_lab.view_models.run import RunView

EXPERIMENT = Experiment(
    name="weight-decay",
    title="Weight decay",
    chapter="Regularization",
    summary="",
    hyperparameters=(
        Float("weight_decay", symbol="λ", default=3.0, low=0.0, high=100.0, live=True),
        Float("lr", default=0.003, low=1e-6, high=10.0, log=True, live=True),
        Vector("true_w", default=(2.0, -3.4), low=-10.0, high=10.0),
    ),
    metrics=(),
    pictures=(),
    program="weight_decay:WeightDecay",
)


def started(**changes: Any) -> RunStarted:
    values: dict[str, Any] = {
        "pid": 1,
        "host": "box",
        "device": "cpu",
        "device_name": "",
        "threads": 1,
        "started": "2026-11-20T23:47:55Z",
        "total_steps": 400,
        "steps_per_epoch": 4,
    }
    return RunStarted(**{**values, **changes})


def steps(first: int, last: int, t: float, key: str = "train/loss") -> MetricsLogged:
    """A block whose value at each step is the step."""
    values = [float(step) for step in range(first, last + 1)]
    return MetricsLogged(t=t, kind="step", first=first, columns={key: values})


def view_of(*events: RunEvent) -> RunView:
    view = RunView(EXPERIMENT)
    for event in events:
        view.fold(event)
    return view


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
        assert view.elapsed == 101.0


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


class TestMarks:
    def test_a_change_is_written_with_symbol_and_format(self) -> None:
        view = view_of(
            started(),
            HyperparameterChanged(t=2.0, step=213, name="weight_decay", old=3.0, new=10.0),
        )

        (mark,) = view.marks
        assert (mark.letter, mark.step, mark.t, mark.name) == ("a", 213, 2.0, "weight_decay")
        assert (mark.old, mark.new, mark.text) == ("3", "10", "λ 3 → 10")
        assert view.lines[-1] == "a  step 213: λ 3 → 10"
        assert view.changed == {"weight_decay": 10.0}

    @pytest.mark.parametrize(
        ("name", "old", "new", "text"),
        [
            ("lr", 0.003, 0.01, "lr 0.003 → 0.01"),
            ("true_w", "2,-3.4", "1,1", "true_w 2,-3.4 → 1,1"),
            ("lr", "gone", 0.01, "lr gone → 0.01"),
            ("[red]\x1b[31m", 1, 2, "[red] [31m 1 → 2"),
        ],
    )
    def test_names_stand_where_there_is_no_symbol(
        self, name: str, old: object, new: object, text: str
    ) -> None:
        view = view_of(HyperparameterChanged(t=0, step=1, name=name, old=old, new=new))

        assert view.marks[0].text == text

    def test_letters_go_on_after_z(self) -> None:
        change = HyperparameterChanged(t=0, step=1, name="lr", old=0.1, new=0.2)
        view = view_of(*[change] * 704)

        letters = [mark.letter for mark in view.marks]
        assert [letters[i] for i in (0, 25, 26, 27, 51, 52, 701, 702)] == [
            *("a", "z", "aa", "ab", "az", "ba", "zz", "aaa")
        ]
        assert len(set(letters)) == len(letters)


class TestLines:
    def test_say_what_happened(self) -> None:
        view = view_of(
            started(device="cuda:0", device_name="H200"),
            RunPaused(t=1, step=40),
            RunResumed(t=2, step=40),
            AlarmRaised(t=3, step=41, kind="step/first_nan", message="the batch loss became NaN"),
            RunStopped(t=4, step=50, epoch=13, reason="asked"),
        )

        assert view.lines == [
            "started on cuda:0 (H200), 400 steps, 4 an epoch",
            "paused at step 40",
            "resumed after step 40",
            "step 41: the batch loss became NaN",
            "stopped at step 50: asked",
        ]
        assert [alarm.kind for alarm in view.alarms] == ["step/first_nan"]

    def test_an_error_brings_its_traceback_as_plain_text(self) -> None:
        view = view_of(
            RunFailed(t=1, step=3, epoch=1, error="[red]no\x1b]0;x\x07", traceback="a\n  b")
        )

        assert view.lines == ["failed at step 3: [red]no ]0;x", "a", "  b"]

    def test_are_bounded_and_counted(self) -> None:
        view = view_of(*[RunPaused(t=0, step=n) for n in range(1500)])

        assert (len(view.lines), view.log.count) == (1000, 1500)
        assert view.lines[-1] == "paused at step 1499"


class TestWhateverIsWritten:
    @pytest.mark.parametrize(
        "line",
        [
            {"type": "metrics", "t": 1, "kind": "step", "first": 1, "columns": None},
            {"type": "metrics", "t": 1, "kind": "step", "first": "x", "columns": {"a": [1]}},
            {"type": "metrics", "t": "[red]", "kind": "epoch", "columns": {"a": [1]}},
            {"type": "gradients", "t": 1, "step": 1, "phase": "", "grad_enabled": True,
             "graph": True, "parameters": [{}]},
            {"type": "run_paused", "t": None, "step": None},
            {"type": "picture", "t": 1, "step": "x", "picture": [], "layer": {}, "data": 3},
            {"type": "run_finished", "t": 1, "step": 1, "epoch": "Infinity", "metrics": {}},
        ],
    )  # fmt: skip
    def test_an_event_that_makes_no_sense_is_said_to_be_unreadable(
        self, line: dict[str, Any]
    ) -> None:
        view = view_of(started(), from_json(line), steps(1, 4, 1.0))

        assert view.step == 4
        assert any("could not be read" in text for text in view.lines)

    @pytest.mark.parametrize("line", [{"type": "run_branched", "t": "x"}, {}])
    def test_an_unknown_event_is_named(self, line: dict[str, Any]) -> None:
        view = view_of(from_json(line))

        assert view.lines == [f"an event this version does not know: {line.get('type')}"]

    def test_a_picture_keeps_the_newest_data_of_each_layer(self) -> None:
        points, line = {"x": [1], "y": [2]}, {"x": [0, 1], "y": [0, 2]}
        view = view_of(
            PictureLogged(t=0, step=0, picture="fit", layer="points", data=points),
            PictureLogged(t=1, step=4, picture="fit", layer="line", data={}),
            PictureLogged(t=2, step=8, picture="fit", layer="line", data=line),
        )

        assert view.pictures == {"fit": {"points": points, "line": line}}
        assert view.picture_steps == {"fit": 8}


def test_a_demonstration_has_no_metrics_but_those_of_its_last_knobs() -> None:
    view = RunView(dataclasses.replace(EXPERIMENT, demonstration=True))
    for key in ("test/loss", "shares/error"):
        view.fold(MetricsLogged(t=1, kind="evaluation", steps=[0], epochs=[0], columns={key: [1]}))

    assert view.metrics == {"shares/error": 1}
