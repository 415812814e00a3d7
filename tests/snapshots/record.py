"""`python -m tests.snapshots.record`: records the runs of tests/data/recordings anew.

The snapshots show their numbers, so `pytest tests/snapshots --snapshot-update` comes after it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from screenshots.recording import Recorder, Recording
from tests.snapshots.recorded import DATA
from tui_lab.commands import Mistake, Resume, SetHyperparameter, Show, ShowGraph
from tui_lab.event_encoding import to_json
from tui_lab.events import RunStarted
from tui_lab.runs.encoding import dumps
from tui_lab.runs.tail import read_events

SMALL = {"examples": 100, "epochs": 4}


def turned(recorder: Recorder) -> Recording:
    """Weight decay; λ goes from 3 to 10 after a quarter of its epochs."""
    recording = recorder.held("weight-decay", {"epochs": 40})
    recording.advance("epoch", 10)
    recording.tell(SetHyperparameter("weight_decay", 10.0))
    recording.tell(Resume())
    recording.finish()
    return recording


def line(recorder: Recorder) -> Recording:
    """Linear regression to its end."""
    return recorder.finished("linear-regression", SMALL)


def diverged(recorder: Recorder) -> Recording:
    """Linear regression whose loss overflows."""
    return recorder.finished("linear-regression", {**SMALL, "lr": 10.0})


def held(recorder: Recorder) -> Recording:
    """Linear regression inside its eleventh step, after backward."""
    recording = recorder.held("linear-regression", SMALL)
    recording.advance("epoch")
    recording.advance("phase", 2)
    return recording


def alarm(recorder: Recorder) -> Recording:
    """The same learning rate, held by the guard before the update that would spoil everything."""
    return recorder.guarded("linear-regression", {**SMALL, "lr": 10.0, "epochs": 10})


def opened(recorder: Recorder) -> Recording:
    """A perceptron inside its fifth step, after the update, with a layer and the graph open."""
    recording = recorder.held("mlp", {"examples": 512, "epochs": 10, "hidden": "16"})
    recording.advance("step", 4)
    recording.tell(Show("W1"))
    recording.tell(Mistake("backward-twice"))
    recording.advance("phase")
    recording.tell(ShowGraph())
    recording.advance("phase", 2)
    return recording


SHORT: dict[str, dict[str, object]] = {
    "activations": {},
    "autograd": {},
    "bayes": {},
    "distribution-shift": {},
    "dropout": {"examples": 512, "epochs": 2, "hidden": "16,16"},
    "gradient-accumulation": {"epochs": 2},
    "gradient-flow": {"epochs": 2},
    "lambda-sweep": {"seeds": 2, "points": 5, "epochs": 10},
    "mlp": {"examples": 512, "epochs": 2, "hidden": "16"},
    "overfitting": {"examples": 100, "test_examples": 100, "epochs": 4, "hidden": "16"},
    "penalties": {"epochs": 20},
}
"""The other experiments, short enough for their logs to be kept."""

RUNS: tuple[Callable[[Recorder], Recording], ...] = (
    turned,
    line,
    diverged,
    held,
    alarm,
    opened,
)


def keep(recording: Recording, directory: Path) -> None:
    """The log and the request, without what the machine had to do with it."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "events.jsonl").open("wb") as file:
        for event in read_events(recording.directory.events_path):
            if isinstance(event, RunStarted):
                event = replace(event, pid=1, host="box")
            file.write(dumps(to_json(event)) + b"\n")
    request = replace(recording.directory.request(), versions={})
    (directory / "run.json").write_bytes(dumps(request.to_json(), indent=True) + b"\n")


def main() -> None:
    """Record every run, one after the other."""
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    with tempfile.TemporaryDirectory(prefix="tui-lab-recordings-") as home:
        recorder = Recorder(Path(home))
        try:
            for record in RUNS:
                keep(record(recorder), DATA / record.__name__)
            for name, values in SHORT.items():
                keep(recorder.finished(name, values), DATA / name)
        finally:
            recorder.close()


if __name__ == "__main__":
    main()
