"""Takes the steps of a program as its card has recorded them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from tui_lab.training.program import Program, Values, forget_step
from tui_lab.worker.captured.card import Card, NotRecorded
from tui_lab.worker.captured.feed import Feed, Shape, feed_of
from tui_lab.worker.captured.held import generators, tensors
from tui_lab.worker.captured.proof import STEPS, Proof
from tui_lab.worker.captured.recordings import Recordings, Steps
from tui_lab.worker.captured.rehearsal import Rehearsal
from tui_lab.worker.captured.ring import Ring, row_of
from tui_lab.worker.captured.standing import Standing, form, standing
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


class RecordedSteps:
    """Steps of one program without a look at them, at the speed of its card.

    The first step from where the program stands is rehearsed: taken as ever, and looked over. Then
    it is recorded, and longer stretches as the run goes on; the first recording of its kind has to
    prove that it gives what two steps give. Where it can't be, `refused` says why, and a remark in
    the log.
    """

    def __init__(
        self,
        program: Program,
        card: Card,
        publisher: Publisher,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.refused = ""
        self.replayed = 0
        """Steps that were taken as recorded."""
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
        self._recordings = Recordings(lambda shape: self._feed and self._feed.forget(shape))
        self._proven: list[Any] = []
        """Forms of standings whose recordings gave what steps give."""
        self._unproven = 0
        """Steps that it is to be seen of how the program stands."""
        self._feed: Feed | None = None
        self._ring: Ring | None = None
        self._moved: dict[int, Tensor] = {}
        """What a step writes to, or its recording."""
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
        """Take up to `most` steps, while `carry_on`, and gather what they say; gives how many:
        0 where the next is to be taken as ever. Raises what the program does."""
        if self.refused or type(self._program.hp) is not Values:  # it is seen what a step reads
            return 0
        if self._known is None or standing(self._program, self._fresh) != self._known:
            return self._rehearse(epochs)
        if self._unproven:
            return self._prove(epochs)
        return self._play(epochs, most, carry_on)

    def _rehearse(self, epochs: Epochs) -> int:
        """Take the next step as ever, and see what it is."""
        program = self._program
        before = self._versions()
        batch = next(epochs.batches)
        rehearsal = Rehearsal(program, self._card)
        with rehearsal.within(batch):
            for _ in program.step(batch):
                pass
        self._see(rehearsal, before)
        return self._stepped()

    def _stepped(self) -> int:
        """A step was taken as ever."""
        self._publisher.position.step += 1
        self._publisher.add_step(self._publisher.position.step)
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
        self._moved = self._written_since(before)
        self._begin()

    def _begin(self) -> None:
        try:
            self._ring = Ring(row_of(self._program))
            self._feed = self._feed or feed_of(self._program, self._card)
            self._unproven = 0 if form(self._known) in self._proven else STEPS
        except NotRecorded as error:
            self._refuse(str(error))

    def _prove(self, epochs: Epochs) -> int:
        """Take the next step as ever, and see whether its recording gives the same."""
        feed, ring, program = self._feed, self._ring, self._program
        assert feed is not None
        assert ring is not None
        feed.begin(epochs)
        ring.go_on(anew=not self._publisher.measurements.gathered)
        try:
            steps = self._recorded(feed.next(1)[0], 1)
            proof = Proof(program, self._moved.values())
            steps.recording.replay()
            proof.replayed(steps.fresh, ring.next)
        except NotRecorded as error:
            self._fail(str(error))
            return 0
        finally:
            feed.end(epochs)
        for _ in program.step(next(epochs.batches)):
            pass
        self._judge(proof)
        return self._stepped()

    def _judge(self, proof: Proof) -> None:
        try:
            name = proof.differing(row_of(self._program))
        except NotRecorded as error:
            self._fail(str(error))
            return
        if name:
            self._refuse(f"a recording of it gives other numbers ({name} differs)")
            return
        self._unproven -= 1
        if not self._unproven:
            self._proven = [*self._proven[-LENGTHS[1] :], form(self._known)]

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
                torch.autograd.graph.increment_version(list(self._moved.values()))
        return taken

    def _took(self, ring: Ring, count: int) -> None:
        self._publisher.position.step += count
        self._end = self._publisher.position.step
        self._publisher.measurements.add_stretch(ring, ring.written, count)
        ring.written += count
        self._since += count
        self.replayed += count
        self._throttle.given(count)

    def _recorded(self, shape: Shape, alike: int) -> Steps:
        """The longest recording of steps on batches of this shape, of which so many come next. Each
        takes as long to make as its steps would, and is made once they have been worth it."""
        recordings = self._recordings
        if recordings.are_in_vain:
            self._failed = _FAILURES
            raise NotRecorded("its batches are hardly ever like another")
        for count in LENGTHS:
            if count > alike:
                continue
            found = recordings.get(shape, count)
            if found is None and (count == 1 or self._is_worth(count)):
                found = self._record(count)
            if found is not None:
                return recordings.use(shape, found)
        raise NotRecorded("no batch is left")

    def _is_worth(self, count: int) -> bool:
        return (
            self._since >= 2 * count
            and count * self._price <= _HIDDEN
            and count * self._throttle.pace <= _AT_ONCE
        )

    def _record(self, count: int) -> Steps:
        """Record so many steps; nothing of the program is another afterwards."""
        begun = self._clock()
        if name := outliving(self._program):
            raise NotRecorded(
                f"something keeps the graph of an earlier step, which leads to {name}"
            )
        fresh: Gradients = []
        before = self._versions()
        with untouched(self._program):
            recording = self._card.record(
                lambda: fresh.extend(self._steps(count)),
                self._draws(),
                self._recordings.any,
            )
        self._moved |= self._written_since(before)
        self._price = (self._clock() - begun) / count
        return Steps(count, recording, fresh)

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
        for value in generators(self._program):
            if isinstance(value, torch.Generator) and value.device.type == self._card.device.type:
                yield value

    def _versions(self) -> dict[int, int]:
        return {id(t): t._version for _, t in tensors(self._program)}

    def _written_since(self, before: dict[int, int]) -> dict[int, Tensor]:
        now = {id(t): t for _, t in tensors(self._program)}
        return {key: t for key, t in now.items() if before.get(key, t._version) != t._version}

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
