"""Events as lines of a log, and lines as events.

Non-finite numbers are the strings "NaN", "Infinity" and "-Infinity" on disk; `from_json` gives them
back as floats where a number stands alone, and leaves the long columns of `MetricsLogged` and the
data of pictures to their readers (`float("NaN")` reads them).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from tui_lab import checks, events
from tui_lab.cost import LabCostMeasured
from tui_lab.declaration import checked
from tui_lab.event_fields import FIELDS
from tui_lab.events import MetricsLogged, RunBranched, RunEvent, UnknownEvent
from tui_lab.guarding import GuardChanged
from tui_lab.inspection import GraphShown, ParameterShown
from tui_lab.watching import TrainingFound

_TYPES: dict[str, type[Any]] = {
    "run_started": events.RunStarted,
    "metrics": MetricsLogged,
    "gradients": events.GradientsLogged,
    "phase_entered": events.PhaseEntered,
    "hyperparameter_changed": events.HyperparameterChanged,
    "run_paused": events.RunPaused,
    "run_resumed": events.RunResumed,
    "run_branched": RunBranched,
    "checkpoint": events.CheckpointWritten,
    "step_abandoned": events.StepAbandoned,
    "step_altered": events.StepAltered,
    "guard_changed": GuardChanged,
    "parameter_shown": ParameterShown,
    "graph_shown": GraphShown,
    "picture": events.PictureLogged,
    "alarm": events.AlarmRaised,
    "lab_cost": LabCostMeasured,
    "remark": events.Remarked,
    "run_finished": events.RunFinished,
    "run_stopped": events.RunStopped,
    "run_failed": events.RunFailed,
    "training_found": TrainingFound,
}
_NAMES = {event: name for name, event in _TYPES.items()}
_REQUIRED = {
    event: tuple(
        f.name for f in fields(event) if f.default is MISSING and f.default_factory is MISSING
    )
    for event in _NAMES
}
_CHECKS = {event: {f.name: FIELDS[f.name] for f in fields(event)} for event in _NAMES}
_CHECKS[TrainingFound]["declaration"] = checked
_CHECKS[MetricsLogged]["kind"] = checks.one_of("step", "epoch", "evaluation")
for _event in (RunBranched, TrainingFound):
    _CHECKS[_event]["values"] = checks.mapped(checks.setting, checks.MOST_SETTINGS)


def to_json(event: RunEvent) -> dict[str, Any]:
    """The event as a JSON object; numbers are still numbers, encoding them is the log's work."""
    if isinstance(event, UnknownEvent):
        return {"type": event.type, **event.data}
    return {"type": _NAMES[type(event)], **vars(event)}


def from_json(data: Mapping[str, Any]) -> RunEvent:
    """The event in a decoded line. Fields it does not know are ignored, and an event that lacks
    one it needs, or whose fields are not what they should be, comes back as `UnknownEvent`, so
    that a log of another version, or a damaged one, still reads."""
    name = str(data.get("type"))
    kind = _TYPES.get(name)
    if kind is None:
        return _unknown(name, data, "")
    try:
        event: RunEvent = kind(**checks.fields(data, _CHECKS[kind], _REQUIRED[kind]))
        if isinstance(event, MetricsLogged):
            _check_rows(event)
    except ValueError as error:
        return _unknown(name, data, str(error))
    return event


def _check_rows(event: MetricsLogged) -> None:
    """Raises `ValueError` for a block whose rows have no place among the steps."""
    rows = max(map(len, event.columns.values()), default=0)
    if event.kind == "step":
        checks.whole(event.first + rows)
    elif rows > len(event.epochs) or (event.steps and rows > len(event.steps)):
        raise ValueError(f"has {rows:,} rows, and not as many steps or epochs")


def _unknown(name: str, data: Mapping[str, Any], reason: str) -> UnknownEvent:
    content = {key: value for key, value in data.items() if key != "type"}
    return UnknownEvent(type=name, data=content, reason=reason)
