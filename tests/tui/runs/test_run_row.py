"""A run as a row of the table: what is said of it."""

from __future__ import annotations

import dataclasses

import pytest

from tests.tui.fakes import OTHER, TOY, FakeSession, summary
from tui_lab.run import RunStatus
from tui_lab.tui.runs.row import age, run_row


def test_values_outside_their_domain_are_shown_as_they_stand(session: FakeSession) -> None:
    run = summary(1, experiment="other", hyperparameters={"lr": 7.0, "gone": True}, seed=2)
    assert run_row(run, OTHER, session.now()).values == "lr 7.0  gone on  seed 2"


def test_a_long_number_is_shortened_to_what_tells_runs_apart(session: FakeSession) -> None:
    run = summary(1, experiment="other", hyperparameters={"lr": 0.0012980000000000001, "x": 1 / 3})
    row = run_row(run, OTHER, session.now(), ("lr",))
    assert row.values == "lr 0.001298  x 0.333333"
    assert row.cells["lr"] == "0.001298"


def test_what_was_done_to_a_run_on_its_way_is_not_default(session: FakeSession) -> None:
    turned = {"weight_decay": 10.0, "gone": 2}
    run = summary(1, status=RunStatus.STOPPED, step=1235, changed=turned)
    row = run_row(run, TOY, session.now())
    assert row.values == "λ → 10  gone → 2  stopped at step 1,235"
    assert run_row(run, None, session.now()).values.startswith("weight_decay → 10.0  gone → 2")


def test_that_a_run_diverged_stands_before_where_it_was_stopped(session: FakeSession) -> None:
    metrics = {"train/loss": float("nan"), "step/first_nan": 19}
    run = summary(1, status=RunStatus.STOPPED, step=40, metrics=metrics)
    assert run_row(run, TOY, session.now()).values == "diverged at step 19  stopped at step 40"


def test_a_demonstration_is_left_and_not_stopped(session: FakeSession) -> None:
    shown = dataclasses.replace(TOY, demonstration=True)
    run = summary(1, status=RunStatus.STOPPED, changed={"lr": 0.1})
    assert run_row(run, shown, session.now()).values == "lr → 0.1"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "now"), (59, "now"), (60, "1 min"), (3599, "59 min"), (7200, "2 h"), (200000, "2 d")],
)
def test_age_says_enough(session: FakeSession, seconds: int, shown: str) -> None:
    created = session.now()
    session.clock.advance(seconds)
    assert age(created, session.now()) == shown
