"""Protects the object of `run --json`: its keys, its last values, and what it says of a failure."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest

from tui_lab.commandline.report import fold_log
from tui_lab.commandline.result import json_pieces, log_tail
from tui_lab.events import MetricsLogged, RunEvent, RunFailed, RunFinished, RunStarted, RunStopped
from tui_lab.run import RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.log import RunLog
from tui_lab.runs.status import StatusRecord

NewRun = Callable[..., RunDirectory]
STARTED = RunStarted(
    pid=1,
    host="h",
    device="cuda:0",
    device_name="",
    threads=1,
    started="",
    total_steps=4,
    steps_per_epoch=2,
)
BLOCKS: list[RunEvent] = [
    MetricsLogged(t=0.1, kind="step", first=1, columns={"train/loss": [9.0, 4.0]}),
    MetricsLogged(t=0.2, kind="epoch", steps=[2], epochs=[1], columns={"train/loss": [3.0]}),
    MetricsLogged(t=0.3, kind="evaluation", steps=[3], epochs=[2], columns={"train/loss": [7.0]}),
    MetricsLogged(
        t=0.4,
        kind="epoch",
        steps=[4, 6],
        epochs=[2, 3],
        columns={"train/loss": [2.0, math.nan], "norm/w": [0.5]},
    ),
]


def run_result(directory: RunDirectory) -> dict[str, Any]:
    """The object, as it is printed."""
    text = b"".join(json_pieces(directory, fold_log(directory)))
    result: dict[str, Any] = json.loads(text)
    return result


def log(directory: RunDirectory, *events: RunEvent) -> None:
    writer = RunLog(directory.events_path)
    for event in events:
        writer.append(event)
    writer.close()


def test_a_finished_run(new_run: NewRun) -> None:
    directory = new_run(RunStatus.FINISHED, seed=3)
    log(directory, STARTED, *BLOCKS, RunFinished(t=1.5, step=6, epoch=3, metrics={"a": math.inf}))
    result = run_result(directory)
    json.dumps(result, allow_nan=False)
    assert result["damaged_lines"] == 0
    assert list(result) == [
        "run",
        "experiment",
        "status",
        "seed",
        "device",
        "hyperparameters",
        "steps",
        "epochs",
        "elapsed_s",
        "metrics",
        "command",
        "damaged_lines",
        "name",
        "note",
        "tags",
        "history",
    ]
    assert result["run"] == directory.id
    assert (result["status"], result["seed"], result["device"]) == ("finished", 3, "cuda:0")
    assert (result["steps"], result["epochs"], result["elapsed_s"]) == (6, 3, 1.5)
    assert result["metrics"] == {"train/loss": "NaN", "norm/w": 0.5, "a": "Infinity"}
    assert result["history"]["train/loss"] == {
        "step": [2, 4, 6],
        "epoch": [1, 2, 3],
        "value": [3.0, 2.0, "NaN"],
    }
    assert result["history"]["norm/w"] == {"step": [4], "epoch": [2], "value": [0.5]}


def test_the_last_event_has_the_last_word_on_metrics(new_run: NewRun) -> None:
    directory = new_run(RunStatus.STOPPED)
    log(directory, *BLOCKS, RunStopped(t=1.0, step=3, epoch=1, metrics={"train/loss": 1.0}))
    result = run_result(directory)
    assert result["metrics"] == {"train/loss": 1.0, "norm/w": 0.5}
    assert result["steps"] == 3
    assert "error" not in result


def test_a_run_in_progress(new_run: NewRun) -> None:
    directory = new_run()
    log(directory, BLOCKS[0])
    result = run_result(directory)
    assert (result["status"], result["steps"], result["epochs"]) == ("pending", 2, 0)
    assert result["metrics"] == {"train/loss": 4.0}
    assert result["history"] == {}
    assert result["device"] == "auto"


def test_a_failed_run_says_why(new_run: NewRun) -> None:
    directory = new_run(RunStatus.FAILED)
    log(directory, RunFailed(t=1.0, step=1, epoch=1, error="ValueError: [red]", metrics={}))
    assert run_result(directory)["error"] == "ValueError: [red]"
    assert "log" not in run_result(directory)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (None, "The worker vanished without a last event."),
        (-9, "The worker was killed by signal 9, without a last event."),
        (3, "The worker ended with exit status 3, without a last event."),
    ],
)
def test_a_crashed_run_shows_what_its_worker_printed(
    new_run: NewRun, code: int | None, sentence: str
) -> None:
    directory = new_run(RunStatus.RUNNING)
    directory.log_path.write_text("Segmentation fault\n")
    if code is not None:
        directory.write_exit_status(code)
    result = run_result(directory)
    assert result["status"] == "crashed"
    assert result["error"] == sentence
    assert result["log"] == "Segmentation fault\n"


def test_a_run_that_held_still_for_a_full_disk_keeps_that_reason(new_run: NewRun) -> None:
    directory = new_run()
    directory.write_status(StatusRecord(status=RunStatus.PAUSED, step=8, error="The disk is full."))
    result = run_result(directory)
    assert (result["error"], result["steps"]) == ("The disk is full.", 8)


def test_the_tail_of_a_log_is_whole_lines(new_run: NewRun) -> None:
    directory = new_run()
    assert log_tail(directory) == ""
    directory.log_path.write_bytes(b"first\nsecond \xff\nthird\n")
    assert log_tail(directory, 18) == "second �\nthird\n"
    assert log_tail(directory, 100) == "first\nsecond �\nthird\n"
