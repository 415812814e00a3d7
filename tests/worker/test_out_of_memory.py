"""Memory that runs out, in whatever words torch says it, is one sentence that names a cure."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from tests.worker.conducted import EXPERIMENT
from tui_lab.errors import DeviceError
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Int
from tui_lab.plugins import load_experiment
from tui_lab.worker.out_of_memory import explained, is_out_of_memory, out_of_memory

CUDA = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a …")
START = RuntimeError("CUDA error: out of memory\nSearch for `cudaErrorMemoryAllocation' …")
HOST = RuntimeError(
    "DefaultCPUAllocator: can't allocate memory: you tried to allocate 8589934592 bytes. Error"
)
WAYS = [CUDA, START, HOST, MemoryError(), RuntimeError("[enforce fail] not enough memory: you …")]


@pytest.mark.parametrize("error", WAYS, ids=range(len(WAYS)))
def test_every_way_to_say_it_is_known(error: BaseException) -> None:
    assert is_out_of_memory(error)


@pytest.mark.parametrize("error", [ValueError("out of memory"), RuntimeError("shape mismatch")])
def test_nothing_else_is_taken_for_it(error: BaseException) -> None:
    assert not is_out_of_memory(error)
    with pytest.raises(type(error)), explained(torch.device("cpu"), EXPERIMENT):
        raise error


@pytest.mark.parametrize(
    ("error", "device", "sentence"),
    [
        (
            CUDA,
            "cuda:0",
            "cuda:0 has 0.3 of 140 GiB free (2.00 GiB more were asked for), too little for this "
            "run; turn batch_size down or use --device cpu.",
        ),
        (
            START,
            "cuda:1",
            "cuda:1 has 0.3 of 140 GiB free, too little for this run; turn batch_size down or use "
            "--device cpu.",
        ),
        (
            HOST,
            "cpu",
            "cpu has 0.3 of 140 GiB free (8.0 GiB more were asked for), too little for this run; "
            "turn batch_size down.",
        ),
    ],
    ids=["asked", "start", "host"],
)
def test_the_sentence_says_what_was_asked_what_is_free_and_what_to_turn(
    error: Exception, device: str, sentence: str
) -> None:
    experiment = load_experiment("mlp")
    assert out_of_memory(error, device, experiment, free="0.3 of 140 GiB free") == sentence


def test_a_card_without_room_for_a_context_is_asked_through_its_driver(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_context(_: torch.device) -> tuple[int, int]:
        raise START

    monkeypatch.setattr(torch.cuda, "mem_get_info", no_context)
    card = SimpleNamespace(total_memory=140 << 30)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: card)
    monkeypatch.setattr(torch.cuda, "device_memory_used", lambda _: 139 << 30)
    sentence = out_of_memory(START, "cuda:0", load_experiment("mlp"))
    assert sentence.startswith("cuda:0 has 1.0 of 140 GiB free, too little")


def test_no_knob_is_made_up() -> None:
    assert "end something else" in out_of_memory(HOST, "cpu", EXPERIMENT, free="")


def test_it_ends_as_an_error_for_a_person_and_the_rest_is_printed(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(DeviceError, match="too little"), explained(torch.device("cpu"), EXPERIMENT):
        raise HOST
    assert "DefaultCPUAllocator" in capfd.readouterr().err


def test_sizes_are_those_that_experiments_have() -> None:
    sizes = Experiment(
        name="x",
        title="X",
        chapter="T",
        summary="…",
        metrics=(),
        pictures=(),
        program="x:X",
        hyperparameters=(Int("hidden", default=1, low=1, high=9),),
    )
    assert "turn hidden down" in out_of_memory(HOST, "cpu", sizes, free="")
