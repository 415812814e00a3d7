"""Boosting: models one after the other, each on what those before it got wrong."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

_SURE = 1e-6
"""The least a weighted error counts for, so that a model without one has a finite say."""


class Boosting:
    """AdaBoost for several classes (SAMME). It lies on the device, so that nobody waits for it."""

    def __init__(self, models: int, examples: int, classes: int, device: torch.device) -> None:
        self.weights = torch.zeros((1 + models, examples), dtype=torch.float64, device=device)
        """How much each example counts for each model, 1 on average for the one in training and 0
        for the others. The first row is that of the model beside the ensemble."""
        self.weights[:2] = 1
        self.alphas = torch.zeros(models, dtype=torch.float64, device=device)
        """The say of the models that are done."""
        self.stage = 0
        """The model in training, counted from 0."""
        self._classes = classes

    @property
    def current(self) -> Tensor:
        """How much each example counts for the model in training."""
        return self.weights[1 + self.stage]

    def votes(self, wrong: Tensor) -> Tensor:
        """The say of each model, 1 in all; `wrong` has 1 for each example that the model in
        training gets wrong, and 0 for the others. As long as nobody does better than guessing,
        that model speaks alone."""
        alphas = self.alphas.clone()
        alphas[self.stage] = self._alpha(wrong).clamp_min(_SURE)
        return alphas / alphas.sum()

    def next_model(self, wrong: Tensor) -> None:
        """The model in training is done; what it gets wrong counts exp(α) times more for the next
        one."""
        alpha = self._alpha(wrong)
        raised = self.current * torch.exp(alpha * wrong)
        self.alphas[self.stage] = alpha
        self.weights[2 + self.stage] = raised / raised.mean()
        self.weights[1 + self.stage] = 0
        self.stage += 1

    def _alpha(self, wrong: Tensor) -> Tensor:
        """ln((1 − ε)/ε) + ln(classes − 1), ε the weighted share of wrong answers; not below 0,
        which is what guessing is worth."""
        error = (self.current * wrong).mean().clamp(_SURE, 1 - _SURE)
        return torch.log((1 - error) / error).add(math.log(self._classes - 1)).clamp_min(0)

    def state_dict(self) -> dict[str, Any]:
        """Everything, to go on from."""
        return {
            "weights": self.weights.clone(),
            "alphas": self.alphas.clone(),
            "stage": self.stage,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self.weights, self.alphas = state["weights"], state["alphas"]
        self.stage = state["stage"]
