"""The remedies by name, and what weight decay may act on."""

from __future__ import annotations

ENSEMBLES = ("bagging", "boosting", "stacking")
"""Several models that vote, beside one that is trained without a remedy."""
REMEDIES = (
    "none",
    "early-stopping",
    "weight-decay",
    "dropout",
    "dropconnect",
    "augmentation",
    *ENSEMBLES,
)
DECAYED = ("every-layer", "first-layer", "last-layer", "every-layer-and-biases")
"""What weight decay acts on."""
