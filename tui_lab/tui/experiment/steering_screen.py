"""What a screen does that commands the worker of its run: pause, advance, evaluate, stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.worker import Worker, WorkerState

from tui_lab.commands import Acknowledgement, Advance, Command, Evaluate, Pause, Resume
from tui_lab.errors import TuiLabError
from tui_lab.run import RunStatus
from tui_lab.tui.experiment.run_screen import RunScreen
from tui_lab.tui.notice import tell

_ADVANCES = {
    "phase": Advance("phase"),
    "step": Advance("step"),
    "epoch": Advance("epoch"),
}


class SteeringScreen(RunScreen):
    """Sends commands to the run it shows; what it can't do now is switched off."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "r,enter",
            "run",
            "run",
            key_display="r",
            tooltip="Start a run with these values",
            id="run.start",
        ),
        Binding(
            "R",
            "run(True)",
            "run, new seed",
            key_display="R",
            tooltip="Start a run with the next seed",
            id="run.reseed",
            show=False,
        ),
        Binding(
            "space",
            "toggle_pause",
            "pause",
            tooltip="Hold the run still, or let it go on",
            id="run.pause",
        ),
        Binding(
            "full_stop",
            "advance('phase')",
            "phase",
            key_display=".",
            tooltip="Go on to the next phase of a step: forward, backward, update, zero_grad",
            id="run.phase",
        ),
        Binding("n", "advance('step')", "step", tooltip="Take one optimizer step", id="run.step"),
        Binding(
            "e",
            "advance('epoch')",
            "epoch",
            tooltip="Go on to the end of the epoch",
            id="run.epoch",
        ),
        Binding(
            "E",
            "evaluate",
            "evaluate",
            key_display="E",
            tooltip="Measure the whole-set metrics now",
            id="run.evaluate",
            show=False,
        ),
        Binding("t", "stop", "stop", tooltip="End the run", id="run.stop", show=False),
    ]

    @work(group="commands", exclusive=False, exit_on_error=False)
    async def send(
        self, command: Command, answered: Callable[[Acknowledgement | None], None] | None = None
    ) -> None:
        """Send a command to the run; `answered` gets the answer, None when there was none."""
        answer = None
        try:
            answer = await self.session.send(self.run_id, command)
        except TuiLabError as error:
            tell(self, str(error), error=True)
        if answer is not None and not answer.ok:
            tell(self, answer.message, error=True)
        if answered is not None:
            answered(answer)

    @on(Worker.StateChanged)
    def report_trouble(self, event: Worker.StateChanged) -> None:
        """An error that no one expected is told, not hidden."""
        if event.state is WorkerState.ERROR:
            tell(self, f"{type(event.worker.error).__name__}: {event.worker.error}", error=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("toggle_pause", "advance", "evaluate"):
            return True if self.is_live and not self.experiment.demonstration else None
        if action == "stop":
            return True if self.is_live else None
        return True

    def action_run(self, new_seed: bool = False) -> None:
        """Start a run and show it, with the same seed or the next one."""
        raise NotImplementedError

    def action_toggle_pause(self) -> None:
        """Hold the run still, or let it go on."""
        self.send(Resume() if self.status is RunStatus.PAUSED else Pause())

    def action_advance(self, unit: str) -> None:
        """Go on by a phase, a step or an epoch, then hold still."""
        self.send(_ADVANCES[unit])

    def action_evaluate(self) -> None:
        """Measure the whole-set metrics now."""
        self.send(Evaluate())

    @work(group="stop", exclusive=True, exit_on_error=False)
    async def action_stop(self) -> None:
        """End the run, by force when it does not answer."""
        run_id = self.run_id
        try:
            await self.session.stop(run_id)
        except TuiLabError as error:
            tell(self, str(error), error=True)
        self.look_after()
