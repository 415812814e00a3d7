"""Help and palette know every action of a screen, and each can be given other keys."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from textual.binding import Binding
from textual.command import Hit
from textual.widgets import OptionList, Static

from tests.tui.fakes import TOY, FakeSession
from tests.tui.places import LIVE, PLACES, told, until
from tui_lab.tui.app import Opening, TuiLabApp
from tui_lab.tui.experiment.screen import ExperimentScreen
from tui_lab.tui.home.screen import HomeScreen
from tui_lab.tui.keys.actions import ScreenAction, screen_actions
from tui_lab.tui.keys.help import HelpScreen, grouped, key_table, subject
from tui_lab.tui.keys.palette import PaletteActions
from tui_lab.tui.knobs.knob import Knob
from tui_lab.tui.runs.screen import RunsScreen


def declared(node: object) -> set[str]:
    """The ids of all bindings that a class and its bases declare, found without the program."""
    found: set[str] = set()
    for declaring in type(node).__mro__:
        for binding in vars(declaring).get("BINDINGS", ()):
            if isinstance(binding, Binding) and binding.id:
                found.add(binding.id)
    return found


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
            assert action.id in shown
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
        provider = PaletteActions(app.screen)
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
        provider = PaletteActions(app.screen)
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
    assert lines[0].split() == ["k", "k2", "label", "[red]a[/red]", "·", "a"]
    assert lines[1].endswith("(not now) · b")


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


async def test_a_complaint_is_told_at_the_start(session: FakeSession) -> None:
    app = TuiLabApp(session, complaint="keys.json is [red]bad[/red].")
    async with app.run_test() as pilot:
        await pilot.pause()
        assert told(app) == ["keys.json is [red]bad[/red]."]


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
