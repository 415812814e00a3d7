"""Protects the truth of a run that went back: after it was taken up, nothing that its log says of
later steps counts any more, and what follows stands where it should."""

from __future__ import annotations

import numpy as np
import pytest

from tests.view_models.folded import started, steps, view_of
from tui_lab.events import (
    AlarmRaised,
    GradientsLogged,
    HyperparameterChanged,
    MetricsLogged,
    PhaseEntered,
    PictureLogged,
    RunFinished,
    RunResumed,
)
from tui_lab.run import RunStatus
from tui_lab.view_models.run import RunView
from tui_lab.view_models.series import Series

BACK = RunResumed(t=5.0, step=50, from_step=50)


def evaluated(step: int, value: float) -> MetricsLogged:
    columns = {"test/loss": [value]}
    return MetricsLogged(
        t=step / 10, kind="epoch", steps=[step], epochs=[step // 4], columns=columns
    )


def turned(step: int, value: object, name: str = "weight_decay") -> HyperparameterChanged:
    return HyperparameterChanged(t=step / 10, step=step, name=name, old=3.0, new=value)


def snapshot(step: int, norm: float) -> GradientsLogged:
    parameter = {"name": "w", "grad": "set", "norm": 1.0, "grad_norm": norm, "update": 0.1}
    return GradientsLogged(
        t=0.0, step=step, phase="", grad_enabled=True, graph=False, parameters=[parameter]
    )


def picture(step: int, title: str) -> PictureLogged:
    return PictureLogged(t=0.0, step=step, picture=title, layer="line", data={})


def test_steps_and_times_ascend_and_every_step_counts_once() -> None:
    again = started(step=50, epoch=12, t=5.0)
    view = view_of(started(), steps(1, 100, 10.0), BACK, again, steps(51, 120, 12.0))
    series = view.series["step", "train/loss"]

    assert list(series.steps) == list(range(1, 121))
    assert np.all(np.diff(series.times) > 0)
    assert (series.total, view.step, view.epoch, view.t) == (120, 120, 30, 12.0)
    assert view.metrics["train/loss"] == 120.0


@pytest.mark.parametrize("t", [0.0, 4.0, 5.0, 7.0, 100.0])
def test_times_never_go_back_wherever_the_worker_says_it_was(t: float) -> None:
    back = RunResumed(t=t, step=50, from_step=50)
    view = view_of(started(), steps(1, 100, 10.0), back, steps(51, 60, t + 0.1))
    assert np.all(np.diff(view.series["step", "train/loss"].times) >= 0)


def test_what_came_later_never_was() -> None:
    view = view_of(
        started(),
        turned(20, 10.0),
        steps(1, 48, 4.8),
        evaluated(48, 1.0),
        snapshot(40, 0.5),
        picture(40, "old"),
        steps(49, 60, 6.0),
        evaluated(60, 2.0),
        turned(61, 30.0),
        turned(61, 0.1, "lr"),
        snapshot(60, 9.0),
        picture(60, "new"),
        AlarmRaised(t=6.0, step=60, kind="step/first_nan", message="nan"),
        PhaseEntered(t=6.0, step=61, phase="forward", line=3),
        RunFinished(t=6.0, step=60, epoch=15, metrics={"step/first_nan": 60, "test/loss": 2.0}),
    )
    assert view.diverged == 60
    before = list(view.lines)
    view.fold(BACK)

    assert (view.step, view.epoch, view.t) == (50, 13, 5.0)
    assert [view.diverged, view.phase] == [None, None]
    assert [view.ended, view.snapshot] == [None, None]
    assert view.status is RunStatus.RUNNING
    assert [mark.step for mark in view.marks] == [20]
    assert view.changed == {"weight_decay": 10.0}
    assert view.metrics == {"train/loss": 50.0, "test/loss": 1.0}
    assert set(view.pictures) == set(view.picture_steps) == {"old"}
    assert list(view.series["epoch", "test/loss"].steps) == [48]
    assert view.lines == [*before, "taken up after step 50: what came later never happened"]
    view.fold(snapshot(51, 0.7))
    assert view.gradients["w"].history == (0.5, 0.7)


def test_a_metric_that_was_first_seen_later_is_gone() -> None:
    view = view_of(started(), steps(1, 10, 1.0), steps(60, 70, 7.0, "norm/w"), BACK)
    assert set(view.series) == {("step", "train/loss")}
    assert set(view.metrics) == {"train/loss"}


def test_a_finished_run_that_is_given_more_epochs_goes_on() -> None:
    view = view_of(started(), steps(1, 400, 4.0), RunFinished(t=4.0, step=400, epoch=100))
    view.fold(RunResumed(t=4.0, step=400, from_step=400))
    view.fold(started(step=400, epoch=100, t=4.0, total_steps=600))

    assert (view.status, view.step, view.total_steps) == (RunStatus.RUNNING, 400, 600)
    assert (view.total_epochs, view.epoch) == (150, 100)
    view.fold(steps(401, 500, 5.0))
    assert view.steps_per_second == pytest.approx(100)
    assert view.time_left == pytest.approx(1)


def test_epochs_are_live_and_go_back_too() -> None:
    view = view_of(started(), steps(1, 60, 6.0), turned(61, 200, "epochs"))
    assert (view.total_epochs, view.total_steps) == (200, 800)
    view.fold(BACK)
    assert (view.total_epochs, view.total_steps) == (100, 400)


def test_epochs_of_another_length_count_from_where_they_began() -> None:
    # 100 steps of 10 an epoch lie behind; from then on an epoch has 4.
    view = view_of(started(step=100, epoch=10, epoch_offset=60, total_steps=140))
    assert (view.step, view.epoch, view.total_epochs) == (100, 10, 20)
    view.fold(steps(101, 105, 1.0))
    assert view.epoch == 12
    view.fold(MetricsLogged(t=1.0, kind="epoch", epochs=[12], columns={"test/loss": [1.0]}))
    assert list(view.series["epoch", "test/loss"].steps) == [108]


def test_no_gap_between_two_workers_counts_as_training() -> None:
    view = view_of(started(total_steps=10_000), steps(1, 100, 1.0))
    view.fold(RunResumed(t=0.5, step=50, from_step=50))
    view.fold(started(step=50, epoch=12, t=0.5, total_steps=10_000))
    view.fold(steps(51, 150, 1.5))
    assert view.steps_per_second == pytest.approx(100)


class TestSeries:
    def test_counts_are_those_of_what_is_left(self) -> None:
        series = Series()
        series.append(range(1, 101), [np.nan if i % 10 == 0 else 50.0 - i for i in range(1, 101)])
        series.cut_after(30)
        state = {"total": 30, "nonfinite": 3, "first_nonfinite": 10, "nonpositive": 0}
        assert series.state == state
        series.cut_after(9)
        assert (series.nonfinite, series.first_nonfinite, series.last) == (0, None, 41.0)

    def test_a_thinned_one_has_its_counts_and_takes_more(self) -> None:
        series = Series(64)
        values = np.arange(1.0, 10_001.0)
        values[8000:] = np.nan
        series.append(range(1, 10_001), values)
        series.cut_after(5000)
        assert (series.nonfinite, series.first_nonfinite) == (0, None)
        assert series.total == 5000
        series.append(range(5001, 9001), np.arange(5001.0, 9001.0))
        assert np.all(np.diff(series.steps) > 0)
        assert (series.first, series.last) == (1.0, 9000.0)

    def test_to_nothing(self) -> None:
        series = Series()
        series.append([5, 6], [1.0, 2.0])
        series.cut_after(4)
        assert (len(series), series.total, series.last) == (0, 0, None)
        series.append([1], [3.0])
        assert series.points.tolist()[:2] == [[1.0], [3.0]]

    def test_a_figure_on_the_screen_stays_as_it_is(self) -> None:
        series = Series()
        series.append(range(1, 11), range(1, 11))
        drawn = series.values
        series.cut_after(5)
        series.append([6, 7], [-1.0, -1.0])
        assert drawn.tolist() == list(range(1, 11))


def test_twice_and_within_what_is_already_undone() -> None:
    view = RunView()
    view.fold(started())
    for first, last, back in ((1, 100, 80), (81, 90, 30), (31, 40, 35)):
        view.fold(steps(first, last, last / 10))
        view.fold(RunResumed(t=back / 10, step=back, from_step=back))
    assert list(view.series["step", "train/loss"].steps) == list(range(1, 36))
