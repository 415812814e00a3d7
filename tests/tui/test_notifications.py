"""Sentences do not pile up: one said again replaces itself, and few stand at a time."""

from __future__ import annotations

from tests.tui.fakes import FakeSession
from tests.tui.places import told
from tui_lab.tui.app import TuiLabApp
from tui_lab.tui.notification import MOST_SENTENCES, notify


async def test_the_same_sentence_stands_once_and_a_new_one_takes_the_place_of_the_oldest(
    session: FakeSession,
) -> None:
    app = TuiLabApp(session)
    async with app.run_test() as pilot:
        for sentence in ("a", "b", "a", "a"):
            notify(app, sentence)
        await pilot.pause()
        assert told(app) == ["b", "a"]
        for sentence in "cdefg":
            notify(app.screen, sentence, error=True)
        await pilot.pause()
        assert told(app) == list("efg")
        assert len(told(app)) == MOST_SENTENCES
