"""The pictures of a study: each knob against the goal, and all of them as parallel coordinates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from tui_lab.study import Trial, TrialState
from tui_lab.view_models.figure import Figure, Floats, Line, Role
from tui_lab.view_models.knob_scale import KnobScale, goal_scale, knob_scale
from tui_lab.view_models.parallel import Parallel, Paths, Upright
from tui_lab.view_models.study import StudyView, goal_so_far

_THIRDS: tuple[Role, Role, Role] = ("third", "first", "muted")
"""The colours of those that are not among the best, from better to worse."""
_NO_GOALS = "no trial has come to its goal yet"


def knob_figure(view: StudyView, name: str, best: int, *, log: bool = False) -> Figure:
    """The goals of all trials over the values of one knob. The first `best` are drawn as their
    ranks, pruned ones as dots at where they were."""
    span = next(each for each in view.request.ranges if each.name == name)
    scale = knob_scale(view, span)
    pruned = [t for t in view.trials.values() if t.state is TrialState.PRUNED]
    ranked = view.ranked
    lines = [
        *_ranks(scale, ranked[:best], name),
        _points(scale, name, ranked[best:], "first", "trials"),
        _points(scale, name, pruned, "muted", "pruned", sign="·"),
    ]
    return Figure(
        lines=tuple(line for line in lines if len(line.x)),
        log_x=scale.log,
        log_y=log,
        x_label=scale.label,
        x_range=_with_margin(scale),
        tick_labels=scale.words,
        note=_NO_GOALS,
    )


def _with_margin(scale: KnobScale) -> tuple[float, float]:
    """The whole range, with what lies at its ends a little inside."""
    if scale.log:
        factor = (scale.high / scale.low) ** 0.04
        return scale.low / factor, scale.high * factor
    margin = 0.04 * (scale.high - scale.low) if scale.high > scale.low else 0.5
    return scale.low - margin, scale.high + margin


def _ranks(scale: KnobScale, trials: Sequence[Trial], name: str) -> list[Line]:
    """A line of one point for each of the best; the very best comes first, and lies on top."""
    return [_points(scale, name, [t], "accent", "best", str(n)) for n, t in enumerate(trials, 1)]


def _points(
    scale: KnobScale, name: str, trials: Sequence[Trial], role: Role, words: str, sign: str = ""
) -> Line:
    pairs = [(scale.place(t.values.get(name)), goal_so_far(t)) for t in trials]
    placed = [(x, y) for x, y in pairs if y is not None]
    x = np.array([x for x, _ in placed], dtype=np.float64)
    y = np.array([y for _, y in placed], dtype=np.float64)
    return Line(words, x, y, role, points=True, sign=sign)


def parallel(view: StudyView, best: int) -> Parallel:
    """Every complete trial as a path over its values to its goal: the first `best` as whole lines
    with their ranks, the others dotted, coloured by the third they belong to."""
    ranked = [t for t in view.ranked if math.isfinite(t.goal or 0.0)]
    scales = [knob_scale(view, span) for span in view.request.ranges]
    goal = goal_scale(view, [t.goal or 0.0 for t in ranked])
    others = ranked[best:]
    cuts = [third * len(others) // 3 for third in range(4)]
    parts = [others[start:stop] for start, stop in pairwise(cuts)]
    dim = [
        Paths(role, tuple(_path(t, scales, goal) for t in part))
        for role, part in zip(_THIRDS, parts, strict=True)
    ]
    whole = [
        Paths("accent", (_path(t, scales, goal),), dotted=False, sign=str(n))
        for n, t in enumerate(ranked[:best], 1)
    ]
    uprights = [Upright(s.label, s.ticks) for s in (*scales, goal)]
    return Parallel(tuple(uprights), (*dim[::-1], *whole[::-1]), _NO_GOALS)


def _path(trial: Trial, scales: Sequence[KnobScale], goal: KnobScale) -> Floats:
    places = [scale.fraction(trial.values.get(scale.name)) for scale in scales]
    return np.array([*places, goal.fraction(trial.goal)], dtype=np.float64)
