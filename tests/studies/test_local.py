"""Protects the runs of a study on this machine: split off one spare, sessions of their own, told of
when they end however they end, and gone on with when who began them is gone."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tui_lab.errors import RunError
from tui_lab.plugins import load_experiment
from tui_lab.run import RunRequest, RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.lock import holder
from tui_lab.studies.executor import LOST, Ended
from tui_lab.studies.executors import cards, local_slots, usual_slots
from tui_lab.studies.local import LocalExecutor
from tui_lab.studies.splitting import Splitting

PATIENCE = 60.0
"""Seconds after which something hangs; nothing is measured with it."""


def wait(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.01)


def new_run(home: Path, epochs: int) -> RunDirectory:
    experiment = load_experiment("linear-regression")
    chosen = experiment.choose({"epochs": epochs})
    request = RunRequest(
        experiment=experiment.name,
        program=experiment.program,
        hyperparameters=experiment.to_json(chosen),
        device="cpu",
        threads=1,
    )
    return RunDirectory.create(home / "runs", request, datetime.now(UTC))


class Local:
    """An executor and the process beneath it."""

    def __init__(self, spare: Splitting | None = None) -> None:
        self.spare = spare or Splitting()
        self.executor = LocalExecutor(local_slots(2, "cpu"), self.spare)
        self.told: list[Ended] = []
        wait(self.executor.free)

    def begin(self, run: RunDirectory) -> None:
        """Start it, and wait until it trains."""
        self.executor.start(run, self.executor.free()[0])
        wait(run.is_live)

    def ended(self) -> bool:
        """Whether anything ended since."""
        self.told += self.executor.ended()
        return bool(self.told)

    @property
    def pid(self) -> int:
        """Of the spare."""
        assert self.spare._process is not None
        return self.spare._process.pid


@pytest.fixture(scope="module")
def spare() -> Iterator[Splitting]:
    """Importing torch once is enough."""
    made = Splitting()
    yield made
    made.close()


@pytest.fixture
def local(spare: Splitting) -> Local:
    return Local(spare)


def test_a_run_finishes_and_frees_its_slot(tmp_path: Path, local: Local) -> None:
    run = new_run(tmp_path, 2)
    local.executor.start(run, local.executor.free()[0])
    assert [slot.name for slot in local.executor.free()] == ["1"]
    wait(local.ended)
    assert local.told == [Ended(run.id, 0)]
    assert run.status() is RunStatus.FINISHED
    assert [slot.name for slot in local.executor.free()] == ["0", "1"]


def test_a_worker_that_is_killed_is_told_with_its_signal(tmp_path: Path, local: Local) -> None:
    run = new_run(tmp_path, 1_000_000)
    local.begin(run)
    pid = holder(run.path)
    assert os.getsid(pid) == pid
    os.kill(pid, signal.SIGKILL)
    wait(local.ended)
    assert local.told == [Ended(run.id, -signal.SIGKILL)]
    assert (run.status(), run.exit_status()) == (RunStatus.CRASHED, -signal.SIGKILL)


def test_a_run_that_is_stopped_keeps_the_reason(tmp_path: Path, local: Local) -> None:
    run = new_run(tmp_path, 1_000_000)
    local.begin(run)
    local.executor.stop(run.id, "pruned at epoch 3 by me")
    wait(local.ended)
    assert run.status() is RunStatus.STOPPED
    assert b"pruned at epoch 3 by me" in run.events_path.read_bytes()


def test_runs_outlive_their_executor_and_are_adopted(tmp_path: Path, local: Local) -> None:
    run = new_run(tmp_path, 1_000_000)
    local.begin(run)
    local.executor.close()
    second = Local()
    assert second.executor.adopt(run)
    assert len(second.executor.free()) == 1
    assert not second.ended()
    os.kill(holder(run.path), signal.SIGKILL)
    wait(second.ended)
    assert second.told == [Ended(run.id, LOST)]
    assert not second.executor.adopt(run)
    assert len(second.executor.free()) == 2
    second.executor.close()


def test_a_spare_that_is_killed_costs_no_run(tmp_path: Path, local: Local) -> None:
    run = new_run(tmp_path, 1_000_000)
    local.begin(run)
    os.kill(local.pid, signal.SIGKILL)
    wait(lambda: not local.spare.alive)
    assert not local.ended()
    other = new_run(tmp_path, 2)
    assert not local.executor.free(), "there is no spare yet"
    wait(local.executor.free)
    local.executor.start(other, local.executor.free()[0])
    wait(local.ended)
    assert local.told == [Ended(other.id, 0)]
    assert run.is_live()
    local.executor.stop(run.id, "")
    wait(lambda: local.ended() and len(local.told) == 2)


def test_a_spare_that_can_not_begin_is_an_error() -> None:
    spare = Splitting((sys.executable, "-c", "raise SystemExit(3)"))
    executor = LocalExecutor(local_slots(2, "cpu"), spare)
    wait(lambda: not spare.alive)
    with pytest.raises(RunError, match=r"ended as it began \(status 3\)"):
        executor.free()
    executor.close()


def test_cards_are_shared_out_in_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,5")
    assert [slot.environment for slot in local_slots(3, "cuda")] == [
        {"CUDA_VISIBLE_DEVICES": number} for number in ("2", "5", "2")
    ]
    assert [slot.environment for slot in local_slots(1, "cuda:1")] == [{}]
    assert usual_slots("auto") == 2
    assert usual_slots("cuda:0") == 1
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert usual_slots("auto") == usual_slots("cpu") >= 1
    for number in range(3):
        (tmp_path / f"0000:0{number}:00.0").mkdir()
    assert cards({}, tmp_path) == ["0", "1", "2"]
    assert cards({}, tmp_path / "none") == []
