"""How good a population is, together and member by member."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Vote:
    """What members (m, n, classes) say together: the mean of their probabilities."""

    members: Tensor
    """Log-probabilities of each member, float64."""
    together: Tensor
    """Log of the mean probability (n, classes)."""

    @classmethod
    def of(cls, logits: Tensor) -> Vote:
        """From the members' logits."""
        members = torch.log_softmax(logits.double(), dim=2)
        return cls(members, torch.logsumexp(members, dim=0) - math.log(len(members)))

    def loss(self, y: Tensor) -> Tensor:
        """Mean cross-entropy of the vote."""
        return F.nll_loss(self.together, y)

    def right(self, y: Tensor) -> Tensor:
        """Whether the vote is `y`, by example."""
        return self.together.argmax(1) == y

    def member_accuracy(self, y: Tensor) -> Tensor:
        """The mean of the members' accuracies."""
        return (self.members.argmax(2) == y).double().mean()

    def decomposition(self, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Squared error of the vote, mean squared error of the members, and their spread about the
        vote, each summed over classes and averaged over examples: the first is the second minus
        the third."""
        classes = torch.arange(self.together.shape[1], device=y.device)
        target = (y.unsqueeze(1) == classes).double()
        members, together = self.members.exp(), self.together.exp()
        return (
            _mean_square(together - target),
            _mean_square(members - target),
            _mean_square(members - together),
        )


def _mean_square(error: Tensor) -> Tensor:
    return error.square().sum(-1).mean()
