"""How a loop goes on: freely, until a step or an epoch, phase by phase, or not at all.

One value says it, and one table what an order makes of it. What goes on until somewhere holds still
there.
"""

from __future__ import annotations

from dataclasses import dataclass

from tui_lab.commands import Advance, Command, Pause, Resume, Unit


@dataclass(frozen=True)
class Free:
    """No one waits for it anywhere."""


@dataclass(frozen=True)
class UntilStep:
    """Holds once this step is over."""

    step: int


@dataclass(frozen=True)
class UntilEpoch:
    """Holds once this epoch is over."""

    epoch: int


@dataclass(frozen=True)
class Phasewise:
    """Holds at the next phase of the step under way, or of the next."""

    paused: bool = False
    """Whether it held still before and readers still take it for held: between two phases it is
    not worth telling them otherwise."""


@dataclass(frozen=True)
class Held:
    """Stands still, between two steps or inside one, until it is told to go on."""


Gait = Free | UntilStep | UntilEpoch | Phasewise | Held


def begun(hold: Unit | None) -> Gait:
    """How a run begins that first holds still after a `hold`; None: nowhere."""
    return Free() if hold is None else ordered(Free(), Advance(hold), 0, 0)


def ordered(gait: Gait, command: Command, step: int, epoch: int) -> Gait:
    """What an order makes of a gait, `step` and `epoch` being completed. Two orders to advance are
    two advances; an order that is not about going on changes nothing."""
    match command:
        case Pause():
            return Held()
        case Resume():
            return Free()
        case Advance("step"):
            return UntilStep(max(step, gait.step if isinstance(gait, UntilStep) else 0) + 1)
        case Advance("epoch"):
            return UntilEpoch(max(epoch, gait.epoch if isinstance(gait, UntilEpoch) else 0) + 1)
        case Advance("phase"):
            return Phasewise(paused=is_paused(gait))
    return gait


def reached(gait: Gait, step: int, epoch: int) -> Gait:
    """The gait once `step` steps and `epoch` epochs are completed: held where it went until."""
    match gait:
        case UntilStep(last) if step >= last:
            return Held()
        case UntilEpoch(last) if epoch >= last:
            return Held()
    return gait


def is_paused(gait: Gait) -> bool:
    """Whether readers take the run for one that holds still."""
    return isinstance(gait, Held) or (isinstance(gait, Phasewise) and gait.paused)


def bound(gait: Gait, step: int) -> int | None:
    """The next step after `step` at which it may hold; None when no step bounds it."""
    match gait:
        case UntilStep(last):
            return last
        case Phasewise() | Held():
            return step + 1
    return None
