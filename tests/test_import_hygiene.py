"""Protects the start of the lab: what only training needs is never imported by the screen or the
command line, and what only the screen needs never by a worker. A static graph of imports can't see
whether a deferred import is deferred; a fresh interpreter can."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import tui_lab

ROOT = Path(tui_lab.__file__).parent
PARENT_SIDE = (
    "tui_lab.worker",
    "tui_lab.worker.process",
    "tui_lab.worker.client",
    "tui_lab.worker.repetition",
)
NODE_SIDE = tuple(
    f"tui_lab.studies.cluster.{name}" for name in ("node_process", "scheduler", "silence")
)
"""Processes of a cluster, and nothing but that."""
DRAWING = ("textual", "rich", "plotext")

# Imports one module after another and names each with what it was the first to bring in.
PROBE = """
import importlib, sys
modules, unwanted = (text.split(",") for text in sys.argv[1:])
for module in modules:
    importlib.import_module(module)
    found = [name for name in unwanted if name in sys.modules]
    if found:
        sys.exit(f"{module} imports {', '.join(found)}")
"""


def all_modules() -> list[str]:
    """Every module of the package by its dotted name, except those that run when imported."""
    files = (path.relative_to(ROOT.parent) for path in sorted(ROOT.rglob("*.py")))
    names = (".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in files)
    return [name for name in names if not name.endswith(".__main__")]


def is_torch_side(name: str) -> bool:
    """Whether only the child imports it: of an experiment, all but the declaration itself."""
    parts = name.split(".")
    match parts[1:]:
        case ["training", *_] | ["experiments", _, _, *_]:
            return True
        case ["worker", *_]:
            return name not in PARENT_SIDE
    return False


def offence(modules: Sequence[str], unwanted: Sequence[str]) -> str:
    """Empty when importing these modules, in this order, brings in nothing unwanted."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, ",".join(modules), ",".join(unwanted)],
        capture_output=True,
        check=False,
        text=True,
    )
    return done.stderr


def test_the_probe_sees_an_offence() -> None:
    assert offence(["json", "numpy"], ["numpy"]).strip() == "numpy imports numpy"


def test_the_screen_side_never_imports_torch() -> None:
    modules = [name for name in all_modules() if not is_torch_side(name)]
    assert {"tui_lab.runs.log", "tui_lab.plugins", "tui_lab.worker.client"} <= set(modules)
    assert offence(modules, ["torch", "tui_lab.training"]) == ""


def test_runs_and_vocabulary_need_no_numpy() -> None:
    light = [name for name in all_modules() if is_light(name)]
    assert "tui_lab.runs.catalogue" in light
    assert "tui_lab.studies.cluster.opening" in light
    assert offence(light, ["torch", "numpy", "dask", "distributed", *DRAWING]) == ""


def is_light(name: str) -> bool:
    """Vocabulary, declarations, runs, and the parent's handle on a worker."""
    if is_torch_side(name) or name in NODE_SIDE:
        return False
    parts = name.split(".")
    heavy = {"exchange", "tui", "plots", "view_models", "history", "moment", "cli", "commandline"}
    return len(parts) < 2 or parts[1] not in heavy


@pytest.mark.parametrize("module", ["tui_lab", "tui_lab.cli"])
def test_help_and_version_cost_neither_textual_nor_torch(module: str) -> None:
    assert offence([module], ["torch", "numpy", *DRAWING]) == ""


def test_training_draws_nothing() -> None:
    modules = [name for name in all_modules() if is_torch_side(name)]
    assert offence(modules, DRAWING) == ""


_EMPTY_CHART = """
import sys
from tui_lab.plots.style import PlotStyle
from tui_lab.tui.panes.chart import Chart
assert not Chart("loss").draw_rows(40, 10, PlotStyle())
print("numpy" in sys.modules)
"""


def test_a_chart_that_waits_for_its_figure_needs_no_numpy() -> None:
    """It is part of the first paint, which must not wait 50 ms for that."""
    command = [sys.executable, "-c", _EMPTY_CHART]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "False\n"
