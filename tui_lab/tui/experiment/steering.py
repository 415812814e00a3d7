"""Commands to the worker of the run shown, and its answers: pause, advance, evaluate, stop."""

from __future__ import annotations

from collections.abc import Callable

from textual.message import Message

from tui_lab.commands import Acknowledgement, Advance, Command, Evaluate, Pause, Resume, Unit
from tui_lab.errors import TuiLabError
from tui_lab.run import RunStatus
from tui_lab.tui.experiment.follower import RunFollower
from tui_lab.tui.experiment.host import Host
from tui_lab.tui.session.protocol import Session

_COMMANDS: dict[str, Command] = {
    "phase": Advance("phase"),
    "step": Advance("step"),
    "epoch": Advance("epoch"),
    "evaluate": Evaluate(),
}


_STARTS: dict[str, Unit] = {"phase": "phase", "step": "step", "epoch": "epoch"}


class Steering:
    """Sends commands to the run that a follower follows."""

    class Answered(Message):
        """A command was answered, or nobody was there to answer it."""

        def __init__(self, command: Command, answer: Acknowledgement | None) -> None:
            super().__init__()
            self.command = command
            self.taken = answer is not None and answer.ok
            """Whether the run does as it was told."""
            self.step = answer.step if answer else 0
            """The step from which on it does."""

    class Stopped(Message):
        """The run was told to end, by force when it did not answer."""

    def __init__(
        self,
        session: Session,
        run: RunFollower,
        host: Host,
        start: Callable[[Unit], object],
    ) -> None:
        """`start` begins a run that holds still after its first phase, step or epoch."""
        self._session = session
        self._run = run
        self._host = host
        self._start = start

    def can(self, order: str) -> bool:
        """Whether an order makes sense now; a demonstration knows no steps."""
        if order in _STARTS:
            return not self._run.experiment.demonstration
        return self._run.is_live and (order == "stop" or not self._run.experiment.demonstration)

    def give(self, order: str) -> None:
        """Order `pause` (which also resumes), `phase`, `step`, `epoch`, `evaluate` or `stop`. Where
        no run is live, an order to advance starts one that is held from its first phase on."""
        if order in _STARTS and not self._run.is_live:
            self._start(_STARTS[order])
        elif order == "stop":
            self.stop(self._run.id)
        elif order == "pause":
            self.send(Resume() if self._run.status is RunStatus.PAUSED else Pause())
        else:
            self.send(_COMMANDS[order])

    def send(self, command: Command) -> None:
        """Send a command to the run; its answer is posted."""
        self._host.work(self._send(self._run.id, command))

    def stop(self, run_id: str) -> None:
        """End a run, by force when it does not answer."""
        self._host.work(self._stop(run_id))

    async def _send(self, run_id: str, command: Command) -> None:
        answer = None
        try:
            answer = await self._session.runs.send(run_id, command)
        except TuiLabError as error:
            self._host.post(RunFollower.Failed(str(error)))
        if answer is not None and not answer.ok:
            self._host.post(RunFollower.Failed(answer.message))
        self._host.post(self.Answered(command, answer))

    async def _stop(self, run_id: str) -> None:
        try:
            await self._session.runs.stop(run_id)
        except TuiLabError as error:
            self._host.post(RunFollower.Failed(str(error)))
        self._host.post(self.Stopped())
