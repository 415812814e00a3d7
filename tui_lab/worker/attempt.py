"""One attempt at one step: taken phase by phase, given up, taken again."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import CodeType, GeneratorType
from typing import Any, Protocol, cast

from tui_lab.errors import ExperimentError
from tui_lab.training.phase import Phase
from tui_lab.training.program import Program, forget_step
from tui_lab.worker.alterations import Alteration

_NOTHING = nullcontext()


class HeldStep(Protocol):
    """A step that can be held and altered, whoever takes it."""

    step: int
    given_up: bool

    @property
    def line(self) -> int:
        """The line it stands at; 0 where it stands at none."""

    def alter(self, alteration: Alteration) -> None:
        """Do something besides from here on."""

    def give_up(self) -> None:
        """Take no more of it."""


class Attempt:
    """The phases of one step, one after the other, with what is done at them besides."""

    def __init__(
        self,
        program: Program,
        step: int,
        batch: Any,
        done: Sequence[Alteration] = (),
        *,
        forward: AbstractContextManager[object] = _NOTHING,
        look: AbstractContextManager[object] = _NOTHING,
        timed: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        """What is computed on the way to the first phase is computed within `forward`, and all of
        it within `look`; `timed` is entered for each stretch of it."""
        self.step = step
        self.batch = batch
        self.phases = cast("GeneratorType[Phase, None, None]", _begun(program, batch))
        """The step itself, where it stands."""
        self.given_up = False
        self._program = program
        self._done = list(done)
        self._phase: Phase | None = None
        self._forward, self._look, self._timed = forward, look, timed

    def __iter__(self) -> Iterator[Phase]:
        while (phase := self._next()) is not None:
            self._phase = phase
            for each in self._done:
                each.at(phase)
            yield phase
            if self.given_up:
                return

    def _next(self) -> Phase | None:
        if self._phase is not None:
            with self._timed(), self._look:
                return next(self.phases, None)
        with self._timed(), self._look, self._forward:
            return next(self.phases, None)

    @property
    def line(self) -> int:
        """The line it stands at, of the function that is shown as the program's step."""
        return line_of(self.phases, getattr(self._program.step_source(), "__code__", None))

    def alter(self, alteration: Alteration) -> None:
        """Do something besides from here on, at the phase where the step stands too."""
        self._done = sorted([*self._done, alteration], key=lambda each: each.order)
        if self._phase is not None:
            alteration.at(self._phase)

    def give_up(self) -> None:
        """Take no more of it. What it did to the program is for the caller to undo."""
        self.given_up = True
        self.phases.close()
        forget_step(self._program)


def _begun(program: Program, batch: Any) -> Iterator[Phase]:
    """The phases of a step. Raises `ExperimentError` for a step that has none."""
    phases: Any = program.step(batch)
    if isinstance(phases, Iterator):
        return phases
    source = program.step_source()
    file = Path(inspect.getsourcefile(source) or "").name
    raise ExperimentError(
        f"{file}, line {inspect.getsourcelines(source)[1]}: {source.__qualname__} yields nothing; "
        "after each phase it must say so, such as `yield self.forward(loss)`."
    )


def line_of(phases: object, code: CodeType | None) -> int:
    """The line at which a step stands in the function that is shown as it, else in the innermost
    of its running generators; 0 for a step that is none."""
    line = 0
    while isinstance(phases, GeneratorType):
        if phases.gi_frame is not None:
            line = phases.gi_frame.f_lineno
        if phases.gi_code is code:
            break
        phases = phases.gi_yieldfrom
    return line
