"""Protects what is seen of a script without a word from it: its losses by their place, its numbers,
its epochs, the names of what it trains."""

from __future__ import annotations

from itertools import islice

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, IterableDataset

from tests.worker.script import trainings
from tests.worker.script.watched import Watched, watched
from tui_lab.commands import Pause, Resume
from tui_lab.events import GradientsLogged, MetricsLogged
from tui_lab.runs.directory import RunDirectory


def evaluations(lab: Watched) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for event in lab.log:
        if isinstance(event, MetricsLogged) and event.kind != "step":
            for key, values in event.columns.items():
                found.setdefault(key, []).extend(values)
    return found


def test_the_loss_of_every_step_is_the_script_s_own(directory: RunDirectory) -> None:
    losses = []
    w = torch.zeros(3, requires_grad=True)
    with watched(directory) as lab:
        optimizer = torch.optim.SGD([w], lr=0.1)
        for _ in range(5):
            loss = ((w - 1) ** 2).sum()
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss.item())

    assert lab.column("train/loss") == pytest.approx(losses)
    assert lab.finding.losses == ["train/loss"]


def test_several_losses_have_the_names_of_their_variables(directory: RunDirectory) -> None:
    with watched(directory) as lab:
        trainings.gan(rounds=4)

    assert lab.finding.losses == ["train/errD_real", "train/errD_fake", "train/errG"]
    assert [len(lab.column(key)) for key in lab.finding.losses] == [4, 4, 4]
    assert lab.loop.position.step == 8


def test_one_name_at_two_places_is_two_losses(directory: RunDirectory) -> None:
    w = torch.zeros(3, requires_grad=True)
    with watched(directory) as lab:
        optimizer = torch.optim.SGD([w], lr=0.1)
        loss = (w - 1).sum() ** 2
        loss.backward()
        optimizer.step()
        loss = (w - 2).sum() ** 2
        loss.backward()
        optimizer.step()

    first, second = lab.finding.losses
    assert first == "train/loss"
    assert second.startswith("train/loss:")


def test_micro_batches_are_one_step_and_its_loss_their_mean(directory: RunDirectory) -> None:
    w = torch.ones(1, requires_grad=True)
    k = 4
    with watched(directory) as lab:
        optimizer = torch.optim.SGD([w], lr=0.0)
        for step in range(2 * k):
            loss = w.sum() * step
            (loss / k).backward()
            if step % k == k - 1:
                optimizer.step()
                optimizer.zero_grad()

    assert lab.column("train/loss") == [1.5, 5.5]
    counted = [event for event in lab.log if isinstance(event, GradientsLogged)]
    assert counted[0].parameters[0]["times"] == k


def test_a_scaled_loss_is_the_loss(directory: RunDirectory) -> None:
    with watched(directory) as lab:
        trainings.scaled()

    assert all(0 < loss < 100 for loss in lab.column("train/loss"))


def test_validation_is_the_mean_of_a_criterion_under_no_grad(directory: RunDirectory) -> None:
    torch.manual_seed(0)
    w, X = torch.ones(1, requires_grad=True), torch.arange(6.0)
    with watched(directory) as lab:
        optimizer = torch.optim.SGD([w], lr=0.0)
        for _ in range(2):
            F.mse_loss(w * X, X + 1).backward()
            optimizer.step()
            with torch.no_grad():
                for part in X.split(2):
                    val_loss = nn.MSELoss()(w * part, torch.zeros(2))
                    nn.functional.cross_entropy(
                        torch.zeros(3, 4), torch.tensor([0, 1, -100]), reduction="sum"
                    )
        del val_loss
        lab.loop.log_measured()

    found = evaluations(lab)
    assert found["val/val_loss"] == pytest.approx([(X**2).mean().item()] * 2)
    assert found["val/loss"] == pytest.approx([torch.tensor(4.0).log().item()] * 2)


def test_a_learning_rate_is_a_curve_of_what_was_used(directory: RunDirectory) -> None:
    with watched(directory) as lab:
        trainings.scheduled()

    assert lab.column("optimizer/lr") == pytest.approx([0.002, 0.004, 0.006, 0.008, 0.01, 0.01])


def test_parameters_have_the_names_of_their_modules(directory: RunDirectory) -> None:
    with watched(directory) as lab:
        trainings.gan(rounds=1)
    names = list(lab.finding.found.parameters)

    assert names == ["netD.weight", "netD.bias", "netG.weight", "netG.bias"]


def test_of_one_module_they_are_its_own_and_tensors_are_variables(directory: RunDirectory) -> None:
    with watched(directory) as lab:
        trainings.plain()
    names = ["0.weight", "0.bias", "3.weight", "3.bias"]
    assert list(lab.finding.found.parameters) == names
    with watched(directory) as lab:
        trainings.from_scratch()
    assert list(lab.finding.found.parameters) == ["w", "b"]


