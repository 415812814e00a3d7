"""Protects the one number of a run that diverged: the earliest step, the same for its events, for
its metrics and in the border of a chart."""

from __future__ import annotations

import pytest

from tui_lab.events import AlarmRaised, MetricsLogged
from tui_lab.experiment import Curve
from tui_lab.view_models.curves import nonfinite_note
from tui_lab.view_models.divergence import CAUSES, diverged_at, diverged_words
from tui_lab.view_models.run import RunView


@pytest.mark.parametrize("kind", CAUSES)
def test_every_cause_counts(kind: str) -> None:
    assert diverged_at({kind: 19, "train/loss": 0.5}) == 19
    view = RunView()
    view.fold(AlarmRaised(t=1.0, step=19, kind=kind, message=""))
    assert view.diverged == 19


def test_the_earliest_is_the_one_whatever_came_first() -> None:
    metrics = {"step/first_nan": 40, "step/first_inf": 19.0, "step/first_comet": 3}
    assert diverged_at(metrics) == 19


@pytest.mark.parametrize("found", ["a word", None, float("nan"), float("inf"), -1])
def test_what_is_no_step_is_none(found: object) -> None:
    assert diverged_at({"step/first_inf": found}) is None


def test_it_is_said_in_the_same_words_everywhere() -> None:
    view = RunView()
    columns = {"train/loss": [1.0, float("inf"), float("nan")]}
    view.fold(MetricsLogged(t=1.0, kind="step", first=1, columns=columns))
    view.fold(AlarmRaised(t=1.0, step=2, kind="step/first_inf", message=""))
    curve = Curve("loss", ("train/loss",), every="step")
    assert nonfinite_note(view, curve) == f"{diverged_words(2)}, 2 non-finite"
    assert diverged_words(1040) == "diverged at step 1,040"
    assert diverged_words(None) == ""
