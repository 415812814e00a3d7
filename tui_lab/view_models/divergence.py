"""When a run diverged: one fact with one number, wherever it is said."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

CAUSES = {
    "step/first_inf": "loss inf",
    "step/first_nan": "loss nan",
    "step/first_nonfinite_parameter": "parameter not finite",
    "step/first_nonfinite_evaluation": "evaluation not finite",
}
"""The metrics that say since which step something is no finite number, and what that is."""


def diverged_at(metrics: Mapping[str, Any]) -> int | None:
    """The first step at which anything was not finite, by a run's metrics; None where all was."""
    steps = [metrics[key] for key in CAUSES if key in metrics]
    return min((int(step) for step in steps if _is_step(step)), default=None)


def diverged_words(step: int | None) -> str:
    """`diverged at step 19`; empty for None."""
    return "" if step is None else f"diverged at step {step:,}"


def _is_step(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and value > 0
