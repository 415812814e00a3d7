"""Protects whole runs of scripts in a worker of their own: how they end, what is kept of them, and
that they are what `python train.py` would have been."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.worker.walker import Until
from tui_lab.commands import Checkpoint, Pause, Stop
from tui_lab.events import Remarked, RunEvent, RunFailed, RunFinished, RunStopped
from tui_lab.provenance import provenance
from tui_lab.run import RunRequest, RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import RunTail
from tui_lab.watching import PROGRAM, Script, TrainingFound
from tui_lab.worker.client import RunClient, stop_run
from tui_lab.worker.process import WorkerProcess, start_run

TRAIN = """
import sys, torch
torch.manual_seed(0)
X = torch.randn(64, 4)
model = torch.nn.Linear(4, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=float(sys.argv[1]))
loader = torch.utils.data.DataLoader(X, batch_size=8, shuffle=True)
for epoch in range(3):
    for x in loader:
        optimizer.zero_grad()
        loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean()
        loss.backward()
        optimizer.step()
torch.save(model.state_dict(), "weights.pt")
print("trained", __name__, __file__ == sys.argv[0])
"""
ENDLESS = """
import torch
w = torch.zeros(2, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.1)
try:
    while True:
        optimizer.zero_grad()
        (w ** 2).sum().backward()
        optimizer.step()
except KeyboardInterrupt:
    torch.save(w, "saved.pt")
"""
BUSY = """
import time
try:
    while True:
        time.sleep(0.1)
except KeyboardInterrupt:
    open("saved.txt", "w").close()
