"""Protects the filter over runs: which of them it finds and which it passes over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tui_lab.run import RunStatus
from tui_lab.view_models.run_filter import run_filter


@dataclass(frozen=True)
class Run:
    id: str = "weight-decay-20261120-115955-7f3a"
    experiment: str = "weight-decay"
    status: RunStatus = RunStatus.FINISHED
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    device: str = "cpu"
    step: int = 4000
    epoch: int = 1000
    metrics: Mapping[str, float] = field(default_factory=dict)
    error: str = ""


RUN = Run(
    hyperparameters={"weight_decay": 3.0, "implementation": "scratch", "decay_bias": False},
    metrics={"train/loss": 0.00131, "test/loss": float("nan")},
)


class TestFilter:
    @pytest.mark.parametrize(
        "text",
        [
            "",
            "weight",
            "7F3A finished",
            "decay_bias scratch",
            "weight_decay=3",
            "weight_decay=3.0 train/loss<0.01",
            "weight_decay>=3",
            "weight_decay<=3",
            "weight_decay!=4",
            "implementation=SCRATCH",
            "decay_bias=off",
            "status=finished seed=0 step>100",
            "experiment=weight-decay epoch=1000 device=cpu",
        ],
    )
    def test_finds(self, text: str) -> None:
        assert run_filter(text)(RUN)

    @pytest.mark.parametrize(
        "text",
        [
            "linear",
            "weight linear",
            "weight_decay=30",
            "weight_decay<3",
            "weight_decay>3",
            "weight_decay!=3",
            "weight_decay<abc",
            "error=boom",
            "implementation<z",
            "test/loss<1",
            "test/loss>=0",
            "nosuch=1",
            "nosuch!=1",
            "weight_decay=",
            "decay_bias=on",
            "__class__=x",
        ],
    )
    def test_passes_over(self, text: str) -> None:
        assert not run_filter(text)(RUN)
