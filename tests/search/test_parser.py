"""Protects the language of searches: what it reads, that it never raises anything but `QueryError`,
and that a query written out reads back as the same."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tui_lab.errors import QueryError
from tui_lab.search.parser import DEEPEST, LONGEST, parsed
from tui_lab.search.query import EVERYTHING, And, Comparison, Not, Or, Query, Words, names, written
from tui_lab.search.reference import MOMENTS, TEXTS

A, B, C = Words("a"), Words("b"), Words("c")


def compared(name: str, sign: str, value: str) -> Comparison:
    return Comparison(name, sign, value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", EVERYTHING),
        ("  ", EVERYTHING),
        ("a", A),
        ("a b", And((A, B))),
        ("a and b", And((A, B))),
        ("a AND b c", And((A, B, C))),
        ("a or b", Or((A, B))),
        ("a or b c", Or((A, And((B, C))))),
        ("(a or b) c", And((Or((A, B)), C))),
        ("a (b c)", And((A, B, C))),
        ("a or (b or c)", Or((A, B, C))),
        ("not a b", And((Not(A), B))),
        ("not (a b)", Not(And((A, B)))),
        ("-a -(b or c)", And((Not(A), Not(Or((B, C)))))),
        ("--a", Not(Not(A))),
        ("- a", And((Words("-"), A))),
        ("a-b", Words("a-b")),
        ('"a b"', Words("a b")),
        ("'a \"b'", Words('a "b')),
        (r'"a \" \\"', Words('a " \\')),
        ("don't", Words("don't")),
        ('"and"', Words("and")),
        ("android", Words("android")),
        ("lr>=0.01", compared("lr", ">=", "0.01")),
        ("lr >= 0.01", compared("lr", ">=", "0.01")),
        ("lr==1", compared("lr", "=", "1")),
        ("test/loss<0.4", compared("test/loss", "<", "0.4")),
        ("tag:good", compared("tag", ":", "good")),
        ("-tag:good", Not(compared("tag", ":", "good"))),
        ('note:"a b"', compared("note", ":", "a b")),
        ('"odd name">3', compared("odd name", ">", "3")),
        ("device=cuda:0", compared("device", "=", "cuda:0")),
        ("device:cuda:0", compared("device", ":", "cuda:0")),
        ("lr=", compared("lr", "=", "")),
        ("(lr=)", compared("lr", "=", "")),
        ("and=1", compared("and", "=", "1")),
        ("Error: x", And((compared("Error", ":", ""), Words("x")))),
        ("lr<-1", compared("lr", "<", "-1")),
        ("created>-7d", compared("created", ">", "-7d")),
        ("a!b", Words("a!b")),
        ('"a!"=1', compared("a!", "=", "1")),
        ("a!=1", compared("a", "!=", "1")),
        ("lr!=3", compared("lr", "!=", "3")),
    ],
)
def test_reads(text: str, query: Query) -> None:
    assert parsed(text) == query


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a or", 4, "missing here"),
        ("a and or b", 6, "missing before 'or'"),
        ("or a", 0, "missing before 'or'"),
        ("not", 3, "missing here"),
        ("a )", 2, "closes nothing"),
        ("a (b", 2, "not closed"),
        ("a ()", 2, "nothing between"),
        ('note:"a', 5, "no partner"),
        ("'a", 0, "no partner"),
        ("=3", 0, "name is missing"),
        (":x", 0, "name is missing"),
        ("lr>=", 4, "A number is missing after lr>="),
        ("lr>=abc", 4, "'abc' is no number"),
        ("x lr=>3", 5, "side by side"),
        ("status<3", 7, "status is no number"),
        ("created>soon", 8, "'soon' is no date"),
        ("created>", 8, "A date is missing"),
        ("created=-7d", 8, "write created>-7d"),
        ("created>2026-13-01", 8, "no date"),
        ("created>-999999999w", 8, "no date"),
        ("(" * (DEEPEST + 1), DEEPEST, "nested more than"),
        ("a" * (LONGEST + 1), LONGEST, "at most"),
    ],
)
def test_says_what_is_wrong_and_where(text: str, place: int, words: str) -> None:
    with pytest.raises(QueryError) as raised:
        parsed(text)
    assert words in str(raised.value)
    assert str(raised.value).endswith(".")
    assert raised.value.place == place


def assert_read_or_refused(text: str) -> None:
    """A query reads back as the same, and what is none is refused at a place in the text."""
    query: Query = EVERYTHING
    place = 0
    try:
        query = parsed(text)
    except QueryError as error:
        place = error.place
    assert 0 <= place <= len(text)
    assert parsed(written(query)) == query


@given(st.text(alphabet=" ()<>=!:\"'\\-*abandornotlr0123456789.\n\u3000λcreated", max_size=60))
def test_whatever_is_typed_is_a_query_or_a_sentence(text: str) -> None:
    assert_read_or_refused(text)


@given(st.text(max_size=30))
def test_any_text_is_a_query_or_a_sentence(text: str) -> None:
    assert_read_or_refused(text)


def _queries() -> st.SearchStrategy[Query]:
    awkward = st.text(alphabet="!<>=:\"'()\\- andort\n", min_size=1, max_size=5)
    text = st.text(min_size=1, max_size=8) | awkward
    leaves: st.SearchStrategy[Query] = st.one_of(
        st.builds(Words, text),
        st.builds(
            compared,
            text.filter(lambda name: name not in MOMENTS),
            st.sampled_from([":", "=", "!="]),
            text | st.just(""),
        ),
        st.builds(
            compared,
            text.filter(lambda name: name not in MOMENTS | TEXTS),
            st.sampled_from(["<", "<=", ">", ">="]),
            st.floats(allow_nan=False).map(str),
        ),
    )
    return st.recursive(leaves, _more, max_leaves=12)


def _more(part: st.SearchStrategy[Query]) -> st.SearchStrategy[Query]:
    def several(kind: type[And] | type[Or]) -> st.SearchStrategy[Query]:
        inner = part.filter(lambda query: not isinstance(query, kind))
        return st.lists(inner, min_size=2, max_size=4).map(lambda parts: kind(tuple(parts)))

    return st.one_of(st.builds(Not, part), several(And), several(Or))


@given(_queries())
@example(compared("a!", "=", ""))
def test_a_query_written_out_reads_back_as_the_same(query: Query) -> None:
    assert parsed(written(query)) == query


def test_the_names_that_are_asked_about() -> None:
    assert list(names(parsed("a lr>1 (tag:x or -note:y)"))) == ["lr", "tag", "note"]
