"""Protects what the lesson of weight decay says came out, and that its surprising presets ask."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from tests.commandline.scripted_run import Screen
from tests.experiments.driver import Values, train
from tests.experiments.lessons import lesson, numbers, outcome
from tui_lab.cli import perform
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.experiments.weight_decay import EXPERIMENT
from tui_lab.tui.panes.lesson import lesson as page

NAME = "weight-decay"


@cache
def last(preset: str) -> dict[str, float]:
    values: Values = dict(EXPERIMENT.preset(preset).values)
    return train(NAME, **values).last


SAID = {
    "lambda-0": "train loss {train/loss:.6f}, test loss {test/loss:.1f}.",
    "lambda-3": "train loss {train/loss:.5f}, test loss {test/loss:.3f}, ‖w‖ {norm/w:.3f}.",
    "lambda-10": "‖w‖ {norm/w:.3f}, test loss {test/loss:.4f}. Train loss is higher, "
    "{train/loss:.4f}:",
    "batch-1-lambda-0": "test loss {test/loss:.1f}.",
    "batch-1-lambda-3": "‖w‖ {norm/w:.3f}, test {test/loss:.4f}.",
    "concise-lambda-0": "Test loss {test/loss:.0f}:",
    "concise-lambda-3": "‖w‖ {norm/w:.3f}, test loss {test/loss:.2f}.",
    "concise-batch-1-lambda-0": "{test/loss:.1f}, as above",
    "concise-batch-1-lambda-3": "‖w‖ {norm/w:.3f}, test loss {test/loss:.3f}.",
    "concise-as-scratch": "the same ‖w‖ {norm/w:.4f},",
    "from-zero": "test loss {test/loss:.4f} without",
}


@pytest.mark.parametrize("preset", [preset.name for preset in EXPERIMENT.presets])
def test_the_lesson_has_the_numbers_of_every_preset(preset: str) -> None:
    assert SAID[preset].format(**last(preset)) in outcome(NAME, preset)


def test_the_lesson_has_the_length_of_the_part_that_never_moves() -> None:
    assert f"of length {last('lambda-0')['norm/w_null']:.1f}, never moves" in lesson(NAME)


SURPRISING = ("lambda-0", "lambda-3", "lambda-10", "concise-as-scratch", "from-zero")


@pytest.mark.parametrize("preset", SURPRISING)
def test_surprising_presets_ask_first(preset: str) -> None:
    assert EXPERIMENT.preset(preset).question is not None


def test_the_runs_are_what_the_questions_lead_up_to() -> None:
    """Test loss hardly moves at λ = 0; λ = 3 leaves mostly the start; λ = 10 costs train loss."""
    none, some, strong = (last(f"lambda-{strength}") for strength in (0, 3, 10))
    assert none["test/loss"] > 80
    assert some["norm/w_null"] > 0.95 * some["norm/w"]
    assert strong["train/loss"] > some["train/loss"]
    assert strong["test/loss"] < some["test/loss"]
    assert last("batch-1-lambda-0")["test/loss"] == pytest.approx(none["test/loss"], rel=1e-3)
    assert last("concise-lambda-0")["test/loss"] == pytest.approx(2 * none["test/loss"], rel=0.02)
    assert last("concise-as-scratch")["norm/w"] == pytest.approx(some["norm/w"], rel=1e-5)
    assert last("from-zero")["test/loss"] < 0.01


def test_the_study_of_the_lesson_can_be_run_and_said_what_came_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command as it stands there, with fewer epochs; its numbers with all of them."""
    monkeypatch.setenv("TUI_LAB_HOME", str(tmp_path))
    lines = page(EXPERIMENT).replace("\\\n", "").splitlines()
    words = next(line for line in lines if "tui-lab study" in line).split()[1:]
    console = Screen()
    short = [*words, "epochs=1", "--device", "cpu", "--at-once", "2", "--json"]
    assert perform(short, console) == ExitStatus.FINISHED, console.err
    result = json.loads(console.out)
    assert (result["counts"], result["goal"], result["seeds"]) == ({"complete": 7}, "val/loss", 5)
    means = [_mean("val/loss", decay) for decay in (0, 3, 10, 30, 100)]
    said = numbers(
        lesson(NAME),
        "is # at λ 0, # at λ 3, # at λ 10, # at λ 30 and # at λ 100, which is chosen; its test "
        "loss, looked at once, is #.",
    )
    assert said == pytest.approx([*means, _mean("test/loss", 100)], rel=0.01)


def _mean(metric: str, decay: float) -> float:
    return sum(train(NAME, seed, weight_decay=decay).last[metric] for seed in range(5)) / 5
