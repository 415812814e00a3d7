"""Text from a log made safe to show: no escape sequences, no line breaks, no endless lines."""

from __future__ import annotations

import re
from collections.abc import Sequence

# C0 and C1 controls (escape among them), and the marks that turn the direction of text around.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


def plain(value: object, longest: int = 500) -> str:
    """One printable line; markup such as `[red]` is left as the text it is."""
    text = _CONTROL.sub(" ", str(value)).rstrip()
    return text if len(text) <= longest else text[: longest - 1] + "…"


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([*[", ".join(names[:-1])] * (len(names) > 1), *names[-1:]])


def printed_lines(output: str) -> list[str]:
    """The lines of an output as a terminal would have them at its end: a progress bar that was
    drawn again and again stands there once, as it was drawn last."""
    lines = [_overprinted(line) for line in output.split("\n")]
    return lines[:-1] if lines and not lines[-1] else lines


def _overprinted(line: str) -> str:
    drawn = [part for part in line.split("\r") if part.strip()]
    return drawn[-1] if drawn else ""
