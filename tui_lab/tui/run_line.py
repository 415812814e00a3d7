"""A run on one line, as lists of runs show it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from textual.content import Content

from tui_lab.tui.status_sign import status_content
from tui_lab.view_models.number_format import short
from tui_lab.view_models.plain_text import plain

if TYPE_CHECKING:
    from tui_lab.runs.catalogue import RunSummary

_WIDE = 100
"""Columns from which on there is room for the progress."""
_STATUS, _NAME, _AGE, _LOSS = 13, 39, 8, 15


def run_line(run: RunSummary, now: datetime, width: int = 120) -> Content:
    """Status, name, age, loss and progress in columns; the reason for one that can't be read."""
    status = _padded(status_content(run.status, readable=run.readable), _STATUS)
    name = f"{plain(run.id):<{_NAME}}"
    when = (f"{age(run.created, now):<{_AGE}}", "$text-muted")
    if run.error and not run.live:
        return Content.assemble(status, name, when, (plain(run.error), "$text-muted"))
    line = Content.assemble(status, name, when, f"{_loss(run):<{_LOSS}}".rstrip())
    if width < _WIDE or not run.step:
        return line
    room = " " * (_STATUS + _NAME + _AGE + _LOSS - line.cell_length)
    return Content.assemble(line, room, (f"step {run.step:,}  epoch {run.epoch}", "$text-muted"))


def age(created: datetime, now: datetime) -> str:
    """How long ago; not to the second, so that nothing is drawn again only because time passes."""
    seconds = max(0, int((now - created).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return "now"


def _loss(run: RunSummary) -> str:
    loss = run.metrics.get("train/loss")
    return "" if loss is None else f"train {short(loss)}"


def _padded(content: Content, width: int) -> Content:
    return content.append(" " * max(1, width - content.cell_length))
