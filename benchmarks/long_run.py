"""What a run of sixteen million steps costs who opens it, and what keeping its view costs it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.lab import COMMAND, has_curve, lab
from benchmarks.measurement import Measurement, scatter
from benchmarks.terminal import resident_megabytes
from tui_lab.events import GradientsLogged, MetricsLogged, RunEvent, RunFinished, RunStarted
from tui_lab.experiment import Experiment
from tui_lab.moment import moment
from tui_lab.plugins import load_experiment
from tui_lab.run import RunRequest, RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.log import RunLog
from tui_lab.runs.status import StatusRecord
from tui_lab.worker.keeper import Keeper

_STEPS = 16_000_000
_BLOCK = 1000
_EPOCH = 100
_PACE = 30_000
"""Steps per second: blocks of a thousand at thirty a second."""
_KEYS = ("train/loss", "weight/1", "weight/2", "bias")
_TRIES = 3


def measure() -> Iterator[Measurement]:
    """Opening, showing, writing out; and the keeper's share of a real run."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        directory = _write(home)
        yield from _opening(home, directory)
        yield from _showing(home, directory)
        yield from _looking_back(directory)
    yield _keeping()


def _opening(home: Path, directory: RunDirectory) -> Iterator[Measurement]:
    shown, painted = [], []
    for _ in range(_TRIES):
        with lab(home, "attach", directory.id, columns=200, rows=60) as terminal:
            painted.append(terminal.wait_for(lambda text: "Hyperparameters" in text))
            shown.append(1000 * terminal.wait_for(has_curve))
            terminal.watch(3.0)
            memory = resident_megabytes(terminal.process.pid)
    note = f"{scatter(shown)}; painted after {1000 * min(painted):.0f} ms"
    what = f"first curve of a {_STEPS:,}-step run, after the first paint"
    yield Measurement(what, sorted(shown)[_TRIES // 2], 300, "ms", note=note)
    yield Measurement(f"memory of the UI after {_STEPS:,} steps", memory, 150, "MB")


def _showing(home: Path, directory: RunDirectory) -> Iterator[Measurement]:
    text = [_command(home, "show", directory.id) for _ in range(_TRIES)]
    seconds = [taken for taken, _ in text]
    middle = sorted(seconds)[_TRIES // 2]
    yield Measurement(f"show of a {_STEPS:,}-step run", middle, 1, "s", note=scatter(seconds))
    taken, memory = _command(home, "show", directory.id, "--json")
    note = f"in {taken:.1f} s; {text[0][1]:.0f} MB without --json"
    yield Measurement(f"memory of show --json, {_STEPS:,} steps", memory, 150, "MB", note=note)
    taken, memory = _command(home, "export", directory.id, "--to", str(home / "run.jsonl"))
    note = f"in {taken:.0f} s"
    yield Measurement(f"memory of export, {_STEPS:,} steps", memory, 150, "MB", note=note)


def _looking_back(directory: RunDirectory) -> Iterator[Measurement]:
    """What the log alone knows of a step, once there is an index beside it."""
    start = time.perf_counter()
    moment(directory, 1)
    making = time.perf_counter() - start
    taken = []
    for step in range(_STEPS // 40, _STEPS, _STEPS // 20):
        start = time.perf_counter()
        moment(directory, step)
        taken.append(1000 * (time.perf_counter() - start))
    note = f"{scatter(taken)}; making the index {making:.1f} s"
    what = f"looking back in the log of a {_STEPS:,}-step run"
    yield Measurement(what, sorted(taken)[len(taken) // 2], 50, "ms", note=note)


def _command(home: Path, *arguments: str) -> tuple[float, float]:
    """Seconds it took, and the most megabytes it held."""
    environ = {**os.environ, "TUI_LAB_HOME": str(home)}
    start = time.perf_counter()
    with subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.DEVNULL, env=environ) as child:
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{' '.join(arguments)} exited with {child.returncode}")
    return time.perf_counter() - start, usage.ru_maxrss / 1000


def _keeping() -> Measurement:
    """The processor time of folding and keeping a real log, over the time its run took."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        _command(home, "run", "linear-regression", "epochs=3000")
        (path,) = (home / "runs").iterdir()
        log = RunDirectory(path).events_path
        log.with_suffix(".kept").unlink()
        start = time.process_time()
        keeper = Keeper(log, load_experiment("linear-regression"))
        keeper.finish()
        used = time.process_time() - start
        elapsed = log.stat().st_mtime - (path / "run.json").stat().st_mtime
    note = f"{1000 * used:.0f} ms of {elapsed:.1f} s"
    return Measurement(
        "keeping the view ÷ training, linear regression", used / elapsed, 0.01, note=note
    )


def _write(home: Path) -> RunDirectory:
    """A finished run of linear regression, as its worker would leave it."""
    experiment = load_experiment("linear-regression")
    chosen = experiment.choose({"epochs": _STEPS // _EPOCH})
    request = RunRequest(
        experiment=experiment.name,
        program=experiment.program,
        hyperparameters=experiment.to_json(chosen),
    )
    (home / "runs").mkdir(parents=True)
    directory = RunDirectory.create(home / "runs", request, datetime.now(UTC))
    log = RunLog(directory.events_path)
    for event in _events():
        log.append(event)
        log.flush()
    log.close()
    _keep(directory, experiment)
    record = StatusRecord(status=RunStatus.FINISHED, pid=1, step=_STEPS, epoch=_STEPS // _EPOCH)
    directory.write_status(record)
    return directory


def _keep(directory: RunDirectory, experiment: Experiment) -> None:
    Keeper(directory.events_path, experiment).finish()


def _events() -> Iterator[RunEvent]:
    yield RunStarted(
        pid=1,
        host="",
        device="cpu",
        device_name="",
        threads=1,
        started="",
        total_steps=_STEPS,
        steps_per_epoch=_EPOCH,
    )
    chance = np.random.default_rng(0)
    drawn = [chance.random((len(_KEYS), _BLOCK), np.float32) for _ in range(64)]
    for number, first in enumerate(range(1, _STEPS, _BLOCK)):
        t, values = (first + _BLOCK) / _PACE, drawn[number % len(drawn)]
        yield MetricsLogged(
            t=t, kind="step", first=first, columns=dict(zip(_KEYS, values, strict=True))
        )
        steps = list(range(first + _EPOCH - 1, first + _BLOCK, _EPOCH))
        epochs = [step // _EPOCH for step in steps]
        columns = {key: row[: len(steps)] for key, row in zip(_KEYS, values[::-1], strict=True)}
        yield MetricsLogged(t=t, kind="epoch", steps=steps, epochs=epochs, columns=columns)
        if number % 4 == 0:
            yield _gradients(t, first)
    yield RunFinished(t=_STEPS / _PACE, step=_STEPS, epoch=_STEPS // _EPOCH)


def _gradients(t: float, step: int) -> GradientsLogged:
    state = {"grad": "set", "times": 1, "norm": 3.9, "grad_norm": 0.1, "update": 1e-3}
    parameters = [{"name": name, **state, "finite": True, "requires_grad": True} for name in "wb"]
    return GradientsLogged(
        t=t, step=step, phase="backward", grad_enabled=True, graph=True, parameters=parameters
    )


if __name__ == "__main__":
    for measurement in measure():
        print(measurement, flush=True)
