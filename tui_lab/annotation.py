"""What a person wrote on a run: a name, a note, tags. It says nothing of how the run was made."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tui_lab import checks
from tui_lab.errors import UsageError

LONGEST_NAME = 100
LONGEST_NOTE = 10_000
LONGEST_TAG = 50
MOST_TAGS = 100
_TAG = re.compile(r"[^\s,()\"'<>=:+-][^\s,()\"'<>=:]*")
"""What can be typed as `tag:…` without quotes, and as `+…` on a command line."""


@dataclass(frozen=True)
class Annotation:
    """What stands in annotation.json."""

    name: str = ""
    """What the run is called, beside the name it was born with."""
    note: str = ""
    tags: tuple[str, ...] = ()
    """In their order, each once."""

    def changed(
        self,
        *,
        name: str | None = None,
        note: str | None = None,
        add: Iterable[str] = (),
        remove: Iterable[str] = (),
    ) -> Annotation:
        """The same with what is given put in its place; raises `UsageError`."""
        gone = set(remove)
        tags = tuple(tag for tag in dict.fromkeys((*self.tags, *add)) if tag not in gone)
        try:
            return Annotation(
                self.name if name is None else _name(name.strip()),
                self.note if note is None else _note(note.strip()),
                _tags(list(tags)),
            )
        except ValueError as error:
            raise UsageError(f"{_capital(str(error))}.") from error

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "note": self.note, "tags": list(self.tags)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Annotation:
        """The annotation in a decoded annotation.json; raises `ValueError`, which says what is
        wrong, for one that can't be what it says."""
        return cls(**checks.fields(data, {"name": _name, "note": _note, "tags": _tags}))


def split_tags(text: str) -> list[str]:
    """The tags in a line of text, between spaces or commas, each once; `#` and `+` before one are
    its marks alone."""
    found = (tag.lstrip("#+") for tag in re.split(r"[\s,]+", text))
    return list(dict.fromkeys(tag for tag in found if tag))


def _name(value: Any) -> str:
    found = _text("name", value, LONGEST_NAME)
    if not found.isprintable():
        raise ValueError("the name of a run is one line of plain text")
    return found


def _note(value: Any) -> str:
    return _text("note", value, LONGEST_NOTE)


def _text(what: str, value: Any, longest: int) -> str:
    if isinstance(value, str) and len(value) > longest:
        raise ValueError(f"a {what} has at most {longest:,} characters, not {len(value):,}")
    return checks.text(value, longest)


def _tags(value: Any) -> tuple[str, ...]:
    found = checks.listed(_tag)(value)
    if len(found) > MOST_TAGS:
        raise ValueError(f"a run has at most {MOST_TAGS} tags, not {len(found):,}")
    return tuple(dict.fromkeys(found))


def _tag(value: Any) -> str:
    tag = _text("tag", value, LONGEST_TAG)
    if not (_TAG.fullmatch(tag) and tag.isprintable()):
        raise ValueError(f"{tag!r} can't be a tag: it is a word without spaces or signs")
    return tag


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
