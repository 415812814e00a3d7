"""The declaration of a script's training, made from what was found in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tui_lab.experiment import Curve, Experiment, Metric
from tui_lab.watching import Script, undeclared
from tui_lab.worker.script.knobs import Knobs

NORM, GRADIENT = "norm/all", "grad/all"
"""‖w‖ and ‖∇‖ of all that is trained, at watched steps."""


def declared(
    script: Script,
    knobs: Knobs,
    losses: Sequence[str],
    measured: Sequence[str],
    told: Sequence[str],
) -> Experiment:
    """What is known of a script's training: its `knobs`, the keys of its losses, of what its
    criteria measured, and of what it logged itself."""
    rates = {key: number.label for key, number in knobs.rates.curves.items()}
    curves = (
        Curve("loss", tuple(losses), every="step"),
        Curve("validation", tuple(measured)),
        Curve("logged", tuple(told)),
        Curve("‖∇‖", (GRADIENT,), log=True),
        Curve("‖w‖", (NORM,)),
        Curve("optimizer", tuple(rates), log=True, every="step"),
    )
    keys = [(key, "of a backward pass") for key in losses]
    keys += [(key, "the mean of a criterion while no gradients were recorded") for key in measured]
    keys += [(key, "logged by the script") for key in told]
    keys += [(NORM, "‖w‖ of all that is trained"), (GRADIENT, "‖∇‖ of all that is trained")]
    keys += [(key, f"{text}, as it was used") for key, text in rates.items()]
    return replace(
        undeclared(script),
        hyperparameters=knobs.hyperparameters,
        headings=knobs.headings,
        metrics=tuple(_metrics(keys)),
        pictures=tuple(curve for curve in curves if curve.keys),
    )


def _metrics(keys: Iterable[tuple[str, str]]) -> Iterable[Metric]:
    for key, text in keys:
        yield Metric(key, text, direction="minimize" if "loss" in key else None)
