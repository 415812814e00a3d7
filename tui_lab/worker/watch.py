"""Watched steps: the probe looks at every phase, and the log says what it saw."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import GeneratorType
from typing import Any

import torch

from tui_lab.events import GradientsLogged, PhaseEntered
from tui_lab.training.phase import Phase
from tui_lab.worker.contents import shapes
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
        self._batch = self._phase = ""
        self._step = -1
        """The last step that was watched, -1 for none; its batch, and the phase it came to."""

    def is_due(self, step: int) -> bool:
        """Whether this step should be watched."""
        return self._probe.is_due(step, self._clock())

    def next_due(self, step: int) -> int:
        """The first step after `step` that should be watched, as things stand."""
        return self._probe.next_due(step, self._clock())

    def begin(self, step: int, batch: Any) -> None:
        """The step is about to start, with this batch."""
        self.inside = True
        self._step, self._batch = step, shapes(batch)
        self._spent = 0.0
        with self._looking():
            self._probe.begin(step)

    def forward(self, phases: Iterator[Phase]) -> Iterator[Phase]:
        """The same phases, with a look at the units of the forward pass."""
        return self._probe.forward(phases)

    def observe(self, phase: Phase) -> None:
        """The step stands at `phase`."""
        self._phase = phase
        with self._looking():
            self._probe.observe(phase)

    def hold(self, step: int, phase: Phase, phases: GeneratorType[Phase, None, None]) -> None:
        """The step, which is `phases`, is about to be held at `phase`."""
        t, line = self._publisher.t, _line(phases)
        self._publisher.emit(PhaseEntered(t=t, step=step, phase=phase, line=line))
        self._show(phase, self._probe.snapshot(step, held=True), self._batch)

    def stand(self, step: int) -> None:
        """The loop holds still between two steps, after `step`: how things stand now."""
        watched = step == self._step
        with self._looking():
            snapshot = self._probe.stand(step, watched=watched)
        self._show(self._phase if watched else "", snapshot, "")

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
            event = GradientsLogged(t=self._publisher.t, phase="backward", **snapshot)
            self._publisher.note(event)
            self._probe.rest(self._clock(), self._spent)
        for remark in self._probe.remarks():
            self._publisher.remark(step, remark)

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


def _line(phases: GeneratorType[Phase, None, None]) -> int:
    """The line at which the innermost running generator of a step stands."""
    while isinstance(phases.gi_yieldfrom, GeneratorType):
        phases = phases.gi_yieldfrom
    frame = phases.gi_frame
    return frame.f_lineno if frame is not None else 0
