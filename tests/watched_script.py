"""What the log of a watched script says, for tests of those who read it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tui_lab.declaration import to_json
from tui_lab.events import MetricsLogged, RunFinished, RunStarted
from tui_lab.experiment import Curve, Experiment, Metric
from tui_lab.hyperparameters import Flag, Float
from tui_lab.run import RunRequest
from tui_lab.watching import PROGRAM, Script, TrainingFound, undeclared

SCRIPT = Script(path="/home/me/train.py", arguments=("--lr", "3"), directory="/home/me")
REQUEST = RunRequest(
    experiment=SCRIPT.experiment, program=PROGRAM, hyperparameters={}, script=SCRIPT
)
SOURCE = ("for x in loader:", "    loss.backward()", "    optimizer.step()")
FOUND = replace(
    undeclared(SCRIPT),
    hyperparameters=(
        Float("lr", default=0.1, low=0.0, high=10.0, log=True, live=True),
        Flag("freeze_0", default=False, live=True),
    ),
    metrics=(Metric("train/loss", "of a backward pass"),),
    pictures=(Curve("loss", ("train/loss",), every="step"),),
    headings={"lr": "optimizer", "freeze_0": "freeze"},
)
STARTED = RunStarted(
    pid=1,
    host="box",
    device="",
    device_name="",
    threads=1,
    started="2026-11-20T12:00:00+00:00",
    total_steps=0,
    steps_per_epoch=0,
    request=REQUEST.to_json(),
)
MEASURED = MetricsLogged(t=1.0, kind="step", first=1, columns={"train/loss": [4.0, 3.0, 2.0]})
FINISHED = RunFinished(t=2.0, step=3, epoch=1, metrics={"train/loss": 2.0})


def found(experiment: Experiment = FOUND, **values: Any) -> TrainingFound:
    """That a script trains this, with its knobs at these values."""
    return TrainingFound(
        t=0.5,
        step=0,
        declaration=to_json(experiment),
        parameters=[{"name": "w", "shape": [2], "requires_grad": True}],
        device="cpu",
        steps_per_epoch=3,
        total_steps=6,
        source=SOURCE,
        source_file="train.py",
        values={"lr": 0.1, "freeze_0": False} | values,
    )
