"""Tables and numbers as plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from tui_lab.checks import number
from tui_lab.commandline.console import cell_width, escape
from tui_lab.view_models.number_format import duration, short

_GAP = "  "
_LONGEST_CELL = 500
"""Characters: more than a sentence; `--json` has the rest."""


def table(rows: Sequence[Sequence[str]], *, indent: str = "", width: int = 0) -> str:
    """Rows of text under each other in columns; the last column is cut to end at `width`, and no
    cell takes more than its share of a screen, whatever a file says."""
    cells = [[_cell(text) for text in row] for row in rows]
    widths = [max(map(cell_width, column)) for column in zip(*cells, strict=True)]
    lines = [indent + _GAP.join(map(_padded, row, widths)).rstrip() for row in cells]
    return "\n".join(cut(line, width) for line in lines)


def cut(text: str, width: int) -> str:
    """`text` in at most `width` columns (0: as it is), with an ellipsis where something is lost."""
    if not width:
        return text
    kept = used = 0
    for place, character in enumerate(text, start=1):
        used += cell_width(character)
        if used < width:
            kept = place
        elif used > width:
            return text[:kept] + "…"
    return text


def wrapped(text: str, *, indent: str, width: int) -> str:
    """A paragraph inside `width` columns."""
    return textwrap.fill(
        escape(text), max(20, width), initial_indent=indent, subsequent_indent=indent
    )


def number_text(value: Any) -> str:
    """A metric as a person reads it, also one that JSON writes as a string."""
    try:
        return short(number(value) if isinstance(value, str) else value)
    except ValueError:
        return str(value)


def elapsed_text(seconds: float) -> str:
    """How long something took: tenths of a second while they matter."""
    return f"{seconds:.1f} s" if seconds < 60 else duration(seconds)


def _cell(text: str) -> str:
    shown = text if len(text) <= _LONGEST_CELL else text[: _LONGEST_CELL - 1] + "…"
    return escape(shown).replace("\n", " ")


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_width(text))
