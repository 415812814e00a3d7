"""Protects the picture of a population: at each step the median of its members and where 5 to 95 %
of them lie, the run itself behind it, and nobody drawn further than they came."""

from __future__ import annotations

import numpy as np
import pytest

from tui_lab.events import MetricsLogged
from tui_lab.experiment import Curve
from tui_lab.plugins import load_experiment
from tui_lab.view_models.curves import curve_figure, legend
from tui_lab.view_models.member_curves import MemberCurves
from tui_lab.view_models.run import RunView

CURVE = Curve("loss", ("train/loss", "test/loss"), every="epoch")


def member(*losses: float, steps: int = 0) -> RunView:
    view = RunView(load_experiment("weight-decay"))
    values = [*losses, *([1.0] * (steps - len(losses)))]
    view.fold(
        MetricsLogged(
            t=1.0,
            kind="epoch",
            steps=[4 * (k + 1) for k in range(len(values))],
            epochs=[k + 1 for k in range(len(values))],
            columns={"train/loss": values},
        )
    )
    return view


def test_the_median_lies_in_its_band_before_the_run_itself() -> None:
    views = [member(float(k), 2.0 * k) for k in range(21)]
    own = curve_figure(views[3], CURVE)
    figure = MemberCurves(views, 21).over(own, views[3], CURVE, "step")
    band, alone, median = figure.lines
    assert band.upper is not None
    assert band.y.tolist() == pytest.approx([1.0, 2.0])
    assert band.upper.tolist() == pytest.approx([19.0, 38.0])
    assert (alone.role, alone.y.tolist()) == ("muted", [3.0, 6.0])
    assert (median.role, median.y.tolist()) == (band.role, [10.0, 20.0])
    assert legend(figure) == [("first", "median 20")]
    assert (figure.x_range, figure.log_y) == (own.x_range, own.log_y)


def test_who_stopped_or_diverged_counts_as_far_as_it_came() -> None:
    views = [member(1.0, 1.0, 1.0), member(3.0), member(5.0, float("nan"), float("inf"))]
    figure = MemberCurves(views, 3).over(curve_figure(views[0], CURVE), views[0], CURVE, "step")
    assert figure.lines[-1].y.tolist() == [3.0, 1.0, 1.0]


def test_before_there_is_a_point_the_figure_is_the_runs_own() -> None:
    view = RunView(load_experiment("weight-decay"))
    figure = curve_figure(view, CURVE)
    assert MemberCurves([view], 1).over(figure, view, CURVE, "step") is figure


def test_a_long_run_is_drawn_with_so_many_points_as_a_screen_has_use_for() -> None:
    view = member(steps=5000)
    figure = MemberCurves([view], 1).over(curve_figure(view, CURVE), view, CURVE, "epoch")
    median = figure.lines[-1]
    assert len(median.x) == 512
    assert (median.x[0], median.x[-1]) == (4, 20000)
    assert np.all(np.diff(median.x) > 0)
