"""A script as the lab's other parts see it: a program whose steps are taken by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from tui_lab.hyperparameters import Hyperparameters
from tui_lab.training.phase import Phase
from tui_lab.training.program import Program, Values


class ScriptProgram(Program):
    """What a script trains, as far as it is known; its steps happen when the script takes them."""

    def __init__(self) -> None:
        super().__init__(Hyperparameters({}), seed=0, device=torch.device("cpu"))
        self.trained: dict[str, Tensor] = {}
        """The parameters that its optimizers update, by name."""
        self.turn: Callable[[str, Any], object] = lambda name, value: None
        """Gives one of its knobs a new value."""

    def take_values(self, values: Mapping[str, Any]) -> None:
        """These are the values of its knobs now."""
        self.hp = Values(**values)

    def hyperparameter_changed(self, name: str) -> None:
        self.turn(name, getattr(self.hp, name))

    def build(self) -> None:
        """A script builds what it needs itself."""

    def step(self, batch: Any) -> Iterator[Phase]:
        """No one else can take a script's step."""
        raise NotImplementedError("A script takes its steps itself.")

    def evaluate(self) -> Mapping[str, float | Tensor]:
        """A script measures itself, when it wants to."""
        return {}

    def parameters(self) -> Mapping[str, Tensor]:
        """What it trains."""
        return self.trained

    @property
    def epochs(self) -> int:
        """How many there are is the script's own affair."""
        return 0
