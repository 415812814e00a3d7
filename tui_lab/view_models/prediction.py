"""What a person predicted of a run, and what the run then showed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tui_lab.experiment import Question
from tui_lab.view_models.number_format import short

_KEY = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class Prediction:
    """A guess, made while the run `before` was shown (empty: none)."""

    question: Question
    guess: str
    before: str = ""

    def answer(self, metrics: Mapping[str, float]) -> str:
        """The guess beside the answer, with the run's own last values in it."""
        return f"You said: {self.guess}. {filled(self.question.answer, metrics)}"


def filled(answer: str, metrics: Mapping[str, float]) -> str:
    """`answer` with each metric key in braces replaced by its value, `?` where there is none."""
    return _KEY.sub(lambda m: short(metrics[m[1]]) if m[1] in metrics else "?", answer)
