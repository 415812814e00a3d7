"""Watched steps: the probe looks at every phase, and the log says what it saw."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from tui_lab.commands import MistakeKind
from tui_lab.events import GradientsLogged, PhaseEntered
from tui_lab.inspection import ParameterShown
from tui_lab.training.phase import FORWARD, STANDARD, UPDATE, Phase, phase_name
from tui_lab.worker.activations import Activations
from tui_lab.worker.contents import shapes
from tui_lab.worker.mistakes import NEEDED
from tui_lab.worker.opened import Opened
from tui_lab.worker.publisher import Publisher


class StepWatch:
    """Follows one step at a time from phase to phase."""

    def __init__(
        self, publisher: Publisher, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._publisher = publisher
        self._probe = publisher.probe
        self._clock = clock
        self.inside = False
        """Whether a watched step is under way."""
        self._spent = 0.0
        """Seconds that looking at this step has taken."""
        self._passed: set[Phase] = set()
        """Phases that this step has come to."""
        self._altered: dict[str, None] = {}
        """What is done in this step besides what the program does."""
        self._opened = Opened(self._probe)
        self._shown: ParameterShown | None = None
        """The open parameter after the update of this step."""
        self._batch = self._phase = ""
        self.seen: dict[str, Any] = {}
        """What the last step that was not held left, as in `GradientsLogged`."""
        self._step = -1
        """The last step that was watched, -1 for none; its batch, and the phase it came to."""

    def is_due(self, step: int) -> bool:
        """Whether this step should be watched."""
        return self._probe.is_due(step, self._clock())

    def next_due(self, step: int) -> int:
        """The first step after `step` that should be watched, as things stand."""
        return self._probe.next_due(step, self._clock())

    def begin(self, step: int, batch: Any, altered: Iterable[str] = ()) -> None:
        """The step is about to start, with this batch; `altered` is what is done in it besides what
        its program does."""
        self.inside = True
        self._step, self._batch = step, shapes(batch)
        self._spent, self._shown = 0.0, None
        self._passed.clear()
        self._altered = dict.fromkeys(altered)
        with self._looking():
            self._probe.begin(step)

    @property
    def activations(self) -> Activations:
        """What looks at the units of the step that was begun, entered on the way to its first
        phase."""
        return self._probe.activations

    def observe(self, phase: Phase) -> None:
        """The step stands at `phase`."""
        self._phase = phase_name(phase)
        self._passed.add(self._phase)
        with self._looking():
            self._probe.observe(phase, 2 if "backward-twice" in self._altered else 1)
            if phase == UPDATE and "step-before-backward" in self._altered:
                self._probe.measure_gradients()  # its own are there only now
        if self._opened.parameter and phase == UPDATE:
            self._shown = self._look_inside(self._step, self._phase)

    def hold(self, step: int, phase: Phase, line: int) -> None:
        """The step is about to be held at `phase`, which is at that line of its program."""
        if phase not in STANDARD:  # nobody knows what it does to the gradients
            with self._looking():
                self._probe.measure_gradients()
        t, name = self._publisher.t, phase_name(phase)
        self._publisher.emit(PhaseEntered(t=t, step=step, phase=name, line=line))
        self._show(name, self._probe.snapshot(step, held=True), self._batch)
        if self._opened.parameter:
            self._publisher.emit(self._look_inside(step, name))
        if self._opened.graph and phase == FORWARD:
            self._publisher.emit(self._opened.show_graph(t, step, name))

    def stand(self, step: int) -> None:
        """The loop holds still between two steps, after `step`: how things stand now."""
        watched = step == self._step
        with self._looking():
            snapshot = self._probe.stand(step, watched=watched)
        name = self._phase if watched else ""
        self._show(name, snapshot, "")
        if self._opened.parameter:
            self._publisher.emit(self._look_inside(step, name))

    def open(self, parameter: str, step: int) -> str:
        """Show a parameter from now on, an empty name: none; the loop is inside `step` or after it.
        Gives a sentence where there is no such parameter."""
        if parameter and self._opened.lacks(parameter):
            return f"There is no parameter {parameter!r} to look at."
        self._opened.parameter = parameter
        self._publisher.emit(self._look_inside(step, self._phase_of(step)))
        return ""

    def open_graph(self, step: int, *, is_open: bool = True) -> str:
        """Show the graph behind the loss, and again after each forward pass that is held, or no
        more. Gives a sentence where there is no graph."""
        self._opened.graph = is_open
        if not is_open:
            return ""
        event = self._opened.show_graph(self._publisher.t, step, self._phase_of(step))
        if not event.nodes:
            return "There is no graph to show: the loss hangs on none. Go on to a forward pass."
        self._publisher.emit(event)
        return ""

    def alter(self, how: str) -> None:
        """In the step under way this is done too."""
        self._altered[how] = None

    def takes(self, kind: MistakeKind) -> bool:
        """Whether a step is under way that has yet to come to where this mistake is made."""
        return self.inside and NEEDED[kind][0] not in self._passed

    def _phase_of(self, step: int) -> str:
        return self._phase if step == self._step else ""

    def _look_inside(self, step: int, phase: str) -> ParameterShown:
        with self._looking():
            return self._opened.show(self._publisher.t, step, phase)

    def _show(self, phase: str, snapshot: dict[str, Any], batch: str) -> None:
        """Log a snapshot of a loop that holds still, with the numbers that a person may read."""
        event = GradientsLogged(
            t=self._publisher.t,
            phase=phase,
            **snapshot,
            values=self._probe.values(),
            batch=batch,
        )
        self._publisher.emit(event)

    def end(self, step: int, *, held: bool) -> None:
        """The step is over; one that was not held is logged now, as it was after backward."""
        self.inside = False
        if not held:
            with self._looking():
                snapshot = self._probe.snapshot(step, held=False)
                alarms = list(self._publisher.health.look(snapshot, self._publisher.t))
            self.seen = snapshot
            event = GradientsLogged(t=self._publisher.t, phase="backward", **snapshot)
            self._publisher.note(event)
            for alarm in alarms:
                self._publisher.note(alarm)
            if self._opened.parameter:
                self._publisher.note(self._shown or self._look_inside(step, self._phase))
            self._probe.rest(self._clock(), self._spent)
        for kind, needed in NEEDED.items():
            if kind in self._altered and (lacking := [p for p in needed if p not in self._passed]):
                self._publisher.remark(step, f"{kind} does nothing: the step has no {lacking[0]}.")
        for remark in self._probe.remarks():
            self._publisher.remark(step, remark)

    def give_up(self) -> None:
        """The step is not taken to its end."""
        self.inside = False

    @contextmanager
    def _looking(self) -> Iterator[None]:
        begun = self._clock()
        with _one_thread():
            yield
        self._spent += self._clock() - begun


@contextmanager
def _one_thread() -> Iterator[None]:
    """Look at tensors without waking torch's other threads: where every core has something to do,
    they come after milliseconds, and what there is to do takes less."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
