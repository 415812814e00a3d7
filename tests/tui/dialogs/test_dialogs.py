"""Dialogs ask before anything is lost, do what was answered, and never hang."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from textual.app import App
from textual.widgets import OptionList, Static

from tui_lab.errors import RunError
from tui_lab.tui.dialogs.question import QuestionDialog
from tui_lab.tui.dialogs.quit import Departure, QuitDialog
from tui_lab.tui.runs.delete_dialog import DeleteDialog, Deletion

RUNS = ("toy-20261120-110100-0001", "toy-20261120-110200-0002")
SIZES = [(20, 6), (40, 12), (80, 24), (120, 40)]


class Asking(App[None]):
    """Shows a dialog and keeps its answer."""

    def __init__(self, dialog: QuestionDialog[Any]) -> None:
        super().__init__()
        self.dialog = dialog
        self.answers: list[Any] = []

    def on_mount(self) -> None:
        self.push_screen(self.dialog, self.answers.append)


class Stopper:
    """Stops runs when it is let, and writes them down."""

    def __init__(self, error: Exception | None = None) -> None:
        self.asked: list[str] = []
        self.let = asyncio.Event()
        self._error = error

    async def __call__(self, run_id: str) -> None:
        self.asked.append(run_id)
        await self.let.wait()
        if self._error is not None:
            raise self._error


async def ends(app: Asking, pilot: Any) -> None:
    """Wait until the dialog has been answered."""
    async with asyncio.timeout(10):
        while not app.answers:
            await pilot.pause()


def matter(app: Asking) -> str:
    """What the dialog says above its answers."""
    return str(app.dialog.query_one("#lines", Static).content)


def quit_dialog(stop: Callable[[str], Awaitable[None]], patience: float = 60) -> QuitDialog:
    return QuitDialog(RUNS, stop, patience=patience)


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (["y"], Deletion(RUNS)),
        (["c"], None),
        (["escape"], None),
        (["enter"], None),
        (["down", "enter"], Deletion(RUNS)),
        (["j", "enter"], Deletion(RUNS)),
        (["tab", "enter"], Deletion(RUNS)),
        (["up", "enter"], Deletion(RUNS)),
        (["k", "k", "enter"], None),
        (["shift+tab", "enter"], Deletion(RUNS)),
    ],
)
async def test_deleting_needs_a_yes(keys: Sequence[str], answer: Deletion | None) -> None:
    app = Asking(DeleteDialog(RUNS))
    async with app.run_test() as pilot:
        assert all(run in matter(app) for run in RUNS)
        await pilot.press(*keys)
        assert app.answers == [answer]


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (["l"], Departure()),
        (["enter"], Departure()),
        (["c"], None),
        (["escape"], None),
        (["down", "down", "enter"], None),
    ],
)
async def test_quitting_asks_what_becomes_of_live_runs(
    keys: Sequence[str], answer: Departure | None
) -> None:
    stop = Stopper()
    app = Asking(quit_dialog(stop))
    async with app.run_test() as pilot:
        assert all(run in matter(app) for run in RUNS)
        await pilot.press(*keys)
        assert app.answers == [answer]
        assert stop.asked == []


@pytest.mark.parametrize("keys", [["s"], ["down", "enter"]])
async def test_stopping_is_watched_and_then_the_lab_ends(keys: Sequence[str]) -> None:
    stop = Stopper()
    app = Asking(quit_dialog(stop))
    async with app.run_test() as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        assert stop.asked == list(RUNS)
        assert matter(app).count("stopping…") == 2
        await pilot.press("s")
        assert stop.asked == list(RUNS)
        stop.let.set()
        await ends(app, pilot)
        assert app.answers == [Departure(RUNS)]


@pytest.mark.parametrize(("key", "answer"), [("l", Departure()), ("c", None)])
async def test_a_run_that_takes_its_time_holds_no_one_back(
    key: str, answer: Departure | None
) -> None:
    app = Asking(quit_dialog(Stopper()))
    async with app.run_test() as pilot:
        await pilot.press("s")
        await pilot.pause()
        await pilot.press(key)
        assert app.answers == [answer]


async def test_a_run_that_does_not_stop_is_said_so() -> None:
    app = Asking(quit_dialog(Stopper(), patience=0))
    async with app.run_test() as pilot:
        await pilot.press("s")
        await app.workers.wait_for_complete()
        assert matter(app).count("does not stop; l leaves it running") == 2
        assert app.answers == []


async def test_a_run_that_can_not_be_stopped_says_why_as_plain_text() -> None:
    stop = Stopper(RunError("No [red]way[/red]."))
    stop.let.set()
    app = Asking(quit_dialog(stop))
    async with app.run_test() as pilot:
        await pilot.press("s")
        await app.workers.wait_for_complete()
        assert matter(app).count("No [red]way[/red].") == 2
        assert app.answers == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("count", [1, 30])
async def test_dialogs_fit_every_size(size: tuple[int, int], count: int) -> None:
    app = Asking(DeleteDialog(RUNS[:1] * count))
    async with app.run_test(size=size) as pilot:
        answers = app.dialog.query_one("#answers", OptionList)
        await pilot.press("down")
        assert answers.highlighted == 1
        if size[1] >= 12:
            assert answers.region.height >= 2
            assert app.dialog.region.contains_region(answers.region)
