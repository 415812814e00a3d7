"""Protects what a script tells the lab itself: what it logs is the run's, its phases and epochs are
the lab's, and what can't be used is said once and changes nothing."""

from __future__ import annotations

import os
import threading
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

import tui_lab
from tests.worker.script.watched import Watched, watched
from tui_lab.commands import Advance, Command, Resume, SetHyperparameter
from tui_lab.events import GradientsLogged, MetricsLogged, PhaseEntered, Remarked
from tui_lab.experiment import Curve
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import RunTail


class Descent:
    """A script that takes a step whenever it is told to."""

    def __init__(self) -> None:
        self.w = torch.ones(2, requires_grad=True)
        self.optimizer = torch.optim.SGD([self.w], lr=0.1)

    def step(self, phase: str = "") -> None:
        self.w.sum().backward()
        if phase:
            with tui_lab.phase(phase):
                pass
        self.optimizer.step()


def logged(lab: Watched, key: str) -> list[tuple[int, int, float]]:
    """Step, epoch and value of each."""
    return [
        point
        for event in lab.log
        if isinstance(event, MetricsLogged) and event.kind != "step" and key in event.columns
        for point in zip(event.steps, event.epochs, event.columns[key], strict=True)
    ]


def remarks(lab: Watched) -> list[str]:
    return [event.message for event in lab.log if isinstance(event, Remarked)]


def curves(lab: Watched) -> dict[str, tuple[str, ...]]:
    pictures = lab.finding.experiment.pictures
    return {each.title: each.keys for each in pictures if isinstance(each, Curve)}


@pytest.mark.parametrize(
    "value", [0.5, torch.tensor(0.5), torch.tensor([0.5]), np.float32(0.5), np.array([0.5])]
)
def test_a_number_of_any_kind_is_logged_where_the_script_stands(
    directory: RunDirectory, value: Any
) -> None:
    with watched(directory) as lab:
        script = Descent()
        script.step()
        script.step()
        tui_lab.log({"val/loss": value}, step=100)
        script.step()

    assert logged(lab, "val/loss") == [(2, 0, 0.5)]


def test_what_is_logged_often_is_all_there(directory: RunDirectory) -> None:
    with watched(directory) as lab:
        script = Descent()
        for n in range(20):
            script.step()
            tui_lab.log({"a": n} if n % 2 else {"a": n, "b": -n})
    assert [(step, value) for step, _, value in logged(lab, "a")] == [(n + 1, n) for n in range(20)]
    assert len(logged(lab, "b")) == 10


def test_a_tensor_is_logged_as_it_was(directory: RunDirectory) -> None:
    total = torch.tensor(1.0)
    with watched(directory) as lab:
        lab.telling._logged._clock = lambda: 0.0
        tui_lab.log({"first": total})
        tui_lab.log({"total": total})
        total += 1
    assert [value for _, _, value in logged(lab, "total")] == [1.0]


def test_keys_of_one_prefix_are_one_chart(directory: RunDirectory) -> None:
    with watched(directory) as lab:
        script = Descent()
        script.step()
        tui_lab.log({"val/loss": 1, "val": {"accuracy": 0.5}, "train_loss": 1, "test_loss": 2})
        script.step()

    assert curves(lab)["logged val"] == ("val/loss", "val/accuracy")
    assert curves(lab)["logged loss"] == ("train_loss", "test_loss")
    metrics = {metric.key: metric.help for metric in lab.finding.experiment.metrics}
    assert metrics["val/accuracy"] == "logged by the script"


def test_what_is_logged_last_is_known_too(directory: RunDirectory) -> None:
    with watched(directory) as lab:
        Descent().step()
        told = lab.told
        tui_lab.log({"test/accuracy": 0.9})
    assert lab.told == told + 1
    assert "logged test" in curves(lab)


def test_a_key_that_the_lab_has_is_not_declared_twice(directory: RunDirectory) -> None:
    with watched(directory) as lab:
        Descent().step()
        tui_lab.log({"train/loss": 1.0, "optimizer/lr": 0.1, "norm/all": 1.0})
    keys = [metric.key for metric in lab.finding.experiment.metrics]
    assert len(keys) == len(set(keys))


