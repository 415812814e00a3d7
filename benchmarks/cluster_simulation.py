"""A study of 10,000 trials on 200 workers that only seem to train: what its coordinator and those
who look on cost. Time goes by in rounds; every hundredth worker vanishes, and is begun again."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.measurement import Measurement, scatter
from tui_lab.events import MetricsLogged, RunEvent, RunFinished, RunStarted
from tui_lab.plugins import load_experiment
from tui_lab.ranges import Range
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.log import RunLog
from tui_lab.studies.asking import Options, ask_study
from tui_lab.studies.catalogue import StudyCatalogue
from tui_lab.studies.coordinator import Coordinator
from tui_lab.studies.directory import StudyDirectory
from tui_lab.studies.executor import LOST, Ended, Slot
from tui_lab.studies.following import StudyFollower
from tui_lab.study import StudyRequest, TrialState

_TRIALS, _WORKERS, _EPOCHS = 10_000, 200, 5
_LOST = 100
"""Of so many workers one vanishes."""
_QUIET = 50
"""Rounds in which nothing comes, of which one is timed."""
_TRIED = 20
"""Proposals that are timed, by a sampler that knows all trials."""
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_GOAL = "val/loss"


def measure() -> Iterator[Measurement]:
    """The coordinator first, then one that begins where it ended, then who looks on."""
    with tempfile.TemporaryDirectory() as home:
        request = _request()
        study = StudyDirectory.create(Path(home, "studies"), request, _BEGIN)
        workers = Workers(_WORKERS)
        yield from _coordinated(study, workers)
        yield from _rebuilt(study)
        yield from _looked_at(study)


def _request(sampler: Any = "random") -> StudyRequest:
    ranges = [Range("lr", low=1e-4, high=1.0, log=True), Range("weight_decay", low=0.0, high=10.0)]
    options = Options(
        trials=_TRIALS, sampler=sampler, slots=_WORKERS, device="cpu", goal=_GOAL, threads=1
    )
    return ask_study(load_experiment("weight-decay"), {"epochs": _EPOCHS}, ranges, options)


class Workers:
    """An `Executor` whose runs are an epoch further with every round that is not quiet; `seconds`
    is what the make-believe took, which is nobody's cost."""

    def __init__(self, count: int) -> None:
        self.seconds = 0.0
        self.is_quiet = False
        self.begun = self.lost = 0
        self._free = [Slot(f"node {number}", "cpu") for number in range(count)]
        self._live: dict[str, tuple[RunDirectory, Slot, RunLog, int]] = {}

    def free(self) -> Sequence[Slot]:
        return list(self._free)

    def start(self, run: RunDirectory, slot: Slot) -> None:
        with _Timed(self):
            self.begun += 1
            run.reserve_path.unlink()
            self._free.remove(slot)
            log = RunLog(run.events_path)
            log.append(_STARTED)
            self._live[run.id] = (run, slot, log, 0)

    def adopt(self, run: RunDirectory) -> bool:
        return run.id in self._live

    def stop(self, run_id: str, reason: str) -> None:
        raise AssertionError("nothing is pruned here")

    def ended(self) -> Iterator[Ended]:
        if not self.is_quiet:
            for run_id in list(self._live):
                with _Timed(self):
                    ended = self._epoch(run_id)
                if ended is not None:
                    yield ended

    def close(self) -> None:
        """Nothing is held."""

    def _epoch(self, run_id: str) -> Ended | None:
        run, slot, log, behind = self._live[run_id]
        epoch, number = behind + 1, int(run_id[-4:], 16)
        is_lost = epoch == 3 and number % _LOST == 0
        if not is_lost:
            log.append(_metrics(epoch, 1 / epoch + number / 65_536))
            self._live[run_id] = (run, slot, log, epoch)
        if not is_lost and epoch < _EPOCHS:
            return None
        if not is_lost:
            metrics = {_GOAL: 1 / epoch + number / 65_536}
            log.append(RunFinished(t=epoch, step=epoch, epoch=epoch, metrics=metrics))
        log.close()
        del self._live[run_id]
        self._free.append(slot)
        self.lost += is_lost
        return Ended(run_id, LOST if is_lost else 0)


