"""Workers that play a script, for tests of the commands that start one."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence

from tests.commandline.scripted_run import Screen, ScriptedWorker, training_events, write_events
from tui_lab.commandline import run as command
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.headless import Workers
from tui_lab.commandline.parser import Parser
from tui_lab.events import RunEvent, RunStopped
from tui_lab.run import RunRequest, RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.status import StatusRecord

Act = Callable[[RunDirectory], object]


class Stage:
    """Workers that play a script instead of training."""

    def __init__(self, script: Sequence[Act], code: int = 0, *, heeds_stop: bool = True) -> None:
        self.script = script
        self.code = code
        self.heeds_stop = heeds_stop
        self.request: RunRequest | None = None
        self.stopped = 0
        self.worker: ScriptedWorker | None = None

    def start(self, run: RunDirectory) -> ScriptedWorker:
        self.request = run.request()
        acts = [lambda act=act: act(run) for act in self.script]
        self.worker = ScriptedWorker(acts, self.code)
        return self.worker

    def stop(self, run: RunDirectory) -> None:
        self.stopped += 1
        assert self.worker is not None
        if self.heeds_stop:
            finish(RunStatus.STOPPED, RunStopped(t=0.5, step=7, epoch=0))(run)
            self.worker.ended = True

    @property
    def workers(self) -> Workers:
        return Workers(self.start, self.stop, lambda seconds: None)


def log(*events: RunEvent) -> Act:
    return lambda run: write_events(run, events)


def finish(status: RunStatus, *events: RunEvent, error: str = "") -> Act:
    def act(run: RunDirectory) -> None:
        write_events(run, events)
        run.write_status(StatusRecord(status=status, step=20, epoch=2, error=error))

    return act


def interrupt(number: signal.Signals = signal.SIGINT) -> Act:
    return lambda run: os.kill(os.getpid(), number)


WHOLE_RUN = finish(RunStatus.FINISHED, *training_events())


def run(line: str, stage: Stage, console: Screen) -> ExitStatus:
    parser = Parser("tui-lab run", "")
    command.configure(parser)
    return command.execute(parser.read(line.split()), console, stage.workers)
