"""The real worker, torch and all, driven from outside: it obeys every command at the step it says,
and nobody who talks to it, or does not listen, slows it."""

from __future__ import annotations

import itertools
import socket

import pytest

from tests.worker.walker import DEADLINE, FILE, LONG, Until, Walk
from tui_lab.commands import (
    Acknowledgement,
    Advance,
    Evaluate,
    Pause,
    Resume,
    SetHyperparameter,
    Stop,
)
from tui_lab.events import (
    HyperparameterChanged,
    MetricsLogged,
    PhaseEntered,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStarted,
    RunStopped,
)
from tui_lab.run import RunStatus
from tui_lab.runs.lock import socket_path
from tui_lab.worker.client import stop_run
from tui_lab.worker.process import WarmWorker


def test_a_run_takes_all_its_steps(walk: Walk) -> None:
    walker = walk(lr=0.5, epochs=3)
    assert walker.worker.wait(DEADLINE) == 0
    assert walker.directory.status() is RunStatus.FINISHED
    assert walker.directory.exit_status() is None
    assert walker.losses() == [100 - 0.5 * k for k in range(9)]
    (started,) = walker.events(RunStarted)
    assert (started.pid, started.total_steps, started.steps_per_epoch) == (walker.worker.pid, 9, 3)
    assert isinstance(walker.last(), RunFinished)
    assert not walker.directory.is_live()
    assert not socket_path(walker.directory.path).exists()


@pytest.mark.parametrize("ready", [True, False])
def test_a_warm_spare_runs_it_as_well(walk: Walk, until: Until, ready: bool) -> None:
    spare = WarmWorker()
    spare.start()
    if ready:
        until(lambda: spare.ready)
    walker = walk(warm=spare, behaviour="print")
    assert walker.worker.wait(DEADLINE) == 0
    assert walker.directory.status() is RunStatus.FINISHED
    assert walker.step() == 6
    assert "printed" in walker.directory.log_path.read_text()
    spare.close()


def test_it_holds_still_while_paused(walk: Walk) -> None:
    walker = walk(**LONG)
    walker.wait_for_step(3)
    paused = walker.tell(Pause())
    assert paused.ok
    assert walker.directory.status() is RunStatus.PAUSED
    assert walker.step() == paused.step
    assert walker.tell(Pause()).step == paused.step
    resumed = walker.tell(Resume())
    assert (resumed.ok, resumed.step) == (True, paused.step + 1)
    walker.wait_for_step(paused.step + 3)
    assert [event.step for event in walker.events(RunPaused)] == [paused.step]
    assert [event.step for event in walker.events(RunResumed)] == [paused.step]
    assert walker.tell(Stop()).ok


def test_it_advances_by_one_step_and_one_epoch(walk: Walk) -> None:
    walker = walk(**LONG)
    start = walker.tell(Pause()).step
    assert walker.tell(Advance("step")).step == start + 1
    walker.wait_for(RunPaused, 2)
    assert walker.step() == start + 1
    assert walker.tell(Advance("epoch")).ok
    walker.wait_for(RunPaused, 3)
    assert walker.step() == (start + 1) // 3 * 3 + 3
    assert walker.directory.status() is RunStatus.PAUSED


def test_it_advances_by_one_phase(walk: Walk) -> None:
    walker = walk(**LONG)
    start = walker.tell(Pause()).step
    for count in range(1, 5):
        assert walker.tell(Advance("phase")).step == start + 1
        walker.wait_for(PhaseEntered, count)
    names = [(event.step, event.phase) for event in walker.events(PhaseEntered)]
    first = [(start + 1, name) for name in ("forward", "backward", "update")]
    assert names == [*first, (start + 2, "forward")]
    source = FILE.read_text().splitlines()
    lines = [source[event.line - 1].strip() for event in walker.events(PhaseEntered)]
    assert lines[:3] == [f"yield self.{name}({'loss' * (name == 'forward')})" for _, name in first]


def test_a_live_value_acts_at_the_step_it_says(walk: Walk) -> None:
    walker = walk(lr=0.5, **LONG)
    walker.wait_for_step(2)
    answer = walker.tell(SetHyperparameter("lr", 2.0))
    assert answer.ok
    walker.wait_for_step(answer.step + 3)
    (changed,) = walker.events(HyperparameterChanged)
    assert (changed.step, changed.name, changed.old, changed.new) == (answer.step, "lr", 0.5, 2.0)
    losses = walker.losses()
    drops = [before - after for before, after in itertools.pairwise(losses)]
    assert set(drops[: answer.step - 1]) == {0.5}
    assert set(drops[answer.step - 1 :]) == {2.0}


def test_a_value_it_can_not_take_is_refused_in_a_sentence(walk: Walk) -> None:
    walker = walk(**LONG)
    for name, value in (("lr", 11.0), ("lr", "NaN"), ("rest", 3.0), ("rate", 1.0)):
        answer = walker.tell(SetHyperparameter(name, value))
        assert not answer.ok
        assert name in answer.message
    assert walker.events(HyperparameterChanged) == []


def test_it_evaluates_on_demand(walk: Walk) -> None:
    walker = walk(lr=0.5, **LONG)
    step = walker.tell(Pause()).step
    assert walker.tell(Evaluate()) == Acknowledgement(True, step)
    (evaluation,) = [e for e in walker.events(MetricsLogged) if e.kind == "evaluation"]
    assert list(evaluation.steps) == [step]
    assert list(evaluation.columns["train/loss"]) == [100 - 0.5 * step]


def test_it_stops_when_told(walk: Walk) -> None:
    walker = walk(**LONG)
    assert stop_run(walker.directory, reason="enough") is RunStatus.STOPPED
    assert walker.worker.wait(DEADLINE) == 0
    last = walker.last()
    assert isinstance(last, RunStopped)
    assert (last.reason, last.step) == ("enough", walker.step())


def test_it_stops_while_it_is_held_inside_a_step(walk: Walk) -> None:
    walker = walk(**LONG)
    walker.tell(Pause())
    walker.tell(Advance("phase"))
    assert stop_run(walker.directory) is RunStatus.STOPPED


def test_a_client_that_hangs_does_not_slow_it(walk: Walk) -> None:
    walker = walk(**LONG)
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as deaf,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as torn,
    ):
        for client in (deaf, torn):
            client.connect(str(socket_path(walker.directory.path)))
        torn.sendall(b'{"command": "stop"')
        deaf.sendall(b'nonsense\n{"command": "pause"}\n{"command": "resume"}\n' * 10)
        walker.wait_for(RunResumed, 10)
        walker.wait_for_step(walker.step() + 5)
        assert walker.tell(Evaluate()).ok
