"""What to try against what is not healthy, by the knobs that an experiment has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Choice, Float, Hyperparameter, Int, Value, Vector

_MOST = 2
"""Things to try that one sentence names."""


@dataclass(frozen=True)
class _Turn:
    """A knob that may help, and which way to turn it."""

    name: str
    to: Literal["down", "up", "set"]
    text: str
    """How a sentence says it, or the value that is meant."""
    needs: tuple[str, str] | None = None
    """Another choice with which it does something, where it does nothing now."""


_TURNS: dict[str, tuple[tuple[_Turn, ...], str]] = {
    "vanishing": (
        (
            _Turn("activation", "set", "relu"),
            _Turn("init", "set", "he"),
            _Turn("depth", "down", "fewer layers"),
        ),
        "a larger initial weight or ReLU instead of sigmoid",
    ),
    "exploding": (
        (
            _Turn("lr", "down", "a smaller lr"),
            _Turn("init_scale", "down", "a smaller init_scale"),
            _Turn("init", "set", "xavier"),
            _Turn("depth", "down", "fewer layers"),
        ),
        "a smaller step or clipped gradients",
    ),
    "dead": (
        (
            _Turn("lr", "down", "a smaller lr"),
            _Turn("activation", "set", "leaky-relu"),
            _Turn("init", "set", "he"),
        ),
        "a smaller step or a leaky ReLU",
    ),
    "saturated": (
        (
            _Turn("activation", "set", "relu"),
            _Turn("init_scale", "down", "a smaller init_scale"),
            _Turn("init", "set", "xavier"),
            _Turn("lr", "down", "a smaller lr"),
        ),
        "smaller weights or ReLU instead",
    ),
    "diverging": ((_Turn("lr", "down", "a smaller lr"),), "a smaller step"),
    "overfitting": (
        (
            _Turn("weight_decay", "up", "more weight_decay", ("remedy", "weight-decay")),
            _Turn("strength", "up", "more strength"),
            _Turn("p2", "up", "a larger p2"),
            _Turn("p", "up", "a larger p", ("remedy", "dropout")),
            _Turn("train_examples", "up", "more train_examples"),
            _Turn("examples", "up", "more examples"),
            _Turn("hidden", "down", "fewer hidden units"),
        ),
        "more training data or a smaller model",
    ),
}


def advice(word: str, experiment: Experiment, values: Mapping[str, Value]) -> str:
    """What to try against `word` in a sentence, by knobs that can be turned that way from these
    `values`; empty for a word without a rule."""
    turns, otherwise = _TURNS.get(word, ((), ""))
    idle = experiment.idle(values)
    found = [said for turn in turns if (said := _said(turn, experiment, values, idle))]
    text = " or ".join(found[:_MOST]) or otherwise
    return f"Try {text}." if text else ""


def _said(
    turn: _Turn,
    experiment: Experiment,
    values: Mapping[str, Value],
    idle: Mapping[str, str],
) -> str:
    """Empty where there is no such knob, it is at its end, or it does nothing."""
    known = {h.name: h for h in experiment.hyperparameters}
    if turn.name not in known or turn.name not in values:
        return ""
    if turn.name not in idle:
        return _turned(turn, known[turn.name], values[turn.name])
    if turn.needs is None or turn.needs[0] in idle:
        return ""
    name, choice = turn.needs
    return _turned(_Turn(name, "set", choice), known[name], values[name]) if name in known else ""


def _turned(turn: _Turn, knob: Hyperparameter, value: Value) -> str:
    if isinstance(knob, Choice):
        fits = turn.to == "set" and turn.text in knob.choices and value != turn.text
        return f"{turn.name}={turn.text}" if fits else ""
    most = max(value) if isinstance(value, tuple) else value
    if isinstance(knob, Float | Int | Vector) and isinstance(most, int | float):
        room = most > knob.low if turn.to == "down" else most < knob.high
        return turn.text if room and turn.to != "set" else ""
    return ""
