"""Protects what `list` and `run --help` derive from a declaration: every field, and no torch."""

from __future__ import annotations

import json

from tests.commandline.scripted_run import Screen
from tui_lab.cli import perform
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Float
from tui_lab.plugins import experiment_names


def test_list_names_every_experiment(console: Screen) -> None:
    assert perform(["list"], console) == ExitStatus.FINISHED
    assert all(f"  {name}\n" in console.out for name in experiment_names())


def test_list_as_json_holds_the_declaration(console: Screen, linear_regression: Experiment) -> None:
    assert perform(["list", "--json"], console) == ExitStatus.FINISHED
    listed = {item["name"]: item for item in json.loads(console.out)}
    found = listed["linear-regression"]
    assert found["title"] == linear_regression.title
    assert [h["name"] for h in found["hyperparameters"]] == [
        h.name for h in linear_regression.hyperparameters
    ]
    lr = next(h for h in found["hyperparameters"] if h["name"] == "lr")
    declared = linear_regression["lr"]
    assert isinstance(declared, Float)
    assert (lr["kind"], lr["live"], lr["choices"]) == ("float", True, None)
    assert (lr["low"], lr["high"], lr["default"]) == (declared.low, declared.high, 0.03)
    assert {"key": "train/loss"}.items() <= found["metrics"][0].items()
    assert [p["title"] for p in found["pictures"]] == [p.title for p in linear_regression.pictures]
    assert [p["name"] for p in found["presets"]] == [p.name for p in linear_regression.presets]


def test_help_for_an_experiment_lists_its_hyperparameters_and_presets(
    console: Screen, linear_regression: Experiment
) -> None:
    assert perform(["run", "linear-regression", "--help"], console) == ExitStatus.FINISHED
    for hyperparameter in linear_regression.hyperparameters:
        default = hyperparameter.format(hyperparameter.default)
        assert f"  {hyperparameter.name}={default}; " in console.out
    assert all(f"  {preset.name}: " in console.out for preset in linear_regression.presets)
    assert max(map(len, console.out.splitlines())) <= 80
