"""Takes the steps of a program as its card has recorded them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from tui_lab.training.program import Program, Values, forget_step
from tui_lab.worker.captured.card import Card, NotRecorded, Recording
from tui_lab.worker.captured.feed import Feed, Shape, feed_of
from tui_lab.worker.captured.rehearsal import Rehearsal
from tui_lab.worker.captured.ring import Ring, row_of
from tui_lab.worker.captured.standing import Standing, standing, tensors
from tui_lab.worker.captured.throttle import Throttle
from tui_lab.worker.captured.untouched import Gradients, give, gradients, outliving, untouched
from tui_lab.worker.epochs import Epochs
from tui_lab.worker.publisher import Publisher

LENGTHS = (64, 16, 4, 1)
"""Steps in one recording."""
_HIDDEN = 0.045
"""Seconds that recording may take at a time."""
_AT_ONCE = 0.005
"""Seconds of the card's work in one recording, so that an order need not wait."""
_UNSETTLED = 4
"""Steps in a row that leave the program standing otherwise: the first make what all others use."""
_FAILURES = 3
"""Rehearsals and recordings that came to nothing, with less than a long time between them."""
_LONG = 4096
"""Steps that were taken as recorded since."""
_SHORT_LIVED = 8
"""Recordings in a row that were of use for hardly a step."""


@dataclass
class _Steps:
    """A recording of so many steps, and the gradients that the last of them makes anew."""

    count: int
    recording: Recording
    fresh: Gradients = field(default_factory=list)


