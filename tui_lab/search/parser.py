"""Reads a search over runs, or says in one sentence what is wrong with it and where.

    query      = all { "or" all }
    all        = one { ["and"] one }
    one        = "not" one | "-" one | "(" query ")" | comparison | text
    comparison = name sign value
    sign       = ":" | "=" | "!=" | "<" | "<=" | ">" | ">="

Space around a sign does not matter, but for `:`, which stands between its name and its value.
Quotes, single or double, hold a text together that has spaces, parentheses or signs in it.
"""

from __future__ import annotations

import re
from typing import cast

from tui_lab.errors import QueryError
from tui_lab.search.query import EVERYTHING, KEYWORDS, And, Comparison, Not, Or, Query, Sign, Words
from tui_lab.search.reference import complaint

LONGEST = 10_000
"""Characters of a query."""
DEEPEST = 50
"""Parentheses and negations inside each other."""

SPACE = re.compile(r"\s*")
QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'", re.DOTALL)
BARE = re.compile(r"(?![\"'])(?:(?!!=)[^\s()<>=:])+")
SIGN = re.compile(r":|\s*(?:==|<=|>=|!=|=|<|>)\s*")
VALUE = re.compile(r"(?![\"'])[^\s()]+")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def parsed(text: str) -> Query:
    """What `text` asks for; raises `QueryError` and nothing else."""
    if len(text) > LONGEST:
        raise QueryError(f"A search has at most {LONGEST:,} characters.", LONGEST)
    return _Reader(text).query()


def unquoted(text: str) -> str:
    """What stands between quotes."""
    return _ESCAPED.sub(r"\1", text[1:-1])


class _Reader:
    """Goes through the text once, from the left."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def query(self) -> Query:
        self._skip()
        if self._is_over():
            return EVERYTHING
        found = self._either()
        if not self._is_over():
            raise self._error("This ) closes nothing; take it away or write ( before it.")
        return found

    def _either(self) -> Query:
        parts = [self._all()]
        while self._take("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Or(tuple(_flat(parts, Or)))

    def _all(self) -> Query:
        parts = [self._one()]
        while self._take("and") or not (self._is_over() or self._next(")") or self._keyword("or")):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else And(tuple(_flat(parts, And)))

    def _one(self) -> Query:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._error(f"This is nested more than {DEEPEST} deep.")
        found = self._negation() or self._group() or self._condition()
        self._depth -= 1
        self._skip()
        return found

    def _negation(self) -> Query | None:
        follows = self._text[self._at + 1 : self._at + 2]
        if self._next("-") and follows not in ("", ")") and not follows.isspace():
            self._at += 1
            return Not(self._one())
        return Not(self._one()) if self._take("not") else None

    def _group(self) -> Query | None:
        if not self._next("("):
            return None
        opened = self._at
        self._at += 1
        self._skip()
        if self._next(")"):
            raise self._error("There is nothing between these parentheses.", opened)
        found = self._either()
        if not self._next(")"):
            raise self._error("This ( is not closed; write ) after what belongs to it.", opened)
        self._at += 1
        return found

    def _condition(self) -> Query:
        begun = self._at
        if self._is_over() or self._next(")"):
            raise self._error("Something to search for is missing here.")
        if self._keyword("and") or self._keyword("or"):
            word = self._text[begun:].split(maxsplit=1)[0]
            raise self._error(f"Something to search for is missing before {word!r}.")
        name = self._quoted() if self._next('"') or self._next("'") else self._bare(BARE)
        sign = SIGN.match(self._text, self._at)
        if sign is None:
            return Words(name)
        if not name:
            raise self._error("A name is missing before this sign.", begun)
        self._at = sign.end()
        return self._comparison(name, sign[0].strip().replace("==", "="))

    def _comparison(self, name: str, sign: str) -> Comparison:
        begun = self._at
        if self._next('"') or self._next("'"):
            value = self._quoted()
        else:
            if self._text[begun : begun + 1] in ("<", ">", "="):
                raise self._error("Two signs stand side by side; quotes hold one in a value.")
            value = self._bare(VALUE)
        if wrong := complaint(name, sign, value):
            raise self._error(wrong, begun)
        return Comparison(name, cast("Sign", sign), value)

    def _bare(self, what: re.Pattern[str]) -> str:
        found = what.match(self._text, self._at)
        if found is None:
            return ""
        self._at = found.end()
        return found[0]

    def _quoted(self) -> str:
        found = QUOTED.match(self._text, self._at)
        if found is None:
            raise self._error(f"This {self._text[self._at]} has no partner; close the quotes.")
        self._at = found.end()
        return unquoted(found[0])

    def _keyword(self, word: str) -> bool:
        """Whether this word comes next and is no name."""
        found = BARE.match(self._text, self._at)
        if found is None or found[0].lower() != word or word not in KEYWORDS:
            return False
        return SIGN.match(self._text, found.end()) is None

    def _take(self, word: str) -> bool:
        if not self._keyword(word):
            return False
        self._at += len(word)
        self._skip()
        return True

    def _next(self, character: str) -> bool:
        return self._text.startswith(character, self._at)

    def _skip(self) -> None:
        self._at = SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]

    def _is_over(self) -> bool:
        return self._at >= len(self._text)

    def _error(self, message: str, place: int | None = None) -> QueryError:
        return QueryError(message, min(self._at if place is None else place, len(self._text)))


def _flat(parts: list[Query], kind: type[And] | type[Or]) -> list[Query]:
    """`a (b c)` is `a b c`."""
    return [each for part in parts for each in (part.parts if isinstance(part, kind) else (part,))]
