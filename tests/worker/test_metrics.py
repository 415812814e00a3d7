"""A metric that is no number is named, left out and said once, and training goes on; evaluations
are copied at once, in no_grad; the alarm and the last value are of the very step."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch
from torch import Tensor

from tests.worker.conducted import Toy, conduct, losses, of
from tui_lab.commands import Advance, Command, Pause, Resume
from tui_lab.errors import ExperimentError
from tui_lab.events import AlarmRaised, MetricsLogged, PhaseEntered, Remarked
from tui_lab.runs.directory import RunDirectory
from tui_lab.training.phase import Phase
from tui_lab.worker.alarm import NonFiniteAlarm
from tui_lab.worker.pending_metrics import PendingMetrics
from tui_lab.worker.position import Position
from tui_lab.worker.readings import numbers

NO_NUMBERS: dict[str, tuple[Any, str]] = {
    "none": (None, "None"),
    "text": ("low", "'low'"),
    "complex": (1 + 2j, r"\(1\+2j\)"),
    "vector": (torch.ones(3), "a tensor of shape 3"),
    "matrix": (torch.ones(2, 3), "a tensor of shape 2×3"),
    "complex tensor": (torch.ones(1, dtype=torch.complex64), "a complex tensor of shape 1"),
    "list": ([1.0], "a list"),
    "empty": (torch.ones(0), "a tensor of shape 0"),
}


def evaluating(**metrics: Any) -> type[Toy]:
    class Evaluating(Toy):
        def evaluate(self) -> Mapping[str, Any]:
            return {"train/loss": self.w.detach()[0], **metrics}

    return Evaluating


def recording(value: Any, *, at: int = 0) -> type[Toy]:
    """Records `value` under `x` at every step, or at that one alone."""

    class Recording(Toy):
        def step(self, batch: Any) -> Iterator[Phase]:
            self.taken = getattr(self, "taken", 0) + 1
            if at in (0, self.taken):
                self.record("x", value)
            yield from super().step(batch)

    return Recording


def column(log: list[Any], key: str, kind: str = "step") -> list[float]:
    blocks = [event for event in of(MetricsLogged, log) if event.kind == kind]
    return [float(v) for block in blocks for v in block.columns.get(key, ())]


@pytest.mark.parametrize(("value", "shown"), NO_NUMBERS.values(), ids=NO_NUMBERS)
def test_an_evaluation_that_is_no_number_is_left_out_and_said_once(
    value: Any, shown: str, directory: RunDirectory
) -> None:
    log, _, loop = conduct(directory, {}, toy=evaluating(**{"val/loss": value}))
    assert loop.position.step == 6
    (remark,) = of(Remarked, log)
    assert remark.message.startswith("evaluate() gave val/loss = ")
    assert shown.replace("\\", "") in remark.message
    assert remark.message.endswith("; a metric is a number, so it is left out.")
    assert column(log, "val/loss", "epoch") == []
    assert len(column(log, "train/loss", "epoch")) == 2


@pytest.mark.parametrize(
    "value", [1, True, 0.5, torch.tensor(2), torch.tensor([[0.5]]), torch.tensor(0.5).bfloat16()]
)
def test_every_kind_of_number_is_one(value: Any, directory: RunDirectory) -> None:
    log, _, _ = conduct(directory, {}, toy=evaluating(**{"val/loss": value}))
    assert column(log, "val/loss", "epoch") == [float(value)] * 2
    assert of(Remarked, log) == []


@pytest.mark.parametrize(("value", "shown"), NO_NUMBERS.values(), ids=NO_NUMBERS)
def test_a_record_that_is_no_number_is_left_out_and_said_once(
    value: Any, shown: str, directory: RunDirectory
) -> None:
    log, _, loop = conduct(directory, {}, toy=recording(value))
    assert loop.position.step == 6
    (remark,) = of(Remarked, log)
    assert remark.message.startswith("record() gave x = ")
    assert shown.replace("\\", "") in remark.message
    assert len(losses(log)) == 6


def test_a_record_of_some_steps_stands_at_those_steps(directory: RunDirectory) -> None:
    log, _, _ = conduct(directory, {}, toy=recording(torch.tensor(7.0), at=3))
    values = column(log, "x")
    place = values.index(7.0)
    steps = [
        b.first + i
        for b in of(MetricsLogged, log)
        if b.kind == "step" and "x" in b.columns
        for i in range(len(b.columns["x"]))
    ]
    assert steps[place] == 3
    assert all(value != value for i, value in enumerate(values) if i != place)


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (None, "gave neither a loss nor a record: after the forward pass, yield self.forward"),
        ("low", r"test_metrics.py, line \d+: .* was given a str; give it the loss itself"),
        (torch.ones(1, dtype=torch.complex64), "a complex tensor of shape 1"),
    ],
)
def test_a_loss_that_is_none_is_a_sentence_with_the_cure(
    loss: Any, words: str, directory: RunDirectory
) -> None:
    class Lossless(Toy):
        def step(self, batch: Any) -> Iterator[Phase]:
            yield self.forward(loss)

    with pytest.raises(ExperimentError, match=words):
        conduct(directory, {}, toy=Lossless)


@pytest.mark.parametrize(
    ("given", "mean"),
    [
        ([torch.tensor(1.0), torch.tensor(2.0), torch.tensor(6.0)], 3.0),
        ([torch.tensor([1.0, 2.0, 3.0]), torch.tensor([10.0])], 4.0),
        ([1.0, 2.0], 1.5),
        ([4], 4.0),
    ],
)
def test_the_loss_of_a_step_is_the_mean_over_its_micro_batches(
    given: list[Any], mean: float, directory: RunDirectory
) -> None:
    class Micro(Toy):
        def step(self, batch: Any) -> Iterator[Phase]:
            for loss in given:
                yield self.forward(loss)

    log, _, _ = conduct(directory, {}, toy=Micro)
    assert column(log, "train/loss") == [mean] * 6


def test_evaluations_are_made_in_no_grad(directory: RunDirectory) -> None:
    enabled: list[bool] = []

    class Looking(Toy):
        def evaluate(self) -> Mapping[str, float | Tensor]:
            enabled.append(torch.is_grad_enabled())
            return super().evaluate()

    conduct(directory, {}, toy=Looking)
    assert enabled
    assert not any(enabled)


def test_evaluations_leave_their_device_in_one_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[Tensor] = []
    read = Tensor.tolist

    def tolist(self: Tensor) -> Any:
        reads.append(self)
        return read(self)

    monkeypatch.setattr(Tensor, "tolist", tolist)
    values, _ = numbers({"a": torch.tensor(1.5), "b": torch.tensor([2]), "c": 3, "d": 0.1})
    assert values == {"a": 1.5, "b": 2.0, "c": 3.0, "d": 0.1}
    assert len(reads) == 1


class Exploding(Toy):
    """The loss becomes infinite at its third step and NaN at its fifth."""

    def step(self, batch: Any) -> Iterator[Phase]:
        self.taken = getattr(self, "taken", 0) + 1
        loss = torch.tensor([{3: torch.inf, 4: torch.inf}.get(self.taken, 1.0)])
        yield self.forward(loss if self.taken < 5 else loss * torch.nan)

    def evaluate(self) -> Mapping[str, float | Tensor]:
        return {"train/loss": 1.0 if self.taken < 5 else torch.tensor(torch.nan)}


def test_the_alarm_is_of_the_very_step(directory: RunDirectory) -> None:
    log, _, _ = conduct(directory, {}, toy=Exploding)
    assert {alarm.kind: alarm.step for alarm in of(AlarmRaised, log)} == {
        "step/first_inf": 3,
        "step/first_nan": 5,
        "step/first_nonfinite_evaluation": 6,
    }


def test_the_last_value_of_a_block_is_the_run_s_last() -> None:
    position, program = Position(), SimpleNamespace(loss=None, micro_losses=[], records={})
    measurements = PendingMetrics(position, {})
    for loss in (3.0, 2.0, 1.0):
        program.loss = torch.tensor([loss])
        measurements.block.add(cast("Toy", program))
        position.step += 1
    assert len(list(measurements.take(0.0, {}))) == 1
    assert measurements.last == {"train/loss": 1.0}


def test_an_evaluation_that_is_not_always_there_stands_at_its_steps() -> None:
    measurements = PendingMetrics(Position(), {})
    found: dict[int, dict[str, float]] = {3: {"a": 3.0, "b": 3.5}, 6: {"a": 6.0}, 9: {"a": 9.0}}
    for step, values in found.items():
        measurements.add_epoch(step, step // 3, values)
    measurements.forget_after(8)
    measurements.add_epoch(9, 3, {"b": 9.5})
    logged = [event for event in measurements.take(0.0, {}) if isinstance(event, MetricsLogged)]
    assert [(list(event.steps), event.columns) for event in logged] == [
        ([3], {"a": [3.0], "b": [3.5]}),
        ([6], {"a": [6.0]}),
        ([9], {"b": [9.5]}),
    ]
    assert measurements.last == {"a": 6.0, "b": 9.5}


def test_the_line_is_of_what_is_shown_as_the_step(directory: RunDirectory) -> None:
    class Delegating(Toy):
        def step(self, batch: Any) -> Iterator[Phase]:
            yield from super().step(batch)

        def step_source(self) -> Callable[..., Any]:
            return super().step

    inner = Toy.step.__code__.co_firstlineno
    before: dict[int, list[Command]] = {0: [Pause(), Advance("phase"), Advance("phase"), Resume()]}
    log, _, _ = conduct(directory, before, toy=Delegating)
    lines = [event.line for event in of(PhaseEntered, log)]
    assert lines
    assert all(inner < line < inner + 12 for line in lines)


@pytest.mark.parametrize(
    ("step", "key", "raised"),
    [(6, "test/loss", True), (0, "test/loss", False), (6, "test/loss_best", False)],
)
def test_only_the_loss_of_a_set_that_was_trained_on_diverges(
    step: int, key: str, raised: bool
) -> None:
    found = list(NonFiniteAlarm().check_evaluations([step], {key: [math.inf]}, 0.0))
    assert bool(found) == raised
