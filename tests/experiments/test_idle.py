"""Protects what is said of idle knobs, in every experiment: one that does nothing under the present
choices leaves all that a run logs as it was, bit for bit, and any other one does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests import small_runs
from tests.experiments.driver import Values, build, evaluate
from tui_lab.errors import HyperparameterError
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Choice, Hyperparameter, Value
from tui_lab.plugins import experiment_names, load_experiment
from tui_lab.training.program import Program

SMALL: dict[str, Values] = {
    "activations": {},
    "autograd": {},
    "bayes": {},
    "distribution-shift": {"examples": 50, "target_examples": 40},
    **{name: {**values, "epochs": 2} for name, values in small_runs.SMALL.items()},
}
SMALL["overfitting"] |= {"epochs": 3, "patience": 2, "lr": 3.0}
"""Sizes that take a moment, with a short last batch."""
FURTHER: dict[str, list[Values]] = {
    "bayes": [{"examples": 0}, {"given": "lambda"}],
    "distribution-shift": [
        {"shift": "label", "data": "fashion-mnist"},
        {"shift": "concept", "updates": 0},
    ],
    "gradient-accumulation": [{"micro_batches": 1}],
    "gradient-flow": [{"init": "normal"}, {"init": "constant"}],
    "lambda-sweep": [{"points": 1}],
    "linear-regression": [{"batch_size": 5}, {"batch_size": 5, "implementation": "concise"}],
    "penalties": [{"support": 0}],
    "weight-decay": [
        {"weight_decay": 0.0},
        {"weight_decay": 0.0, "implementation": "concise"},
        {"init_sd": 0.0},
    ],
}
"""Choices that make knobs idle, beside the words of the first choice of each experiment."""
BOUND: dict[str, set[str]] = {
    # From scratch there is one optimizer, and any other is refused.
    "dropout": {"optimizer"},
    "mlp": {"optimizer"},
    # It counts the epochs after the best one, which these few may not have.
    "overfitting": {"patience"},
}
"""Knobs that do something, though not in so short a run or by a step in either direction."""

Situation = tuple[Experiment, Values]


def situations() -> Iterator[Any]:
    """Every experiment under each word of its first choice, and under what else idles a knob."""
    for name in experiment_names():
        experiment = load_experiment(name)
        first = next((h for h in experiment.hyperparameters if isinstance(h, Choice)), None)
        words = first.choices if first is not None else ()
        if name in ("activations", "autograd"):  # they show all of them beside the chosen one
            words = words[:2]
        chosen = [{first.name: word} for word in words] if first is not None else [{}]
        for values in [*chosen, *FURTHER.get(name, [])]:
            yield pytest.param(experiment, {**SMALL[name], **values}, id=f"{name}-{values}")


def trace(experiment: Experiment, values: Values) -> list[object]:
    """All that a run logs: pictures, losses, records and measurements."""
    program = build(experiment.name, **values)
    logged: list[object] = [program.start_pictures()]
    for _ in range(program.epochs):
        if not program.done:
            logged.append([_step(program, batch) for batch in program.batches])
            logged.append(evaluate(program))
    program.finish()
    logged += [evaluate(program), program.pictures()]
    return [repr(entry) for entry in logged]  # alike in every digit, NaN among them


def _step(program: Program, batch: Any) -> object:
    list(program.step(batch))
    assert program.loss is not None
    records = {key: value.tolist() for key, value in program.records.items()}
    return program.loss.detach().tolist(), records


def others(experiment: Experiment, values: Values, knob: Hyperparameter) -> Iterator[Values]:
    """The same values with the knob turned, wherever that makes sense."""
    now = experiment.choose(values)[knob.name]
    for value in dict.fromkeys(_turned(knob, now)):
        if value != now:
            turned = {**values, knob.name: value}
            try:
                experiment.choose(turned)
            except HyperparameterError:
                continue
            yield turned


def _turned(knob: Hyperparameter, now: Value) -> tuple[Value, ...]:
    if not isinstance(now, tuple):
        return knob.nudge(now, 1), knob.nudge(now, -1)
    return (now[0] * 2, *now[1:]), (*now, now[-1] * 2)


@pytest.mark.usefixtures("subset")
@pytest.mark.parametrize(("experiment", "values"), situations())
def test_idle_knobs_change_nothing_and_others_something(
    experiment: Experiment, values: Values
) -> None:
    idle = experiment.idle(experiment.choose(values))
    base, seen = trace(experiment, values), set[str]()
    for knob in experiment.hyperparameters:
        turned = list(others(experiment, values, knob))
        same = [trace(experiment, other) == base for other in turned]
        if knob.name in idle:
            assert same, f"{knob.name} can't be turned"
        if same and all(same):
            seen.add(knob.name)
    assert seen - BOUND.get(experiment.name, set()) <= idle.keys() <= seen


@pytest.mark.parametrize("name", experiment_names())
def test_a_condition_looks_at_knobs_that_are_there(name: str) -> None:
    experiment = load_experiment(name)
    known = {h.name: h for h in experiment.hyperparameters}
    for knob in experiment.hyperparameters:
        for condition in knob.only_if:
            assert knob.name not in condition.names
            assert set(condition.names) <= known.keys()
            assert condition.holds(experiment.defaults) in (True, False)


def test_every_knob_with_a_condition_is_idle_somewhere_here() -> None:
    declared, met = set(), set()
    for situation in situations():
        experiment, values = situation.values
        declared |= {(experiment.name, h.name) for h in experiment.hyperparameters if h.only_if}
        met |= {(experiment.name, n) for n in experiment.idle(experiment.choose(values))}
    assert met == declared


def test_why_is_said_in_one_sentence() -> None:
    linear, shift = load_experiment("linear-regression"), load_experiment("distribution-shift")
    assert linear.idle(linear.defaults) == {
        "divide_by": "divide_by does nothing while batch_size=10 divides examples=1000"
    }
    label = shift.idle(shift.choose({"shift": "label", "data": "fashion-mnist"}))
    assert label["lr"] == "lr does nothing while shift=label"
    assert label["separation"] == "separation does nothing while data=fashion-mnist"
