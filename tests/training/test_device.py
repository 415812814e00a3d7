"""Protects the way from a device's name to the device, and the sentence when it is not there."""

from __future__ import annotations

import pytest
import torch

from tui_lab.errors import DeviceError
from tui_lab.training.device import resolve_device


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> int:
    """A PyTorch that finds as many CUDA devices as the test asks for, the last one current."""
    count: int = request.param
    monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: count - 1)
    return count


@pytest.mark.parametrize(
    ("gpus", "name", "device"),
    [
        (0, "auto", "cpu"),
        (0, "cpu", "cpu"),
        (2, "cpu", "cpu"),
        (2, "auto", "cuda:1"),
        (2, "cuda", "cuda:1"),
        (2, "cuda:0", "cuda:0"),
    ],
    indirect=["gpus"],
)
def test_a_name_becomes_a_device(gpus: int, name: str, device: str) -> None:
    assert resolve_device(name) == torch.device(device)


@pytest.mark.parametrize(
    ("gpus", "name", "sentence"),
    [
        (0, "cuda", "this PyTorch finds no CUDA device; use --device cpu."),
        (0, "cuda:1", "this PyTorch finds no CUDA device; use --device cpu."),
        (1, "cuda:1", "cuda:1 was asked for, but only cuda:0 is present."),
        (2, "cuda:7", "cuda:7 was asked for, but cuda:0 to cuda:1 are present."),
        (2, "cuda:-1", "A device is auto, cpu, cuda or cuda:N, not 'cuda:-1'."),
        (2, "tpu", "A device is auto, cpu, cuda or cuda:N, not 'tpu'."),
        (2, "", "A device is auto, cpu, cuda or cuda:N, not ''."),
    ],
    indirect=["gpus"],
)
def test_a_device_that_is_not_there_is_one_sentence(gpus: int, name: str, sentence: str) -> None:
    with pytest.raises(DeviceError) as refused:
        resolve_device(name)
    assert str(refused.value).endswith(sentence)
