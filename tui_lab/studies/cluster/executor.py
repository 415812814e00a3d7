"""The runs of a study on a cluster: what the coordinator asks for, done by a loop on a thread of
its own, so that nothing it waits for holds the coordinator up."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from typing import Any

from tui_lab.errors import RunError, RunUnreadable
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.object_file import ObjectFile
from tui_lab.studies.cluster.attendance import Attendance, Patience
from tui_lab.studies.cluster.link import LinkError
from tui_lab.studies.cluster.outgoing import Notice
from tui_lab.studies.cluster.roster import RemoteNode, Roster, Say
from tui_lab.studies.cluster.supply import Supply
from tui_lab.studies.executor import LOST, Ended, Slot

SLOT = "slot.json"
"""Beside a mirror: the name of the slot that was given to the run."""
_ENDING, _CLOSING = 60.0, 90.0
"""Seconds for what is left to be fetched of runs that are over, and for all of the end."""


class ClusterExecutor:
    """At most `most` runs at once on the nodes of a supply, on such a `device`; it is an `Executor`
    with a thread. `say` is called there, with a sentence when something changes."""

    def __init__(
        self, supply: Supply, most: int, device: str, say: Say, patience: Patience | None = None
    ) -> None:
        self._most = most
        self._device = device
        self._say = say
        self._patience = patience or Patience()
        self._roster = Roster(supply, self._hear, say)
        self._slots: Sequence[tuple[Slot, RemoteNode]] = ()
        """All the room there is, taken or not; replaced as a whole."""
        self._taken: dict[str, str] = {}
        """The names of slots, by run."""
        self._told: set[str] = set()
        """The runs whose ends were told."""
        self._over: deque[Ended] = deque()
        self._attended: dict[str, Attendance] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        """Both, and what follows, belong to the loop."""
        self._ailing: set[str] = set()
        self._lost: set[str] = set()
        """Runs of which another attempt may go on: should their nodes come back, they are ended."""
        self._endings: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._closing = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="cluster", daemon=True)
        self._thread.start()

    def free(self) -> Sequence[Slot]:
        """The room there is now; raises `LinkError` where there will never be any."""
        taken = set(self._taken.values())
        free = [slot for slot, _ in self._slots if slot.name not in taken]
        if not self._slots and not taken:
            self._raise_if_hopeless()
        return free[: max(0, self._most - len(self._taken))]

    def start(self, run: RunDirectory, slot: Slot) -> None:
        """Give a run to the node of a slot; where that is gone since, the run is lost at once.
        Raises `RunError` where nothing can be written here."""
        where = next((node for each, node in self._slots if each.name == slot.name), None)
        if where is None:
            self._over.append(Ended(run.id, LOST))
            return
        attendance = self._attendance(run, slot)
        self._taken[run.id] = slot.name
        self._schedule(attendance, lambda: attendance.begin(where))

    def adopt(self, run: RunDirectory) -> bool:
        """Whether a run was given to a node, and nobody knows of its end. It is looked for then; a
        run that no node has is told to be lost."""
        if run.id in self._told or run.id in self._taken:
            return run.id in self._taken
        try:
            name = str(ObjectFile(run.path, SLOT).read()["name"])
            if run.status_record().status.is_finished:
                return False
        except (RunUnreadable, KeyError):
            return False
        attendance = self._attendance(run, Slot(name))
        self._taken[run.id] = name
        self._schedule(attendance, attendance.follow)
        return True

    def stop(self, run_id: str, reason: str) -> None:
        """Have the node end a run, as soon as it can be told so."""

        def pass_on() -> None:
            if run_id in self._attended:
                self._attended[run_id].stop(reason)

        self._loop.call_soon_threadsafe(pass_on)

    def ended(self) -> Iterable[Ended]:
        """The runs that ended since the last call."""
        while self._over:
            over = self._over.popleft()
            self._taken.pop(over.run_id, None)
            self._told.add(over.run_id)
            yield over

    def close(self) -> None:
        """Fetch what is left of runs that are over, and let go of everything; others go on."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._closing.set)
            self._thread.join(_CLOSING)

    def _attendance(self, run: RunDirectory, slot: Slot) -> Attendance:
        """Raises `RunError` where somebody attends to it, or nothing can be written."""
        try:
            ObjectFile(run.path, SLOT).write({"name": slot.name})
            return Attendance(run, slot, self._roster, self._say, self._patience)
        except OSError as error:
            reason = error.strerror or str(error)
            raise RunError(f"{run.id} can't be written ({reason}).") from error

    def _schedule(
        self, attendance: Attendance, course: Callable[[], Coroutine[Any, Any, Ended]]
    ) -> None:
        def begin() -> None:
            self._attended[attendance.id] = attendance
            self._tasks[attendance.id] = asyncio.create_task(self._see_through(attendance, course))

        self._loop.call_soon_threadsafe(begin)

    def _raise_if_hopeless(self) -> None:
        roster = self._roster
        if roster.trouble and not roster.was_up:
            raise LinkError(roster.trouble)
        if roster.is_settled and not roster.nodes and roster.complaints:
            raise LinkError(" ".join(roster.complaints.values()))
        if roster.is_settled and roster.nodes and self._device.startswith("cuda"):
            raise LinkError("None of the nodes has a graphics card; write --device cpu.")

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        while not self._closing.is_set():
            await self._look()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), self._patience.look)
        ending = [self._tasks[each.id] for each in self._attended.values() if each.is_ending]
        if ending:
            await asyncio.wait(ending, timeout=_ENDING)
        busy = {each.node for each in self._attended.values()}
        for task in (*self._tasks.values(), *self._endings):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await self._roster.close(busy)

    async def _look(self) -> None:
        """One look at all there is; nothing that goes wrong in it is the end of the next."""
        try:
            await self._roster.tend()
            nodes = self._roster.nodes.values()
            self._slots = [(slot, node) for node in nodes for slot in node.slots(self._device)]
            for node in nodes:
                for run_id in self._lost & node.attempts:
                    self._lost.discard(run_id)
                    self._endings.add(asyncio.create_task(node.end(run_id)))
        except Exception as error:
            self._say(f"The cluster can't be looked after ({type(error).__name__}: {error}).")
        for attendance in list(self._attended.values()):
            try:
                await attendance.keep()
            except (OSError, RunError) as error:
                self._complain(attendance.id, error)

    async def _see_through(
        self, attendance: Attendance, course: Callable[[], Coroutine[Any, Any, Ended]]
    ) -> None:
        over = Ended(attendance.id, LOST)
        try:
            over = await course()
        except Exception as error:
            self._say(f"{attendance.id} is lost ({type(error).__name__}: {error}).")
        finally:
            await attendance.close()
            del self._attended[attendance.id], self._tasks[attendance.id]
        if over.how == LOST:
            self._lost.add(over.run_id)
        self._over.append(over)

    def _hear(self, notice: Notice) -> None:
        attendance = self._attended.get(str(notice.get("run")))
        if attendance is not None:
            try:
                attendance.receive(notice)
            except (OSError, RunError) as error:  # the rest is asked for once it is over
                self._complain(attendance.id, error)

    def _complain(self, run_id: str, error: Exception) -> None:
        """Once for each run: a disk that is full is so for a while."""
        if run_id not in self._ailing:
            self._ailing.add(run_id)
            self._say(f"{run_id} can't be written here ({error}).")
