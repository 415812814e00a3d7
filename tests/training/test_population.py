"""Protects what a population promises: each member takes the steps, and comes to the measurements,
of the run by itself with its seed and its numbers, whatever choices the program has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import torch

from tests.experiments.driver import build
from tests.small_runs import SMALL
from tui_lab.errors import HyperparameterError
from tui_lab.hyperparameters import Choice, Flag, Float, Hyperparameters
from tui_lab.plugins import load_experiment
from tui_lab.training.fashion_mnist_files import SUBSET
from tui_lab.training.member_numbers import PartWays
from tui_lab.training.members import member
from tui_lab.training.population import Population
from tui_lab.training.program import Program, forget_step, loss_of_step, turn
from tui_lab.training.state import capture, restore
from tui_lab.worker.programs import program_class

RELATIVE, ABSOLUTE = 2e-3, 2e-5
"""float32 sums the same numbers in another order: 24 steps apart, and not more than that."""
STEPS = 24
SEEDS = (3, 4, 5)
CALM = {"dropout": {"lr": 1.0}, "mlp": {"lr": 0.1}}
"""Where a larger rate makes the last digits grow from step to step, in any run."""
CAN = [name for name in SMALL if not load_experiment(name).together.never]  # type: ignore[union-attr]


def cases() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every experiment whose runs train together, with each choice and flag once as it is not."""
    for name in CAN:
        experiment, small = load_experiment(name), {**SMALL[name], **CALM.get(name, {})}
        yield name, small
        for knob in experiment.hyperparameters:
            others: tuple[Any, ...] = ()
            if isinstance(knob, Choice):
                others = tuple(choice for choice in knob.choices if choice != knob.default)
            elif isinstance(knob, Flag):
                others = (not knob.default,)
            for other in others:
                values = {**small, knob.name: other}
                if knob.name == "optimizer":
                    values |= {"implementation": "concise", "lr": 0.01}
                if _together(name, values):
                    yield name, values


def _together(name: str, values: Mapping[str, Any]) -> bool:
    experiment = load_experiment(name)
    try:
        chosen = experiment.choose(values)
    except HyperparameterError:
        return False  # it goes with none of these values
    return experiment.together is not None and not experiment.together.refusal(chosen)


def _named(case: tuple[str, dict[str, Any]]) -> str:
    name, values = case
    return "-".join([name, *(str(v) for k, v in values.items() if SMALL[name].get(k) != v)])


def spread_out(name: str, values: Mapping[str, Any]) -> list[Hyperparameters]:
    """Three members, all of whose numbers differ where they may."""
    experiment = load_experiment(name)
    chosen = experiment.choose(values)
    assert experiment.together is not None
    found = [chosen] * 3
    for number in experiment.together.differ:
        knob = experiment[number]
        assert isinstance(knob, Float)
        default = float(str(chosen[number])) or 0.5
        zero = number not in experiment.together.apart and knob.low == 0
        these = (default, 0.0 if zero else default / 2, min(1.5 * default, knob.high))
        if number in experiment.together.apart:
            these = (default, default / 2, default / 3)
        found = [hp.replace(**{number: v}) for hp, v in zip(found, these, strict=True)]
    return found


def taken(program: Program) -> tuple[list[Any], dict[str, Any]]:
    """The losses of some steps and what is measured after them."""
    losses: list[Any] = []
    for _ in range(program.epochs):
        for batch in program.batches:
            for _ in program.step(batch):
                pass
            losses.append(loss_of_step(program))
            forget_step(program)
            if len(losses) == STEPS:
                with torch.no_grad():
                    return losses, dict(program.evaluate())
    raise AssertionError("too few steps")


def population_of(name: str, hyperparameters: list[Hyperparameters]) -> Population:
    program = program_class(load_experiment(name).program)
    return Population(program, hyperparameters, SEEDS, device=torch.device("cpu"))


def by_itself(name: str, seed: int, values: Mapping[str, Any]) -> Program:
    """As a worker builds it: torch's own generator is seeded too."""
    torch.manual_seed(seed)
    return build(name, seed, **values)


def close(value: float) -> Any:
    return pytest.approx(value, rel=RELATIVE, abs=ABSOLUTE, nan_ok=True)


