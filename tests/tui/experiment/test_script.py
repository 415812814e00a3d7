"""Protects the screen of a watched script: it grows with what is found of the training, keeps what
one looks at, and says why a key does nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.fakes import FakeSession, summary
from tests.tui.opened import Opened
from tests.watched_script import FINISHED, FOUND, MEASURED, SCRIPT, STARTED, found
from tui_lab.commands import SetHyperparameter
from tui_lab.experiment import Experiment
from tui_lab.run import IMPORTED, RunStatus
from tui_lab.tui.app import Opening, TuiLabApp
from tui_lab.tui.experiment.screen import ExperimentScreen
from tui_lab.watching import undeclared


class ScriptSession(FakeSession):
    """One that knows of a run of a script."""

    def experiment(self, name: str) -> Experiment:
        return undeclared(SCRIPT) if name in self._runs else super().experiment(name)


class OpenedScript(Opened):
    """The lab on a run of a script."""

    def __init__(self, *events: Any, status: RunStatus = RunStatus.RUNNING) -> None:
        self.session = ScriptSession()
        self.run = summary(
            1, experiment=SCRIPT.experiment, script=True, status=status, hyperparameters={}
        )
        self.session.put(self.run)
        self.session.record(self.run.id, STARTED, *events)
        self.app = TuiLabApp(self.session, Opening(self.run.id, {}, self.run.id))

    async def find(self, pilot: Pilot[Any], *events: Any) -> None:
        assert self.run is not None
        self.session.record(self.run.id, *events)
        await self.settle(pilot)
        await self.settle(pilot)


async def test_before_it_trains_its_output_is_what_there_is_to_see() -> None:
    lab = OpenedScript()
    lab.session.output[lab.run.id if lab.run else ""] = "loading data\n"
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        lab.screen.look_after()
        await pilot.pause()

        assert "They are found at the" in lab.text
        assert "loading data" in lab.text
        assert "seed" not in lab.text


async def test_then_it_has_knobs_curves_and_its_source() -> None:
    lab = OpenedScript()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        before = lab.screen
        await lab.find(pilot, found(lr=0.5), MEASURED)

        assert lab.screen is not before
        assert lab.screen.experiment == FOUND
        assert lab.screen.knobs["lr"].value == 0.5
        assert "loss ── train 2" in lab.text
        assert "step 3/6" in lab.text
        await pilot.press("2")
        await lab.settle(pilot)
        assert "loss.backward()" in lab.text


async def test_its_knobs_act_on_it() -> None:
    lab = OpenedScript(found(), MEASURED)
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await lab.settle(pilot)
        await pilot.press("down", "right")
        await lab.settle(pilot)

    assert lab.commands == [SetHyperparameter("lr", 0.3)]


async def test_what_one_looks_at_stays_when_more_is_found() -> None:
    more = found(FOUND)
    lab = OpenedScript(found(), MEASURED)
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await lab.settle(pilot)
        await pilot.press("2")
        await lab.settle(pilot)
        before = lab.screen
        await lab.find(pilot, more)
        assert lab.screen is before  # nothing new

        grown = replace(FOUND, hyperparameters=FOUND.hyperparameters[:1], headings={})
        await lab.find(pilot, found(grown))
        assert lab.screen is not before
        assert lab.screen.panes.current == "code"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("b", "can't be branched"),
        ("L", "can't go back"),
        ("u", "can't be taken up"),
        (",", "can't be looked back at"),
        ("R", "has its own seed"),
        ("E", "measures itself"),
        ("m", "makes no mistakes"),
        ("p", "has no presets"),
    ],
)
async def test_a_key_that_does_nothing_says_why(key: str, words: str) -> None:
    lab = OpenedScript(found(), MEASURED)
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await lab.settle(pilot)
        await pilot.press(key)
        await pilot.pause()

        assert [note for note in lab.told if words in note] != []
    assert lab.commands == []


async def test_it_is_run_again_as_it_was_in_a_place_of_its_own() -> None:
    lab = OpenedScript(found(), MEASURED, FINISHED, status=RunStatus.FINISHED)
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await lab.settle(pilot)
        await pilot.press("r")
        await lab.settle(pilot)

        assert lab.run is not None
        assert ("run_again", lab.run.id) in lab.session.calls
        assert lab.screen.run.id == lab.session.last_run != lab.run.id


async def test_from_the_list_of_runs_it_opens_in_its_own_place() -> None:
    lab = OpenedScript(found(), MEASURED, FINISHED, status=RunStatus.FINISHED)
    lab.app = TuiLabApp(lab.session, Opening())
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert lab.run is not None
        lab.app.open_run(lab.run.id)
        await pilot.pause()
        await lab.settle(pilot)
        await lab.settle(pilot)

        assert isinstance(lab.screen, ExperimentScreen)
        assert lab.screen.experiment == FOUND
        lab.app.action_home()
        await pilot.pause()
        lab.app.open_run(lab.run.id)
        await pilot.pause()
        assert lab.screen.experiment == FOUND


async def test_an_imported_run_is_looked_at_and_says_why_a_key_does_nothing() -> None:
    experiment = replace(undeclared(SCRIPT), name="import-x", program=IMPORTED)
    lab = OpenedScript(MEASURED, FINISHED, status=RunStatus.FINISHED)
    lab.session.experiment = lambda name: experiment  # type: ignore[method-assign]
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        for key in ("r", "b", "u", "comma", "space", "n"):
            lab.app.clear_notifications()
            await pilot.press(key)
            await pilot.pause()
            said = [note.message for note in lab.app._notifications]
            assert any("The run was imported" in text for text in said), key
