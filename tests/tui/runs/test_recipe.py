"""Protects the command that makes a run again: complete, and safe to paste."""

from __future__ import annotations

import dataclasses

from tests.tui.fakes import TOY, summary
from tui_lab.run import RunStatus
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


def test_what_was_done_to_a_run_on_its_way_is_no_part_of_the_command() -> None:
    assert recipe.remark(summary(1), TOY) == ""
    run = summary(1, changed={"weight_decay": 10.0}, status=RunStatus.STOPPED, step=235)
    said = " · The run was steered ({}, stopped at step 235), which this command does not repeat."
    assert recipe.remark(run, TOY) == said.format("λ → 10")
    assert recipe.remark(run, TOY, ["λ 3 → 10 at step 9"]) == said.format("λ 3 → 10 at step 9")
    many = recipe.remark(run, TOY, list("abcde"))
    assert "(a, b, c, 3 more)" in many
    assert "changed" not in recipe.of_run(run, TOY)


def test_the_command_of_a_demonstration_shows_what_it_showed_last() -> None:
    shown = dataclasses.replace(TOY, demonstration=True)
    run = summary(1, changed={"lr": 0.1}, status=RunStatus.STOPPED)
    assert recipe.of_run(run, shown) == "tui-lab run toy lr=0.1 --seed 0 --device cpu"
    assert recipe.remark(run, shown) == ""


def test_a_command_line_quotes_what_the_shell_would_take_apart() -> None:
    run = summary(1, hyperparameters={"name": "$(rm -rf)\x1b x", "zero_grad": False})
    words = "tui-lab run toy 'name=$(rm -rf)  x' zero_grad=off --seed 0 --device cpu"
    assert recipe.of_run(run, None) == words
