"""Protects what is seen of a loop that holds still: how things stand now, after a pause, a step or
an epoch as within a step, with the numbers of what is small; and runs held from the start."""

from __future__ import annotations

import pytest
import torch

from tests.worker.conducted import conduct, of
from tui_lab import events
from tui_lab.commands import Advance, Command, Pause, Resume, Unit
from tui_lab.run import RunRequest
from tui_lab.runs.directory import RunDirectory
from tui_lab.worker.contents import shapes, small_values


def held(log: list[events.RunEvent]) -> list[events.GradientsLogged]:
    """The snapshot before each time the loop held still."""
    places = [i for i, event in enumerate(log) if isinstance(event, events.RunPaused)]
    return [of(events.GradientsLogged, log[:place])[-1] for place in places]


@pytest.mark.parametrize(
    ("order", "until"), [(Pause(), 1), (Advance("step"), 2), (Advance("epoch"), 3)]
)
def test_between_two_steps_the_pane_shows_how_things_stand(
    directory: RunDirectory, order: Command, until: int
) -> None:
    orders: dict[int, list[Command]] = {1: [order]}
    orders.setdefault(until, []).append(Resume())
    log, _, _ = conduct(directory, orders)
    for pause, snapshot in zip(of(events.RunPaused, log), held(log), strict=True):
        (w,) = snapshot.parameters
        assert (snapshot.step, w["grad"], snapshot.graph) == (pause.step, "zeroed", False)
        assert snapshot.phase in ("", "zero_grad")


def test_a_step_that_is_held_after_was_watched(directory: RunDirectory) -> None:
    log, _, _ = conduct(directory, {1: [Pause(), Advance("step")], 2: [Resume()]}, epochs=90)
    snapshot = held(log)[-1]
    assert (snapshot.step, snapshot.phase) == (2, "zero_grad")
    (w,) = snapshot.parameters
    assert (w["grad_norm"], w["update"]) == (1.0, pytest.approx(0.5 / 99.5))


@pytest.mark.parametrize(
    ("hold", "first"),
    [("phase", (0, "forward")), ("step", (1, "zero_grad")), ("epoch", (3, "zero_grad"))],
)
def test_a_run_can_be_held_from_the_start(
    directory: RunDirectory, hold: Unit, first: tuple[int, str]
) -> None:
    completed, phase = first
    log, _, _ = conduct(directory, {max(completed, 1): [Resume()]}, hold=hold)
    assert of(events.RunPaused, log)[0].step == completed
    snapshot = held(log)[0]
    assert snapshot.phase == phase
    assert snapshot.step == max(completed, 1)


def test_a_held_phase_has_small_numbers_and_the_batch_at_hand(directory: RunDirectory) -> None:
    orders: list[Command] = [Pause(), Advance("phase"), Advance("phase"), Resume()]
    log, _, _ = conduct(directory, {1: orders})
    forward, backward = [g for g in of(events.GradientsLogged, log) if g.values and g.batch][:2]
    assert forward.values["w"] == [99.5]
    assert forward.values["loss"] == [99.5]
    assert backward.values["w.grad"] == [1.0]
    assert forward.batch


def test_where_a_run_is_held_is_written_down_with_it() -> None:
    request = RunRequest(experiment="x", program="m:C", hyperparameters={}, hold="phase")
    assert RunRequest.from_json(request.to_json()) == request
    with pytest.raises(ValueError, match="hold"):
        RunRequest.from_json({**request.to_json(), "hold": "ever"})


def test_only_what_is_small_and_readable_is_read() -> None:
    small = torch.tensor([1.0, 2.0], requires_grad=True)
    small.sum().backward()
    tensors = {
        "w": small,
        "large": torch.zeros(7),
        "none": torch.zeros(0),
        "meta": torch.zeros(2, device="meta"),
        "sparse": torch.eye(2).to_sparse(),
        "whole": torch.tensor([1]),
    }
    assert small_values(tensors, None) == {"w": [1.0, 2.0], "w.grad": [1.0, 1.0]}
    assert small_values({}, torch.tensor([1.0, 3.0]))["loss"] == [2.0]
    assert small_values({}, "no tensor") == {}


@pytest.mark.parametrize(
    ("batch", "words"),
    [
        ((torch.zeros(10, 2), torch.zeros(10, 1)), "10×2, 10×1"),
        ({"x": torch.zeros(3), "y": [torch.tensor(1.0)]}, "3, scalar"),
        (torch.zeros(5, 5), "5×5"),
        ("a word", ""),
        (None, ""),
    ],
)
def test_a_batch_is_described_by_its_shapes(batch: object, words: str) -> None:
    assert shapes(batch) == words


def test_a_loop_held_before_its_first_step_can_be_read(directory: RunDirectory) -> None:
    log, _, _ = conduct(directory, {0: [Pause(), Resume()]})
    assert not of(events.UnknownEvent, log)
    snapshot = held(log)[0]
    assert (snapshot.step, snapshot.phase) == (0, "")