class RecordedSteps:
    """Steps of one program without a look at them, at the speed of its card.

    The first step from where the program stands is rehearsed: taken as ever, and looked over. Then
    it is recorded, and longer stretches as the run goes on. Where it can't be, `refused` says why,
    and a remark in the log.
    """

    def __init__(
        self,
        program: Program,
        card: Card,
        publisher: Publisher,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.refused = ""
        self._program = program
        self._card = card
        self._publisher = publisher
        self._clock = clock
        self._throttle = Throttle(card, clock)
        self._known: Standing | None = None
        """How the program stood when its step was rehearsed; None before."""
        self._number, self._end = 0, -1
        """How many standings were known, and the last step that was taken as recorded."""
        self._is_told = type(program).epoch_ended is not Program.epoch_ended
        self._fresh: frozenset[int] = frozenset()
        """The tensors of which each step makes the gradient anew."""
        self._recordings: dict[tuple[Shape, int], _Steps] = {}
        self._feed: Feed | None = None
        self._ring: Ring | None = None
        self._moved: list[Tensor] = []
        """What a step writes to."""
        self._since = 0
        """Steps that were taken as recorded since then."""
        self._price = 0.0
        """Seconds that recording one step takes."""
        self._unsettled = self._short_lived = self._failed = 0

    @property
    def is_full(self) -> bool:
        """Whether the block must be written before there is room for another step."""
        return self._ring is not None and self._ring.room < LENGTHS[0]

    @property
    def stands(self) -> int:
        """Another number for each way in which the program stands, where recorded steps have led to
        where it is and nothing else was done since; 0 where that is not certain."""
        led = self._end == self._publisher.position.step
        return self._number if led and not (self._is_told or self._fresh) else 0

    def take(self, epochs: Epochs, most: int, carry_on: Callable[[], bool]) -> int:
        """Take up to `most` steps, while `carry_on`, and gather what they say; gives how many.
        None where the next is to be taken as ever. Raises what the program does."""
        if self.refused or type(self._program.hp) is not Values:  # it is seen what a step reads
            return 0
        if self._known is None or standing(self._program, self._fresh) != self._known:
            return self._rehearse(epochs)
        return self._play(epochs, most, carry_on)

    def _rehearse(self, epochs: Epochs) -> int:
        """Take the next step as ever, and see what it is."""
        program, publisher = self._program, self._publisher
        before = {id(t): t._version for t in self._tensors()}
        batch = next(epochs.batches)
        rehearsal = Rehearsal(program, self._card)
        with rehearsal.within():
            for _ in program.step(batch):
                pass
        self._see(rehearsal, before)
        publisher.position.step += 1
        publisher.add_step(publisher.position.step)
        return 1

    def _see(self, rehearsal: Rehearsal, before: dict[int, int]) -> None:
        if rehearsal.reason:
            self._fail(rehearsal.reason)
            return
        if self._known is not None and standing(self._program, self._fresh) == self._known:
            return  # it led back to where what is recorded begins
        self._forget()
        self._unsettled = self._unsettled + 1 if rehearsal.changed else 0
        if self._unsettled >= _UNSETTLED:
            self._refuse(f"each of them changes {rehearsal.changed} on the host")
        if self.refused or rehearsal.changed:
            return
        self._known, self._fresh = rehearsal.after, rehearsal.fresh
        self._number += 1
        moved = {id(t): t for t in self._tensors() if before.get(id(t), t._version) != t._version}
        self._moved = list(moved.values())
        self._begin()

    def _begin(self) -> None:
        try:
            like = row_of(self._program)
            self._ring = Ring(like)
            self._feed = self._feed or feed_of(self._program, self._card)
        except NotRecorded as error:
            self._refuse(str(error))

    def _play(self, epochs: Epochs, most: int, carry_on: Callable[[], bool]) -> int:
        feed, ring = self._feed, self._ring
        assert feed is not None
        assert ring is not None
        feed.begin(epochs)
        ring.go_on(anew=not self._publisher.measurements.gathered)
        taken, steps = 0, None
        try:
            while taken < most and ring.room and (steps is None or carry_on()):
                shape, alike = feed.next(min(most - taken, ring.room))
                steps = self._recorded(shape, alike)
                steps.recording.replay()
                feed.took(steps.count)
                self._took(ring, steps.count)
                taken += steps.count
        except NotRecorded as error:
            self._fail(str(error))
        finally:
            feed.end(epochs)
            if taken and steps is not None:
                give(steps.fresh)
                torch.autograd.graph.increment_version(self._moved)
        return taken

    def _took(self, ring: Ring, count: int) -> None:
        self._publisher.position.step += count
        self._end = self._publisher.position.step
        self._publisher.measurements.add_stretch(ring, ring.written, count)
        ring.written += count
        self._since += count
        self._throttle.given(count)

    def _recorded(self, shape: Shape, alike: int) -> _Steps:
        """The longest recording of steps on batches of this shape, of which so many come next. Each
        takes as long to make as its steps would, and is made once they have been worth it."""
        for count in LENGTHS:
            if count > alike:
                continue
            found = self._recordings.get((shape, count))
            if found is None and (count == 1 or self._is_worth(count)):
                found = self._recordings[shape, count] = self._record(count)
            if found is not None:
                return found
        raise NotRecorded("no batch is left")

    def _is_worth(self, count: int) -> bool:
        return (
            self._since >= 2 * count
            and count * self._price <= _HIDDEN
            and count * self._throttle.pace <= _AT_ONCE
        )

    def _record(self, count: int) -> _Steps:
        """Record so many steps; nothing of the program is another afterwards."""
        begun = self._clock()
        if name := outliving(self._program):
            raise NotRecorded(
                f"something keeps the graph of an earlier step, which leads to {name}"
            )
        first = next(iter(self._recordings.values()), None)
        fresh: Gradients = []
        with untouched(self._program):
            recording = self._card.record(
                lambda: fresh.extend(self._steps(count)),
                self._draws(),
                None if first is None else first.recording,
            )
        self._price = (self._clock() - begun) / count
        return _Steps(count, recording, fresh)

    def _steps(self, count: int) -> Gradients:
        assert self._feed is not None
        assert self._ring is not None
        rows, program = [], self._program
        for batch in self._feed.batches(count):
            for _ in program.step(batch):
                pass
            rows.append(row_of(program))
            forget_step(program)
        self._ring.write(rows)
        return [each for each in gradients(program) if id(each[0]) in self._fresh]

    def _draws(self) -> Iterator[torch.Generator]:
        """The program's own generators that draw on the card."""
        for value in vars(self._program).values():
            if isinstance(value, torch.Generator) and value.device.type == self._card.device.type:
                yield value

    def _tensors(self) -> Iterator[Tensor]:
        return tensors(list(vars(self._program).values()))

    def _forget(self) -> None:
        """The program stands otherwise: what was recorded is of no use."""
        if self._known is not None:
            self._short_lived = self._short_lived + 1 if self._since < LENGTHS[1] else 0
        if self._short_lived >= _SHORT_LIVED:
            self._refuse("what they depend on changes all the time")
        self._recordings.clear()
        self._known, self._since = None, 0

    def _fail(self, reason: str) -> None:
        """It could not be done; another time it may, unless it is always so."""
        self._failed = 1 if self._since > _LONG else self._failed + 1
        self._recordings.clear()
        self._known, self._since = None, 0
        if self._failed >= _FAILURES:
            self._refuse(reason)

    def _refuse(self, reason: str) -> None:
        self.refused = reason
        self._recordings.clear()
        step = self._publisher.position.step
        self._publisher.remark(
            step, f"Steps are taken one by one, not from a CUDA graph: {reason}."
        )
