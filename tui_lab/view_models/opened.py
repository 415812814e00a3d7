"""What has been opened in a run to look at: a parameter in lines of text, the graph of its loss."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from tui_lab.events import RunEvent, StepAltered
from tui_lab.inspection import GraphShown, ParameterShown
from tui_lab.view_models.contents import marked
from tui_lab.view_models.plain_text import plain
from tui_lab.view_models.series import number

_NAMES = {"value": "value", "grad": ".grad", "change": "Δ"}
_INDENT = 2
_LABEL = 7
_LEVELS = "▁▂▃▄▅▆▇█"
_GAP = "…"
_ONE_BY_ONE = 8
"""Numbers in a row that say more than their range and mean."""


class Opened:
    """Folds what is shown of a run that is looked into."""

    def __init__(self) -> None:
        self.parameter: ParameterShown | None = None
        """The parameter that is open, None while none is."""
        self.before: ParameterShown | None = None
        """The same parameter at the phase before."""
        self.graph: GraphShown | None = None
        """The newest graph that was shown."""
        self.altered: dict[int, list[str]] = {}
        """What was done besides in the newest step in which something was."""

    def fold(self, event: RunEvent) -> None:
        """Take over what was shown, or that a step was altered."""
        match event:
            case ParameterShown():
                self._show(event)
            case GraphShown():
                self.graph = event
            case StepAltered():
                kept = self.altered.get(event.step, [])
                self.altered = {event.step: [*kept, plain(event.how)]}

    def close(self) -> None:
        """The run is over: nothing more is to be seen in it."""
        self.parameter = self.before = None

    def cut_after(self, step: int) -> None:
        """What was seen of later steps never was."""
        self.before = None
        if self.parameter is not None and self.parameter.step > step:
            self.parameter = None
        if self.graph is not None and self.graph.step > step:
            self.graph = None
        self.altered = {at: done for at, done in self.altered.items() if at <= step}

    def lines(self) -> list[str]:
        """The parameter that is open, from its name to its last number; none while none is."""
        if self.parameter is None:
            return []
        before = self.before.tensors if self.before else {}
        rows = [_title(self.parameter)]
        for name, label in _NAMES.items():
            tensor = self.parameter.tensors.get(name, {})
            for line in _tensor_lines(tensor, before.get(name, {})):
                rows.append(f"{'':{_INDENT}}{label:<{_LABEL}}{line}")
                label = ""
        return rows

    def _show(self, event: ParameterShown) -> None:
        last = self.parameter
        if last is None or last.parameter != event.parameter:
            self.before = None
        elif (last.step, last.phase) != (event.step, event.phase):
            self.before = last if 0 <= event.step - last.step <= 1 else None
        self.parameter = event if event.parameter else None


def _title(shown: ParameterShown) -> str:
    size = "×".join(map(str, shown.shape)) or "scalar"
    phase = f"{shown.phase} of step" if shown.phase else "step"
    kind = plain(shown.dtype)
    return f"▾ {plain(shown.parameter)}  {size} {kind} · after {plain(phase)} {shown.step:,}"


def _tensor_lines(tensor: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    if "note" in tensor or not tensor:
        return [plain(tensor["note"])] if tensor else []
    rows = _rows(tensor, before)
    if len(rows) == 1 and int(tensor.get("size", 0)) <= _ONE_BY_ONE:
        return rows
    return [_figures(tensor), *rows]


def _figures(tensor: Mapping[str, Any]) -> str:
    """`▁▂▅█▅▂▁  -0.026 … 0.031  mean 0.0012  zeros 3 %  NaN 2`"""
    parts = [histogram(tensor.get("counts", ()))]
    if tensor.get("min") is not None:
        low, high, mean = (f"{number(tensor[key]):.3g}" for key in ("min", "max", "mean"))
        parts += [f"{low} {_GAP} {high}", f"mean {mean}"]
    parts.append(f"zeros {_share(number(tensor.get('zeros', 0.0)))}")
    parts += [f"{word} {tensor[key]:,}" for key, word in _NOT_FINITE.items() if tensor.get(key)]
    return "  ".join(filter(None, parts))


_NOT_FINITE = {"nan": "NaN", "inf": "Inf"}


def _share(share: float) -> str:
    """`0 %`, `< 0.1 %`, `12.5 %`; nothing that is there rounds to nothing."""
    percent = 100 * share
    return f"{percent:.3g} %" if percent >= 0.1 or not percent else "< 0.1 %"


def histogram(counts: Sequence[int]) -> str:
    """A level for each count; a blank where there are none, the lowest where there are few."""
    most = max(counts, default=0)
    levels = len(_LEVELS)
    return "".join(_LEVELS[math.ceil(levels * c / most) - 1] if c else " " for c in counts)


def _rows(tensor: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    """The numbers below each other; gaps where some are left out."""
    values, columns = tensor.get("values", ()), int(tensor.get("columns", 0))
    if not values or columns < 1:
        return []
    texts = marked(values, before.get("values", ()))
    width = max(map(len, texts))
    lines = []
    for start in range(0, len(texts), columns):
        row = [text.rjust(width) for text in texts[start : start + columns]]
        lines.append("  ".join(_with_gap(row, int(tensor.get("of", columns)))))
    return _with_gap(lines, int(tensor.get("rows", len(lines))))


def _with_gap(parts: list[str], of: int) -> list[str]:
    """The parts, with a sign in the middle where they are not all there are."""
    if of <= len(parts):
        return parts
    half = len(parts) // 2
    return [*parts[:half], _GAP, *parts[half:]]
