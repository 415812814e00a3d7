"""Protects the names of runs laid over another: what sets each apart, and never two alike."""

from __future__ import annotations

import pytest

from tests.tui.fakes import TOY, FakeSession, summary
from tests.tui.opened import STARTED
from tui_lab.tui.experiment.run_overlays import RunOverlays


@pytest.mark.parametrize(
    ("decays", "labels"),
    [
        ((0.0, 10.0), ["λ 0", "λ 10"]),
        ((10.0, 10.0), ["λ 10 0002", "λ 10 0003"]),
        ((3.0, 3.0), ["0002", "0003"]),
    ],
)
def test_each_has_a_name_of_its_own(decays: tuple[float, float], labels: list[str]) -> None:
    session = FakeSession([TOY])
    overlays = RunOverlays(session, TOY)
    for number, decay in enumerate(decays, 2):
        run = summary(number, hyperparameters={"weight_decay": decay})
        session.put(run)
        session.record(run.id, STARTED)
        assert overlays.add([run.id]) == []
    named = overlays.named("another", {"weight_decay": 3.0})
    assert [label for label, _ in named] == labels
