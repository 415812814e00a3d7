"""Protects the same seed, the same run: built on one thread, each experiment as declared takes the
same steps on one thread and on two; where sums are long enough to be shared out and round
otherwise, one number of threads still gives one result.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np
import pytest
import torch

from tests.experiments.driver import Array, build, evaluate, flat
from tui_lab.experiment import Experiment
from tui_lab.plugins import experiment_names, load_experiment

TRAINED = tuple(e for e in map(load_experiment, experiment_names()) if not e.demonstration)
STEPS = 20
Outcome = tuple[list[float], dict[str, Array], dict[str, float]]
each = pytest.mark.parametrize("experiment", TRAINED, ids=lambda e: e.name)


@pytest.fixture(autouse=True)
def threads_put_back() -> Iterator[None]:
    """Other tests meet the number of threads that they began with."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def steps_on(threads: int, experiment: str, **values: int) -> Outcome:
    """Losses, parameters and measurements of the first steps on `threads`; built on one, because
    the closed forms of lambda-sweep round otherwise on two."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    program = build(experiment, **values)
    torch.set_num_threads(threads)
    losses = []
    for batch in islice(program.batches, STEPS):
        for _ in program.step(batch):
            pass
        assert program.loss is not None
        losses.append(program.loss.detach().mean().item())
    assert torch.get_num_threads() == threads
    return losses, flat(program), evaluate(program)


def assert_same_bits(one: Outcome, other: Outcome) -> None:
    np.testing.assert_array_equal(one[0], other[0])
    for name, value in one[1].items():
        np.testing.assert_array_equal(value, other[1][name], err_msg=name)
    assert one[2].keys() == other[2].keys()
    for key, measured in one[2].items():
        np.testing.assert_array_equal(measured, other[2][key], err_msg=key)


@each
@pytest.mark.usefixtures("subset")
def test_one_thread_and_two_give_the_same_bits(experiment: Experiment) -> None:
    assert_same_bits(steps_on(1, experiment.name), steps_on(2, experiment.name))


def test_one_number_of_threads_repeats_sums_that_are_shared_out() -> None:
    long = {"examples": 200_000, "batch_size": 100_000}
    first = steps_on(2, "linear-regression", **long)
    assert_same_bits(first, steps_on(2, "linear-regression", **long))
