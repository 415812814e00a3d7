"""Runs to be compared, made of the few events that matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.view_models.folded import EXPERIMENT, started
from tui_lab.events import HyperparameterChanged, MetricsLogged, RunEvent
from tui_lab.experiment import Experiment
from tui_lab.view_models.comparison.compared import ComparedRun
from tui_lab.view_models.run import RunView

VALUES = {"weight_decay": 3.0, "lr": 0.003}


@dataclass(frozen=True)
class Facts:
    """What the list of runs would say."""

    id: str
    experiment: str = "weight-decay"
    hyperparameters: Mapping[str, Any] = field(default_factory=lambda: VALUES)
    seed: int = 0
    device: str = "auto"
    sha256: str = ""
    parent: str = ""
    imported: str = ""
    parent_step: int = 0


def compared(
    name: str,
    values: Sequence[Any] = (),
    *more: RunEvent,
    experiment: Experiment | None = EXPERIMENT,
    first: int = 1,
    begin: Mapping[str, Any] | None = None,
    live: bool = False,
    of: str = "weight-decay",
    **facts: Any,
) -> ComparedRun:
    """A run that measured these losses at its steps; `of` is the name of its experiment, `begin`
    are fields of its first event."""
    view = RunView(experiment)
    events = [started(**(begin or {})), *more]
    if values:
        columns = {"train/loss": list(values)}
        events.insert(1, MetricsLogged(t=1.0, kind="step", first=first, columns=columns))
    for event in events:
        view.fold(event)
    run_id = f"weight-decay-20261120-120000-{name}"
    return ComparedRun(name, Facts(run_id, of, **facts), view, live)


def turned(name: str, old: Any, new: Any, step: int) -> HyperparameterChanged:
    """A knob that was turned while the run ran."""
    return HyperparameterChanged(t=0.5, name=name, old=old, new=new, step=step, by="")
