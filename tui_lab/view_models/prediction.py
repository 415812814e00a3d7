"""What a person predicted of a run, and what the run then showed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tui_lab.experiment import Question
from tui_lab.view_models.number_format import short
from tui_lab.view_models.plain_text import plain

_KEY = re.compile(r"\{([^{}]+)\}")
_LONGEST = 28
"""Characters of a choice in the short form of a verdict."""


@dataclass(frozen=True)
class Outcome:
    """A guess beside what came of it."""

    asked: str
    sentence: str
    """Whether the guess was right, and the answer with the run's own last values."""
    short: str
    """The first part of that in a few words."""
    picture: str
    """The title of the picture that shows it; may be empty."""


@dataclass(frozen=True)
class Prediction:
    """A guess, made while the run `before` was shown (empty: none)."""

    question: Question
    guess: str
    before: str = ""

    def outcome(self, metrics: Mapping[str, float], *, as_asked: bool = True) -> Outcome:
        """The guess beside the answer; a run that is not `as_asked`, because knobs were turned
        meanwhile, does not judge it."""
        judged, brief = self._verdict() if as_asked and self.question.right else self._said()
        return Outcome(
            asked=plain(self.question.text, 1000),
            sentence=plain(f"{judged} {filled(self.question.answer, metrics)}", 1000),
            short=plain(brief),
            picture=self.question.picture,
        )

    def _verdict(self) -> tuple[str, str]:
        right, guess = self.question.right, self.guess
        if guess == right:
            return f"Right, as you said: “{right}”.", f"right: {_clipped(right)}"
        brief = f"wrong: {_clipped(right)}, not {_clipped(guess)}"
        return f"Wrong: it is “{right}”, and you said “{guess}”.", brief

    def _said(self) -> tuple[str, str]:
        return f"You said “{self.guess}”.", f"you said: {_clipped(self.guess)}"


def filled(answer: str, metrics: Mapping[str, float]) -> str:
    """`answer` with each metric key in braces replaced by its value, `?` where there is none; a
    value that nothing comes before has its key before it, to say what it is."""

    def value(match: re.Match[str]) -> str:
        number = short(metrics[match[1]]) if match[1] in metrics else "?"
        return number if match.start() else f"{match[1]} {number}"

    return _KEY.sub(value, answer)


def _clipped(choice: str) -> str:
    return choice if len(choice) <= _LONGEST else choice[: _LONGEST - 1] + "…"
