"""How good a population is, together and member by member."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Vote:
    """What members (m, n, classes) say together: the weighted mean of their probabilities."""

    members: Tensor
    """Log-probabilities of each member, float64."""
    weights: Tensor
    """How much each member has to say (m,); they add up to 1."""
    together: Tensor
    """Log of the mean probability (n, classes)."""

    @classmethod
    def of(cls, members: Tensor, weights: Tensor) -> Vote:
        """From the members' log-probabilities and their weights."""
        together = torch.logsumexp(members + weights.log().view(-1, 1, 1), dim=0)
        return cls(members, weights, together)

    def loss(self, y: Tensor) -> Tensor:
        """Mean cross-entropy of the vote."""
        return F.nll_loss(self.together, y)

    def right(self, y: Tensor) -> Tensor:
        """Whether the vote is `y`, by example."""
        return self.together.argmax(1) == y

    def member_accuracy(self, y: Tensor) -> Tensor:
        """The weighted mean of the members' accuracies."""
        return self._mean((self.members.argmax(2) == y).double())

    def decomposition(self, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Squared error of the vote, mean squared error of the members, and their spread about the
        vote, each summed over classes and averaged over examples, and by weight over members: the
        first is the second minus the third."""
        classes = torch.arange(self.together.shape[1], device=y.device)
        target = (y.unsqueeze(1) == classes).double()
        members, together = self.members.exp(), self.together.exp()
        return (
            _square(together - target).mean(),
            self._mean(_square(members - target)),
            self._mean(_square(members - together)),
        )

    def _mean(self, values: Tensor) -> Tensor:
        """Over examples alike and over members by weight."""
        return torch.dot(values.mean(1), self.weights)


def _square(error: Tensor) -> Tensor:
    return error.square().sum(-1)
