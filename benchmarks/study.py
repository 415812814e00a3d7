"""What a study costs beside the trials themselves: weight decay as the notes have it, one run at a
time, by the real coordinator and the real executor.

All of it is of one process and one study: the seconds of the loop are those of its rounds (see,
judge, ask, write a run down, give it to the spare) on this processor, the seconds of a trial those
that its run says of itself.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.measurement import Measurement, scatter
from tui_lab.plugins import load_experiment
from tui_lab.ranges import Range
from tui_lab.studies.asking import Options, ask_study
from tui_lab.studies.coordinator import Coordinator
from tui_lab.studies.directory import StudyDirectory
from tui_lab.studies.executors import executor_for
from tui_lab.studies.record import StudyRecord

_TRIALS = 60
_FIRST = 10
"""Trials that are not counted: the spare still imports torch, Optuna draws at random."""


def measure() -> Iterator[Measurement]:
    """The loop's own time by a trial's, and what passes between two trials."""
    with tempfile.TemporaryDirectory() as home:
        yield from _measured(Path(home))


def _measured(home: Path) -> Iterator[Measurement]:
    experiment = load_experiment("weight-decay")
    ranges = [Range.parse(experiment, word) for word in ("lr=1e-4..1e-2", "weight_decay=0.1..100")]
    options = Options(trials=_TRIALS, slots=1, device="cpu")
    request = ask_study(experiment, {}, ranges, options)
    study = StudyDirectory.create(home / "studies", request, datetime.now(UTC))
    executor = executor_for(request)
    driver = Coordinator(study, experiment, executor)
    busy, walls, trains = list[float](), list[float](), list[float]()
    driver.rebuild()
    ended, spent, since = 0, 0.0, time.perf_counter()
    going = True
    while going:
        before = time.process_time()
        going = driver.turn()
        spent += time.process_time() - before
        now = sum(trial.state.is_finished for trial in driver.record.trials.values())
        if now > ended:
            ended, newest = now, max(driver.record.trials)
            if newest >= _FIRST:
                trained = driver.record.trials[ended - 1].seconds
                busy.append(spent)
                trains.append(trained)
                walls.append(time.perf_counter() - since)
            spent, since = 0.0, time.perf_counter()
        time.sleep(0.01)
    executor.close()
    yield Measurement(
        "study: processor of the coordinator ÷ a trial of 400 steps",
        sum(busy) / sum(trains),
        0.1,
        note=f"ms per trial: {scatter([1e3 * each for each in busy])}; a trial trains "
        f"{1e3 * median(trains):.0f} ms",
    )
    yield Measurement(
        "study: one trial after the other ÷ their training",
        sum(walls) / sum(trains),
        2.0,
        note=f"ms between ends: {scatter([1e3 * each for each in walls])}",
    )
    began = time.perf_counter()
    record = StudyRecord(study.id, request, study.runs)
    for number in record.discover():
        for reading in record.readings(number).values():
            reading.read()
        record.settle(number)
    took = 1e3 * (time.perf_counter() - began) / _TRIALS
    yield Measurement("study: rebuilt from its runs, per trial", took, 10.0, "ms")


if __name__ == "__main__":
    print(*measure(), sep="\n")