class _Timed:
    """Adds what it encloses to the seconds of the workers."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    def __enter__(self) -> None:
        self._begin = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._workers.seconds += time.perf_counter() - self._begin


_STARTED: RunEvent = RunStarted(
    pid=1,
    host="node",
    device="cpu",
    device_name="",
    threads=1,
    started="",
    total_steps=_EPOCHS,
    steps_per_epoch=1,
)


def _metrics(epoch: int, goal: float) -> RunEvent:
    columns = {_GOAL: [goal], "train/loss": [goal]}
    return MetricsLogged(t=epoch, kind="epoch", steps=[epoch], epochs=[epoch], columns=columns)


class _Clock:
    """A second later at every look."""

    def __init__(self) -> None:
        self.time = _BEGIN

    def __call__(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


def _coordinated(study: StudyDirectory, workers: Workers) -> Iterator[Measurement]:
    experiment = load_experiment("weight-decay")
    before = _memory()
    coordinator = Coordinator(study, experiment, workers, now=_Clock(), sleep=lambda _: None)
    coordinator.rebuild()
    coordinator.turn()
    quiet = _quiet_rounds(coordinator, workers)
    costs = _driven(coordinator, workers)
    states = coordinator.record.counts
    assert states[TrialState.COMPLETE] == _TRIALS, states
    assert workers.begun == _TRIALS + workers.lost
    what = f"{_TRIALS:,} trials on {_WORKERS} workers:"
    note = f"{workers.lost} workers vanished, each trial came to one end"
    yield Measurement(f"{what} a trial", 1000 * sum(costs) / _TRIALS, 50.0, "ms", note=note)
    tenth = len(costs) // 10
    growth = sum(costs[-tenth:]) / sum(costs[:tenth])
    yield Measurement(f"{what} the last tenth to the first", growth, 3.0)
    yield _row(f"{what} a round with nothing new", quiet, 20.0)
    yield Measurement(f"{what} memory", _memory() - before, 200.0, "MB")


def _driven(coordinator: Coordinator, workers: Workers) -> Sequence[float]:
    """The seconds of each round to the end, without what the workers' part in it took."""
    costs, goes_on = [], True
    while goes_on:
        begin, theirs = time.perf_counter(), workers.seconds
        goes_on = coordinator.turn()
        costs.append(time.perf_counter() - begin - (workers.seconds - theirs))
    return costs


def _quiet_rounds(coordinator: Coordinator, workers: Workers) -> Sequence[float]:
    workers.is_quiet = True
    times = [_time(coordinator.turn) for _ in range(_QUIET)]
    workers.is_quiet = False
    return times


def _rebuilt(study: StudyDirectory) -> Iterator[Measurement]:
    """A coordinator that is begun on all these trials, and what TPE asks of them."""
    from tui_lab.studies.sampler import Sampler

    experiment = load_experiment("weight-decay")
    what = f"{_TRIALS:,} trials:"
    coordinator = Coordinator(study, experiment, Workers(1), sleep=lambda _: None)
    seconds = [_time(coordinator.rebuild)]
    yield _row(f"{what} all read again by another coordinator", seconds, 60_000.0)
    sampler = Sampler(_request("tpe"), experiment)
    for trial in coordinator.record.trials.values():
        sampler.add(trial)
    times = [_time(partial(sampler.ask, _TRIALS + n)) for n in range(_TRIED)]
    yield _row(f"{what} a proposal by TPE", times, 1000.0)


def _looked_at(study: StudyDirectory) -> Iterator[Measurement]:
    what = f"{_TRIALS:,} trials:"
    follower = StudyFollower(study)
    yield _row(f"{what} opened by who looks on", [_time(follower.read)], 60_000.0)
    yield _row(f"{what} looked at again", [_time(follower.read) for _ in range(5)], 500.0)
    catalogue = StudyCatalogue(study.runs)
    yield _row(f"{what} its row in the list", [_time(catalogue.summaries) for _ in range(20)], 25.0)


def _row(what: str, seconds: Sequence[float], budget: float) -> Measurement:
    times = [1000 * each for each in seconds]
    note = scatter(times) if len(times) > 1 else ""
    return Measurement(what, statistics.median(times), budget, "ms", note=note)


def _time(act: Callable[[], object]) -> float:
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin


def _memory() -> float:
    """Megabytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
