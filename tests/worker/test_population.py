"""Protects runs that train together: each is a run as any other on disk, obeys what it can by
itself, says what it can't, and ends by its own."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.small_runs import SMALL
from tests.worker.walker import DEADLINE, Until, Walker
from tui_lab.commands import Evaluate, Pause, Resume, SetHyperparameter, Stop
from tui_lab.events import (
    CheckpointWritten,
    HyperparameterChanged,
    MetricsLogged,
    PictureLogged,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStarted,
    RunStopped,
)
from tui_lab.plugins import load_experiment
from tui_lab.run import RunRequest, RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.lock import is_held, lock_path, socket_path
from tui_lab.runs.populations import create_population
from tui_lab.worker.client import stop_run
from tui_lab.worker.process import WorkerProcess, start_run

LONG = {"epochs": 1_000_000}
Gather = Callable[..., list[Walker]]


def requested(values: dict[str, Any], seed: int, **more: Any) -> RunRequest:
    experiment = load_experiment("weight-decay")
    chosen = experiment.choose({**SMALL["weight-decay"], **values})
    return RunRequest(
        experiment=experiment.name,
        program=experiment.program,
        hyperparameters=experiment.to_json(chosen),
        seed=seed,
        device="cpu",
        threads=1,
        **more,
    )


@pytest.fixture
def gather(runs: Path, until: Until) -> Iterator[Gather]:
    """Start a population with these decays, and wait until it has begun, or is over."""
    workers: list[WorkerProcess] = []
    made: list[RunDirectory] = []

    def gather(*decays: float, **values: Any) -> list[Walker]:
        asked = [
            requested({"epochs": 20, **values, "weight_decay": decay}, seed)
            for seed, decay in enumerate(decays)
        ]
        members = create_population(runs, asked, datetime.now(UTC))
        made.extend(members)
        workers.append(start_run(members[0]))
        walkers = [Walker(member, workers[-1], until) for member in members]
        walkers[-1].wait_for(RunStarted)
        return walkers

    yield gather
    for worker in workers:
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    for member in made:
        lock_path(member.path).unlink(missing_ok=True)
        socket_path(member.path).unlink(missing_ok=True)


def test_every_member_is_a_whole_run(gather: Gather, make_run: Callable[..., Any]) -> None:
    walkers = gather(0.0, 3.0, 10.0)
    assert walkers[0].worker.wait(DEADLINE) == 0
    names = {walker.directory.request().population for walker in walkers}
    assert len(names) == 1
    for k, (walker, decay) in enumerate(zip(walkers, (0.0, 3.0, 10.0), strict=True)):
        request = walker.directory.request()
        assert (request.member, request.seed) == (k, k)
        assert request.hyperparameters["weight_decay"] == decay
        assert walker.directory.status() is RunStatus.FINISHED
        assert not is_held(walker.directory.path)
        (started,) = walker.events(RunStarted)
        assert (started.total_steps, started.request["seed"]) == (40, k)
        assert [p["shape"] for p in started.parameters] == [[6, 1], [1]]
        assert len(walker.losses()) == 40
        (finished,) = walker.events(RunFinished)
        assert finished.metrics == walker.directory.status_record().metrics
        assert {e.picture for e in walker.events(PictureLogged)} == {"weights"}
        alone = make_run(requested({"epochs": 20, "weight_decay": decay}, k))
        own = Walker(alone, start_run(alone), lambda done: None)
        assert own.worker.wait(DEADLINE) == 0
        assert walker.losses() == pytest.approx(own.losses(), rel=1e-3, abs=1e-5)
        assert whole(walker) == pytest.approx(whole(own), rel=1e-3, abs=1e-5)


def whole(walker: Walker) -> list[float]:
    """The test losses after each epoch."""
    blocks = [e for e in walker.events(MetricsLogged) if e.kind == "epoch"]
    return [value for block in blocks for value in block.columns["test/loss"]]


def test_one_is_stopped_and_the_others_go_on(gather: Gather) -> None:
    first, second, third = gather(0.0, 3.0, 10.0, **LONG)
    assert second.tell(Stop("enough")).ok
    assert second.directory.status() is RunStatus.STOPPED
    assert not is_held(second.directory.path)
    (stopped,) = second.events(RunStopped)
    assert (stopped.reason, stopped.step) == ("enough", len(second.losses()))
    third.wait_for_step(stopped.step + 10)
    assert stop_run(first.directory) is RunStatus.STOPPED  # the one whose worker it is
    assert third.directory.status() is RunStatus.RUNNING
    assert stop_run(third.directory) is RunStatus.STOPPED
    assert third.worker.wait(DEADLINE) == 0


def test_all_hold_still_with_one_and_say_so(gather: Gather) -> None:
    first, second = gather(0.0, 3.0, **LONG)
    paused = second.tell(Pause())
    assert paused.ok
    for walker in (first, second):
        assert walker.directory.status() is RunStatus.PAUSED
        (event,) = walker.events(RunPaused)
        assert event.step == paused.step == len(walker.losses())
        assert event.reason == (
            f"asked of {second.directory.id}; the 1 other of its population holds with it"
        )
    assert first.tell(Resume()).ok
    assert second.directory.status() is RunStatus.RUNNING
    assert [len(walker.events(RunResumed)) for walker in (first, second)] == [1, 1]
    second.wait_for_step(paused.step + 5)


def test_a_number_is_turned_for_one_alone(gather: Gather) -> None:
    first, second = gather(3.0, 3.0, **LONG)
    turned = second.tell(SetHyperparameter("weight_decay", 10.0))
    assert turned.ok
    (changed,) = second.events(HyperparameterChanged)
    assert (changed.step, changed.name, changed.old, changed.new) == (
        turned.step,
        "weight_decay",
        3.0,
        10.0,
    )
    assert not first.events(HyperparameterChanged)
    refused = second.tell(SetHyperparameter("batch_size", 2))
    assert (refused.ok, refused.message) == (
        False,
        "batch_size can't change while a run is going on; it takes a new run.",
    )
    assert "from 1e-06 to 10" in second.tell(SetHyperparameter("lr", -1.0)).message


def test_what_a_member_can_not_do_is_refused_in_a_sentence(gather: Gather) -> None:
    first, _ = gather(3.0, 3.0, **LONG)
    answer = first.tell(Evaluate())
    assert not answer.ok
    assert answer.message == (
        f"{first.directory.id} trains with 1 other as one: it can be paused with all of them, "
        "stopped, and its own numbers turned. Run it by itself for more."
    )


def test_who_kills_the_worker_crashes_every_member(gather: Gather) -> None:
    walkers = gather(0.0, 3.0, 10.0, **LONG)
    os.killpg(walkers[0].worker.pid, signal.SIGKILL)
    walkers[0].worker.wait(DEADLINE)
    for walker in walkers:
        assert walker.directory.status() is RunStatus.CRASHED
        assert walker.directory.exit_status() == -signal.SIGKILL


def test_sigterm_ends_every_member_with_a_word(gather: Gather) -> None:
    walkers = gather(0.0, 3.0, **LONG)
    os.kill(walkers[0].worker.pid, signal.SIGTERM)
    assert walkers[0].worker.wait(DEADLINE) == 0
    for walker in walkers:
        assert walker.directory.status() is RunStatus.STOPPED
        assert [e.reason for e in walker.events(RunStopped)] == ["terminated"]


def test_a_member_whose_directory_is_gone_is_left_out(gather: Gather, until: Until) -> None:
    first, second = gather(0.0, 3.0, **LONG)
    shutil.rmtree(second.directory.path)
    until(lambda: "was removed" in first.directory.log_path.read_text())
    first.wait_for_step(first.step() + 10)
    assert first.directory.status() is RunStatus.RUNNING


def test_a_member_is_taken_up_by_itself(gather: Gather, until: Until) -> None:
    first, second = gather(0.0, 3.0)
    assert first.worker.wait(DEADLINE) == 0
    (kept,) = second.events(CheckpointWritten)
    assert (kept.step, kept.reason) == (40, "end")
    for walker in (first, second):
        walker.directory.ask_to_resume({"epochs": 30})
        again = Walker(walker.directory, start_run(walker.directory), until)
        assert again.worker.wait(DEADLINE) == 0
        assert walker.directory.status() is RunStatus.FINISHED
        assert len(walker.losses()) == 60
