"""What a person wrote on a run, in a few words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from tui_lab.view_models.plain_text import plain

_LONGEST_NOTE = 60


class Annotated(Protocol):
    """What is needed to know of a run."""

    @property
    def name(self) -> str: ...
    @property
    def tags(self) -> tuple[str, ...]: ...


def written_on(run: Annotated) -> Iterator[str]:
    """Its name in quotes, then its tags: `“good start”`, `#baseline`."""
    if run.name:
        yield f"“{plain(run.name, _LONGEST_NOTE)}”"
    yield from (f"#{plain(tag)}" for tag in run.tags)
