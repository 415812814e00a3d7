"""What a run is trained on: threads as asked for, or the fastest; the faster device; and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest
import torch

from tests.worker.conducted import EXPERIMENT, Toy
from tui_lab.run import RunRequest
from tui_lab.training.program import Program
from tui_lab.worker import fitting
from tui_lab.worker.__main__ import warmed
from tui_lab.worker.fitting import fit

REQUEST = RunRequest(experiment="toy", program="toy:Toy", hyperparameters={}, device="cpu")
CARD = torch.device("cuda", 0)


@pytest.fixture(autouse=True)
def four_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = torch.get_num_threads()
    monkeypatch.setattr(fitting, "most_threads", lambda: 4)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is one, and `auto` finds it."""
    found = {"cpu": torch.device("cpu"), "auto": CARD, "cuda": CARD}
    monkeypatch.setattr(fitting, "resolve_device", found.__getitem__)


def build(device: torch.device) -> Program:
    program = Toy(EXPERIMENT.choose({}), seed=0, device=torch.device("cpu"))
    program.build()
    program.device = device
    return program


class Stopwatch:
    """Says how long a step takes on a device with a number of threads."""

    def __init__(self, cpu: Callable[[int], float], card: float = 1.0) -> None:
        self.cpu, self.card = cpu, card
        self.asked: list[tuple[str, list[int]]] = []

    def __call__(self, program: Program, counts: Sequence[int]) -> dict[int, float]:
        self.asked.append((program.device.type, list(counts)))
        on_cpu = program.device.type == "cpu"
        return {count: self.cpu(count) if on_cpu else self.card for count in counts}


def test_the_fastest_number_of_threads_is_taken_and_said() -> None:
    watch = Stopwatch(lambda n: {1: 2e-3, 2: 1e-3, 4: 4e-3}[n])
    fitted = fit(build, REQUEST, rehearse=watch)
    assert torch.get_num_threads() == 2
    said = "1 thread 500 steps/s, 2 threads 1,000 steps/s, 4 threads 250 steps/s: 2 threads taken"
    assert fitted.remarks == (said,)


def test_a_number_asked_for_is_taken_without_a_rehearsal() -> None:
    watch = Stopwatch(lambda n: 1e-3)
    assert fit(build, replace(REQUEST, threads=3), rehearse=watch).remarks == ()
    assert torch.get_num_threads() == 3
    assert watch.asked == []


def test_on_one_core_there_is_nothing_to_find_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "most_threads", lambda: 1)
    watch = Stopwatch(lambda n: 1e-3)
    assert fit(build, REQUEST, rehearse=watch).remarks == ()
    assert watch.asked == []


@pytest.mark.parametrize("kind", [TypeError, SystemExit])
def test_a_program_that_can_not_be_rehearsed_trains_all_the_same(kind: type[Exception]) -> None:
    def refuse(program: Program, counts: Sequence[int]) -> dict[int, float]:
        raise kind("x holds a socket, which can't be captured")

    fitted = fit(build, REQUEST, rehearse=refuse)
    assert torch.get_num_threads() == 1
    assert fitted.remarks == (
        "threads were not compared, 1 is taken: x holds a socket, which can't be captured",
    )


def test_a_build_has_one_thread() -> None:
    seen: list[int] = []

    def watched(device: torch.device) -> Program:
        seen.append(torch.get_num_threads())
        return build(device)

    fit(watched, REQUEST, rehearse=Stopwatch(lambda n: 1e-3))
    assert seen == [1]


@pytest.mark.usefixtures("card")
def test_small_steps_stay_on_the_cpu_and_the_card_is_left_alone() -> None:
    watch = Stopwatch(lambda n: 1e-4 * n, card=1e-9)
    fitted = fit(build, replace(REQUEST, device="auto"), rehearse=watch)
    assert fitted.program.device.type == "cpu"
    assert [device for device, _ in watch.asked] == ["cpu"]
    assert fitted.remarks[-1] == "cpu taken: a step takes 0.1 ms there, less than any on cuda:0"


@pytest.mark.usefixtures("card")
@pytest.mark.parametrize(("on_card", "taken"), [(2e-3, "cuda"), (2e-2, "cpu")])
def test_larger_ones_go_where_they_are_faster(on_card: float, taken: str) -> None:
    watch = Stopwatch(lambda n: 1e-2 / n, card=on_card)
    fitted = fit(build, replace(REQUEST, device="auto"), rehearse=watch)
    assert fitted.program.device.type == taken
    assert fitted.remarks[-1].startswith("cpu 400 steps/s, cuda:0 ")
    assert fitted.remarks[-1].endswith("cuda:0 taken" if taken == "cuda" else "cpu taken")


@pytest.mark.usefixtures("card")
def test_a_device_asked_for_is_taken_unasked() -> None:
    watch = Stopwatch(lambda n: 1e-3)
    assert fit(build, replace(REQUEST, device="cuda"), rehearse=watch).program.device == CARD
    assert watch.asked == []


def test_a_demonstration_is_computed_on_the_cpu_with_one_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program = cast("Program", SimpleNamespace(epochs=0, device=torch.device("cpu")))
    monkeypatch.setattr(fitting, "resolve_device", lambda name: CARD)
    fitted = fit(lambda device: program, replace(REQUEST, device="auto"))
    assert fitted.program is program
    assert torch.get_num_threads() == 1


@pytest.mark.parametrize(
    ("environ", "has_card", "devices"),
    [
        ({}, True, ("cpu",)),
        ({"TUI_LAB_WARM_CUDA": "0"}, True, ("cpu",)),
        ({"TUI_LAB_WARM_CUDA": "1"}, True, ("cpu", "cuda")),
        ({"TUI_LAB_WARM_CUDA": "1"}, False, ("cpu",)),
    ],
)
def test_a_spare_holds_memory_of_the_card_only_where_that_was_asked_for(
    environ: dict[str, str], has_card: bool, devices: tuple[str, ...]
) -> None:
    assert warmed(environ, lambda: has_card) == devices
