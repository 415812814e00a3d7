"""Protects the command that makes a run again: complete, and safe to paste."""

from __future__ import annotations

from tests.tui.fakes import TOY, summary
from tui_lab.tui.runs import recipe


def test_a_command_line_repeats_the_run() -> None:
    run = summary(
        1,
        hyperparameters={"implementation": "concise", "weight_decay": 3.0, "lr": 0.1},
        seed=4,
        device="cuda:1",
    )
    words = "tui-lab run toy implementation=concise lr=0.1 --seed 4 --device cuda:1"
    assert recipe.of_run(run, TOY) == words


def test_a_command_line_quotes_what_the_shell_would_take_apart() -> None:
    run = summary(1, hyperparameters={"name": "$(rm -rf)\x1b x", "zero_grad": False})
    words = "tui-lab run toy 'name=$(rm -rf)  x' zero_grad=off --seed 0 --device cpu"
    assert recipe.of_run(run, None) == words
