"""Knobs that a script asks for itself: it reads their values wherever it uses them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from numbers import Integral, Real

from tui_lab.errors import HyperparameterError
from tui_lab.hyperparameters import Choice, Flag, Float, Hyperparameter, Int, Value

_NO_NAME = re.compile(r"\W+")
_LONGEST = 40


class OwnKnob:
    """One of them, with the value that it was turned to last."""

    def __init__(self, hyperparameter: Hyperparameter) -> None:
        self.hyperparameter = hyperparameter
        self.value: Value | None = None
        """None while nobody turned it: what the script says then counts."""

    def turn(self, value: Value) -> None:
        """Take a new value; one that another knob of this name had, and this can't have, is
        passed over."""
        try:
            self.value = self.hyperparameter.check(value)
        except HyperparameterError:
            return


def own_knob(
    name: str,
    default: object,
    *,
    low: float | None = None,
    high: float | None = None,
    log: bool = False,
    choices: Sequence[str] = (),
    about: str = "",
) -> OwnKnob:
    """The knob that is asked for in this way; raises `ValueError` with a sentence, where there can
    be none."""
    word = _NO_NAME.sub("_", str(name)).strip("_")[:_LONGEST]
    if not word:
        raise ValueError(f"A knob needs a name, not {name!r}.")
    text = str(about)
    match default:
        case bool():
            return OwnKnob(Flag(word, default=default, live=True, help=text))
        case str():
            words = tuple(dict.fromkeys(map(str, [*choices, default])))
            return OwnKnob(Choice(word, words, default=default, live=True, help=text))
        case Real() if math.isfinite(default):
            number: float = int(default) if isinstance(default, Integral) else float(default)
            bottom, top = _range(word, number, low, high)
            return OwnKnob(_number(word, number, bottom, top, log, text))
    raise ValueError(f"The knob {word} can't be {default!r}: a number, a switch or a text can be.")


def _number(
    word: str, number: float, low: float, high: float, log: bool, text: str
) -> Hyperparameter:
    log = bool(log) and low >= 0
    if isinstance(number, int) and low.is_integer() and high.is_integer():
        whole = int(low), int(high)
        return Int(word, default=number, low=whole[0], high=whole[1], log=log, live=True, help=text)
    smallest = 10.0 ** math.floor(math.log10(number) - 4) if number > 0 else 1e-6
    return Float(
        word,
        default=float(number),
        low=low,
        high=high,
        log=log,
        smallest=smallest,
        live=True,
        help=text,
    )


def _range(word: str, number: float, low: float | None, high: float | None) -> tuple[float, float]:
    """What was asked for, and where nothing was, room around the default."""
    bottom = low if low is not None else min(0.0, 10.0 * number)
    top = high if high is not None else max(10.0, 10.0 * number)
    if not (math.isfinite(bottom) and math.isfinite(top) and bottom <= number <= top):
        raise ValueError(f"The knob {word} is {number}, which is not from {bottom:g} to {top:g}.")
    return float(bottom), float(top)
