"""What was done to a run while it ran, and befell it: why it is not what its first values alone
make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from tui_lab.experiment import Experiment
from tui_lab.run import RunStatus
from tui_lab.view_models.change import symbol, written
from tui_lab.view_models.divergence import diverged_at, diverged_words
from tui_lab.view_models.plain_text import plain


class SteeredRun(Protocol):
    """What is known of a run without its log."""

    @property
    def status(self) -> RunStatus: ...
    @property
    def step(self) -> int: ...
    @property
    def changed(self) -> Mapping[str, Any]: ...
    @property
    def metrics(self) -> Mapping[str, Any]: ...


def steered(run: SteeredRun, experiment: Experiment | None) -> list[str]:
    """`λ → 10` for each value changed while it ran, the last one; `diverged at step 19`, which says
    more than `stopped at step 235` and stands before it. That a demonstration ends because nobody
    looks any more changes nothing."""
    fate = diverged_words(diverged_at(run.metrics))
    return [*turned(run, experiment), *[fate] * bool(fate), *stopped(run, experiment)]


def turned(run: SteeredRun, experiment: Experiment | None) -> list[str]:
    """`λ → 10`: the last value of each hyperparameter that was changed."""
    return [_turned(name, value, experiment) for name, value in run.changed.items()]


def stopped(run: SteeredRun, experiment: Experiment | None) -> list[str]:
    """`stopped at step 235`, where a training was."""
    looked_at = experiment is not None and experiment.demonstration
    is_early = run.status is RunStatus.STOPPED and not looked_at
    return [f"stopped at step {run.step:,}"] * is_early


def _turned(name: str, value: Any, experiment: Experiment | None) -> str:
    if experiment is None:
        return f"{plain(name)} → {plain(value)}"
    return f"{symbol(experiment, name) or plain(name)} → {written(experiment, name, value)}"
