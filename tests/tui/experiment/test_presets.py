"""A preset turns all knobs at once, and a live run takes its live values together."""

from __future__ import annotations

import dataclasses

from textual.widgets import OptionList

from tests.tui.fakes import OTHER, TOY, FakeSession
from tests.tui.opened import Opened, attached
from tui_lab.commands import Acknowledgement, SetHyperparameters
from tui_lab.experiment import Preset
from tui_lab.hyperparameters import Float
from tui_lab.tui.app import Opening, TuiLabApp
from tui_lab.tui.experiment.screen import ExperimentScreen

SEVERAL = Preset("several", "Several", {"weight_decay": 0.0, "lr": 0.5, "epochs": 7})


def test_fakes_have_a_live_knob() -> None:
    assert any(isinstance(h, Float) and h.live for h in TOY.hyperparameters)


async def test_p_lists_presets_and_enter_turns_the_knobs() -> None:
    lab = Opened()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        await pilot.press("p")
        await pilot.pause()
        assert "plain  No weight decay" in str(
            lab.app.screen.query_one(OptionList).options[0].prompt
        )
        await pilot.press("enter")
        await lab.settle(pilot)
        assert lab.screen.knobs["weight_decay"].value == 0.0
        await pilot.press("p", "escape")
        await lab.settle(pilot)
        assert lab.screen.knobs["weight_decay"].value == 0.0


async def test_p_is_no_key_where_there_are_no_presets() -> None:
    session = FakeSession()
    app = TuiLabApp(session, Opening("other"))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("p")
        await pilot.pause()
        assert isinstance(app.screen, ExperimentScreen)
    assert OTHER.presets == ()


async def test_a_live_run_takes_the_live_values_of_a_preset_together() -> None:
    lab = attached()
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        lab.screen.presets.apply(SEVERAL)
        await lab.settle(pilot)
        assert lab.commands == [SetHyperparameters({"weight_decay": 0.0, "lr": 0.5})]
        assert lab.screen.knobs["epochs"].next_run
        assert not lab.screen.knobs["lr"].pending


async def test_of_a_preset_that_is_refused_nothing_stays() -> None:
    lab = attached()
    lab.session.answer = Acknowledgement(False, 8, "not now")
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        lab.screen.presets.apply(SEVERAL)
        await lab.settle(pilot)
        assert lab.told == ["not now"]
        assert lab.screen.knobs["weight_decay"].value == 3.0
        assert lab.screen.knobs["lr"].value == 0.01


async def test_a_demonstration_takes_a_whole_preset_together() -> None:
    shown = dataclasses.replace(TOY, demonstration=True, pictures=())
    lab = Opened(session=FakeSession([shown, OTHER]))
    async with lab.app.run_test(size=(120, 40)) as pilot:
        await lab.settle(pilot)
        lab.screen.presets.apply(SEVERAL)
        await lab.settle(pilot)
        assert lab.commands == [SetHyperparameters(dict(SEVERAL.values))]
