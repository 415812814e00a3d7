"""A training loop that a test writes out, watched by the lab's loop for scripts: no process, no
socket, and orders at given steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.worker.conducted import ScriptedControl
from tui_lab.commands import Command, GuardMode, Unit
from tui_lab.events import RunEvent
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import RunTail
from tui_lab.told import heard_by
from tui_lab.watching import Script
from tui_lab.worker.gait import Held
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.record import RunRecord
from tui_lab.worker.script.finding import Finding
from tui_lab.worker.script.hooks import attached
from tui_lab.worker.script.logged import Logged
from tui_lab.worker.script.loop import ScriptLoop
from tui_lab.worker.script.program import ScriptProgram
from tui_lab.worker.script.telling import Telling

SCRIPT = Script(path="/somewhere/train.py", directory="/somewhere")


class _Place:
    """The step that is over, or is held."""

    def __init__(self, loop: ScriptLoop) -> None:
        self._loop = loop

    @property
    def step(self) -> int:
        helm = self._loop.helm
        is_held = isinstance(helm.gait, Held) and helm.under_way.attempt is not None
        return self._loop.position.step + is_held


class Watched:
    """What the lab has to do with the loop under test."""

    def __init__(
        self,
        directory: RunDirectory,
        before: Mapping[int, list[Command]],
        hold: Unit | None,
        guard: GuardMode,
    ) -> None:
        self.program = ScriptProgram()
        self.finding = Finding(SCRIPT)
        self.control = ScriptedControl(before)
        record = RunRecord(directory)
        self.publisher = Publisher(self.program, record, total_steps=1 << 53)
        self.told = 0
        """How often more was known than before."""
        self.loop = ScriptLoop(
            self.finding,
            self.program,
            self.control,  # type: ignore[arg-type]
            self.publisher,
            self._tell,
            hold=hold,
            guard=guard,
        )
        logged = Logged(self.finding, self.publisher, record)
        self.telling = Telling(self.loop, self.publisher, logged, lambda seconds: None)
        self.control.loop = _Place(self.loop)  # type: ignore[assignment]
        self._directory = directory

    def _tell(self, frame: object) -> None:
        self.told += 1

    @property
    def log(self) -> list[RunEvent]:
        """What was logged until now."""
        self.publisher.publish()
        return RunTail(self._directory.events_path).read()

    def column(self, key: str) -> list[float]:
        """What was logged for each step under a key."""
        blocks = [event for event in self.log if getattr(event, "kind", "") == "step"]
        columns = [vars(block)["columns"] for block in blocks]
        return [value for found in columns for value in found.get(key, [])]


@contextmanager
def watched(
    directory: RunDirectory,
    before: Mapping[int, list[Command]] | None = None,
    *,
    hold: Unit | None = None,
    guard: GuardMode = "say",
) -> Iterator[Watched]:
    """Watch what is done within; `before[k]` become pending once k steps were taken."""
    found = Watched(directory, before or {}, hold, guard)
    with attached(found.loop, found.publisher.cost.looked), heard_by(found.telling):
        yield found
    found.telling.end()
