"""Protects alarms from crying wolf: no healthy preset of any experiment raises one at its length,
or at the length that is stated here; and each that is meant to be ill raises its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, cast

import pytest
import torch

from tui_lab.events import AlarmRaised, RunEvent
from tui_lab.experiment import Experiment
from tui_lab.health import HEALTH
from tui_lab.plugins import experiment_names, load_experiment
from tui_lab.run import RunRequest
from tui_lab.worker.control import Control
from tui_lab.worker.driving import build
from tui_lab.worker.loop import Loop
from tui_lab.worker.programs import program_class
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.record import RunRecord

ILL = {
    "dropout-all-dropped": {"vanishing"},
    "dropout-few-images-0": {"overfitting"},
    "dropout-few-images": {"overfitting"},
    "gradient-flow-sigmoid": {"vanishing"},
    "gradient-flow-relu-default": {"vanishing"},
    "gradient-flow-normal": {"vanishing"},
    "gradient-flow-exploding": {"exploding"},
    # Their network is the one of twenty sigmoid layers.
    "gradient-flow-power-of-5": {"vanishing"},
    "gradient-flow-matrices": {"vanishing"},
    "gradient-flow-matrices-balanced": {"vanishing"},
    "lambda-sweep-diverging": {"diverging", "exploding"},
    "linear-regression-large-lr": {"diverging", "exploding"},
    "linear-regression-large-lr-float64": {"diverging", "exploding"},
    "mlp-deep-sigmoid": {"vanishing"},
    "mlp-large-lr": {"dead"},
    "overfitting-none": {"overfitting"},
    "overfitting-clean": {"overfitting"},
}
"""The words that a preset must raise."""
ALSO = {"mlp-large-lr": {"exploding", "diverging"}}
"""What they may raise besides, as blocks of losses happen to end."""
SHORTER = {
    "dropout-few-images-0": 60,
    "dropout-few-images": 80,
    "dropout-few-images-strong": 40,
    "overfitting-augmentation": 40,
    "overfitting-dropconnect": 40,
    "overfitting-bagging": 15,
    "overfitting-boosting": 15,
    "overfitting-boosting-weak": 30,
    "overfitting-stacking": 15,
    "mlp-few-images": 30,
}
"""Epochs of those whose whole length takes too long."""


class Record:
    """Keeps the events."""

    def __init__(self) -> None:
        self.events: list[RunEvent] = []
        self.append = self.events.append

    def flush(self) -> None:
        """Nothing is written."""

    def progress(self, *_: object) -> None:
        """Nobody follows it."""


class Silence:
    """Orders nothing."""

    pending = False

    def busy(self, doing: str) -> AbstractContextManager[None]:
        return nullcontext()


def words(experiment: Experiment, **changed: Any) -> set[str]:
    """The words of health that a training raises on one thread, all of it in memory."""
    torch.set_num_threads(1)
    values = experiment.choose(changed)
    request = RunRequest(
        experiment=experiment.name,
        program=experiment.program,
        hyperparameters=experiment.to_json(values),
    )
    device = torch.device("cpu")
    program = build(program_class(experiment.program), request, experiment, device, values)
    record = Record()
    total = program.epochs * len(program.batches)
    publisher = Publisher(program, cast(RunRecord, record), total_steps=total)
    Loop(experiment, program, cast(Control, Silence()), publisher).run()
    publisher.publish()
    alarms = [event for event in record.events if isinstance(event, AlarmRaised)]
    return {a.kind.removeprefix(HEALTH) for a in alarms if a.kind.startswith(HEALTH)}


@pytest.fixture(autouse=True)
def threads_put_back() -> Iterator[None]:
    """Other tests meet the number of threads that they began with."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def presets() -> Iterator[Any]:
    for experiment in map(load_experiment, experiment_names()):
        for preset in () if experiment.demonstration else experiment.presets:
            name = f"{experiment.name}-{preset.name}"
            shorter = {"epochs": SHORTER[name]} if name in SHORTER else {}
            yield pytest.param(experiment, {**preset.values, **shorter}, name, id=name)


@pytest.mark.usefixtures("subset")
@pytest.mark.parametrize(("experiment", "values", "name"), presets())
def test_a_preset_raises_what_it_is_meant_to_and_nothing_else(
    experiment: Experiment, values: dict[str, Any], name: str
) -> None:
    ill = ILL.get(name, set())
    found = words(experiment, **values)
    assert found - ALSO.get(name, set()) == ill


def test_each_of_these_presets_is_there() -> None:
    names = {parameters.id for parameters in presets()}
    assert {*ILL, *ALSO, *SHORTER} <= names


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"activation": "tanh", "init": "normal", "init_scale": 5.0, "lr": 0.001}, "saturated"),
        ({"activation": "relu", "init": "constant", "init_scale": 0.0}, "vanishing"),
    ],
)
def test_weights_that_are_too_large_saturate_and_zeros_get_no_gradient(
    values: dict[str, Any], word: str
) -> None:
    assert word in words(load_experiment("gradient-flow"), depth=3, epochs=2, **values)
