"""Values with which the experiments that have steps take a moment to train."""

from __future__ import annotations

from typing import Any

SMALL: dict[str, dict[str, Any]] = {
    "dropout": {"examples": 30, "hidden": "6,5", "batch_size": 8, "epochs": 260},
    "gradient-accumulation": {"examples": 20, "batch_size": 8, "inputs": 3, "epochs": 350},
    "gradient-flow": {
        "depth": 2,
        "width": 4,
        "examples": 30,
        "batch_size": 8,
        "epochs": 260,
        "matrices": 3,
        "repeats": 2,
    },
    "lambda-sweep": {"seeds": 2, "points": 3, "inputs": 6, "epochs": 520, "train_examples": 7},
    "linear-regression": {"examples": 25, "epochs": 350},
    "mlp": {"examples": 30, "hidden": "6", "batch_size": 8, "epochs": 260},
    "overfitting": {
        "examples": 30,
        "validation_examples": 20,
        "test_examples": 20,
        "hidden": "6",
        "batch_size": 8,
        "epochs": 260,
        "models": 2,
    },
    "penalties": {"inputs": 8, "support": 2, "train_examples": 9, "batch_size": 4, "epochs": 350},
    "weight-decay": {"inputs": 6, "train_examples": 7, "epochs": 520},
}
"""More than a thousand steps each, of epochs whose last batch is short."""
