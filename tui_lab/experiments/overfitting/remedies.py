"""The remedies by name."""

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
