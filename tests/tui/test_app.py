"""The app: where keys lead, that help and palette know every action, and how it all ends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from textual.binding import Binding
from textual.command import CommandPalette, Hit
from textual.pilot import Pilot
from textual.widgets import OptionList, Static

from tests.tui.fakes import OTHER, TOY, FakeSession, summary
from tui_lab.config import Settings
from tui_lab.errors import UsageError
from tui_lab.hyperparameters import Float
from tui_lab.run import RunStatus
from tui_lab.tui.actions import ScreenAction, clashing_keys, screen_actions
from tui_lab.tui.app import Opening, TuiLabApp
from tui_lab.tui.keymap import read_keymap
from tui_lab.tui.lab import crash_sentence
from tui_lab.tui.palette import LabCommands
from tui_lab.tui.screens.experiment import ExperimentScreen
from tui_lab.tui.screens.help import HelpScreen, grouped, key_table, subject
from tui_lab.tui.screens.home import HomeScreen
from tui_lab.tui.screens.quit_dialog import QuitDialog
from tui_lab.tui.screens.runs import RunsScreen
from tui_lab.tui.screens.small import SmallScreen
from tui_lab.tui.theme import ANSI_DARK, ANSI_LIGHT, DARK, LIGHT, THEMES, theme_name
from tui_lab.tui.widgets.knob import Knob
from tui_lab.tui.widgets.run_table import RunTable

LIVE = summary(1, status=RunStatus.RUNNING)
PLACES = [(), ("enter",), ("h",)]
"""Keys that lead from home to each screen."""


async def until(pilot: Pilot[Any], condition: Any) -> None:
    """Wait for something that happens after a few turns of the event loop."""
    async with asyncio.timeout(20):
        while not condition():
            await pilot.pause()


def declared(node: object) -> set[str]:
    """The ids of all bindings that a class and its bases declare, found without the program."""
    found: set[str] = set()
    for declaring in type(node).__mro__:
        for binding in vars(declaring).get("BINDINGS", ()):
            if isinstance(binding, Binding) and binding.id:
                found.add(binding.id)
    return found


def told(app: TuiLabApp) -> list[str]:
    return [note.message for note in app._notifications]


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        ((), HomeScreen),
        (("enter",), ExperimentScreen),
        (("enter", "g"), HomeScreen),
        (("enter", "h"), RunsScreen),
        (("enter", "o"), RunsScreen),
        (("enter", "h", "escape"), ExperimentScreen),
        (("enter", "h", "g"), HomeScreen),
        (("h",), RunsScreen),
        (("h", "h"), RunsScreen),
        (("h", "enter"), ExperimentScreen),
        (("h", "o"), ExperimentScreen),
        (("g",), HomeScreen),
        (("question_mark",), HelpScreen),
        (("f1",), HelpScreen),
        (("question_mark", "escape"), HomeScreen),
        (("question_mark", "question_mark"), HomeScreen),
        (("question_mark", "q"), HomeScreen),
        (("question_mark", "down", "j", "up", "k"), HelpScreen),
        (("ctrl+p",), CommandPalette),
        (("ctrl+p", "escape"), HomeScreen),
        (("q",), QuitDialog),
        (("ctrl+q",), QuitDialog),
        (("q", "c"), HomeScreen),
        (("q", "escape"), HomeScreen),
    ],
)
async def test_keys_lead_from_screen_to_screen(
    session: FakeSession, keys: Sequence[str], place: type
) -> None:
    session.put(LIVE)
    app = TuiLabApp(session)
    async with app.run_test(size=(100, 30)) as pilot:
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        await until(pilot, lambda: isinstance(app.screen, place))
        assert len(app.screen_stack) == len(set(app.screen_stack))


async def test_an_experiment_is_found_as_it_was_left(session: FakeSession) -> None:
    app = TuiLabApp(session, Opening("toy", {"lr": 0.25}))
    async with app.run_test(size=(100, 30)) as pilot:
        left = app.screen
        assert isinstance(left, ExperimentScreen)
        assert left.knobs["lr"].value == 0.25
        await pilot.press("g", "down", "enter")
        await until(pilot, lambda: app.screen is not left)
        assert isinstance(app.screen, ExperimentScreen)
        assert app.screen.experiment is OTHER
        app.open_experiment("toy")
        await until(pilot, lambda: app.screen is left)
        assert left.knobs["lr"].value == 0.25


async def test_attaching_brings_back_the_run_and_its_knobs(session: FakeSession) -> None:
    run = summary(3, status=RunStatus.RUNNING, hyperparameters={"weight_decay": 10.0})
    session.put(run)
    app = TuiLabApp(session, Opening("toy", run_id=run.id))
    async with app.run_test(size=(100, 30)) as pilot:
        screen = app.screen
        assert isinstance(screen, ExperimentScreen)
        await until(pilot, lambda: screen.feed is not None)
        assert screen.run_id == run.id
        assert screen.knobs["weight_decay"].value == 10.0


async def test_o_on_a_run_lays_it_over_the_experiments_charts(session: FakeSession) -> None:
    first, second = summary(1), summary(2)
    session.put(first)
    session.put(second)
    app = TuiLabApp(session)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("h", "space", "space", "o")
        await until(pilot, lambda: isinstance(app.screen, ExperimentScreen))
        screen = app.screen
        assert isinstance(screen, ExperimentScreen)
        await until(pilot, lambda: len(screen.overlays) == 2)


async def test_an_experiment_that_is_gone_is_a_sentence(session: FakeSession) -> None:
    run = summary(1, experiment="gone")
    session.put(run)
    app = TuiLabApp(session)
    async with app.run_test() as pilot:
        app.open_run(run.id)
        app.open_run("gone-20261120-110100-ffff")
        await pilot.pause()
        assert told(app) == [
            "There is no experiment 'gone'.",
            "There is no run 'gone-20261120-110100-ffff'.",
        ]
        assert isinstance(app.screen, HomeScreen)


async def test_without_live_runs_q_ends_the_lab(session: FakeSession) -> None:
    session.put(summary(1))
    app = TuiLabApp(session)
    async with app.run_test() as pilot:
        await pilot.press("q")
        await pilot.pause()
        assert app.return_value == 0


@pytest.mark.parametrize(("key", "stopped"), [("l", False), ("s", True)])
async def test_with_a_live_run_q_asks_and_then_ends_the_lab(
    session: FakeSession, key: str, stopped: bool
) -> None:
    session.put(LIVE)
    app = TuiLabApp(session)
    async with app.run_test() as pilot:
        await pilot.press("q", key)
        await until(pilot, lambda: app.return_value is not None)
        assert app.return_value == 0
        assert (("stop", LIVE.id) in session.calls) is stopped


@pytest.mark.parametrize("keys", PLACES)
async def test_help_lists_every_binding_of_the_screen(
    session: FakeSession, keys: Sequence[str]
) -> None:
    session.put(LIVE)
    app = TuiLabApp(session)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        about = app.screen
        nodes = [about, app, *about.query("*")]
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        screen = app.screen
        assert isinstance(screen, HelpScreen)
        listed = {action.id for action in screen.actions}
        assert listed == set().union(*(declared(node) for node in nodes))
        shown = "\n".join(str(text.content) for text in screen.query(Static))
        for action in screen.actions:
            assert action.label in shown
            assert action.tooltip
            assert all(key in shown for key in action.keys)


@pytest.mark.parametrize("keys", PLACES)
async def test_the_palette_offers_every_action_that_can_be_done(
    session: FakeSession, keys: Sequence[str]
) -> None:
    session.put(LIVE)
    app = TuiLabApp(session)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        actions = screen_actions(app.screen)
        provider = LabCommands(app.screen)
        offered = [hit.text async for hit in provider.discover()]
        expected = [a.label for a in actions if a.enabled and a.id != "app.palette"]
        assert sorted(map(str, offered)) == sorted([*expected, "open A toy", "open Another one"])


async def test_the_palette_runs_what_is_chosen(session: FakeSession) -> None:
    app = TuiLabApp(session)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("ctrl+p", *"another one")
        await until(pilot, lambda: app.screen.query_one(OptionList).option_count == 1)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ExperimentScreen))


async def test_the_palette_finds_by_explanation_and_shows_markup_as_text() -> None:
    title = "Odd [/red] [bold]title"
    odd = type(TOY)(**{**vars(TOY), "name": "odd", "title": title, "summary": "[blue]x[/x]"})
    app = TuiLabApp(FakeSession(experiments=[odd]))
    async with app.run_test(size=(100, 30)) as pilot:
        provider = LabCommands(app.screen)
        hits = [hit async for hit in provider.search("odd title")]
        assert [hit.text for hit in hits if isinstance(hit, Hit)] == [f"open {title}"]
        assert "runs" in [hit.text async for hit in provider.search("ever made")]
        await pilot.press("ctrl+p", *"odd")
        await until(pilot, lambda: app.screen.query_one(OptionList).option_count > 0)


async def test_help_explains_the_focused_knob(session: FakeSession) -> None:
    app = TuiLabApp(session, Opening("toy"))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        app.screen.query(Knob).first().focus()
        await pilot.pause()
        text = subject(app.screen).plain
        assert "implementation" in text
        assert "How it is written." in text
        assert "one of scratch, concise; default scratch; acts on the next run" in text


def test_help_shows_keys_and_says_what_can_not_be_done_now(session: FakeSession) -> None:
    app = TuiLabApp(session)
    actions = [_action("a", "Everywhere", True), _action("b", "Runs", False), _action("c", "Runs")]
    assert [(title, len(rows)) for title, rows in grouped(actions)] == [
        ("Everywhere", 1),
        ("Runs", 2),
    ]
    lines = key_table([_action(x, "Runs", x == "a", app) for x in "ab"]).plain.splitlines()
    assert lines[0].split() == ["k", "k2", "label", "[red]a[/red]"]
    assert lines[1].endswith("(not now)")


@pytest.mark.parametrize("keys", [{"app.runs": "f5"}, {"app.runs": "f5,f6"}])
async def test_keys_can_be_remapped(session: FakeSession, keys: dict[str, str]) -> None:
    app = TuiLabApp(session, keymap=keys)
    async with app.run_test() as pilot:
        (runs,) = [a for a in screen_actions(app.screen) if a.id == "app.runs"]
        assert runs.keys == tuple(keys["app.runs"].split(","))
        await pilot.press("h")
        assert isinstance(app.screen, HomeScreen)
        await pilot.press("f5")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))


async def test_a_key_with_two_meanings_is_told(session: FakeSession) -> None:
    app = TuiLabApp(session, keymap={"app.runs": "q"})
    async with app.run_test() as pilot:
        await until(pilot, lambda: told(app) == ["keys.json gives q to two actions."])


@pytest.mark.parametrize("keys", PLACES)
async def test_the_usual_keys_mean_one_thing_each(
    session: FakeSession, keys: Sequence[str]
) -> None:
    session.put(LIVE)
    app = TuiLabApp(session)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        assert clashing_keys(app.screen) == []


def test_a_keymap_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    assert read_keymap(path) == {}
    path.write_text(json.dumps({"app.runs": "f5"}))
    assert read_keymap(path) == {"app.runs": "f5"}


@pytest.mark.parametrize("text", ["{", "[]", '{"app.runs": 3}', '{"app.runs": ""}', "\xff"])
def test_a_bad_keymap_is_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError, match=r"keys\.json .*the usual keys stay\.$"):
        read_keymap(path)


async def test_a_complaint_is_told_at_the_start(session: FakeSession) -> None:
    app = TuiLabApp(session, complaint="keys.json is [red]bad[/red].")
    async with app.run_test() as pilot:
        await pilot.pause()
        assert told(app) == ["keys.json is [red]bad[/red]."]


async def test_f2_goes_through_the_themes(session: FakeSession) -> None:
    app = TuiLabApp(session)
    async with app.run_test() as pilot:
        seen = [app.theme]
        for _ in range(3):
            await pilot.press("f2")
            seen.append(app.theme)
        assert seen == [DARK.name, LIGHT.name, theme_name("ansi"), DARK.name]


@pytest.mark.parametrize("theme", ["dark", "light", "ansi"])
async def test_every_theme_draws_every_screen(theme: Any) -> None:
    session = FakeSession(runs=[LIVE, summary(2)], settings=Settings(theme=theme))
    app = TuiLabApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("h", "f1", "escape", "ctrl+p", "escape", "g", "enter")
        await until(pilot, lambda: isinstance(app.screen, ExperimentScreen))
        assert app.theme == theme_name(theme)


def test_themes_define_the_same_variables() -> None:
    names = [{name for name in theme.variables if "-" in name} for theme in THEMES]
    roles = {name for name in names[0] if name.startswith(("series-", "status-"))}
    assert len(roles) == 12
    assert all(roles <= others for others in names)


def test_ansi_follows_the_terminals_background() -> None:
    assert theme_name("ansi", {"COLORFGBG": "0;15"}) == ANSI_LIGHT.name
    assert theme_name("ansi", {"COLORFGBG": "15;0"}) == ANSI_DARK.name
    assert theme_name("ansi", {}) == ANSI_DARK.name


def test_the_dark_and_light_colours_are_of_the_256() -> None:
    for theme in (DARK, LIGHT):
        for name, colour in {**vars(theme), **theme.variables}.items():
            if isinstance(colour, str) and colour.startswith("#"):
                channels = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
                cube = all(c in (0, 95, 135, 175, 215, 255) for c in channels)
                grey = len(set(channels)) == 1 and (channels[0] - 8) % 10 == 0
                assert cube or grey, (theme.name, name, colour)


async def test_without_colour_the_state_of_a_run_is_still_told(
    session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    session.put(LIVE)
    session.put(summary(2, status=RunStatus.FAILED, error="broke"))
    app = TuiLabApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        table = app.screen.query_one(RunTable)
        await until(pilot, lambda: table.row_count == 2)
        cells = table.get_column("status")
        assert [cell.plain for cell in cells] == ["●", "✗"]
        assert app.no_color


@pytest.mark.parametrize("keys", [*PLACES, ("f1",), ("q",)])
async def test_a_terminal_too_small_says_so_and_recovers(
    session: FakeSession, keys: Sequence[str]
) -> None:
    session.put(LIVE)
    app = TuiLabApp(session)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        before = app.screen
        await pilot.resize_terminal(39, 12)
        await until(pilot, lambda: isinstance(app.screen, SmallScreen))
        assert "39×12 is too small; the lab needs 40×12." in small(app)
        await pilot.resize_terminal(20, 6)
        await until(pilot, lambda: "20×6" in small(app))
        await pilot.press("h", "g", "f1", "ctrl+p", "o")
        assert isinstance(app.screen, SmallScreen)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: app.screen is before)


async def test_a_lab_that_starts_too_small_opens_when_there_is_room(session: FakeSession) -> None:
    app = TuiLabApp(session, Opening("toy"))
    async with app.run_test(size=(20, 6)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SmallScreen))
        await pilot.resize_terminal(400, 120)
        await until(pilot, lambda: isinstance(app.screen, ExperimentScreen))


async def test_sigterm_ends_the_lab(session: FakeSession) -> None:
    session.put(LIVE)
    app = TuiLabApp(session)
    async with app.run_test() as pilot:
        os.kill(os.getpid(), signal.SIGTERM)
        await until(pilot, lambda: app.return_value is not None)
        assert app.return_value == 0
        assert not any(call[0] == "stop" for call in session.calls)


async def test_an_error_of_its_own_ends_the_lab_and_is_kept(session: FakeSession) -> None:
    app = TuiLabApp(session)

    with pytest.raises(ZeroDivisionError):
        await _broken(app)
    assert isinstance(app.crash, ZeroDivisionError)


def test_an_error_of_its_own_is_one_sentence_and_a_file(tmp_path: Path) -> None:
    error = ValueError("bad [red]thing[/red]\x1b[2J")
    sentence = crash_sentence(error, tmp_path)
    assert "The lab broke (ValueError: bad [red]thing[/red] [2J); runs go on" in sentence
    assert str(tmp_path / "crash.log") in sentence
    assert "ValueError" in (tmp_path / "crash.log").read_text()


def test_a_home_that_can_not_be_written_does_not_hide_the_error(tmp_path: Path) -> None:
    sentence = crash_sentence(ValueError("x"), tmp_path / "missing")
    path = Path(sentence.rpartition(" ")[2].rstrip("."))
    assert "ValueError: x" in path.read_text()


def test_fakes_have_a_live_knob() -> None:
    assert any(isinstance(h, Float) and h.live for h in TOY.hyperparameters)


async def _broken(app: TuiLabApp) -> None:
    """Run the app until an error that nobody expected ends it."""

    def fail() -> None:
        raise ZeroDivisionError("by nothing")

    async with app.run_test() as pilot:
        app.call_later(fail)
        await pilot.pause()


def small(app: TuiLabApp) -> str:
    """What the screen of a small terminal says."""
    found = app.screen.query("#small")
    return str(found.first(Static).content) if found else ""


def _action(
    name: str, group: str, enabled: bool = True, node: TuiLabApp | None = None
) -> ScreenAction:
    return ScreenAction(
        id=name,
        label="label",
        tooltip=f"[red]{name}[/red]",
        keys=("k", "k2"),
        group=group,
        action="x",
        node=node or TuiLabApp(FakeSession()),
        enabled=enabled,
        shown=True,
    )
