"""What a member leaves that takes time for each: its pictures, and its state at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import torch

from tui_lab.events import PictureLogged
from tui_lab.training.generators import generators_kept
from tui_lab.training.population import Population
from tui_lab.training.program import Pictures, Program
from tui_lab.worker.checkpoints import Checkpoints, Place
from tui_lab.worker.population.member import MemberRun
from tui_lab.worker.position import Position

PORTRAYED = 32
"""Members that are drawn and whose state is kept: a picture takes as long as many of their steps,
and each state is a file."""


class Portraits:
    """Draws members at `position`, and keeps their states, one after another."""

    def __init__(self, population: Population, position: Position) -> None:
        self._population = population
        self._position = position

    def begin(self, members: Sequence[MemberRun]) -> None:
        """What never changes during a run."""
        for member, program in self._alone(members):
            self._log(member, program.start_pictures())

    def end(self, members: Sequence[MemberRun], reason: str) -> None:
        """How they leave: their state for `reason`, so that they can be taken up, and pictures."""
        for member, program in self._alone(members):
            self._keep(member, program, reason)
            self._log(member, program.pictures())

    def _alone(self, members: Sequence[MemberRun]) -> Iterator[tuple[MemberRun, Program]]:
        shown = [member for member in members if member.index < PORTRAYED and not member.is_over]
        programs = self._population.members([member.index for member in shown])
        for member, program in zip(shown, programs, strict=True):
            with self._chance_of(member.index):
                yield member, program

    @contextmanager
    def _chance_of(self, index: int) -> Iterator[None]:
        """In here torch's default generators stand where the member's do; what is drawn from them
        has no part in its run."""
        device = self._population.program.device
        with generators_kept(device):
            for kind, generator in self._population.chances.defaults(index).items():
                if kind == "cpu":
                    torch.set_rng_state(generator.get_state())
                else:
                    torch.cuda.set_rng_state(generator.get_state(), device)
            yield

    def _keep(self, member: MemberRun, program: Program, reason: str) -> None:
        position = self._position
        place = Place(
            position.step, position.epoch, getattr(program.batches, "taken", 0), position.t
        )
        checkpoints = Checkpoints(member.directory.path, program)
        try:
            checkpoints.take(place, reason)
            checkpoints.flush()
            self._say(member, checkpoints)
        finally:
            checkpoints.close()

    def _say(self, member: MemberRun, checkpoints: Checkpoints) -> None:
        for event in checkpoints.written():
            member.emit(event)
        for complaint in checkpoints.complaints():
            print(f"{member.id}: {complaint}", flush=True)

    def _log(self, member: MemberRun, pictures: Pictures) -> None:
        for picture, layers in pictures.items():
            for layer, data in layers.items():
                member.emit(
                    PictureLogged(
                        t=self._position.t,
                        step=self._position.step,
                        picture=picture,
                        layer=layer,
                        data=data,
                    )
                )


def remark(count: int, index: int) -> str:
    """What is other than in a run by itself, in a sentence or two."""
    said = f"Trained together with {others(count)}, as one; gradients are not watched."
    if index >= PORTRAYED:
        said += f" Pictures and states are kept of the first {PORTRAYED} alone."
    return said


def others(count: int) -> str:
    """Those besides one of so many: `31 others`."""
    return f"{count - 1:,} other{'' if count == 2 else 's'}"


def flushed(members: Iterable[MemberRun]) -> bool:
    """Write all that was logged; whether there was room for it."""
    tried = [member.record.try_flush() for member in members if not member.is_lost]
    return all(tried)
