"""Protects the terminal from what runs say, stdout from talk, and JSON from the locale."""

from __future__ import annotations

import io
import json

import pytest

from tests.commandline.scripted_run import Screen, Stream
from tui_lab.commandline.console import Console, cell_width, escape
from tui_lab.commandline.table import cut, table


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("a\rb\x07", "a\\rb\\x07"),
        ("\x9b2J", "\\x9b2J"),
        ("\u202etxt", "\\u202etxt"),
        ("[red]λ ‖w‖ 中[/red]", "[red]λ ‖w‖ 中[/red]"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_a_terminal_could_obey_is_written_out(text: str, shown: str) -> None:
    assert escape(text) == shown


def test_newlines_stay() -> None:
    assert escape("one\ntwo") == "one\ntwo"


def test_data_goes_to_stdout_and_talk_to_stderr(console: Screen) -> None:
    console.print("data \x1b")
    console.say("talk \x1b")
    assert (console.out, console.err) == ("data \\x1b\n", "talk \\x1b\n")


def test_json_is_utf8_whatever_the_locale_and_holds_no_control_character() -> None:
    raw = io.BytesIO()
    ascii_only = io.TextIOWrapper(raw, encoding="ascii", errors="replace")
    orders = "\x1b[2J \x9b \x7f \u202e \u2066 \u2028"
    Console(ascii_only, None).print_json({"λ": orders, "loss": float("nan")})
    written = raw.getvalue().decode("utf-8")
    assert json.loads(written) == {"λ": orders, "loss": "NaN"}
    assert not any(control in written for control in orders if control not in "[2J ")


def test_a_closed_stream_swallows_what_it_is_given() -> None:
    console = Console(None, None)
    console.print("into the void")
    console.say("into the void")
    assert not console.interactive
    assert not console.colour


def test_talk_goes_on_without_a_listener() -> None:
    class Deaf(Stream):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    console = Console(Stream(), Deaf())
    console.say("anyone?")
    console.say("no one")
    assert not isinstance(console.stderr, Deaf)


@pytest.mark.parametrize("variable", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colours_need_a_terminal_that_wants_them(variable: dict[str, str]) -> None:
    terminal = Stream(terminal=True)
    assert Console(terminal, None, environ={"TERM": "xterm"}).colour
    assert not Console(terminal, None, environ={"TERM": "xterm", **variable}).colour
    assert not Console(Stream(), None, environ={"TERM": "xterm"}).colour


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("abc", 0, "abc"),
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("a漢字", 4, "a漢…"),
        ("漢字", 3, "漢…"),
        ("ae\u0301e\u0301", 2, "a…"),
        ("ae\u0301", 2, "ae\u0301"),
        ("x" * 100_000, 5, "xxxx…"),
        ("", 5, ""),
    ],
)
def test_text_is_cut_to_its_columns(text: str, width: int, shown: str) -> None:
    assert cut(text, width) == shown


def test_no_cell_takes_more_than_its_share_of_a_screen() -> None:
    rows = [("a", "x" * 100_000, "b"), ("\x1b" * 100_000, "y", "c")]
    lines = table(rows).splitlines()
    assert len(lines) == 2
    assert all(len(line) < 4 * 1000 for line in lines)
    assert lines[0].split()[1] == "x" * 499 + "…"


def test_a_long_text_is_cut_by_looking_at_each_character_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked = list[str]()

    def width(text: str) -> int:
        looked.append(text)
        return len(text)

    monkeypatch.setattr("tui_lab.commandline.table.cell_width", width)
    cut("x" * 100_000, 60_000)
    assert sum(map(len, looked)) <= 100_000


def test_wide_and_combining_characters_take_the_cells_they_take() -> None:
    assert cell_width("λ中e\u0301") == 4