"""


class Driven:
    """A script in its worker."""

    def __init__(self, directory: RunDirectory, worker: WorkerProcess) -> None:
        self.directory = directory
        self.worker = worker

    @property
    def log(self) -> list[RunEvent]:
        return RunTail(self.directory.events_path).read()

    @property
    def printed(self) -> str:
        return self.directory.log_path.read_text()

    def ended(self) -> RunEvent:
        self.worker.wait(60)
        return self.log[-1]

    def has(self, kind: type[RunEvent]) -> bool:
        return any(isinstance(event, kind) for event in self.log)


Drive = Callable[..., Driven]


@pytest.fixture
def drive(tmp_path: Path, make_run: Callable[[RunRequest], RunDirectory]) -> Drive:
    def drive(text: str, *arguments: str, module: str = "") -> Driven:
        path = tmp_path / f"{module or 'train'}.py"
        path.write_text(text)
        named = {"module": module} if module else {"path": str(path)}
        script = Script(**named, arguments=arguments, directory=str(tmp_path))
        request = RunRequest(
            experiment=script.experiment, program=PROGRAM, hyperparameters={}, script=script
        )
        directory = make_run(request)
        provenance(script).write(directory.path)
        return Driven(directory, start_run(directory))

    return drive


def test_a_script_trains_as_it_would_have_without_the_lab(drive: Drive, tmp_path: Path) -> None:
    run = drive(TRAIN, "0.05")
    ended = run.ended()
    watched = torch.load(tmp_path / "weights.pt")
    path = str(tmp_path / "train.py")
    subprocess.run([sys.executable, path, "0.05"], cwd=tmp_path, check=True, capture_output=True)
    alone = torch.load(tmp_path / "weights.pt")

    assert isinstance(ended, RunFinished)
    assert (ended.step, ended.epoch) == (24, 3)
    assert all(torch.equal(watched[name], alone[name]) for name in alone)
    assert run.printed == "trained __main__ True\n"
    assert run.directory.status() is RunStatus.FINISHED


def test_a_module_runs_too(drive: Drive) -> None:
    run = drive(TRAIN.replace("__file__ == sys.argv[0]", "sys.argv[1:]"), "0.1", module="trainer")
    ended = run.ended()

    assert isinstance(ended, RunFinished)
    assert run.printed == "trained __main__ ['0.1']\n"
    assert run.directory.request().experiment == "watch-trainer"


def test_what_it_was_is_kept(drive: Drive) -> None:
    run = drive(TRAIN, "0.05")
    run.ended()
    (found, *_) = [event for event in run.log if isinstance(event, TrainingFound)]
    origin = json.loads((run.directory.path / "origin.json").read_text())

    assert (run.directory.path / "script.py").read_text() == TRAIN
    assert origin["environment"]["OMP_NUM_THREADS"] == os.environ["OMP_NUM_THREADS"]
    assert "\n".join(found.source) == TRAIN.rstrip("\n")
    assert found.source_file == "train.py"


def test_an_error_is_the_script_s_own_with_its_line(drive: Drive) -> None:
    run = drive("import torch\n\ndef half(x):\n    return x / nothing\n\nhalf(1)\n")
    ended = run.ended()

    assert isinstance(ended, RunFailed)
    assert ended.error == "NameError: name 'nothing' is not defined"
    assert 'train.py", line 6, in <module>' in ended.traceback
    assert "tui_lab" not in ended.traceback


@pytest.mark.parametrize(
    ("leaving", "kind", "said"),
    [
        ("raise SystemExit", RunFinished, ""),
        ("raise SystemExit(0)", RunFinished, ""),
        ("raise SystemExit(3)", RunFailed, "train.py exited with status 3."),
        ("raise SystemExit('no data')", RunFailed, "train.py exited and said: no data."),
    ],
)
def test_the_exit_status_is_its_own(
    drive: Drive, leaving: str, kind: type[RunEvent], said: str
) -> None:
    ended = drive(leaving).ended()

    assert isinstance(ended, kind)
    assert getattr(ended, "error", "") == said


def test_one_that_trains_nothing_here_is_told_so(drive: Drive) -> None:
    run = drive("print('hello')\n")
    run.ended()
    remarks = [event.message for event in run.log if isinstance(event, Remarked)]

    assert len(remarks) == 1
    assert remarks[0].startswith("No backward pass was seen: train.py trains nothing")


def test_one_that_forks_is_watched_where_it_was_started(drive: Drive) -> None:
    forking = TRAIN.replace("batch_size=8", "batch_size=8, num_workers=2")
    ended = drive(forking, "0.05").ended()

    assert isinstance(ended, RunFinished)
    assert ended.step == 24


def test_stopped_it_may_save_what_it_has(drive: Drive, tmp_path: Path, until: Until) -> None:
    run = drive(ENDLESS)
    until(lambda: run.has(TrainingFound))
    RunClient(run.directory.path).send(Stop("enough"), 60.0)
    ended = run.ended()

    assert isinstance(ended, RunStopped)
    assert ended.reason == "enough"
    assert (tmp_path / "saved.pt").exists()


def test_so_may_one_that_is_busy_where_no_hook_is(
    drive: Drive, tmp_path: Path, until: Until
) -> None:
    run = drive(BUSY)
    until(lambda: len(run.log) > 0 or run.directory.is_live())
    until(lambda: run.log)
    RunClient(run.directory.path).send(Stop(""), 60.0)

    assert isinstance(run.ended(), RunStopped)
    assert (tmp_path / "saved.txt").exists()
    assert not any("trains nothing" in e.message for e in run.log if isinstance(e, Remarked))


def test_and_one_that_gets_sigterm(drive: Drive, tmp_path: Path, until: Until) -> None:
    run = drive(ENDLESS)
    until(lambda: run.has(TrainingFound))
    os.kill(run.worker.pid, signal.SIGTERM)
    ended = run.ended()

    assert isinstance(ended, RunStopped)
    assert ended.reason == "terminated"
    assert (tmp_path / "saved.pt").exists()


def test_killed_it_is_a_crash(drive: Drive, until: Until) -> None:
    run = drive(ENDLESS)
    until(lambda: run.has(TrainingFound))
    os.kill(run.worker.pid, signal.SIGKILL)
    run.worker.wait(60)

    assert run.directory.status() is RunStatus.CRASHED


def test_what_it_trains_is_kept_when_asked_for(drive: Drive, until: Until) -> None:
    run = drive(ENDLESS)
    until(lambda: run.has(TrainingFound))
    client = RunClient(run.directory.path)
    assert client.send(Pause(), 60.0).ok
    answer = client.send(Checkpoint(), 60.0)
    stop_run(run.directory)
    (kept,) = (run.directory.path / "checkpoints").glob("*.pt")
    state = torch.load(kept)

    assert answer.ok
    assert list(state["parameters"]) == ["w"]
    assert state["step"] == answer.step
    assert list(state["optimizers"]) == ["optimizer"]