def test_epochs_are_those_of_the_loader_and_their_number_that_of_the_loop(
    directory: RunDirectory,
) -> None:
    with watched(directory) as lab:
        trainings.plain(epochs=3)

    assert (lab.loop.epochs.steps_per_epoch, lab.loop.epochs.total_steps) == (6, 18)
    assert lab.loop.position.epoch == 3


def test_an_epoch_that_is_left_early_is_one(directory: RunDirectory) -> None:
    w = torch.ones(6, 1, requires_grad=True)
    loader = DataLoader(trainings.data(), 8)
    with watched(directory) as lab:
        optimizer = torch.optim.SGD([w], lr=0.0)
        for _ in range(3):
            for X, y in islice(loader, 4):
                F.mse_loss(X @ w, y).backward()
                optimizer.step()

    assert lab.loop.position.epoch == 3
    assert lab.loop.epochs.steps_per_epoch == 4


def test_a_stream_has_epochs_of_the_length_it_turns_out_to_have(directory: RunDirectory) -> None:
    class Stream(IterableDataset[torch.Tensor]):
        def __iter__(self):  # type: ignore[no-untyped-def]
            return iter(torch.ones(10, 3))

    w = torch.ones(3, requires_grad=True)
    with watched(directory) as lab:
        optimizer = torch.optim.SGD([w], lr=0.0)
        for _ in range(2):
            for X in DataLoader(Stream(), 2):
                (X @ w).sum().backward()
                optimizer.step()

    assert lab.loop.epochs.steps_per_epoch in (0, 5)
    assert lab.loop.position.step == 10


def test_a_second_optimizer_that_comes_later_is_found(directory: RunDirectory) -> None:
    a, b = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    with watched(directory) as lab:
        first = torch.optim.SGD([a], lr=0.1)
        a.sum().backward()
        first.step()
        assert list(lab.finding.found.parameters) == ["a"]
        second = torch.optim.SGD([b], lr=0.2)
        b.sum().backward()
        second.step()

    assert list(lab.finding.found.parameters) == ["a", "b"]
    assert {"first_lr", "second_lr"} <= set(lab.finding.values)


def test_so_are_groups_that_are_added(directory: RunDirectory) -> None:
    a, b = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    with watched(directory) as lab:
        optimizer = torch.optim.SGD([a], lr=0.1)
        a.sum().backward()
        optimizer.step()
        optimizer.add_param_group({"params": [b], "lr": 0.5})
        b.sum().backward()
        optimizer.step()

    assert {"lr_0": 0.1, "lr_1": 0.5}.items() <= dict(lab.finding.values).items()


def test_what_is_trained_elsewhere_is_not_heard(directory: RunDirectory) -> None:
    import threading

    def train() -> None:
        w = torch.ones(2, requires_grad=True)
        optimizer = torch.optim.SGD([w], lr=0.1)
        w.sum().backward()
        optimizer.step()

    with watched(directory) as lab:
        thread = threading.Thread(target=train)
        thread.start()
        thread.join()

    assert lab.loop.position.step == 0


def test_loaders_of_validation_end_no_epoch(directory: RunDirectory) -> None:
    w = torch.ones(6, 1, requires_grad=True)
    train, held_out = DataLoader(trainings.data(), 8), DataLoader(trainings.data(16), 8)
    with watched(directory) as lab:
        optimizer = torch.optim.SGD([w], lr=0.0)
        for _ in range(2):
            for X, y in train:
                F.mse_loss(X @ w, y).backward()
                optimizer.step()
            with torch.no_grad():
                for X, y in held_out:
                    F.mse_loss(X @ w, y)

    assert lab.loop.position.epoch == 2


def test_a_script_without_an_optimizer_takes_a_step_with_each_backward_pass(
    directory: RunDirectory,
) -> None:
    w, b = torch.zeros(2, 1, requires_grad=True), torch.zeros(1, requires_grad=True)
    X, y = torch.ones(4, 2), torch.ones(4, 1)
    losses = []
    with watched(directory) as lab:
        for _ in range(5):
            loss = ((X @ w + b - y) ** 2).mean()
            loss.backward()
            losses.append(loss.item())
            with torch.no_grad():
                for parameter in (w, b):
                    assert parameter.grad is not None
                    parameter -= 0.1 * parameter.grad
                    parameter.grad.zero_()
        lab.loop.finish()

    assert lab.column("train/loss") == pytest.approx(losses)
    assert sorted(lab.finding.found.parameters) == ["b", "w"]
    assert lab.loop.position.step == 5
    assert lab.loop.epochs.total_steps == 5


def test_held_between_two_steps_its_gradients_are_of_one_pass(directory: RunDirectory) -> None:
    w = torch.ones(2, requires_grad=True)
    with watched(directory, {3: [Pause(), Resume()]}) as lab:
        optimizer = torch.optim.SGD([w], lr=0.1)
        for _ in range(5):
            optimizer.zero_grad()
            w.sum().backward()
            optimizer.step()
    seen = [event for event in lab.log if isinstance(event, GradientsLogged) and event.step == 3]

    assert [state["grad"] for event in seen for state in event.parameters] == ["set"]
