"""Protects what a branch takes from its parent and what it does not: its hyperparameters are its
own, and everything else goes on as the parent's was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tui_lab.errors import ExperimentError
from tui_lab.hyperparameters import Hyperparameters, Value
from tui_lab.training.adoption import adopt, adopt_parameters
from tui_lab.training.batches import Batches
from tui_lab.training.generators import generators_kept
from tui_lab.training.phase import Phase
from tui_lab.training.program import Program
from tui_lab.training.state import capture, restore

VALUES: dict[str, Value] = {
    "epochs": 9,
    "lr": 0.1,
    "batch_size": 4,
    "examples": 22,
    "momentum": 0.9,
    "optimizer": "sgd",
    "width": 3,
    "scale": 2.0,
}


class Net(Program):
    """A network with dropout, whose optimizer and schedule the hyperparameters name."""

    def build(self) -> None:
        hp = self.hp
        X = torch.randn(hp.examples, 2, generator=self.generator)
        self.batches = Batches((X,), hp.batch_size, self.generator)
        self.net = nn.Sequential(nn.Linear(2, hp.width), nn.Dropout(0.5), nn.Linear(hp.width, 1))
        parameters = self.net.parameters()
        self.optimizer = (
            torch.optim.Adam(parameters, lr=hp.lr)
            if hp.optimizer == "adam"
            else torch.optim.SGD(parameters, lr=hp.lr, momentum=hp.momentum)
        )
        self.schedule = torch.optim.lr_scheduler.StepLR(self.optimizer, 6, 0.5)
        self.scale = np.float32(hp.scale)
        self.told: list[str] = []
        self.taken = 0

    def parameters(self) -> Mapping[str, Tensor]:
        return dict(self.net.named_parameters())

    def step(self, batch: tuple[Tensor, ...]) -> Iterator[Phase]:
        loss = (self.net(batch[0]) ** 2).mean() * float(self.scale)
        yield self.forward(loss)
        self.optimizer.zero_grad()
        torch.autograd.backward(loss)
        self.optimizer.step()
        self.schedule.step()
        self.taken += 1
        yield self.update()

    def evaluate(self) -> Mapping[str, float]:
        return {}

    def hyperparameter_changed(self, name: str) -> None:
        self.told.append(name)


def built(**changes: Value) -> Net:
    """As a worker builds one: the default generators are seeded."""
    torch.manual_seed(5)
    net = Net(Hyperparameters({**VALUES, **changes}), seed=1, device=torch.device("cpu"))
    net.build()
    return net


def drive(net: Net, steps: int) -> list[list[float]]:
    """Take steps of the epoch under way; the batches."""
    batches, seen = iter(net.batches), list[list[float]]()
    for _ in range(steps):
        batch = next(batches)
        seen.append(batch[0][:, 0].tolist())
        for _ in net.step(batch):
            pass
    return seen


@pytest.fixture
def parent() -> Net:
    """Three steps into its second epoch."""
    net = built()
    drive(net, 6)
    next(iter(net.batches), None)
    drive(net, 3)
    return net


def branched(parent: Net, *told: str, **changes: Value) -> Net:
    with generators_kept(parent.device):
        twin, child = built(), built(**changes)
    adopt(child, parent, twin, told)
    return child


def momentum(net: Net) -> list[Tensor]:
    return [state["momentum_buffer"] for state in net.optimizer.state.values()]


def test_without_a_change_it_is_its_parent(parent: Net) -> None:
    child = branched(parent)
    state = capture(parent)
    ours = drive(child, 3)
    after = [p.clone() for p in child.parameters().values()]
    restore(parent, state)
    assert ours == drive(parent, 3)
    assert all(map(torch.equal, after, parent.parameters().values()))


def test_the_default_generators_go_on(parent: Net) -> None:
    """What is dropped is what the parent would have dropped, though a child was built since."""
    state = torch.get_rng_state()
    branched(parent, batch_size=5)
    assert torch.equal(torch.get_rng_state(), state)


def test_a_learning_rate_is_the_childs_and_the_rest_is_the_parents(parent: Net) -> None:
    child = branched(parent, "lr", lr=0.01)
    (group,) = child.optimizer.param_groups
    assert (child.hp.lr, group["lr"], group["momentum"]) == (0.01, 0.01, 0.9)
    assert child.told == ["lr"]
    assert all(map(torch.equal, momentum(child), momentum(parent)))
    assert len(momentum(child)) == 4
    assert child.taken == parent.taken == 9
    assert child.schedule.last_epoch == parent.schedule.last_epoch == 9


def test_a_schedule_goes_on_from_its_place(parent: Net) -> None:
    child = branched(parent, momentum=0.5)
    (group,) = child.optimizer.param_groups
    assert (group["lr"], group["momentum"]) == (0.05, 0.5)
    assert parent.optimizer.param_groups[0]["lr"] == 0.05
    drive(child, 3)
    assert child.optimizer.param_groups[0]["lr"] == 0.025
    assert all(map(torch.equal, momentum(branched(parent, momentum=0.5)), momentum(parent)))


def test_a_batch_size_is_the_childs_in_the_order_of_the_parent(parent: Net) -> None:
    child = branched(parent, batch_size=5)
    assert (child.batches.batch_size, child.batches.position) == (5, 12)
    assert child.batches.remaining == 2
    ours, theirs = drive(child, 2), drive(parent, 3)
    assert [len(batch) for batch in ours] == [5, 5]
    assert list(chain(*ours)) == list(chain(*theirs))
    assert torch.equal(child.generator.get_state(), parent.generator.get_state())


def test_another_optimizer_begins_anew_with_the_same_parameters(parent: Net) -> None:
    child = branched(parent, optimizer="adam")
    assert type(child.optimizer) is torch.optim.Adam
    assert not child.optimizer.state
    assert all(map(torch.equal, child.parameters().values(), parent.parameters().values()))
    held = child.optimizer.param_groups[0]["params"]
    assert all(one is other for one, other in zip(held, child.net.parameters(), strict=True))


def test_a_number_of_numpy_is_decided_by_the_hyperparameters(parent: Net) -> None:
    assert branched(parent, scale=3.0).scale == np.float32(3.0)
    parent.scale = np.float32(7.0)
    assert branched(parent, lr=0.01).scale == np.float32(7.0)


def test_of_other_examples_an_epoch_begins(parent: Net) -> None:
    child = branched(parent, examples=30)
    assert (child.batches.position, child.batches.remaining) == (0, 8)
    assert all(map(torch.equal, child.parameters().values(), parent.parameters().values()))


def test_another_shape_is_refused_with_a_sentence(parent: Net) -> None:
    sentence = r"^A branch keeps the parameters of its parent: 0\.weight is 3×2 there, and is 5×2 "
    with pytest.raises(ExperimentError, match=sentence + r"with these values\.$"):
        branched(parent, width=5)
    with pytest.raises(ExperimentError, match=sentence):
        adopt_parameters(built(width=5), parent)


def test_the_weights_alone_leave_all_else_new(parent: Net) -> None:
    child, fresh = built(), built()
    adopt_parameters(child, parent)
    assert all(map(torch.equal, child.parameters().values(), parent.parameters().values()))
    assert not child.optimizer.state
    assert child.taken == child.schedule.last_epoch == 0
    assert torch.equal(child.generator.get_state(), fresh.generator.get_state())
    assert child.batches.order is None


def test_batches_of_other_examples_begin_anew() -> None:
    def made(examples: int) -> Batches:
        generator = torch.Generator().manual_seed(0)
        return Batches((torch.arange(examples),), 4, generator)

    batches = made(10)
    assert batches.remaining == len(batches) == 3
    left = [batches.remaining for _ in batches]
    assert left == [2, 1, 0]
    assert batches.remaining == 3
    iterator = iter(batches)
    first = next(iterator)
    state = batches.state_dict()
    others, same = made(11), made(10)
    others.load_state_dict(state)
    same.load_state_dict(state)
    assert (others.remaining, same.remaining) == (3, 2)
    assert sorted(chain(first[0].tolist(), *(batch[0].tolist() for batch in same))) == [*range(10)]
    assert sorted(chain(*(batch[0].tolist() for batch in others))) == [*range(11)]
