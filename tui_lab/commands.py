"""Orders to a running worker: imperative, one JSON object per line on the run's socket.

Each is answered by one `Acknowledgement` that says at which step it took effect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
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
class Stop:
    """End the run after the current step; `reason` is kept in the log."""

    reason: str = ""


Command = Pause | Resume | Advance | SetHyperparameter | SetHyperparameters | Evaluate | Stop

_COMMANDS: dict[str, type[Command]] = {
    "pause": Pause,
    "resume": Resume,
    "advance": Advance,
    "set": SetHyperparameter,
    "set_all": SetHyperparameters,
    "evaluate": Evaluate,
    "stop": Stop,
}
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


def to_json(command: Command) -> dict[str, Any]:
    """The command as the JSON object that goes over the socket."""
    return {"command": _NAMES[type(command)], **asdict(command)}


def from_json(data: Any) -> Command:
    """The command in a decoded line; raises `ValueError` with a sentence for the sender."""
    if not isinstance(data, dict) or data.get("command") not in list(_COMMANDS):
        raise ValueError(f"a command is one of {', '.join(_COMMANDS)}.")
    fields = {key: value for key, value in data.items() if key != "command"}
    try:
        command = _COMMANDS[data["command"]](**fields)
    except TypeError:
        raise ValueError(
            f"{data['command']} does not take {', '.join(fields) or 'that'}."
        ) from None
    if isinstance(command, Advance) and command.unit not in get_args(Unit):
        raise ValueError("advance takes a unit: phase, step or epoch.")
    if isinstance(command, SetHyperparameter) and not isinstance(command.name, str):
        raise ValueError("set takes the name of a hyperparameter, as text.")
    if isinstance(command, SetHyperparameters) and not _is_named(command.values):
        raise ValueError("set_all takes values by the names of hyperparameters.")
    if isinstance(command, Stop) and not isinstance(command.reason, str):
        raise ValueError("stop takes a reason, as text.")
    return command


def _is_named(values: Any) -> bool:
    return isinstance(values, dict) and bool(values) and all(isinstance(key, str) for key in values)
