"""Named numbers as bars that lie, one per row, the longest first."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui_lab.plots.frame import narrow
from tui_lab.plots.mosaic import message_rows
from tui_lab.plots.style import PlotStyle

_EIGHTHS = " ▏▎▍▌▋▊▉"
_LONGEST_NAME = 0.4
"""The part of the width that names may take."""

NamedBars = Sequence[tuple[str, float]]


def bar_rows(
    bars: NamedBars, width: int, height: int, style: PlotStyle, *, note: str = ""
) -> list[Strip]:
    """A row for each name with its bar and its number, as many as there is room for; `note` says
    why there are none."""
    if not bars:
        return message_rows(narrow(note or "no data yet"), width, height, style)
    name = min(max(cell_len(narrow(word)) for word, _ in bars), int(width * _LONGEST_NAME))
    most = max(max(value for _, value in bars), 1e-300)
    room = max(width - name - len(" 0.00") - 1, 1)
    rows = [
        _row(narrow(word)[:name].ljust(name), value, value / most * room, width, style)
        for word, value in bars[:height]
    ]
    blank = Strip([Segment(" " * width, style.base)], width)
    return rows + [blank] * (height - len(rows))


def _row(name: str, value: float, length: float, width: int, style: PlotStyle) -> Strip:
    label = style.base + style.styles.get("label", Style.null())
    look = style.base + style.styles.get("first", Style.null())
    parts = (
        Segment(f"{name} ", label),
        Segment(_bar(length, style), look),
        Segment(f" {value:.2f}", label),
    )
    return Strip(parts).adjust_cell_length(width, style.base)


def _bar(length: float, style: PlotStyle) -> str:
    """To an eighth of a cell, where there are such signs."""
    whole, eighths = divmod(round(8 * max(length, 0.0)), 8)
    if style.marker == "ascii":
        return "#" * round(length)
    return "█" * whole + _EIGHTHS[eighths].strip()
