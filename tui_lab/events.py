"""What happened in a run: past tense, one JSON object per line of events.jsonl.

`step` counts optimizer steps from 1 (0: before the first), `epoch` from 1. `t` is seconds of
training since the run started; a run that is taken up goes on from where it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tui_lab.cost import LabCostMeasured
from tui_lab.guarding import GuardChanged
from tui_lab.inspection import GraphShown, ParameterShown
from tui_lab.run import RunStatus
from tui_lab.watching import TrainingFound

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
    """`{"name", "shape", "requires_grad"}` of each."""
    source: Sequence[str] = ()
    """The lines of the program's `step`, as written."""
    source_line: int = 0
    """The number of the first of them in its file."""
    source_file: str = ""
    request: Mapping[str, Any] = field(default_factory=dict)
    """What run.json says; empty in logs that were written before it stood here too."""
    step: int = 0
    epoch: int = 0
    """Steps and epochs that lie behind: a branch, and a run that is taken up, begins after them."""
    epoch_offset: int = 0
    """Step s belongs to epoch ⌈(s − this) ÷ `steps_per_epoch`⌉; other than 0 after a branch whose
    batches have another size."""


@dataclass(frozen=True, kw_only=True)
class MetricsLogged:
    """A block of measurements.

    `kind` "step": a row per consecutive step from `first`; "epoch": whole-set evaluations at these
    `steps`, after these `epochs`; "evaluation": those asked for, or of what a program leaves.
    """

    t: float
    kind: Literal["step", "epoch", "evaluation"]
    first: int = 0
    steps: Sequence[int] = ()
    epochs: Sequence[int] = ()
    columns: Mapping[str, Column]


@dataclass(frozen=True, kw_only=True)
class GradientsLogged:
    """Every parameter after `phase` of `step`, or after the whole step where that is empty.

    Each of `parameters`: `{"name", "grad": "none"|"zeroed"|"set"|"accumulated", "times": passes
    summed in .grad, "norm": ‖p‖, "grad_norm": ‖∇‖ or None, "update": ‖Δp‖/‖p‖ or None, "finite",
    "requires_grad"}`.
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
    activations: Sequence[Mapping[str, Any]] = field(default_factory=list)
    """Of a watched step's forward pass: `{"name", "kind": "dead"|"saturated", "share"}`."""


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
    by: str = ""
    """Whose order it was, where more than one may give orders: the name of a terminal."""


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
    from_step: int | None = None
    """Where given, the run was taken up after this step: what came later never happened."""


@dataclass(frozen=True, kw_only=True)
class RunBranched:
    """This run began as `parent` was after `step` steps, with other `values` (JSON form)."""

    t: float
    step: int
    parent: str
    values: Mapping[str, Any] = field(default_factory=dict)
    weights_only: bool = False
    """Whether it took the parameters alone, and began everything else anew."""


@dataclass(frozen=True, kw_only=True)
class CheckpointWritten:
    """The state after `step` steps is on disk; `digest` names it, equal states have equal ones."""

    t: float
    step: int
    epoch: int
    digest: str
    bytes: int
    reason: str = ""
    """`end`, `stop`, `pause`, `asked`; empty for one that was due."""


@dataclass(frozen=True, kw_only=True)
class StepAbandoned:
    """An attempt at `step` was given up and nothing it did remains; `then` the same batch is taken
    again, or it is left out."""

    t: float
    step: int
    then: Literal["again", "skip"]


@dataclass(frozen=True, kw_only=True)
class StepAltered:
    """Something was done inside `step` that its program does not do, such as `clip`,
    or a mistake of `commands.MistakeKind`."""

    t: float
    step: int
    how: str


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
    advice: str = ""
    """What to try."""
    parameter: str = ""
    """Where it was noticed, if in one place: a parameter, a layer."""
    held: bool = False
    """Whether the step stands still for it, before its update."""


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
_ENDINGS = {
    RunFinished: RunStatus.FINISHED,
    RunStopped: RunStatus.STOPPED,
    RunFailed: RunStatus.FAILED,
}
RunEvent = (
    RunStarted
    | MetricsLogged
    | GradientsLogged
    | PhaseEntered
    | HyperparameterChanged
    | RunPaused
    | RunResumed
    | RunBranched
    | CheckpointWritten
    | StepAbandoned
    | StepAltered
    | GuardChanged
    | ParameterShown
    | GraphShown
    | PictureLogged
    | TrainingFound
    | AlarmRaised
    | LabCostMeasured
    | Remarked
    | RunEnded
    | UnknownEvent
)


def status_of(ended: RunEnded) -> RunStatus:
    """The state of a run that has ended so."""
    return _ENDINGS[type(ended)]
