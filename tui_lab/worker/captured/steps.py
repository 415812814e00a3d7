"""Takes the steps of a program as its card has recorded them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any

import torch

from tui_lab.training.batches import Batches
from tui_lab.training.program import Program, Values
from tui_lab.worker.captured.card import Card, NotRecorded
from tui_lab.worker.captured.feed import Feed, Shape, feed_of
from tui_lab.worker.captured.proof import STEPS, Proof
from tui_lab.worker.captured.recorder import LENGTHS, Recorder
from tui_lab.worker.captured.rehearsal import Rehearsal
from tui_lab.worker.captured.ring import row_of
from tui_lab.worker.captured.standing import Standing, form, standing
from tui_lab.worker.captured.throttle import Throttle
from tui_lab.worker.captured.untouched import give
from tui_lab.worker.epochs import Epochs
from tui_lab.worker.publisher import Publisher

_UNSETTLED = 4
"""Steps in a row that leave the program standing otherwise: the first make what all others use."""
_FAILURES = 3
"""Rehearsals and recordings that came to nothing, with less than a long time between them."""
_LONG = 4096
"""Steps that were taken as recorded since."""
_SHORT_LIVED = 8
"""Recordings in a row that were of use for hardly a step."""
_FORMS = 64
"""Forms of a standing that are remembered."""


class RecordedSteps:
    """Steps of one program without a look at them, at the speed of its card.

    The first step from where the program stands is rehearsed: taken as ever, and looked over. Then
    it is recorded, and longer stretches as the run goes on; the first recordings of their kind have
    to prove that they give what two steps give. Where it can't be, `refused` says why, and a remark
    in the log.
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
        self._program, self._card, self._publisher = program, card, publisher
        self._clock = clock
        self._throttle = Throttle(card, clock)
        self._known: Standing | None = None
        """How the program stood when its step was rehearsed; None before."""
        self._number, self._end = 0, -1
        """How many standings were known, and the last step that was taken as recorded."""
        self._is_told = type(program).epoch_ended is not Program.epoch_ended
        self._fresh: frozenset[int] = frozenset()
        """The tensors of which each step makes the gradient anew."""
        self._feed: Feed | None = None
        self._recorder: Recorder | None = None
        """Of the standing that is known; None where none is."""
        self._proven: deque[Any] = deque(maxlen=_FORMS)
        """Forms of standings, and shapes of batches, whose recordings gave what steps give."""
        self._unsettled = self._short_lived = self._failed = 0

    @property
    def is_full(self) -> bool:
        """Whether the block must be written before there is room for another step."""
        return self._recorder is not None and self._recorder.ring.room < LENGTHS[0]

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
        if self._recorder is None or not self._is_known():
            return self._rehearse(epochs)
        recorder = self._recorder
        taken = self._play(recorder, epochs, most, carry_on)
        is_unproven = not taken and recorder is self._recorder and recorder.ring.room > 0
        return self._prove(recorder, epochs) if is_unproven else taken

    def _is_known(self) -> bool:
        """Whether the program stands as it did when it was rehearsed."""
        if self._known is None:
            return False
        try:
            return standing(self._program, self._fresh) == self._known
        except Exception:  # of what stands in a program of anyone's own; a rehearsal says it
            return False

    def _rehearse(self, epochs: Epochs) -> int:
        """Take the next step as ever, and see what it is."""
        program = self._program
        batch = next(epochs.batches)
        rehearsal = Rehearsal(program, self._card)
        given = [batch] if isinstance(program.batches, Batches) else []  # it is made for the step
        with rehearsal.within(*given):
            for _ in program.step(batch):
                pass
        self._see(rehearsal)
        return self._stepped()

    def _stepped(self) -> int:
        """A step was taken as ever."""
        self._publisher.position.step += 1
        self._publisher.add_step(self._publisher.position.step)
        return 1

    def _see(self, rehearsal: Rehearsal) -> None:
        if rehearsal.reason:
            self._fail(rehearsal.reason)
            return
        if self._is_known():
            return  # it led back to where what is recorded begins
        self._forget()
        self._unsettled = self._unsettled + 1 if rehearsal.changed else 0
        if self._unsettled >= _UNSETTLED:
            self._refuse(f"each of them changes {rehearsal.changed} on the host")
        if self.refused or rehearsal.changed:
            return
        self._known, self._fresh = rehearsal.after, rehearsal.fresh
        self._number += 1
        self._begin(rehearsal)

    def _begin(self, rehearsal: Rehearsal) -> None:
        program, card = self._program, self._card
        try:
            self._feed = self._feed or feed_of(program, card)
            self._recorder = Recorder(program, card, self._feed, rehearsal, self._clock)
        except NotRecorded as error:
            self._refuse(str(error))

    def _unproven(self, recorder: Recorder, shape: Shape) -> int:
        """Steps on batches of this shape of which it is still to be seen whether their recording
        gives the same."""
        left = recorder.unproven.get(shape)
        if left is None:
            is_known = (form(self._known), shape) in self._proven
            left = recorder.unproven[shape] = 0 if is_known else STEPS
        return left

    def _prove(self, recorder: Recorder, epochs: Epochs) -> int:
        """Take the next step as ever, and see whether its recording gives the same."""
        feed, ring, program = recorder.feed, recorder.ring, self._program
        feed.begin(epochs)
        ring.go_on(anew=not self._publisher.measurements.gathered)
        try:
            shape, _ = feed.next(1)
            steps = recorder.longest(shape, 1)
            proof = Proof(program, recorder.moved.values())
            proof.replay(steps.recording, steps.fresh, lambda: ring.next)
        except NotRecorded as error:
            self._fail(str(error), for_good=recorder.is_in_vain)
            return 0
        finally:
            feed.end(epochs)
        for _ in program.step(next(epochs.batches)):
            pass
        self._judge(proof, recorder, shape)
        return self._stepped()

    def _judge(self, proof: Proof, recorder: Recorder, shape: Shape) -> None:
        try:
            name = proof.differing(row_of(self._program))
        except NotRecorded as error:
            self._fail(str(error))
            return
        if name:
            self._refuse(f"a recording of it gives other numbers ({name} differs)")
            return
        recorder.unproven[shape] -= 1
        if not recorder.unproven[shape]:
            self._proven.append((form(self._known), shape))

    def _play(
        self, recorder: Recorder, epochs: Epochs, most: int, carry_on: Callable[[], bool]
    ) -> int:
        """Take steps as they are recorded, on batches like which there were some before."""
        feed, ring = recorder.feed, recorder.ring
        feed.begin(epochs)
        ring.go_on(anew=not self._publisher.measurements.gathered)
        taken, steps = 0, None
        try:
            while taken < most and ring.room and (steps is None or carry_on()):
                shape, alike = feed.next(min(most - taken, ring.room))
                if self._unproven(recorder, shape):
                    break
                steps = recorder.longest(shape, alike, self._throttle.pace)
                steps.recording.replay()
                feed.took(steps.count)
                self._took(recorder, steps.count)
                taken += steps.count
        except NotRecorded as error:
            self._fail(str(error), for_good=recorder.is_in_vain)
        finally:
            feed.end(epochs)
            if taken and steps is not None:
                give(steps.fresh)
                torch.autograd.graph.increment_version(list(recorder.moved.values()))
        return taken

    def _took(self, recorder: Recorder, count: int) -> None:
        self._publisher.position.step += count
        self._end = self._publisher.position.step
        self._publisher.measurements.add_stretch(recorder.ring, recorder.ring.written, count)
        recorder.ring.written += count
        recorder.taken += count
        self.replayed += count
        self._throttle.given(count)

    def _forget(self) -> None:
        """The program stands otherwise: what was recorded is of no use."""
        if self._recorder is not None:
            is_short = self._recorder.taken < LENGTHS[1]
            self._short_lived = self._short_lived + 1 if is_short else 0
        if self._short_lived >= _SHORT_LIVED:
            self._refuse("what they depend on changes all the time")
        self._clear()

    def _clear(self) -> None:
        if self._recorder is not None:
            self._recorder.close()
        self._known = self._recorder = None

    def _fail(self, reason: str, *, for_good: bool = False) -> None:
        """It could not be done; another time it may, unless it is always so."""
        is_long = self._recorder is not None and self._recorder.taken > _LONG
        self._failed = 1 if is_long else self._failed + 1
        self._clear()
        if for_good or self._failed >= _FAILURES:
            self._refuse(reason)

    def _refuse(self, reason: str) -> None:
        self.refused = reason
        self._clear()
        step = self._publisher.position.step
        self._publisher.remark(
            step, f"Steps are taken one by one, not from a CUDA graph: {reason}."
        )
