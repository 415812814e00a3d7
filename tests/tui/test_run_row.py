"""A run as a row: what is said of it, and the command that makes it again."""

from __future__ import annotations

import pytest

from tests.tui.fakes import OTHER, TOY, FakeSession, summary
from tui_lab.tui.run_row import age, command_words, run_row


def test_a_command_line_repeats_the_run() -> None:
    run = summary(
        1,
        hyperparameters={"implementation": "concise", "weight_decay": 3.0, "lr": 0.1},
        seed=4,
        device="cuda:1",
    )
    words = "tui-lab run toy implementation=concise lr=0.1 --seed 4 --device cuda:1"
    assert command_words(run, TOY) == words


def test_a_command_line_quotes_what_the_shell_would_take_apart() -> None:
    run = summary(1, hyperparameters={"name": "$(rm -rf)\x1b x", "zero_grad": False})
    words = "tui-lab run toy 'name=$(rm -rf)  x' zero_grad=off --seed 0 --device cpu"
    assert command_words(run, None) == words


def test_values_outside_their_domain_are_shown_as_they_stand(session: FakeSession) -> None:
    run = summary(1, experiment="other", hyperparameters={"lr": 7.0, "gone": True}, seed=2)
    assert run_row(run, OTHER, session.now()).values == "lr 7.0  gone on  seed 2"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "now"), (59, "now"), (60, "1 min"), (3599, "59 min"), (7200, "2 h"), (200000, "2 d")],
)
def test_age_says_enough(session: FakeSession, seconds: int, shown: str) -> None:
    created = session.now()
    session.clock.advance(seconds)
    assert age(created, session.now()) == shown
