"""How long a run is, in steps and in epochs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tui_lab.events import RunStarted


@dataclass(frozen=True)
class Extent:
    """Steps count from 1; those up to `offset` belong to epochs of another length."""

    steps: int = 0
    """0 where they are not known, or there are none."""
    steps_per_epoch: int = 0
    """0 where epochs have no fixed length."""
    offset: int = 0

    @classmethod
    def of(cls, event: RunStarted) -> Extent:
        """As the worker has found it to be."""
        numbers = event.total_steps, event.steps_per_epoch, event.epoch_offset
        return cls(*map(int, numbers))

    @property
    def epochs(self) -> int:
        """How many there will be; the last may end in its midst."""
        return self.epoch(self.steps)

    def completed(self, step: int) -> int:
        """Epochs that are over after that step."""
        return (step - self.offset) // self.steps_per_epoch if self.steps_per_epoch else 0

    def epoch(self, step: int) -> int:
        """The epoch a step belongs to, from 1; 0 before the first, or where they have no length."""
        return -(-(step - self.offset) // self.steps_per_epoch) if self.steps_per_epoch else 0

    def end_of(self, epoch: int) -> int:
        """The last step of an epoch; without a fixed length the epoch stands for it."""
        return epoch * max(1, self.steps_per_epoch) + self.offset

    def changed(self, epochs: Any) -> Extent:
        """With so many epochs, where that is a number of them."""
        if not self.steps_per_epoch or type(epochs) is not int:
            return self
        return replace(self, steps=self.end_of(epochs))
