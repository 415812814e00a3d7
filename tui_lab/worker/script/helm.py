"""What orders make of a script that trains: all but what takes going back, or another batch."""

from __future__ import annotations

from collections.abc import Callable

from tui_lab.commands import (
    Acknowledgement,
    Checkpoint,
    Clip,
    Command,
    Evaluate,
    GuardMode,
    Mistake,
    Rewind,
    Skip,
    TakeAgain,
)
from tui_lab.training.phase import BACKWARD, Phase
from tui_lab.training.program import Program
from tui_lab.worker.alterations import Alteration
from tui_lab.worker.control import Request
from tui_lab.worker.gait import Free, Phasewise
from tui_lab.worker.helm import Helm

_REFUSED: dict[type[Command], str] = {
    Rewind: "A script can't go back: the lab holds only what it trains, not where it stands.",
    TakeAgain: "A script's batch can't be taken again; turn its knobs, clip, or leave it out.",
    Evaluate: "A script measures itself when it comes to it.",
    Mistake: "The lab makes no mistakes in a script of your own.",
}


class LeavingOut:
    """The gradients of a step are dropped: optimizers pass over parameters that have none."""

    order = 20

    def __init__(self, program: Program) -> None:
        self._program = program

    def at(self, phase: Phase) -> None:
        if phase == BACKWARD:
            for parameter in self._program.parameters().values():
                parameter.grad = None


class ScriptHelm(Helm):
    """Carries out orders to a script; `save` keeps what it trains, and says where."""

    save: Callable[[], str]

    def set_guard(self, mode: GuardMode) -> None:
        """Guard the steps that follow; each is looked at before its update, as none can be undone
        once it is written."""
        super().set_guard(mode)
        self._publisher.guarded_after = None

    def _carry_out(self, request: Request) -> Acknowledgement:
        command = request.command
        if type(command) in _REFUSED:
            return Acknowledgement(False, self.step, _REFUSED[type(command)])
        match command:
            case Checkpoint():
                self._publisher.remark(self._position.step, self.save())
                return Acknowledgement(True, self._position.step)
            case Skip() | Clip():
                return self._alter(command)
        return super()._carry_out(request)

    def _alter(self, command: Skip | Clip) -> Acknowledgement:
        attempt = self.under_way.attempt
        if attempt is None:
            return Acknowledgement(False, self.step, "No step is held; . holds one.")
        afterwards = Free() if self._alarmed else Phasewise(paused=True)
        if isinstance(command, Clip):
            self.under_way.alter(attempt, "clip")
        else:
            leaving: Alteration = LeavingOut(self._program)
            attempt.alter(leaving)
            self.under_way.dropped(attempt.step)
        self.go_on(afterwards)
        return Acknowledgement(True, attempt.step)
