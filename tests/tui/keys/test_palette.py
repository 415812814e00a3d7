"""The palette finds an action by its name first, and says so when it finds nothing."""

from __future__ import annotations

import pytest
from textual.widgets import OptionList

from tests.tui.fakes import FakeSession
from tests.tui.places import until
from tui_lab.tui.app import Opening, TuiLabApp
from tui_lab.tui.keys.actions import screen_actions
from tui_lab.tui.keys.palette import PaletteActions, rank

BEST_FIRST = ["stop", "stop now", "run stop", "nonstop", "end the run"]


def test_a_name_counts_more_than_an_explanation() -> None:
    ranks = [rank("Stop", name, "f4  stop it, for good") for name in BEST_FIRST]
    assert ranks == sorted(set(ranks), reverse=True)
    assert min(ranks) > 1
    assert rank("good stop", "end the run", "stop it, for good")
    assert not rank("stap", "stop", "stop it, for good")
    assert not rank("stop bad", "end the run", "stop it, for good")


async def _found(provider: PaletteActions, query: str) -> list[str]:
    hits = [hit async for hit in provider.search(query)]
    return [str(hit.text) for hit in sorted(hits, key=lambda hit: -getattr(hit, "score", 0))]


@pytest.mark.parametrize("place", ["toy", ""])
async def test_the_name_of_every_action_finds_it_first(session: FakeSession, place: str) -> None:
    app = TuiLabApp(session, Opening(place))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        provider = PaletteActions(app.screen)
        for action in screen_actions(app.screen):
            if action.enabled and action.id != "app.palette":
                assert (await _found(provider, action.label))[0] == action.label


async def test_what_is_nothing_finds_nothing_and_that_is_said(session: FakeSession) -> None:
    app = TuiLabApp(session)
    async with app.run_test(size=(100, 30)) as pilot:
        # Letters that stand in this order in some explanation, but not together.
        assert await _found(PaletteActions(app.screen), "eyrnrm") == []
        await pilot.press("ctrl+p", *"eyrnrm")
        options = app.screen.query_one(OptionList)
        await until(pilot, lambda: options.option_count == 1)
        await until(pilot, lambda: options.region.height > 0)
        strips = app.screen._compositor.render_strips()
        assert "No matches found" in "".join(s.text for strip in strips for s in strip)
