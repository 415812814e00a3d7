"""The declaration of a script's training, made from what was found in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from tui_lab.experiment import Curve, Experiment, Metric, Picture
from tui_lab.watching import Script, undeclared
from tui_lab.worker.script.knobs import Knobs

NORM, GRADIENT = "norm/all", "grad/all"
"""‖w‖ and ‖∇‖ of all that is trained, at watched steps."""
CURVES = ("loss", "validation", "‖∇‖", "‖w‖", "optimizer")
"""The titles of the charts that every script may have."""


def declared(
    script: Script,
    knobs: Knobs,
    losses: Sequence[str],
    measured: Sequence[str],
    told: Sequence[str],
    drawn: Sequence[Picture] = (),
) -> Experiment:
    """What is known of a script's training: its knobs, the keys of what was seen of its losses, of
    what it measured and what it told, and its pictures."""
    rates = {key: number.label for key, number in knobs.rates.curves.items()}
    own = [key for key in told if key not in (*losses, *measured, *rates, NORM, GRADIENT)]
    curves = (
        Curve("loss", tuple(losses), every="step"),
        Curve("validation", tuple(measured)),
        *_charts(own),
        Curve("‖∇‖", (GRADIENT,), log=True),
        Curve("‖w‖", (NORM,)),
        Curve("optimizer", tuple(rates), log=True, every="step"),
    )
    meanings = _meanings(losses, measured, own) | {
        key: f"{text}, as it was used" for key, text in rates.items()
    }
    return replace(
        undeclared(script),
        hyperparameters=knobs.hyperparameters,
        headings=knobs.headings,
        metrics=tuple(_metrics(meanings)),
        pictures=(*filter(lambda curve: curve.keys, curves), *drawn),
    )


def _charts(keys: Iterable[str]) -> Iterable[Curve]:
    """A chart for the keys of one prefix, `val/`; where they have none, for those of one kind:
    `train_loss` and `val_loss`."""
    groups: dict[str, list[str]] = {}
    for key in keys:
        prefix, _, name = key.rpartition("/")
        groups.setdefault(prefix or name.rpartition("_")[2], []).append(key)
    for group, members in groups.items():
        is_one = len(members) == 1 and "/" not in members[0]
        yield Curve(f"logged {members[0] if is_one else group}", tuple(members))


def _meanings(
    losses: Iterable[str], measured: Iterable[str], logged: Iterable[str]
) -> dict[str, str]:
    """What is measured of every script, by its key."""
    return {
        **dict.fromkeys(losses, "of a backward pass"),
        **dict.fromkeys(measured, "the mean of a criterion while no gradients were recorded"),
        **dict.fromkeys(logged, "logged by the script"),
        NORM: "‖w‖ of all that is trained",
        GRADIENT: "‖∇‖ of all that is trained",
    }


def _metrics(meanings: Mapping[str, str]) -> Iterable[Metric]:
    for key, text in meanings.items():
        yield Metric(key, text, direction="minimize" if "loss" in key else None)