def test_a_validation_that_is_logged_is_not_measured_beside_that(directory: RunDirectory) -> None:
    with watched(directory) as lab:
        script = Descent()
        script.step()
        with torch.no_grad():
            loss = torch.nn.functional.mse_loss(script.w, torch.zeros(2))
        tui_lab.log({"val/loss": loss + 1})
        script.step()
    assert [value for _, _, value in logged(lab, "val/loss")] == pytest.approx([1.81])


@pytest.mark.parametrize("value", ["x", None, [1, 2], torch.ones(2), 1j, torch.tensor(1j)])
def test_what_is_no_number_is_said_once_to_be_none(directory: RunDirectory, value: Any) -> None:
    with watched(directory) as lab:
        script = Descent()
        for _ in range(2):
            script.step()
            tui_lab.log({"bad": value, "good": 1})
            tui_lab.log(value)
    assert sum("bad" in text for text in remarks(lab)) == 1
    assert len(logged(lab, "good")) == 2


def test_a_key_and_a_title_fit_on_a_line(directory: RunDirectory) -> None:
    with watched(directory) as lab:
        tui_lab.log({"val": {"a\nb\x1b": 1}, "": 2, "x" * 100: 3})
        tui_lab.picture("two\nlines", "text")
    assert lab.finding.told == ["val/a b", "?", "x" * 60]
    assert list(lab.finding.drawn) == ["two lines"]


def test_there_is_an_end_to_keys(directory: RunDirectory) -> None:
    with watched(directory) as lab:
        for n in range(300):
            tui_lab.log({f"accuracy {n}": 1})
    assert len(lab.finding.told) == 200
    assert sum("200 keys" in text for text in remarks(lab)) == 1


def test_without_updates_the_script_s_own_count_is_the_axis(directory: RunDirectory) -> None:
    with watched(directory) as lab:
        for n in range(3):
            tui_lab.log({"a": n}, step=10 * n)
        tui_lab.log({"b": 1})
        tui_lab.log({"b": 2})
    assert [step for step, _, _ in logged(lab, "a")] == [0, 10, 20]
    assert [step for step, _, _ in logged(lab, "b")] == [20, 20]


def test_a_script_without_an_optimizer_is_seen_and_steered_as_it_logs(
    directory: RunDirectory,
) -> None:
    with watched(directory, {0: [SetHyperparameter("rate", 0.5)]}) as lab:
        rates = []
        for n in range(3):
            rates.append(tui_lab.knob("rate", 1.0))
            tui_lab.log({"loss": n})
        told, read = lab.told, RunTail(directory.events_path).read()

    assert rates == [1.0, 0.5, 0.5]
    assert told == lab.told == 1
    assert any(isinstance(event, MetricsLogged) for event in read)


def test_before_the_first_update_nothing_has_gone_by(directory: RunDirectory) -> None:
    with watched(directory) as lab:
        script = Descent()
        tui_lab.log({"a": 1}, step=5000)
        script.step()
        tui_lab.log({"a": 2}, step=5001)
    assert logged(lab, "a") == [(0, 0, 1), (1, 0, 2)]


def test_a_phase_is_held_and_has_the_script_s_line(directory: RunDirectory) -> None:
    phases: dict[int, list[Command]] = {1: [*[Advance("phase")] * 5, Resume()]}
    with watched(directory, phases) as lab:
        script = Descent()
        for _ in range(3):
            script.step("clip")
    entered = [event for event in lab.log if isinstance(event, PhaseEntered)]

    assert [event.phase for event in entered][:4] == ["forward", "backward", "clip", "update"]
    assert all(event.line for event in entered)


def test_a_phase_that_fails_is_none(directory: RunDirectory) -> None:
    with (
        watched(directory, hold="phase") as lab,
        pytest.raises(ZeroDivisionError),
        tui_lab.phase("clip"),
    ):
        raise ZeroDivisionError
    assert not [event for event in lab.log if isinstance(event, PhaseEntered)]


