"""Protects what a study is asked to be: a goal that may decide, as many trials as there are, and
the page on studies, whose every command is understood."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.studied import JUDGED
from tui_lab.commandline.parser import Parser
from tui_lab.commandline.study import STUDY, read_ranges
from tui_lab.errors import UsageError
from tui_lab.plugins import experiment_names, load_experiment
from tui_lab.ranges import Range
from tui_lab.studies.asking import Options, ask_study, goal_of, goals, remarks
from tui_lab.study import StudyRequest

PAGE = (Path(__file__).parents[2] / "docs" / "studies.md").read_text(encoding="utf-8")
COMMANDS = [line for line in PAGE.splitlines() if line.startswith("tui-lab study ")]


def asked(*words: str, **options: Any) -> StudyRequest:
    ranges = [Range.parse(JUDGED, word) for word in words]
    return ask_study(JUDGED, {}, ranges, Options(device="cpu", **options))


def test_validation_decides_where_there_is_any() -> None:
    assert [metric.key for metric in goals(JUDGED)] == ["val/loss", "val/accuracy"]
    assert asked("lr=0.1,1").goal == "val/loss"
    chosen = asked("lr=0.1,1", goal="val/accuracy")
    assert (chosen.goal, chosen.direction) == ("val/accuracy", "maximize")
    with pytest.raises(UsageError, match="test/loss is for the end"):
        asked("lr=0.1,1", goal="test/loss")
    with pytest.raises(UsageError, match="train/loss is not on validation data"):
        asked("lr=0.1,1", goal="train/loss")


def test_without_validation_the_test_loss_decides_and_that_is_said() -> None:
    experiment = replace(
        JUDGED, metrics=tuple(m for m in JUDGED.metrics if not m.key.startswith("val/"))
    )
    assert goal_of(experiment).key == "test/loss"
    ranges = [Range.parse(experiment, "lr=0.1,1")]
    no_validation, few = remarks(
        ask_study(experiment, {}, ranges, Options(prune=True, device="cpu")), experiment
    )
    assert no_validation.startswith("judged has no validation metric: test/loss decides, so that")
    assert few == "Of fewer than 10 trials none is pruned."
    of_training = ask_study(experiment, {}, ranges, Options(goal="train/loss", device="cpu"))
    assert list(remarks(of_training, experiment)) == [
        "judged has no validation metric: train/loss decides."
    ]


SHIFTED = "distribution-shift"
"""Whose test examples are what it is about: from another law than those it may know."""


@pytest.mark.parametrize("name", experiment_names())
def test_no_built_in_experiment_is_judged_by_its_test_examples(name: str) -> None:
    experiment = load_experiment(name)
    if experiment.demonstration or name == SHIFTED:
        return
    keys = [metric.key for metric in experiment.metrics]
    tested = any(key.startswith("test/") for key in keys)
    assert goal_of(experiment).key == ("val/loss" if tested else "train/loss")


@pytest.mark.parametrize("name", ["mlp", "dropout"])
def test_a_study_takes_the_values_that_its_experiment_has_for_one(name: str) -> None:
    experiment = load_experiment(name)
    ranged = [Range.parse(experiment, "lr=0.1,1")]
    usual = ask_study(experiment, {"hidden": "8,8"}, ranged, Options(device="cpu"))
    assert usual.hyperparameters == {"hidden": "8,8", "validation_examples": 10_000}
    none = ask_study(experiment, {"validation_examples": "0"}, ranged, Options(device="cpu"))
    assert none.hyperparameters == {"validation_examples": 0}
    ranges = [*ranged, Range.parse(experiment, "validation_examples=10,20")]
    assert ask_study(experiment, {}, ranges, Options(device="cpu")).hyperparameters == {}


@pytest.mark.parametrize(
    ("words", "options", "trials"),
    [
        (("lr=0.1..1",), {}, 20),
        (("lr=0.1,1", "hidden=1,2,3"), {}, 6),
        (("lr=0.1,1", "hidden=1,2,3"), {"trials": 4}, 4),
        (("lr=0.1,1", "hidden=1,2,3"), {"sampler": "grid"}, 6),
        (("lr=0.1,1", "hidden=1,2,3"), {"sampler": "grid", "trials": 99}, 6),
    ],
)
def test_there_are_no_more_trials_than_combinations(
    words: tuple[str, ...], options: dict[str, Any], trials: int
) -> None:
    assert asked(*words, **options).trials == trials


def test_several_runs_at_once_have_a_thread_each() -> None:
    several = asked("lr=0.1..1", slots=3)
    assert (several.slots, several.threads) == (3, 1)
    alone = asked("lr=0.1..1", slots=1)
    assert (alone.slots, alone.threads) == (1, 0)
    assert asked("lr=0.1,1", slots=64).slots == 2
    assert "optuna" in several.versions


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_is_understood(command: str) -> None:
    parser = Parser("tui-lab study", "")
    STUDY.configure(parser)
    arguments = parser.read(shlex.split(command)[2:])
    if arguments.experiment:
        experiment = load_experiment(arguments.experiment)
        values, ranges = read_ranges(experiment, arguments.values)
        options = Options(sampler=arguments.sampler, seeds=arguments.seeds, device="cpu")
        assert ask_study(experiment, values, ranges, options).ranges
