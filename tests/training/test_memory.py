"""Protects who asks for more memory than there is from being ended by the system without a word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.experiments.driver import build
from tui_lab.errors import DeviceError
from tui_lab.plugins import load_experiment
from tui_lab.training import memory
from tui_lab.training.fashion_mnist_files import SUBSET
from tui_lab.training.memory import TooLarge, require, room
from tui_lab.training.population import Population
from tui_lab.worker.out_of_memory import explained
from tui_lab.worker.programs import program_class

CPU = torch.device("cpu")
GIB = 2**30


@pytest.fixture(autouse=True)
def few_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUI_LAB_DATA", str(SUBSET))


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory in which a machine says what memory it has."""
    monkeypatch.setattr(memory, "_MEMORY", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "_GROUP", tmp_path)
    sizes = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 8 * GIB // 4096, "SC_AVPHYS_PAGES": GIB // 4096}
    monkeypatch.setattr("os.sysconf", sizes.__getitem__)
    return tmp_path


def test_what_the_system_can_hand_out_is_free(box: Path) -> None:
    assert room(CPU) == (GIB, 8 * GIB)
    (box / "meminfo").write_text(f"MemFree: 12 kB\nMemAvailable:  {3 << 20} kB\n")
    assert room(CPU) == (3 * GIB, 8 * GIB)


@pytest.mark.parametrize(
    ("most", "taken", "expected"),
    [
        ("max", GIB, (GIB, 8 * GIB)),
        (str(2 * GIB), 2 * GIB, (GIB // 2, 2 * GIB)),
        (str(2 * GIB), 4 * GIB, (0, 2 * GIB)),
    ],
)
def test_a_container_has_less(most: str, taken: int, expected: tuple[int, int], box: Path) -> None:
    (box / "memory.max").write_text(f"{most}\n")
    (box / "memory.current").write_text(f"{taken}\n")
    (box / "memory.stat").write_text(f"anon 5\ninactive_file {GIB // 2}\n")
    assert room(CPU) == expected


def test_more_than_that_is_not_taken(box: Path) -> None:
    require(GIB, CPU, "hidden")
    with pytest.raises(TooLarge, match=r"allocate 1\.5 GiB"):
        require(3 * GIB // 2, CPU, "hidden")


def test_where_nobody_knows_it_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(device: torch.device) -> tuple[int, int]:
        raise ValueError("unrecognized configuration name")

    monkeypatch.setattr(memory, "room", unknown)
    require(1 << 60, CPU, "hidden")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("mlp", {}),
        ("dropout", {"hidden": "65536,65536"}),
        ("overfitting", {"remedy": "bagging", "models": 40}),
    ],
)
def test_a_network_that_does_not_fit_is_one_sentence(
    name: str, values: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "room", lambda device: (50_000_000, GIB))
    experiment = load_experiment(name)
    said = r"cpu has 0\.0 of 1 GiB free \(.* turn hidden down\.$"
    with pytest.raises(DeviceError, match=said), explained(CPU, experiment):
        build(name, 0, **{"hidden": "4096", **values})


def test_all_members_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "room", lambda device: (50_000_000, GIB))
    chosen = load_experiment("mlp").choose({"hidden": "256"})
    program = program_class(load_experiment("mlp").program)
    Population(program, [chosen] * 2, (0, 1), device=CPU)
    with pytest.raises(TooLarge):
        Population(program, [chosen] * 32, range(32), device=CPU)
