"""Classification written out: the cross-entropy, how often it is right, who is taken for whom."""

from __future__ import annotations

import torch
from torch import Tensor


def cross_entropy(logits: Tensor, y: Tensor) -> Tensor:
    """−log softmax(logits)[y] of each example: log Σ exp(logits) − logits[y].

    The largest logit is taken out of the sum, so that nothing overflows. Logits, not
    probabilities: the softmax is in here.
    """
    return torch.logsumexp(logits, dim=1) - logits.gather(1, y.unsqueeze(1)).squeeze(1)


def confusion_matrix(y: Tensor, predicted: Tensor, classes: int) -> Tensor:
    """How often class i (row) was taken for class j (column)."""
    pairs = torch.bincount(y * classes + predicted, minlength=classes * classes)
    return pairs.view(classes, classes)
