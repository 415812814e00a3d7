"""What may be typed next in a search: names, and the values that runs have of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tui_lab.search.parser import BARE, QUOTED, SIGN, VALUE, unquoted
from tui_lab.search.query import quoted, quoted_name
from tui_lab.search.reference import TEXTS
from tui_lab.search.vocabulary import Vocabulary

MOST = 8
"""Candidates that are offered at a time."""
_BETWEEN = re.compile(r"[\s()]*(?:-(?=\S))?")
_OPEN = re.compile(r"[\"'].*", re.DOTALL)
"""Quotes that are not closed yet."""


class Candidate(NamedTuple):
    """Something that can be typed."""

    text: str
    """What takes the place of what was begun."""
    words: str
    """How it is called."""
    runs: int = 0
    """How many runs have it; 0 where that is not counted."""


class Completion(NamedTuple):
    """What can stand where the cursor is."""

    start: int
    end: int
    """Between these places of the text is what a candidate takes the place of."""
    candidates: Sequence[Candidate] = ()


class _Begun(NamedTuple):
    """What the cursor stands in, or behind: a name, or the value of one."""

    start: int
    end: int
    name: str | None
    """Whose value it is; None for a name."""


def completion(text: str, cursor: int, vocabulary: Vocabulary) -> Completion:
    """The names or values that begin as what stands before the cursor does, then those that have it
    in them; none where nothing was begun, or nothing is missing."""
    begun = _begun(text, cursor)
    if begun is None:
        return Completion(cursor, cursor)
    typed = text[begun.start : cursor].lstrip("\"'").lower()
    if begun.name is not None:
        found = [_value(text, count) for text, count in vocabulary.values(begun.name)]
    else:
        found = [_name(name, vocabulary) for name in vocabulary.names] if typed else []
    best = _matching(found, typed)
    whole = text[begun.start : begun.end]
    is_there = any(whole in (each.text.rstrip(), each.words) for each in best[:1])
    return Completion(begun.start, begun.end, () if is_there else best)


def _name(name: str, vocabulary: Vocabulary) -> Candidate:
    is_word = name in TEXTS and name not in vocabulary.hyperparameters
    return Candidate(quoted_name(name) + ":" * is_word, name)


def _value(value: str, count: int) -> Candidate:
    return Candidate(f"{quoted(value)} ", value, count)


def _matching(candidates: Iterable[Candidate], typed: str) -> list[Candidate]:
    first, later = list[Candidate](), list[Candidate]()
    for each in candidates:
        place = each.words.lower().find(typed)
        if place >= 0:
            (later if place else first).append(each)
    return (first + later)[:MOST]


def _begun(text: str, cursor: int) -> _Begun | None:
    """What is being typed at the cursor, by the grammar of the parser."""
    at = 0
    while True:
        at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]
        begun = at
        if begun >= cursor:
            return None
        name, at = _read(BARE, text, at)
        sign = SIGN.match(text, at)
        if at >= cursor and not (sign and at == cursor and sign.end() == cursor):
            return _Begun(begun, at, None)
        if sign is None:
            at = max(at, begun + 1)  # a sign without a name
            continue
        if sign.end() > cursor:
            return None
        begun = sign.end()
        _, at = _read(VALUE, text, begun)
        if at >= cursor:
            return _Begun(begun, at, name)


def _read(bare: re.Pattern[str], text: str, at: int) -> tuple[str, int]:
    """What stands there, without its quotes, and where it ends."""
    if found := QUOTED.match(text, at):
        return unquoted(found[0]), found.end()
    found = _OPEN.match(text, at) or bare.match(text, at)
    return (found[0].lstrip("\"'"), found.end()) if found else ("", at)
