"""Protects what the band of a population looks like: the median in it, the run itself behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.snapshots.recorded import Recorded
from tests.snapshots.test_snapshots import NORMAL, SMALL, Lab, Size
from tui_lab.events import MetricsLogged
from tui_lab.runs.catalogue import RunSummary
from tui_lab.tui.app import Opening, TuiLabApp
from tui_lab.tui.experiment.screen import ExperimentScreen

LARGE: Size = (200, 60)
SIZES = [pytest.param(size, id="{}x{}".format(*size)) for size in (SMALL, NORMAL, LARGE)]
MEMBERS = 9


class Member(Recorded):
    """The same recording with all that was measured larger, or smaller, than it was."""

    def __init__(self, number: int) -> None:
        super().__init__("turned", number)
        factor = 2.0 ** (number - MEMBERS // 2)
        self.events = [
            replace(event, columns={k: _times(v, factor) for k, v in event.columns.items()})
            if isinstance(event, MetricsLogged)
            else event
            for event in self.events
        ]

    @property
    def summary(self) -> RunSummary:
        run = super().summary
        return replace(run, population="weight-decay-20261120-115900-00ff", member=self.number)


def _times(values: list[float], factor: float) -> list[float]:
    return [factor * float(value) for value in values]


def read_all(app: TuiLabApp) -> None:
    """A look takes no longer than it may, and so reads some of the members."""
    assert isinstance(app.place, ExperimentScreen)
    while app.place.run.members.awaits_more:
        app.place.follow()


@pytest.mark.parametrize("size", SIZES)
def test_the_band_of_a_population(snap_compare: Callable[..., bool], size: Size) -> None:
    runs = tuple(Member(number) for number in range(MEMBERS))
    shown = runs[MEMBERS // 2 + 1]
    opening = Opening(shown.request.experiment, run_id=shown.summary.id)
    assert Lab(opening, ("B",), runs, prepare=read_all).matches(snap_compare, size)
