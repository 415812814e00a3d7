"""Protects knobs beside a live run: which of their values act on it, that one on its way is not
taken back by an older one, and that a refused one is."""

from __future__ import annotations

from tests.tui.experiment.parts import Parts
from tests.tui.fakes import TOY
from tests.tui.opened import CHANGED, FINISHED
from tui_lab.events import RunResumed
from tui_lab.hyperparameters import Value
from tui_lab.tui.experiment.follower import RunFollower
from tui_lab.tui.experiment.live_knobs import LiveKnobs
from tui_lab.tui.knobs.panel import KnobPanel


def beside(parts: Parts) -> tuple[KnobPanel, LiveKnobs]:
    """Knobs that have the values of the run."""
    panel = KnobPanel(TOY, seed=0, device="auto")
    knobs = LiveKnobs(panel, parts.run, TOY)
    knobs.take_all()
    return panel, knobs


async def test_only_live_values_act_on_a_live_run() -> None:
    turned: dict[str, Value] = {"lr": 0.5, "epochs": 7, "seed": 3, "device": "cpu"}
    acting = [beside(parts)[1].acting(turned) for parts in (Parts().open(), Parts(FINISHED).open())]
    assert acting == [{"lr": 0.5}, {}]


async def test_a_value_the_run_took_is_shown_unless_another_is_on_its_way() -> None:
    shown = []
    for asked in ((), ("weight_decay",)):
        parts = Parts().open()
        panel, knobs = beside(parts)
        knobs.take_new()
        knobs.ask(asked)
        parts.session.record(parts.id, CHANGED)
        parts.run.look()
        knobs.take_new()
        shown.append(panel["weight_decay"].value)
    assert shown == [10.0, 3.0]


async def test_a_refused_value_goes_back_and_a_taken_one_stays() -> None:
    values = []
    for taken in (True, False):
        panel, knobs = beside(Parts().open())
        panel["lr"].value = 0.5
        knobs.ask(["lr"])
        pending = [panel["lr"].pending]
        knobs.settle(["lr"], taken=taken)
        values.append((panel["lr"].value, *pending, panel["lr"].pending))
    assert values == [(0.5, True, False), (0.01, True, False)]


async def test_of_two_values_on_their_way_the_last_answer_counts() -> None:
    panel, knobs = beside(Parts().open())
    panel["lr"].value = 0.5
    knobs.ask(["lr"])
    knobs.ask(["lr"])
    knobs.settle(["lr"], taken=False)
    assert (panel["lr"].value, panel["lr"].pending) == (0.5, True)


def test_more_epochs_act_on_the_run_that_goes_on() -> None:
    parts = Parts().open()
    panel = KnobPanel(TOY, seed=0, device="auto")
    knobs = LiveKnobs(panel, parts.run, TOY)
    assert knobs.acting({"epochs": 150, "implementation": "concise"}) == {"epochs": 150}


async def test_a_knob_turned_elsewhere_meanwhile_follows_the_run_once_its_own_is_answered() -> None:
    parts = Parts().open()
    panel, knobs = beside(parts)
    panel["weight_decay"].value = 5.0
    knobs.ask(["weight_decay"])
    parts.session.record(parts.id, CHANGED)
    parts.run.look()
    knobs.take_new()
    before = panel["weight_decay"].value
    knobs.settle(["weight_decay"], taken=True)
    assert (before, panel["weight_decay"].value) == (5.0, 10.0)


async def test_a_run_that_goes_back_takes_its_knobs_along() -> None:
    parts = Parts(CHANGED).open()
    panel, knobs = beside(parts)
    parts.session.record(parts.id, RunResumed(t=1.5, step=8, from_step=8))
    parts.run.look()
    knobs.take_new()
    assert panel["weight_decay"].value == 3.0
    assert RunFollower.Changed in parts.kinds  # the screen is told that there are others
