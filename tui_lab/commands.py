"""Orders to a running worker: imperative, one JSON object per line on the run's socket.

Each is answered by one `Acknowledgement` that says at which step it took effect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from tui_lab import checks


@dataclass(frozen=True)
class Pause:
    """Hold still before the next step."""


@dataclass(frozen=True)
class Resume:
    """Run freely."""


Unit = Literal["phase", "step", "epoch"]


@dataclass(frozen=True)
class Advance:
    """Go on by one phase, to the end of one step or of one epoch, then hold still."""

    unit: Unit


@dataclass(frozen=True)
class SetHyperparameter:
    """Give a live hyperparameter a new value at the next step; `value` is in its JSON form."""

    name: str
    value: Any


@dataclass(frozen=True)
class SetHyperparameters:
    """Give several live hyperparameters new values (in their JSON form) at the same step: all of
    them, or none when one is refused or they make no sense together."""

    values: Mapping[str, Any]


@dataclass(frozen=True)
class Evaluate:
    """Measure the whole-set metrics now."""


@dataclass(frozen=True)
class Checkpoint:
    """Keep the state of this instant on disk."""


@dataclass(frozen=True)
class Rewind:
    """Go back to how things stood after `step` steps: what came later never happened."""

    step: int


@dataclass(frozen=True)
class TakeAgain:
    """Give the step under way up and take its batch again, with other `values` (JSON form)."""

    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Skip:
    """Give the step under way up and leave its batch out."""


@dataclass(frozen=True)
class Clip:
    """Make the gradients of the step under way finite and of norm 1 at the most, and go on."""


GuardMode = Literal["hold", "say", "off"]
"""What happens when a loss or a gradient is not finite: the step is held before its update, or it
is said, or nobody looks."""


@dataclass(frozen=True)
class SetGuard:
    """Guard the steps from now on in this way."""

    mode: GuardMode


@dataclass(frozen=True)
class Show:
    """Log what a parameter holds, now and at each phase that is looked at from now on; an empty
    name: no more."""

    parameter: str


@dataclass(frozen=True)
class ShowGraph:
    """Log the graph behind the loss, now and, while `open`, after each forward pass of a step that
    is held."""

    open: bool = True


MistakeKind = Literal["forget-zero_grad", "step-before-backward", "backward-twice"]
"""A classic mistake: the gradients are not zeroed; the parameters move before the gradients of
their step are there; the gradients are added up twice."""
MISTAKES: tuple[MistakeKind, ...] = get_args(MistakeKind)


@dataclass(frozen=True)
class Mistake:
    """Make a mistake in one step: the step under way if it comes to it yet, else the next."""

    kind: MistakeKind


@dataclass(frozen=True)
class Stop:
    """End the run after the current step; `reason` is kept in the log."""

    reason: str = ""


Command = (
    Pause
    | Resume
    | Advance
    | SetHyperparameter
    | SetHyperparameters
    | Evaluate
    | Checkpoint
    | Rewind
    | TakeAgain
    | Skip
    | Clip
    | SetGuard
    | Show
    | ShowGraph
    | Mistake
    | Stop
)

_COMMANDS: dict[str, type[Command]] = {
    "pause": Pause,
    "resume": Resume,
    "advance": Advance,
    "set": SetHyperparameter,
    "set_all": SetHyperparameters,
    "evaluate": Evaluate,
    "checkpoint": Checkpoint,
    "rewind": Rewind,
    "take_again": TakeAgain,
    "skip": Skip,
    "clip": Clip,
    "guard": SetGuard,
    "show": Show,
    "show_graph": ShowGraph,
    "mistake": Mistake,
    "stop": Stop,
}
_LONGEST_SENDER = 100
"""Characters of the name of a terminal."""
_NAMES = {command: name for name, command in _COMMANDS.items()}


@dataclass(frozen=True)
class Acknowledgement:
    """The worker's answer: done, at which step, or why not."""

    ok: bool
    step: int = 0
    """The optimizer step at which the command took effect (steps count from 1)."""
    message: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Any) -> Acknowledgement:
        """The answer in a decoded line; raises `ValueError`, which names the field at fault."""
        return cls(**checks.fields(data, _ANSWER, _ANSWER))


_ANSWER: Mapping[str, checks.Check] = {
    "ok": checks.flag,
    "step": checks.whole,
    "message": checks.text,
}


def set_command(values: Mapping[str, Any]) -> SetHyperparameter | SetHyperparameters:
    """The command that gives these values, one or several."""
    if len(values) == 1:
        return SetHyperparameter(*next(iter(values.items())))
    return SetHyperparameters(values)


def to_json(command: Command, by: str = "") -> dict[str, Any]:
    """The command as the JSON object that goes over the socket; `by` says whose it is."""
    signed = {"by": by} if by else {}
    return {"command": _NAMES[type(command)], **asdict(command), **signed}


def sender(data: Any) -> str:
    """Whose a decoded command is; empty where it does not say."""
    by = data.get("by", "") if isinstance(data, dict) else ""
    return by[:_LONGEST_SENDER] if isinstance(by, str) else ""


def from_json(data: Any) -> Command:
    """The command in a decoded line; raises `ValueError` with a sentence for the sender."""
    if not isinstance(data, dict) or data.get("command") not in list(_COMMANDS):
        raise ValueError(f"a command is one of {', '.join(_COMMANDS)}.")
    fields = {key: value for key, value in data.items() if key not in ("command", "by")}
    try:
        command = _COMMANDS[data["command"]](**fields)
    except TypeError:
        raise ValueError(
            f"{data['command']} does not take {', '.join(fields) or 'that'}."
        ) from None
    holds, wanted = _FIELDS.get(type(command), (_anything, ""))
    if not holds(*vars(command).values()):
        raise ValueError(f"{data['command']} takes {wanted}.")
    return command


def _anything(*_: Any) -> bool:
    return True


def _is_named(values: Any) -> bool:
    return isinstance(values, dict) and all(isinstance(key, str) for key in values)


_FIELDS: dict[type[Command], tuple[Callable[..., bool], str]] = {
    Advance: (lambda unit: unit in get_args(Unit), "a unit: phase, step or epoch"),
    SetGuard: (lambda mode: mode in get_args(GuardMode), "a mode: hold, say or off"),
    SetHyperparameter: (
        lambda name, _: isinstance(name, str),
        "the name of a hyperparameter, as text",
    ),
    SetHyperparameters: (
        lambda values: _is_named(values) and bool(values),
        "values by the names of hyperparameters",
    ),
    TakeAgain: (_is_named, "values by the names of hyperparameters"),
    Rewind: (
        lambda step: type(step) is int and 0 <= step <= checks.LARGEST,
        "a step, as a whole number from 0",
    ),
    Show: (lambda parameter: isinstance(parameter, str), "the name of a parameter, as text"),
    ShowGraph: (lambda is_open: isinstance(is_open, bool), "true or false"),
    Mistake: (lambda kind: kind in MISTAKES, f"a kind: {', '.join(MISTAKES)}"),
    Stop: (lambda reason: isinstance(reason, str), "a reason, as text"),
}
"""What the fields of a command must hold, and what to say where they don't."""
