"""How a person wants several runs looked at: which metric, against which run, in which order."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from tui_lab.tui.panes.charts_pane import ACROSS, SMOOTHINGS
from tui_lab.view_models.comparison.comparison import Comparison
from tui_lab.view_models.comparison.overlay import Drawn, is_log
from tui_lab.view_models.comparison.tables import Sorting, all_columns, sorting_by


@dataclass(frozen=True)
class Choices:
    """The same whatever the runs go on to do."""

    reference: str = ""
    """The run that the others are held against."""
    metric: str = ""
    """Empty for the one that says most."""
    sorting: Sorting | None = None
    """None for the order in which the runs were chosen."""
    drawn: Drawn = field(default_factory=Drawn)
    other_axis: frozenset[str] = frozenset()
    """Metrics whose vertical axis is not the one that is declared."""

    def drawing(self, comparison: Comparison) -> Drawn:
        """How the curves of the metric are drawn."""
        metric = comparison.metric
        log = is_log(comparison.runs, metric) ^ (metric in self.other_axis)
        return replace(self.drawn, log=log)

    def changed(self, option: str, metric: str) -> Choices:
        """Another `log` axis of the metric, other `smoothing`, another quantity `across`, with or
        without the `band`."""
        if option == "log":
            return replace(self, other_axis=self.other_axis ^ {metric})
        return replace(self, drawn=_DRAWN[option](self.drawn))

    def sorted_by(self, found: Sorting) -> Choices:
        """Sorted by a column; by the same one once more, the other way round."""
        if self.sorting is not None and self.sorting.key == found.key:
            found = found._replace(falling=not self.sorting.falling)
        return replace(self, sorting=found)

    def command(self, comparison: Comparison) -> str:
        """What prints the same, but for the run that is in front."""
        return " ".join(("tui-lab compare", *self._words(comparison)))

    def _words(self, comparison: Comparison) -> Iterator[str]:
        yield from (run.id for run in comparison.runs)
        if comparison.metric:
            yield f"--metric {shlex.quote(comparison.metric)}"
        yield from self._drawn_in_words(comparison)
        if comparison.reference:
            yield f"--reference {self.reference}"
        columns = all_columns(comparison)
        if self.sorting is not None and self.sorting.key in (each.key for each in columns):
            yield f"--sort {shlex.quote(self.sorting.key)}"
            if self.sorting != sorting_by(comparison, columns, self.sorting.key):
                yield "--reverse"

    def _drawn_in_words(self, comparison: Comparison) -> Iterator[str]:
        if self.drawn.x != "step":
            yield f"--x {self.drawn.x}"
        if comparison.metric in self.other_axis:
            yield f"--y {'log' if self.drawing(comparison).log else 'linear'}"
        if self.drawn.smoothing:
            yield f"--smoothing {self.drawn.smoothing:g}"
        if not self.drawn.band:
            yield "--no-band"


def _smoothed(drawn: Drawn) -> Drawn:
    place = SMOOTHINGS.index(drawn.smoothing) + 1
    return replace(drawn, smoothing=SMOOTHINGS[place % len(SMOOTHINGS)])


def _across(drawn: Drawn) -> Drawn:
    return replace(drawn, x=ACROSS[(ACROSS.index(drawn.x) + 1) % len(ACROSS)])


def _banded(drawn: Drawn) -> Drawn:
    return replace(drawn, band=not drawn.band)


_DRAWN: dict[str, Callable[[Drawn], Drawn]] = {
    "smoothing": _smoothed,
    "across": _across,
    "band": _banded,
}
