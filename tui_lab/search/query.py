"""What a search over runs asks for, as a tree; written out as text it reads back as the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Sign = Literal[":", "=", "!=", "<", "<=", ">", ">="]
KEYWORDS = ("and", "or", "not")
_PLAIN = re.compile(r"(?![-\"'])(?:(?!!=)[^\s()<>=:])+")
"""Text that needs no quotes where a word stands."""
_PLAIN_NAME = re.compile(_PLAIN.pattern + "(?<!!)")
"""Text that needs none where a name stands: one that ends in ! would make != of the sign."""
_PLAIN_VALUE = re.compile(r"(?![\"'<>=])[^\s()]+")


@dataclass(frozen=True)
class Words:
    """Text that occurs somewhere in a run."""

    text: str


@dataclass(frozen=True)
class Comparison:
    """A value of a run against one that was typed."""

    name: str
    sign: Sign
    value: str


@dataclass(frozen=True)
class Not:
    """The runs that a query does not find."""

    of: Query


@dataclass(frozen=True)
class And:
    """The runs that every part finds: all there are, where there is no part."""

    parts: tuple[Query, ...]


@dataclass(frozen=True)
class Or:
    """The runs that any part finds."""

    parts: tuple[Query, ...]


Query = Words | Comparison | Not | And | Or
EVERYTHING = And(())


def written(query: Query) -> str:
    """The query as text; `parsed` makes the same of it."""
    match query:
        case Words(text):
            return _quoted(text, _PLAIN)
        case Comparison(name, sign, value):
            shown = _quoted(value, _PLAIN_VALUE) if value else '""'
            return f"{quoted_name(name)}{sign}{shown}"
        case Not(of):
            return f"not {_in_parentheses(of, And, Or)}"
        case And(parts):
            return " ".join(_in_parentheses(part, And, Or) for part in parts)
        case Or(parts):
            return " or ".join(_in_parentheses(part, Or) for part in parts)


def names(query: Query) -> Iterator[str]:
    """The names that its comparisons ask about."""
    match query:
        case Comparison(name):
            yield name
        case Not(of):
            yield from names(of)
        case And(parts) | Or(parts):
            for part in parts:
                yield from names(part)


def quoted(text: str) -> str:
    """A value as it is typed: in quotes where it needs them."""
    return _quoted(text, _PLAIN_VALUE) if text else '""'


def quoted_name(text: str) -> str:
    """A name as it is typed: in quotes where it needs them."""
    return _quoted(text, _PLAIN_NAME)


def _quoted(text: str, plain: re.Pattern[str]) -> str:
    if plain.fullmatch(text) and text.lower() not in KEYWORDS:
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _in_parentheses(query: Query, *kinds: type[And] | type[Or]) -> str:
    return f"({written(query)})" if isinstance(query, kinds) else written(query)
