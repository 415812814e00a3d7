"""Protects demonstrations: computed anew for a knob, and nothing measured before remains."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from tests.worker.conftest import MakeRun
from tui_lab.hyperparameters import Hyperparameters
from tui_lab.run import RunRequest
from tui_lab.training.program import Demonstration
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.record import RunRecord


class Kinds(Demonstration):
    """Measures what its knob names."""

    def build(self) -> None:
        pass

    def evaluate(self) -> Mapping[str, float | Tensor]:
        return {self.hp.kind: 1.0}


def kinds(kind: str) -> Kinds:
    return Kinds(Hyperparameters({"kind": kind}), seed=0, device=torch.device("cpu"))


def test_metrics_that_do_not_apply_any_more_are_gone(make_run: MakeRun) -> None:
    request = RunRequest(experiment="kinds", program="none:None", hyperparameters={})
    record = RunRecord(make_run(request))
    publisher = Publisher(kinds("test/loss"), record, total_steps=0)
    publisher.evaluate_epoch()
    assert publisher.last_metrics() == {"test/loss": 1.0}

    publisher.follow(kinds("shares/error"))
    publisher.evaluate_now()
    assert publisher.last_metrics() == {"shares/error": 1.0}
