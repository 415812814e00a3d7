"""Protects alarms of health: raised at their step with what was seen and what to try, once for each
place, again only after it was well for long, and not where nobody wants them.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
import torch

from tests.worker.conducted import EXPERIMENT, ScriptedControl, ScriptedRequest, Toy, of
from tui_lab.commands import GuardMode, Stop
from tui_lab.events import AlarmRaised
from tui_lab.health import HEALTH
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import RunTail
from tui_lab.worker.checkpoints import Checkpoints
from tui_lab.worker.former import former
from tui_lab.worker.health_alarms import HealthAlarms
from tui_lab.worker.interruption import Stopped
from tui_lab.worker.loop import Loop
from tui_lab.worker.loss_trends import BatchLosses
from tui_lab.worker.past import Past
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.record import RunRecord


def looked(
    alarms: HealthAlarms,
    step: int,
    *,
    norms: dict[str, float] | None = None,
    dead: dict[str, float] | None = None,
) -> list[AlarmRaised]:
    """What a look at a step raises that has these gradient norms and shares of dead units."""
    parameters = [
        {"name": name, "grad": "set", "grad_norm": norm, "update": 0.001, "finite": True}
        for name, norm in (norms or {}).items()
    ]
    units = [{"name": name, "kind": "dead", "share": share} for name, share in (dead or {}).items()]
    return list(alarms.look({"step": step, "parameters": parameters, "activations": units}, 0.0))


def raised(alarms: HealthAlarms, steps: Sequence[int], **seen: Any) -> list[AlarmRaised]:
    return [alarm for step in steps for alarm in looked(alarms, step, **seen)]


def test_a_layer_that_stays_dead_is_said_once_with_its_figure() -> None:
    alarms = HealthAlarms()
    alarms.advise = lambda word: f"Less {word}."
    (alarm,) = raised(alarms, range(1, 30), dead={"relu 1": 0.95, "relu 2": 0.2})
    assert (alarm.kind, alarm.step, alarm.parameter) == ("health/dead", 8, "relu 1")
    assert alarm.message == "95% of the units of relu 1 are dead, over 90%, in 8 looks."
    assert (alarm.advice, alarm.held) == ("Less dead.", False)


def test_several_places_at_once_are_one_alarm_and_a_later_one_is_another() -> None:
    alarms = HealthAlarms()
    assert not list(alarms.check(1, {"train/loss": np.array([8.0, 8.0])}, 0.0))
    norms = {"W1": 1e-9, "b1": 1e-9, "W2": 1.0, "W3": 1.0}
    (first,) = raised(alarms, range(1, 20), norms=norms)
    (second,) = raised(alarms, range(20, 40), norms=norms | {"W2": 1e-6})
    assert (first.step, first.parameter) == (8, "W1")
    assert first.message == (
        "the gradient of W1 vanishes: its norm is 1e-09 at most in 8 looks, under 0.0001 of the "
        "largest, 1; the same is true of b1."
    )
    assert (second.kind, second.step, second.parameter) == ("health/vanishing", 27, "W2")


def test_an_explosion_is_said_at_the_first_look() -> None:
    (alarm,) = raised(HealthAlarms(), range(1, 4), norms={"W1": 2e6})
    assert (alarm.kind, alarm.step) == ("health/exploding", 1)
    assert alarm.message == "the gradient of W1 explodes: its norm is 2e+06, over 1e+06."


def test_what_was_well_for_long_is_said_again() -> None:
    alarms = HealthAlarms()
    assert raised(alarms, range(1, 9), norms={"W1": 2e6})
    assert not raised(alarms, range(9, 72), norms={"W1": 1.0})
    assert not looked(alarms, 72, norms={"W1": 2e6})  # a look too soon
    assert not raised(alarms, range(73, 137), norms={"W1": 1.0})
    assert looked(alarms, 137, norms={"W1": 2e6})


def test_a_run_that_goes_back_forgets_what_came_after() -> None:
    alarms = HealthAlarms()
    assert raised(alarms, range(1, 9), dead={"relu": 1.0})
    alarms.forget_after(8)
    assert not looked(alarms, 8, dead={"relu": 1.0})
    alarms.forget_after(6)
    assert not looked(alarms, 7, dead={"relu": 1.0})
    assert raised(alarms, range(8, 12), dead={"relu": 1.0})


def test_a_run_that_is_taken_up_says_nothing_twice() -> None:
    alarms = HealthAlarms({"health/dead": 3, "step/first_nan": 5}, taken_up=100)
    assert not raised(alarms, range(101, 120), dead={"relu": 1.0})
    assert raised(alarms, range(101, 120), norms={"w": 2e6})
    gone = {"relu": 0.0}
    assert not raised(alarms, range(120, 192), dead=gone)
    assert raised(alarms, range(192, 220), dead={"relu": 1.0})


def test_what_was_not_said_while_nobody_wanted_to_know_is_said_then() -> None:
    alarms = HealthAlarms()
    alarms.silent = True
    assert not raised(alarms, range(1, 9), dead={"relu": 1.0})
    alarms.silent = False
    assert looked(alarms, 9, dead={"relu": 1.0})


def diverging(*blocks: Sequence[float]) -> int | None:
    """The first step that is found when losses come in these blocks."""
    losses, first = BatchLosses(), 1
    for block in blocks:
        if (found := losses.fold(first, np.array(block, float))) is not None:
            return found[0]
        first += len(block)
    return None


GROWING = [81.0**i for i in range(15)]


@pytest.mark.parametrize("size", [1, 3, 5, 15])
def test_losses_that_diverge_are_found_at_their_step_however_they_are_cut(size: int) -> None:
    blocks = [GROWING[i : i + size] for i in range(0, 15, size)]
    assert diverging(*blocks) == 10


def test_batches_of_one_example_do_not_diverge() -> None:
    random = np.random.default_rng(0)
    for _ in range(50):
        assert diverging(random.chisquare(1, 20_000).tolist()) is None


def test_losses_after_a_run_went_back_are_judged_by_those_before() -> None:
    losses = BatchLosses()
    assert losses.fold(1, np.array([1.0] * 8)) is None
    assert losses.fold(9, np.array([20.0, 30.0, 40.0, 50.0])) is None
    losses.cut_after(8)
    assert losses.fold(9, np.array([60.0])) is None
    assert losses.fold(10, np.array([70.0, 80.0, 90.0, 95.0])) is not None


def test_a_set_that_is_held_out_is_said_to_be_overfitted() -> None:
    alarms = HealthAlarms()
    steps = list(range(10, 210, 10))
    train = [1.0 - 0.04 * i for i in range(20)]
    held_out = [1.0, 0.9, 0.8, *[0.8 + 0.02 * i for i in range(1, 18)]]
    columns = {"train/loss": train, "val/loss": held_out}
    (alarm,) = alarms.check_evaluations(steps, columns, 0.0)
    assert (alarm.kind, alarm.step, alarm.parameter) == ("health/overfitting", 130, "")
    assert "val/loss is 1, up from its lowest, 0.8 after step 30" in alarm.message


class Wild(Toy):
    """The loss is two hundred times larger at each step: infinite at the seventeenth."""

    def build(self) -> None:
        super().build()
        self.size = 1.0

    def loss_of(self, batch: Any) -> torch.Tensor:
        self.size *= 200.0
        return self.size * (1 + 0 * self.w)


class Ending(ScriptedControl):
    """Ends a run that holds still."""

    def take(self, timeout: float | None) -> ScriptedRequest | None:
        return None if timeout == 0 else ScriptedRequest(Stop())


def driven(directory: RunDirectory, guard: GuardMode, epochs: int) -> list[AlarmRaised]:
    program = Wild(EXPERIMENT.choose({"epochs": epochs}), seed=0, device=torch.device("cpu"))
    program.build()
    publisher = Publisher(program, RunRecord(directory), total_steps=epochs * 3)
    past = Past(EXPERIMENT, program, publisher, Checkpoints(directory.path, program))
    control: Any = Ending({})
    control.loop = loop = Loop(EXPERIMENT, program, control, publisher, past=past, guard=guard)
    with suppress(Stopped):
        loop.run()
    publisher.publish()
    return of(AlarmRaised, RunTail(directory.events_path).read())


def test_a_run_diverges_before_the_guard_holds_it(directory: RunDirectory) -> None:
    *_, alarm, held = driven(directory, "hold", 6)
    assert (alarm.kind, alarm.step, alarm.held) == ("health/diverging", 10, False)
    assert alarm.advice == "Try a smaller lr."
    assert (held.kind, held.step, held.held) == ("guard/loss", 17, True)
    assert former(directory).alarms["health/diverging"] == 10


def test_a_run_that_nothing_holds_diverges_and_goes_on(directory: RunDirectory) -> None:
    alarms = {alarm.kind: alarm.step for alarm in driven(directory, "say", 6)}
    assert alarms["health/diverging"] == 10
    assert alarms["step/first_inf"] == 17


def test_where_the_guard_is_off_nothing_is_said(directory: RunDirectory) -> None:
    kinds = {alarm.kind for alarm in driven(directory, "off", 6)}
    assert "step/first_inf" in kinds
    assert not any(kind.startswith(HEALTH) for kind in kinds)
