"""Protects what a learning curve shows: lines, roles, marks, extents, and what it can't place."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from tui_lab.events import HyperparameterChanged, MetricsLogged, RunStarted
from tui_lab.experiment import Curve
from tui_lab.view_models.curves import (
    FORK,
    Axis,
    curve_figure,
    legend,
    nonfinite_note,
    round_up,
)
from tui_lab.view_models.run import RunView

LOSS = Curve("loss", ("train/loss", "test/loss"), log=True)
STEPS = Curve("loss per step", ("train/loss",), every="step")


def run(
    epochs: Mapping[str, Sequence[Any]] | None = None,
    steps: Sequence[Any] = (),
    *,
    t: float = 2.0,
    total_steps: int = 400,
) -> RunView:
    """A run with four steps an epoch, evaluated after each, or logged at each step, up to `t`."""
    view = RunView()
    view.fold(
        RunStarted(
            pid=1, host="", device="cpu", device_name="", threads=1, started="",
            total_steps=total_steps, steps_per_epoch=4,
        )
    )  # fmt: skip
    if steps:
        columns = {"train/loss": steps}
        view.fold(MetricsLogged(t=t, kind="step", first=1, columns=columns))
    if epochs:
        numbers = range(1, 1 + len(next(iter(epochs.values()))))
        at = [4 * epoch for epoch in numbers]
        view.fold(MetricsLogged(t=t, kind="epoch", steps=at, epochs=list(numbers), columns=epochs))
    return view


def change(step: int, t: float = 0.0) -> HyperparameterChanged:
    return HyperparameterChanged(t=t, step=step, name="lr", old=0.1, new=0.2)


class TestLines:
    def test_come_in_declared_order_each_with_its_role(self) -> None:
        figure = curve_figure(run({"test/loss": [2.0, 1.0], "train/loss": [4.0, 3.0]}), LOSS)

        assert [(line.name, line.role) for line in figure.lines] == [
            ("train/loss", "first"),
            ("test/loss", "second"),
        ]
        assert figure.lines[0].x.tolist() == [4, 8]
        assert figure.lines[0].y.tolist() == [4.0, 3.0]
        assert figure.log_y

    def test_a_key_keeps_its_role_while_another_has_no_data(self) -> None:
        (line,) = curve_figure(run({"test/loss": [2.0]}), LOSS).lines

        assert line.role == "second"

    def test_there_are_none_before_the_first_point(self) -> None:
        figure = curve_figure(RunView(), LOSS)

        assert (figure.lines, figure.marks, figure.x_range) == ((), (), None)

    def test_per_step_curves_show_steps(self) -> None:
        view = run({"train/loss": [9.0]}, [1.0, 2.0, 3.0, 4.0])

        (line,) = curve_figure(view, STEPS).lines
        assert line.y.tolist() == [1, 2, 3, 4]

    def test_steps_are_there_from_the_first_on(self) -> None:
        (line,) = curve_figure(run(steps=[1.0]), LOSS).lines

        assert (line.role, line.y.tolist()) == ("first", [1])

    def test_evaluations_lie_over_the_steps(self) -> None:
        view = run({"train/loss": [9.0], "test/loss": [8.0]}, [1.0, 2.0, 3.0, 4.0])
        figure = curve_figure(view, LOSS)

        assert [(line.role, line.y.tolist()) for line in figure.lines] == [
            ("muted", [1, 2, 3, 4]),
            ("first", [9]),
            ("second", [8]),
        ]
        assert [words for _, words in legend(figure)] == ["train 9", "test 8"]

    def test_smoothed_steps_keep_their_shadow_and_the_evaluations(self) -> None:
        view = run({"train/loss": [9.0]}, [4.0, 0.0, 4.0, 0.0])
        shadow, smooth, evaluations = curve_figure(view, LOSS, smoothing=0.5).lines

        assert (shadow.role, shadow.y.tolist()) == ("muted", [4, 0, 4, 0])
        assert smooth.role == evaluations.role == "first"
        assert np.ptp(smooth.y) < np.ptp(shadow.y)
        assert evaluations.y.tolist() == [9]

    def test_a_key_never_logged_as_declared_shows_as_it_is_logged(self) -> None:
        view = run({"test/loss": [9.0]}, [1.0, 2.0])

        assert curve_figure(view, LOSS).lines[0].y.tolist() == [1, 2]

    def test_one_point_and_all_nan_are_lines_too(self) -> None:
        figure = curve_figure(run({"train/loss": ["NaN"]}), LOSS)

        assert np.isnan(figure.lines[0].y).tolist() == [True]


class TestOverlays:
    def test_have_a_colour_each_and_the_runs_label(self) -> None:
        view, other = run({"train/loss": [4.0], "test/loss": [5.0]}), run({"train/loss": [3.0]})
        figure = curve_figure(view, LOSS, overlays=[("λ=10", other)])

        assert [(line.name, line.role, line.dotted) for line in figure.lines] == [
            ("train/loss", "first", False),
            ("test/loss", "first", True),
            ("train/loss · λ=10", "second", False),
        ]
        assert legend(figure) == [
            ("first", "train 4"),
            ("first", "test 5"),
            ("second", "train · λ=10 3"),
        ]

    def test_have_no_shadow_beneath_their_evaluations(self) -> None:
        runs = [run({"train/loss": [2.0]}, [3.0, 2.0, 1.0]) for _ in range(2)]
        figure = curve_figure(runs[0], LOSS, overlays=[("λ=10", runs[1])])

        assert [line.role for line in figure.lines] == ["muted", "first", "second"]

    def test_one_line_per_run_goes_by_the_runs_label(self) -> None:
        norm = Curve("‖w‖", ("norm/w",))
        runs = [run({"norm/w": [size]}) for size in (1.0, 2.0)]
        figure = curve_figure(runs[0], norm, overlays=[("λ 0", runs[1])])

        assert legend(figure) == [("first", "this run 1"), ("second", "λ 0 2")]

    def test_the_longest_run_sets_the_extent(self) -> None:
        figure = curve_figure(run(), LOSS, overlays=[("long", run(total_steps=1000))])

        assert figure.x_range == (0, 1000)

    def test_past_the_palette_they_differ_in_their_sign_and_none_has_this_runs_colour(self) -> None:
        runs = [(str(i), run({"train/loss": [1.0]})) for i in range(12)]
        own, *others = curve_figure(run({"train/loss": [1.0]}), LOSS, overlays=runs).lines

        assert (own.role, own.sign) == ("first", "")
        assert len({(line.role, line.sign) for line in others}) == 12
        assert "first" not in {line.role for line in others}


class TestHorizontalAxis:
    @pytest.mark.parametrize(("x", "place"), [("step", 8), ("epoch", 2)])
    def test_a_branch_is_marked_where_it_left_its_parent(self, x: Axis, place: float) -> None:
        view = run({"train/loss": [4.0, 3.0, 2.0]})
        assert view.started is not None
        request = {"parent": "toy-1", "parent_step": 8}
        view.fold(dataclasses.replace(view.started, step=9, request=request))  # it was taken up

        figure = curve_figure(view, LOSS, x=x)

        assert [(m.x, m.label) for m in figure.marks] == [(place, FORK)]

    @pytest.mark.parametrize(
        ("x", "positions", "extent", "mark", "label"),
        [
            ("step", [4, 8], (0, 400), 6, "step"),
            ("epoch", [1, 2], (0, 100), 1.5, "epoch"),
            ("time", [1, 2], (0, 2), 1.25, "seconds"),
        ],
    )
    def test_places_points_marks_and_extent(
        self, x: Axis, positions: list[float], extent: tuple[float, float], mark: float, label: str
    ) -> None:
        view = run({"train/loss": [4.0, 3.0]})
        view.fold(change(6, t=1.25))
        figure = curve_figure(view, LOSS, x=x)

        assert figure.lines[0].x.tolist() == positions
        assert figure.x_range == extent
        assert [(m.x, m.label, m.text) for m in figure.marks] == [(mark, "a", "lr 0.1 → 0.2")]
        assert figure.x_label == label

    def test_steps_share_out_the_time_between_blocks(self) -> None:
        figure = curve_figure(run(steps=[3.0, 2.0, 1.0, 0.0]), STEPS, x="time")

        assert figure.lines[0].x.tolist() == [0.5, 1.0, 1.5, 2.0]

    def test_time_grows_in_jumps(self) -> None:
        figure = curve_figure(run({"train/loss": [1.0]}, t=2.1), LOSS, x="time")

        assert figure.x_range == (0, 5)

    def test_unknown_length_grows_in_jumps(self) -> None:
        figure = curve_figure(run(steps=[1.0] * 30, total_steps=0), STEPS)

        assert figure.x_range == (0, 50)

    @pytest.mark.parametrize(
        ("value", "stop"),
        [(1, 1), (1.1, 2), (2.1, 5), (5.1, 10), (0.03, 0.05), (0, 1), (-3, 1), (1e308, 1e308),
         (1.5e308, 1.5e308), (float("nan"), 1), (float("inf"), 1)],
    )  # fmt: skip
    def test_round_up_goes_to_one_two_five(self, value: float, stop: float) -> None:
        assert round_up(value) == pytest.approx(stop)


class TestSmoothing:
    def test_leaves_the_raw_line_as_a_shadow_beneath(self) -> None:
        figure = curve_figure(run({"train/loss": [4.0, 0.0]}), LOSS, smoothing=0.5)

        shadow, line = figure.lines
        assert (shadow.role, shadow.y.tolist()) == ("muted", [4.0, 0.0])
        assert (line.role, line.y.tolist()) == ("first", pytest.approx([4.0, 4 / 3]))
        assert legend(figure) == [("first", "train 0")]

    def test_is_seen_however_long_the_run(self) -> None:
        """Noise that alternates at every step is gone, the level is not."""
        noisy = [1.0 + (-1) ** i for i in range(40_000)]
        figure = curve_figure(run(steps=noisy, total_steps=40_000), STEPS, smoothing=0.9)

        _, line = figure.lines
        assert len(line.y) <= 400
        assert line.y == pytest.approx(np.ones(len(line.y)), abs=0.02)

    def test_keeps_the_gaps(self) -> None:
        figure = curve_figure(run({"train/loss": [1.0, "NaN", 1.0]}), LOSS, smoothing=0.5)

        assert np.isnan(figure.lines[1].y).tolist() == [False, True, False]


class TestLegend:
    @pytest.mark.parametrize(
        ("keys", "texts"),
        [
            (("norm/w",), ["1"]),
            (("train/loss", "test/loss"), ["train 1", "test 1"]),
            (("error/w", "error/b"), ["w 1", "b 1"]),
            (("train/loss", "norm/w"), ["train/loss 1", "norm/w 1"]),
            (("bias", "norm/w"), ["bias 1", "norm/w 1"]),
        ],
    )
    def test_leaves_out_what_the_keys_share(self, keys: tuple[str, ...], texts: list[str]) -> None:
        view = run({key: [2.0, 1.0] for key in keys})

        assert [text for _, text in legend(curve_figure(view, Curve("c", keys)))] == texts

    def test_says_nan(self) -> None:
        figure = curve_figure(run({"train/loss": [1.0, "NaN"]}), LOSS)

        assert legend(figure) == [("first", "train nan")]

    def test_of_nothing_is_empty(self) -> None:
        assert legend(curve_figure(RunView(), LOSS)) == []


class TestNonfiniteNote:
    def test_counts_and_says_since_when(self) -> None:
        view = run({"train/loss": [1.0, "Infinity", "NaN"], "test/loss": [1.0, 1.0, "NaN"]})

        assert nonfinite_note(view, LOSS) == "3 non-finite from step 8"

    def test_counts_steps_too(self) -> None:
        view = run({"train/loss": ["NaN"]}, [1.0, "Infinity", "NaN", "NaN"])

        assert nonfinite_note(view, LOSS) == "4 non-finite from step 2"

    def test_counts_what_a_log_axis_can_not_place(self) -> None:
        view = run({"train/loss": [1.0, 0.0, -2.0], "test/loss": [1.0, 1.0, "-Infinity"]})

        assert nonfinite_note(view, LOSS) == "1 non-finite from step 12"
        assert nonfinite_note(view, LOSS, log=True) == "1 non-finite from step 12, 2 not above 0"

    def test_is_silent_when_all_is_well(self) -> None:
        assert nonfinite_note(run({"train/loss": [1.0]}), LOSS, log=True) == ""
        assert nonfinite_note(RunView(), LOSS) == ""
