"""Protects where runs go that are exported: each in a file of its own, or a sentence why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui_lab.errors import UsageError
from tui_lab.exchange.destinations import destinations


def test_a_name_with_the_runs_in_it_is_a_file_for_each(tmp_path: Path) -> None:
    assert destinations(f" {tmp_path}/{{run}}.CSV ", ["a", "b"]) == {
        "a": tmp_path / "a.CSV",
        "b": tmp_path / "b.CSV",
    }
    assert destinations("~/x.csv", ["a"]) == {"a": Path.home() / "x.csv"}


def test_a_directory_is_one_for_tensorboard(tmp_path: Path) -> None:
    for typed in (f"{tmp_path}/", str(tmp_path)):
        assert destinations(typed, ["a"]) == {"a": tmp_path / "a" / "events.out.tfevents.a"}


@pytest.mark.parametrize(
    ("typed", "count", "words"),
    [
        ("x.csv", 2, "2 runs can't go into one file; {run} in the name makes one for each."),
        ("{run}", 1, "exported to .csv, .jsonl"),
        ("", 1, "exported to .csv"),
        (".csv", 1, "exported to .csv"),
        ("~nobody-of-that-name/x.csv", 1, "no such user"),
    ],
)
def test_what_can_not_be_written_is_said_before(typed: str, count: int, words: str) -> None:
    with pytest.raises(UsageError) as raised:
        destinations(typed, ["a", "b"][:count])
    assert words in str(raised.value)
