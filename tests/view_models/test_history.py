"""Protects the table of runs: what a filter finds, what tells runs apart, how old they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tui_lab.run import RunStatus
from tui_lab.view_models.history import (
    SYMBOLS,
    HistoryTable,
    age_words,
    differing_names,
    run_filter,
    status_words,
)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Run:
    id: str = "weight-decay-20261120-115955-7f3a"
    experiment: str = "weight-decay"
    status: RunStatus = RunStatus.FINISHED
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    device: str = "cpu"
    created: datetime = NOW - timedelta(seconds=5)
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
            "implementation<z",
            "test/loss<1",
            "test/loss>=0",
            "nosuch=1",
            "nosuch!=1",
            "weight_decay=",
            "=3",
            "decay_bias=on",
            "__class__=x",
        ],
    )
    def test_passes_over(self, text: str) -> None:
        assert not run_filter(text)(RUN)


class TestTable:
    def test_cells_are_short_plain_text(self) -> None:
        run = Run(
            status=RunStatus.FAILED,
            hyperparameters={"lr": 0.03},
            metrics={"train/loss": float("inf")},
            error="[red]\x1b[2Jboom",
        )
        table = HistoryTable([run, Run(hyperparameters={"lr": 1.2e-5})], NOW)

        assert (table.differing, table.metrics) == (("lr",), ("train/loss",))
        first, second = table.rows
        assert (first.status, first.age, first.step) == ("✗ failed", "5 s", "4,000")
        assert (first.differing, first.metrics) == (("0.03",), ("inf",))
        assert (second.differing, second.metrics) == (("1.2e-05",), ("",))
        assert first.error == "[red] [2Jboom"

    def test_shows_what_the_filter_finds(self) -> None:
        runs = [Run(id="one"), Run(id="two")]

        assert [row.id for row in HistoryTable(runs, NOW, "two").rows] == ["two"]
        assert HistoryTable(runs, NOW, "three").rows == []

    def test_of_no_runs_is_empty(self) -> None:
        table = HistoryTable([], NOW)

        assert (table.rows, table.differing, table.metrics) == ([], (), ())


class TestDifferences:
    def test_names_only_what_is_not_the_same_everywhere(self) -> None:
        runs = [
            Run(hyperparameters={"lr": 0.1, "weight_decay": 0.0, "decay_bias": True}, seed=1),
            Run(hyperparameters={"lr": 0.1, "weight_decay": 3.0}, seed=1),
        ]

        assert differing_names(runs) == ("weight_decay", "decay_bias")

    def test_the_seed_counts(self) -> None:
        assert differing_names([Run(seed=1), Run(seed=2)]) == ("seed",)

    @pytest.mark.parametrize("runs", [[], [RUN], [RUN, RUN]])
    def test_there_are_none_between_equals(self, runs: list[Run]) -> None:
        assert differing_names(runs) == ()


class TestWords:
    @pytest.mark.parametrize(
        ("seconds", "words"),
        [
            (0, "0 s"),
            (-30, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3599, "59 min"),
            (3600, "1 h"),
            (86399, "23 h"),
            (86400, "1 d"),
            (364 * 86400, "364 d"),
            (800 * 86400, "2 y"),
        ],
    )
    def test_age(self, seconds: float, words: str) -> None:
        assert age_words(NOW - timedelta(seconds=seconds), NOW) == words

    def test_every_status_has_a_sign_of_its_own(self) -> None:
        assert set(SYMBOLS) == set(RunStatus)
        assert len(set(SYMBOLS.values())) == len(SYMBOLS)
        assert status_words(RunStatus.RUNNING) == "● running"