def test_epochs_are_those_that_the_script_counts(directory: RunDirectory) -> None:
    with watched(directory) as lab:
        script = Descent()
        for n in range(3):
            tui_lab.epoch(n)
            for _ in range(4):
                script.step()
            tui_lab.log({"val/loss": n})
        tui_lab.epoch(3)

    assert [(step, epoch) for step, epoch, _ in logged(lab, "val/loss")] == [
        (4, 0),
        (8, 1),
        (12, 2),
    ]
    assert (lab.loop.position.epoch, lab.loop.epochs.steps_per_epoch) == (3, 4)


def test_loaders_count_no_more_once_the_script_does(directory: RunDirectory) -> None:
    loader = DataLoader(TensorDataset(torch.ones(4, 1)), 1)
    with watched(directory) as lab:
        script = Descent()
        for n in range(2):
            tui_lab.epoch(n)
            for _ in range(2):
                for _ in loader:
                    script.step()
        tui_lab.epoch(2)
    assert (lab.loop.position.epoch, lab.loop.epochs.steps_per_epoch) == (2, 8)


@pytest.mark.parametrize("over", [-1, 0.5, "two", None])
def test_what_is_no_count_of_epochs_is_said_to_be_none(directory: RunDirectory, over: Any) -> None:
    with watched(directory) as lab:
        tui_lab.epoch(over)
    assert remarks(lab) == [f"epoch() takes how many epochs are over, not {over!r}."]


def test_a_module_that_is_watched_has_its_name_and_is_kept(directory: RunDirectory) -> None:
    model, teacher = torch.nn.Linear(2, 1), torch.nn.Sequential(torch.nn.Dropout(0.3))
    with watched(directory) as lab:
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        tui_lab.watch([model], log="all", name="student")
        tui_lab.watch(teacher)
        tui_lab.watch("model")
        model(torch.ones(1, 2)).sum().backward()
        optimizer.step()

    assert list(lab.finding.found.modules) == ["student", "sequential"]
    assert list(lab.finding.found.parameters) == ["student.weight", "student.bias"]
    assert lab.finding.values["dropout"] == 0.3
    assert remarks(lab) == ["watch() takes a module, not str."]


def test_a_module_within_another_is_not_known_twice(directory: RunDirectory) -> None:
    model = torch.nn.Sequential(torch.nn.Linear(2, 1))
    with watched(directory) as lab:
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        tui_lab.watch(model[0], name="head")
        model(torch.ones(1, 2)).sum().backward()
        optimizer.step()
    assert list(lab.finding.found.modules) == ["model"]


def test_another_thread_is_not_heard_and_that_is_said_once(directory: RunDirectory) -> None:
    def tell() -> None:
        with tui_lab.phase("elsewhere"):
            tui_lab.log({"elsewhere": 1})
        tui_lab.epoch(7)
        assert tui_lab.knob("elsewhere", 3) == 3

    with watched(directory) as lab:
        for _ in range(2):
            thread = threading.Thread(target=tell)
            thread.start()
            thread.join()
        Descent().step()
    assert lab.loop.position.epoch == 0
    assert not lab.finding.told
    assert not lab.finding.own
    assert sum("another thread" in text for text in remarks(lab)) == 1


def test_nor_is_a_process_that_is_forked(directory: RunDirectory) -> None:
    with watched(directory) as lab:
        child = os.fork()
        if not child:
            tui_lab.log({"elsewhere": 1})
            os._exit(0)
        os.waitpid(child, 0)
    assert not lab.finding.told
    assert sum("process" in text for text in remarks(lab)) == 1


def test_what_is_told_changes_no_weight(directory: RunDirectory) -> None:
    def weights() -> torch.Tensor:
        torch.manual_seed(0)
        model = torch.nn.Linear(3, 1)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
        for n in range(5):
            tui_lab.epoch(n)
            tui_lab.watch(model)
            loss = model(torch.randn(4, 3)).square().mean() * tui_lab.knob("scale", 2.0)
            loss.backward()
            with tui_lab.phase("clip"):
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            tui_lab.log({"loss": loss})
            tui_lab.picture("weights", model.weight)
        return model.weight.detach()

    alone = weights()
    with watched(directory) as lab:
        assert torch.equal(weights(), alone)
    assert any(isinstance(event, GradientsLogged) for event in lab.log)
