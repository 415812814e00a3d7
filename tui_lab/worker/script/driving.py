"""Driving a script: it is run as it is, and what it trains is watched."""

from __future__ import annotations

import functools
import os
import socket
from datetime import UTC, datetime
from types import FrameType
from typing import Any

import torch

from tui_lab import tracking
from tui_lab.declaration import to_json
from tui_lab.events import RunEnded, RunFailed, RunFinished, RunStarted, RunStopped
from tui_lab.run import RunRequest
from tui_lab.runs.directory import RunDirectory
from tui_lab.told import heard_by
from tui_lab.watching import Script, TrainingFound
from tui_lab.worker.control import Control
from tui_lab.worker.probe import WITHOUT_END, described
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.record import RunRecord
from tui_lab.worker.script.cost import HookCost
from tui_lab.worker.script.finding import Finding
from tui_lab.worker.script.hooks import attached
from tui_lab.worker.script.interrupting import interrupting
from tui_lab.worker.script.keeping import StateKeeper
from tui_lab.worker.script.logged import Logged
from tui_lab.worker.script.loop import ScriptLoop
from tui_lab.worker.script.modules import device_of
from tui_lab.worker.script.places import Place, place_of, source
from tui_lab.worker.script.program import ScriptProgram
from tui_lab.worker.script.running import own_traceback, run
from tui_lab.worker.script.telling import Telling

_NOTHING_SEEN = (
    "No backward pass was seen: {name} trains nothing in this process. What it trains in processes "
    "that it starts can't be watched."
)
_INTERVAL = 0.2
"""Seconds between two blocks of a script's log: a screen shows no more."""


class ScriptDriver:
    """Drives the script that the run in `directory` is of."""

    def __init__(
        self, directory: RunDirectory, record: RunRecord, control: Control, request: RunRequest
    ) -> None:
        self._request = request
        self._script = request.script or Script(directory=".")
        self._control = control
        self._record = record
        self._program = ScriptProgram()
        self._finding = Finding(self._script)
        self._publisher = Publisher(self._program, record, total_steps=WITHOUT_END)
        self._publisher.interval = _INTERVAL
        self._publisher.probe.dearness = 2.0
        self._cost = self._publisher.cost = HookCost(self._program.device)
        self.loop = ScriptLoop(
            self._finding,
            self._program,
            control,
            self._publisher,
            self._tell,
            hold=request.hold,
            guard=request.guard,
        )
        keeper = StateKeeper(directory.path, self._finding, self.loop.position)
        self.loop.helm.save = keeper.save
        logged = Logged(self._finding, self._publisher, record)
        self._telling = Telling(self.loop, self._publisher, logged, self._cost.took)
        self._place: Place | None = None
        """Where its last backward pass was seen."""

    def run(self) -> RunEnded:
        """From the script's first line to its last."""
        self._record.keep_for(self._finding.experiment)
        self._publisher.emit(_started(self._request))
        self._publisher.publish()  # it may be long before the first hook
        tracking.offer(None)
        try:
            with (
                interrupting(self.loop, self._control, self._record),
                attached(self.loop, self._cost.took),
                heard_by(self._telling),
            ):
                run(self._script)
        except KeyboardInterrupt:
            return self._stopped()
        except SystemExit as leaving:
            return self._left(leaving)
        except Exception as error:  # the script's own: its event has the traceback
            return self._failed(error)
        return self._ended()

    @functools.cached_property
    def _reached(self) -> dict[str, Any]:
        """Where the script has come to, once it is over."""
        self.loop.finish()
        self._telling.end()
        position = self.loop.position
        cost = self._cost.measured(position.t, position.step, last=True)
        if cost is not None:
            self._publisher.note(cost)
        return {
            "t": position.t,
            "step": position.step,
            "epoch": position.epoch,
            "metrics": self._publisher.last_metrics(),
        }

    def _ended(self) -> RunEnded:
        if self.loop.steps.stopped:
            return self._stopped()
        if not self.loop.position.step:
            self._publisher.remark(0, _NOTHING_SEEN.format(name=self._script.name))
        return RunFinished(**self._reached)

    def _stopped(self) -> RunStopped:
        return RunStopped(**self._reached, reason=str(self.loop.steps.stopped or ""))

    def _left(self, leaving: SystemExit) -> RunEnded:
        code = leaving.code
        if self.loop.steps.stopped or code in (None, 0):
            return self._ended()
        print(code, flush=True)
        status = f"with status {code}" if isinstance(code, int) else f"and said: {code}"
        return RunFailed(**self._reached, error=f"{self._script.name} exited {status}.")

    def _failed(self, error: Exception) -> RunFailed:
        trace = own_traceback(error)
        print(trace, flush=True)
        sentence = trace.strip().splitlines()[-1]
        return RunFailed(**self._reached, error=sentence, traceback=trace)

    def _tell(self, frame: FrameType | None) -> None:
        """Log what is known of the training by now."""
        place = self._place = place_of(frame) or self._place
        epochs = self.loop.epochs
        experiment = self._finding.experiment
        self._publisher.emit(
            TrainingFound(
                t=self._publisher.t,
                step=self.loop.position.step,
                declaration=to_json(experiment),
                parameters=described(self._program.trained),
                device=str(device_of(self._program.trained)),
                steps_per_epoch=epochs.steps_per_epoch,
                total_steps=epochs.total_steps,
                source=source(place),
                source_file=os.path.basename(place.file) if place is not None else "",
                values=experiment.to_json(self._finding.values),
            )
        )
        self.loop.steps.publish()


def _started(request: RunRequest) -> RunStarted:
    return RunStarted(
        t=0.0,
        pid=os.getpid(),
        host=socket.gethostname(),
        device="",
        device_name="",
        threads=torch.get_num_threads(),
        started=datetime.now(UTC).isoformat(timespec="milliseconds"),
        total_steps=0,
        steps_per_epoch=0,
        request=request.to_json(),
    )
