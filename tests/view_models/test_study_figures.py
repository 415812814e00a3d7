"""The pictures of a study: where values stand, which trials are set apart, what is not drawn."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.studied import JUDGED, asked, trial
from tui_lab.study import Trial, TrialState
from tui_lab.view_models.knob_scale import KnobScale, goal_scale, knob_scale
from tui_lab.view_models.study import StudyView
from tui_lab.view_models.study_figures import knob_figure, parallel

NAN = float("nan")


def view(*trials: Trial, ranges: tuple[str, ...] = ()) -> StudyView:
    made = StudyView(asked(*ranges), JUDGED)
    made.take(trials)
    return made


def scale(word: str) -> KnobScale:
    found = view(ranges=(word,))
    return knob_scale(found, found.request.ranges[0])


def test_numbers_stand_by_their_size_on_a_log_scale_by_their_power() -> None:
    log, linear = scale("lr=log:1e-4..1"), scale("weight_decay=0..10")
    assert log.fraction(0.01) == pytest.approx(0.5)
    assert linear.fraction(2.5) == pytest.approx(0.25)
    assert (log.log, linear.log) == (True, False)
    assert log.ticks == ((0.0, "0.0001"), (1.0, "1"))
    assert linear.label == "λ"


def test_a_few_values_stand_side_by_side() -> None:
    found = scale("weight_decay=0,1,3,100")
    assert [found.fraction(v) for v in (0.0, 1.0, 3.0, 100.0)] == pytest.approx(
        [0.0, 1 / 3, 2 / 3, 1.0]
    )
    assert [word for _, word in found.ticks] == ["0", "1", "3", "100"]
    assert math.isnan(found.fraction(2.0))


def test_choices_and_switches_have_their_words() -> None:
    assert [word for _, word in scale("optimizer=sgd,adam").words] == ["sgd", "adam"]
    assert [word for _, word in scale("bias=off,on").words] == ["off", "on"]


def test_many_values_stand_by_their_size() -> None:
    found = scale("lr=log:1e-4..1:20")
    assert not found.words
    assert found.fraction(0.01) != found.fraction(0.0101)


def test_a_single_value_stands_in_the_middle() -> None:
    assert scale("weight_decay=3").fraction(3.0) == 0.5


def test_goals_far_apart_stand_on_a_log_scale() -> None:
    found = view()
    assert goal_scale(found, [0.01, 5.0]).log
    assert not goal_scale(found, [0.1, 0.2]).log
    assert not goal_scale(found, [-1.0, 50.0, NAN]).log


def test_a_knob_against_the_goal() -> None:
    found = view(
        trial(0, 0.5, {"lr": 0.1}),
        trial(1, 0.2, {"lr": 0.01}),
        trial(2, 0.9, {"lr": 1.0}),
        trial(3, state=TrialState.PRUNED, values={"lr": 0.001}, curve=((1, 2.0),)),
        trial(4, values={"lr": 0.5}, curve=((1, 3.0),)),
    )
    figure = knob_figure(found, "lr", 2)
    drawn = [(line.name, line.sign, line.x.tolist(), line.y.tolist()) for line in figure.lines]
    assert drawn == [
        ("best", "1", [0.01], [0.2]),
        ("best", "2", [0.1], [0.5]),
        ("trials", "", [1.0], [0.9]),
        ("pruned", "·", [0.001], [2.0]),
    ]
    assert figure.log_x
    assert figure.x_range is not None
    low, high = figure.x_range
    assert low < 1e-4 < 1 < high


def test_before_the_first_goal_a_picture_says_so() -> None:
    assert knob_figure(view(trial(0)), "lr", 3).is_empty
    assert parallel(view(trial(0)), 3).is_empty
    assert parallel(view(trial(0)), 3).note


def test_parallel_coordinates_set_the_best_apart_and_colour_the_others_by_thirds() -> None:
    trials = [
        trial(n, goal, {"lr": 0.01, "weight_decay": 1.0})
        for n, goal in enumerate((1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0))
    ]
    found = parallel(view(*trials, trial(9, NAN)), 2)
    looks = [(p.role, p.dotted, p.sign, len(p.places)) for p in found.paths]
    assert looks == [
        ("muted", True, "", 2),
        ("first", True, "", 2),
        ("third", True, "", 2),
        ("accent", False, "2", 1),
        ("accent", False, "1", 1),
    ]
    assert [upright.name for upright in found.uprights] == ["lr", "λ", "val/loss"]
    np.testing.assert_allclose(found.paths[-1].places[0], [0.5, 1 / 3, 0.0])


def test_a_value_that_is_not_of_the_range_breaks_the_path() -> None:
    found = parallel(view(trial(0, 1.0, {"lr": 0.01, "weight_decay": 2.0})), 1)
    assert np.isnan(found.paths[-1].places[0]).tolist() == [False, True, False]
