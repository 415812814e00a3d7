"""A run as a row of the table: what is said of it."""

from __future__ import annotations

import pytest

from tests.tui.fakes import OTHER, FakeSession, summary
from tui_lab.tui.runs.row import age, run_row


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
