"""Events of a run, and the view that they fold into."""

from __future__ import annotations

from typing import Any

from tui_lab.events import MetricsLogged, RunEvent, RunStarted
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Float, Vector
from tui_lab.view_models.run import RunView

EXPERIMENT = Experiment(
    name="weight-decay",
    title="Weight decay",
    chapter="Regularization",
    summary="",
    hyperparameters=(
        Float("weight_decay", symbol="λ", default=3.0, low=0.0, high=100.0, live=True),
        Float("lr", default=0.003, low=1e-6, high=10.0, log=True, live=True),
        Vector("true_w", default=(2.0, -3.4), low=-10.0, high=10.0),
    ),
    metrics=(),
    pictures=(),
    program="weight_decay:WeightDecay",
)


def started(**changes: Any) -> RunStarted:
    values: dict[str, Any] = {
        "pid": 1,
        "host": "box",
        "device": "cpu",
        "device_name": "",
        "threads": 1,
        "started": "2026-11-20T23:47:55Z",
        "total_steps": 400,
        "steps_per_epoch": 4,
    }
    return RunStarted(**{**values, **changes})


def steps(first: int, last: int, t: float, key: str = "train/loss") -> MetricsLogged:
    """A block whose value at each step is the step."""
    values = [float(step) for step in range(first, last + 1)]
    return MetricsLogged(t=t, kind="step", first=first, columns={key: values})


def view_of(*events: RunEvent) -> RunView:
    view = RunView(EXPERIMENT)
    for event in events:
        view.fold(event)
    return view
