"""The λ of a sweep: 0, and a grid that is even on a log axis."""

from __future__ import annotations


def lambda_grid(low: float, high: float, points: int) -> list[float]:
    """0 and `points` values from `low` to `high`, each rounded to 4 digits so that it can be typed
    for a single run."""
    if points == 1:
        return [0.0, low]
    ratio = high / low
    return [0.0, *(float(f"{low * ratio ** (i / (points - 1)):.4g}") for i in range(points))]


def place_of_zero(lambdas: list[float]) -> float:
    """Where λ = 0 stands on a log axis that has no place for it: two grid steps below the rest."""
    first, second = (*lambdas[1:3], 10 * lambdas[1])[:2]
    return first * (first / second) ** 2 if second > first else first / 10
