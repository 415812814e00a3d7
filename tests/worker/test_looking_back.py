"""Protects looking back: what is computed again of a step is what the run measured there, in any
order of steps, with what was done to it, and nothing of the run is touched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.worker.taken_up import made, numbers, worker
from tui_lab.errors import RunError
from tui_lab.events import GradientsLogged, MetricsLogged, PictureLogged
from tui_lab.runs.directory import RunDirectory
from tui_lab.schedule import Intervention
from tui_lab.worker.looking_back import PastRun
from tui_lab.worker.past_process import PastProcess

DONE = (
    Intervention(step=30, values={"weight_decay": 10.0}),
    Intervention(step=50, values={"batch_size": 10}),
)


def files(run: RunDirectory) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in run.path.rglob("*") if path.is_file()}


def measured(events: Any) -> dict[str, float]:
    (found,) = [event for event in events if isinstance(event, MetricsLogged)]
    return {key: values[0] for key, values in found.columns.items()}


@pytest.mark.parametrize("schedule", [(), DONE])
def test_every_step_is_what_the_run_measured_there(
    runs: Path, schedule: tuple[Intervention, ...]
) -> None:
    run = made(runs, "weight-decay", {"epochs": 30}, schedule=schedule)
    assert worker(run) == 0
    before, logged = files(run), numbers(run)
    past = PastRun(run)
    points = logged["epoch", "test/loss"]
    order = [*points[::-3], *points[::2]]  # to and fro, through what was done
    for step, loss in order:
        assert measured(past.at(int(step)))["test/loss"] == loss, step
    assert files(run) == before


def test_gradients_and_pictures_come_with_it(runs: Path) -> None:
    run = made(runs, "linear-regression", {"epochs": 2, "examples": 100})
    assert worker(run) == 0
    events = list(PastRun(run).at(7))
    (gradients,) = [event for event in events if isinstance(event, GradientsLogged)]
    assert (gradients.step, set(gradients.values)) == (7, {"w", "w.grad", "b", "b.grad"})
    assert {event.step for event in events if isinstance(event, PictureLogged)} == {7}


def test_a_step_that_never_was_is_refused(runs: Path) -> None:
    run = made(runs, "weight-decay", {"epochs": 2})
    assert worker(run) == 0
    with pytest.raises(RunError, match="has not been at step 9"):
        list(PastRun(run).at(9))


def test_a_process_answers_step_after_step(runs: Path) -> None:
    run = made(runs, "weight-decay", {"epochs": 5})
    assert worker(run) == 0
    points = dict(numbers(run)["epoch", "test/loss"])
    process = PastProcess(run)
    try:
        assert measured(process.look(8))["test/loss"] == points[8]
        with pytest.raises(RunError, match="has not been at step 99"):
            process.look(99)
        assert measured(process.look(4))["test/loss"] == points[4]
    finally:
        process.close()
    with pytest.raises(RunError):
        process.look(4)
