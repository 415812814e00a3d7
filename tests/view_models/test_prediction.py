"""What is said of a guess once a run has answered it."""

from __future__ import annotations

import pytest

from tui_lab.experiment import Question
from tui_lab.view_models.prediction import Prediction, filled

LONG = "nothing that anybody who was there could see"
QUESTION = Question("How much?", ("80", LONG), "{train/loss}: so much.", right="80", picture="loss")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("It is {train/loss}, {norm/w}, {test/loss}", "It is 0.1235, nan, ?"),
        ("{train/loss}: so much", "train/loss 0.1235: so much"),
        ("{test/loss} of {train/loss}", "test/loss ? of 0.1235"),
    ],
)
def test_an_answer_holds_the_last_values_and_says_what_they_are(answer: str, words: str) -> None:
    assert filled(answer, {"train/loss": 0.123456, "norm/w": float("nan")}) == words


@pytest.mark.parametrize(
    ("guess", "sentence", "brief"),
    [
        ("80", "Right, as you said: “80”. train/loss 2: so much.", "right: 80"),
        (
            LONG,
            f"Wrong: it is “80”, and you said “{LONG}”. train/loss 2: so much.",
            "wrong: 80, not nothing that anybody who wa…",
        ),
    ],
)
def test_a_guess_is_right_or_wrong(guess: str, sentence: str, brief: str) -> None:
    outcome = Prediction(QUESTION, guess).outcome({"train/loss": 2.0})
    assert (outcome.sentence, outcome.short, outcome.picture) == (sentence, brief, "loss")
    unjudged = Prediction(QUESTION, guess).outcome({"train/loss": 2.0}, as_asked=False)
    assert unjudged.sentence.startswith("You said")
    assert "rong" not in unjudged.short


def test_control_characters_never_come_through() -> None:
    outcome = Prediction(
        Question("\x1bA?", ("\x1b[2J", "b"), "\x1b", right="b"), "\x1b[2J"
    ).outcome({})
    assert "\x1b" not in f"{outcome}"