@pytest.fixture(autouse=True)
def few_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUI_LAB_DATA", str(SUBSET))


@pytest.mark.parametrize("case", cases(), ids=_named)
def test_each_member_is_the_run_by_itself(case: tuple[str, dict[str, Any]]) -> None:
    name, values = case
    members = spread_out(name, values)
    population = population_of(name, members)
    with population.chances:
        losses, measured = taken(population.program)
    for k, (hp, seed) in enumerate(zip(members, SEEDS, strict=True)):
        alone = by_itself(name, seed, hp)
        own_losses, own_measured = taken(alone)
        for step, (together, own) in enumerate(zip(losses, own_losses, strict=True), start=1):
            of_member = member(together, k)
            assert of_member.shape == own.shape
            assert float(of_member.mean()) == close(float(own.mean())), (k, step)
        assert {key: float(member(v, k)) for key, v in measured.items()} == {
            key: close(float(v)) for key, v in own_measured.items()
        }
        same(population.member(k), alone)


def same(program: Program, alone: Program) -> None:
    """It could go on as that run, and shows the same."""
    state, own = capture(program), capture(alone)
    assert state["attributes"].keys() == own["attributes"].keys()
    for (name, p), (own_name, q) in zip(
        program.parameters().items(), alone.parameters().items(), strict=True
    ):
        assert (name, type(p), p.shape, p.requires_grad) == (own_name, type(q), q.shape, True)
        assert torch.allclose(p, q, rtol=RELATIVE, atol=ABSOLUTE, equal_nan=True), name
    assert program.generator.get_state().equal(alone.generator.get_state())
    assert program.pictures().keys() == alone.pictures().keys()


def test_a_member_goes_on_by_itself_as_its_population_does() -> None:
    members = spread_out("weight-decay", SMALL["weight-decay"])
    population = population_of("weight-decay", members)
    alone = by_itself("weight-decay", SEEDS[1], members[1])
    with population.chances:
        taken(population.program)
    restore(alone, capture(population.member(1)))
    with population.chances:
        losses, _ = taken(population.program)
    own, _ = taken(alone)
    assert [float(member(loss, 1).mean()) for loss in losses] == [
        close(float(loss.mean())) for loss in own
    ]


@pytest.mark.parametrize("implementation", ["scratch", "concise"])
def test_a_number_of_one_member_is_turned_for_it_alone(implementation: str) -> None:
    values = {**SMALL["weight-decay"], "implementation": implementation}
    chosen = load_experiment("weight-decay").choose(values)
    population = population_of("weight-decay", [chosen] * 3)
    with population.chances:
        taken(population.program)
    population.turn(1, {"weight_decay": 0.0, "lr": 0.01}, lambda: None)
    assert [population.values(k)["lr"] for k in range(3)] == [0.003, 0.01, 0.003]
    with population.chances:
        losses, _ = taken(population.program)
    for k, seed in enumerate(SEEDS):
        alone = by_itself("weight-decay", seed, values)
        taken(alone)
        if k == 1:
            turn(alone, "weight_decay", 0.0)
            turn(alone, "lr", 0.01)
        own, _ = taken(alone)
        assert [float(member(loss, k).mean()) for loss in losses] == [
            close(float(loss.mean())) for loss in own
        ]


def test_what_decides_the_way_can_not_differ() -> None:
    chosen = load_experiment("dropout").choose(SMALL["dropout"])
    members = [chosen.replace(p1=0.0), chosen, chosen]
    population = population_of("dropout", members)
    with population.chances, pytest.raises(PartWays, match="Run them one after another"):
        taken(population.program)


def test_a_diverged_member_leaves_the_others_alone() -> None:
    chosen = load_experiment("linear-regression").choose(SMALL["linear-regression"])
    population = population_of("linear-regression", [chosen, chosen.replace(lr=90.0), chosen])
    with population.chances:
        losses, _ = taken(population.program)
        more, _ = taken(population.program)
    last = more[-1]
    assert not torch.isfinite(member(last, 1)).all()
    own, _ = taken(by_itself("linear-regression", SEEDS[2], chosen))
    assert float(member(losses[-1], 2).mean()) == close(float(own[-1].mean()))
