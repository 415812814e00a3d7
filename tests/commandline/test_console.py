"""Protects the terminal from what runs say, stdout from talk, and JSON from the locale."""

from __future__ import annotations

import io
import json

import pytest

from tests.commandline.scripted_run import Screen, Stream
from tui_lab.commandline.console import Console, cell_width, escape


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
    Console(ascii_only, None).print_json({"λ": "\x1b[2J \x9b \x7f", "loss": float("nan")})
    written = raw.getvalue().decode("utf-8")
    assert json.loads(written) == {"λ": "\x1b[2J \x9b \x7f", "loss": "NaN"}
    assert not any(control in written for control in "\x1b\x9b\x7f")


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


def test_wide_and_combining_characters_take_the_cells_they_take() -> None:
    assert cell_width("λ中e\u0301") == 4
