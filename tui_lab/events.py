"""What happened in a run: past tense, one JSON object per line of events.jsonl.

`step` counts optimizer steps from 1 (0: before the first), `epoch` from 1. `t` is seconds since the
run started. Non-finite numbers are the strings "NaN", "Infinity" and "-Infinity" on disk;
`from_json` gives them back as floats where a number stands alone, and leaves the long columns of
`MetricsLogged` and the data of pictures to their readers (`float("NaN")` reads them).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Literal

from tui_lab import checks
from tui_lab.event_fields import FIELDS

Number = float | int
Column = Any
"""A sequence of numbers, as a list or a numpy array; on disk non-finite ones are strings."""


SMALL = 6
"""Numbers of a tensor that are worth reading one by one: they fit on half a line."""


@dataclass(frozen=True, kw_only=True)
class RunStarted:
    """The worker has built the program and is about to take the first step."""

    t: float = 0.0
    pid: int
    host: str
    device: str
    device_name: str
    threads: int
    started: str
    """ISO 8601, UTC."""
    total_steps: int
    steps_per_epoch: int
    parameters: Sequence[Mapping[str, Any]] = ()
    """`{"name", "shape", "requires_grad"}` of every parameter."""
    source: Sequence[str] = ()
    """The lines of the program's `step`, as written."""
    source_line: int = 0
    """The number of the first of them in its file."""
    source_file: str = ""


@dataclass(frozen=True, kw_only=True)
class MetricsLogged:
    """A block of measurements.

    `kind` "step": one row per consecutive step from `first`; "epoch": whole-set evaluations, after
    the epochs in `epochs`, at the steps in `steps`; "evaluation": the same, asked for by a person,
    or of the parameters that a finished program leaves.
    """

    t: float
    kind: Literal["step", "epoch", "evaluation"]
    first: int = 0
    steps: Sequence[int] = ()
    epochs: Sequence[int] = ()
    columns: Mapping[str, Column]


@dataclass(frozen=True, kw_only=True)
class GradientsLogged:
    """The state of every parameter at one moment: after `phase` of `step`, or, where that is
    empty, after the whole step.

    Each of `parameters`: `{"name", "grad": "none"|"zeroed"|"set"|"accumulated", "times": backward
    passes summed in .grad, "norm": ‖p‖, "grad_norm": ‖∇‖ or None, "update": ‖Δp‖/‖p‖ or None,
    "finite": bool, "requires_grad": bool}`.
    """

    t: float
    step: int
    phase: str
    grad_enabled: bool
    graph: bool
    """Whether the loss of this step hangs on a graph that backward could walk."""
    parameters: Sequence[Mapping[str, Any]]
    values: Mapping[str, Sequence[Number]] = field(default_factory=dict)
    """While the loop holds still: the numbers of small tensors, `w`, `w.grad` and `loss`."""
    batch: str = ""
    """And the shapes of the tensors in the batch: `10×2, 10×1`."""


@dataclass(frozen=True, kw_only=True)
class PhaseEntered:
    """Micro-stepping: the step's generator stands at this yield; `line` is its line in the file."""

    t: float
    step: int
    phase: str
    line: int


@dataclass(frozen=True, kw_only=True)
class HyperparameterChanged:
    """A live hyperparameter took a new value (JSON form); `step` is the first that used it."""

    t: float
    step: int
    name: str
    old: Any
    new: Any


@dataclass(frozen=True, kw_only=True)
class RunPaused:
    """The loop holds still after `step` steps; `reason` is empty when a person asked for it."""

    t: float
    step: int
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class RunResumed:
    """The loop goes on."""

    t: float
    step: int


@dataclass(frozen=True, kw_only=True)
class PictureLogged:
    """New data for one layer of one declared picture; it replaces that layer's earlier data."""

    t: float
    step: int
    picture: str
    layer: str
    data: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class AlarmRaised:
    """Something a person should look at: `kind` is a metric key such as `step/first_nan`."""

    t: float
    step: int
    kind: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Remarked:
    """Something a person may want to know, said once: what could not be measured, and why."""

    t: float
    step: int
    message: str


@dataclass(frozen=True, kw_only=True)
class RunFinished:
    """All steps taken. `metrics` are the last values of every metric."""

    t: float
    step: int
    epoch: int
    metrics: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RunStopped:
    """Ended early on request."""

    t: float
    step: int
    epoch: int
    reason: str = ""
    metrics: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RunFailed:
    """The program raised."""

    t: float
    step: int
    epoch: int
    error: str
    """One sentence."""
    traceback: str = ""
    metrics: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class UnknownEvent:
    """An event written by a newer tui-lab, or one that does not hold what its type promises: kept,
    shown as its type, otherwise ignored."""

    type: str
    data: Mapping[str, Any]
    t: float = 0.0
    reason: str = ""
    """What is wrong with it; empty for a type that is not known."""


RunEnded = RunFinished | RunStopped | RunFailed
RunEvent = (
    RunStarted
    | MetricsLogged
    | GradientsLogged
    | PhaseEntered
    | HyperparameterChanged
    | RunPaused
    | RunResumed
    | PictureLogged
    | AlarmRaised
    | Remarked
    | RunFinished
    | RunStopped
    | RunFailed
    | UnknownEvent
)

_TYPES: dict[str, type[Any]] = {
    "run_started": RunStarted,
    "metrics": MetricsLogged,
    "gradients": GradientsLogged,
    "phase_entered": PhaseEntered,
    "hyperparameter_changed": HyperparameterChanged,
    "run_paused": RunPaused,
    "run_resumed": RunResumed,
    "picture": PictureLogged,
    "alarm": AlarmRaised,
    "remark": Remarked,
    "run_finished": RunFinished,
    "run_stopped": RunStopped,
    "run_failed": RunFailed,
}
_NAMES = {event: name for name, event in _TYPES.items()}
_REQUIRED = {
    event: tuple(
        f.name for f in fields(event) if f.default is MISSING and f.default_factory is MISSING
    )
    for event in _NAMES
}
_CHECKS = {event: {f.name: FIELDS[f.name] for f in fields(event)} for event in _NAMES}
_CHECKS[MetricsLogged]["kind"] = checks.one_of("step", "epoch", "evaluation")


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
