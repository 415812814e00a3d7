"""Protects the command that makes a run again: complete, as short as that allows, safe to paste."""

from __future__ import annotations

import dataclasses
import shlex
from typing import Any

import pytest

from tests.tui.fakes import TOY
from tui_lab.commandline.request import choose_values
from tui_lab.hyperparameters import Value
from tui_lab.run import RunRequest
from tui_lab.schedule import Intervention
from tui_lab.view_models.card import Card, card_of


def asked(values: dict[str, Any] | None = None, **fields: Any) -> RunRequest:
    return RunRequest(experiment="toy", program="toy:Toy", hyperparameters=values or {}, **fields)


def test_a_command_line_repeats_the_run() -> None:
    values = {"implementation": "concise", "weight_decay": 3.0, "lr": 0.1}
    request = asked(values, seed=4, device="cuda:1", threads=2, data="/a b")
    command = (
        "tui-lab run toy implementation=concise lr=0.1 "
        "--seed 4 --device cuda:1 --threads 2 --data '/a b'"
    )
    assert card_of(request, (), TOY) == Card(command)
    assert card_of(asked(values), (), TOY).command.endswith("lr=0.1 --seed 0")


def test_what_was_done_to_a_run_on_its_way_follows_step_by_step() -> None:
    schedule = (
        Intervention(step=19, act="skip"),
        Intervention(step=212, values={"weight_decay": 10.0}),
        Intervention(step=236, act="stop"),
    )
    words = "tui-lab run toy --seed 7 @19:skip @212:weight_decay=10 @236:stop"
    assert card_of(asked(seed=7), schedule, TOY).command == words


def test_more_epochs_come_in_time() -> None:
    """A run of 400 steps has no step 401 at which it could get more of them."""
    schedule = (
        Intervention(step=212, values={"epochs": 90}),
        Intervention(step=401, values={"epochs": 102, "lr": 0.1}),
        Intervention(step=1, values={"epochs": 200}),
    )
    words = "@212:epochs=90 @400:epochs=102 @401:lr=0.1 @1:epochs=200"
    command = card_of(asked({"epochs": 100}), schedule, TOY).command
    assert command == f"tui-lab run toy --seed 0 {words}"


def test_a_demonstration_is_shown_as_it_was_shown_last() -> None:
    shown = dataclasses.replace(TOY, demonstration=True)
    schedule = (
        Intervention(step=0, values={"lr": 0.1}),
        Intervention(step=0, values={"lr": 0.2}),
        Intervention(step=1, act="stop"),
    )
    assert card_of(asked(), schedule, shown).command == "tui-lab run toy lr=0.2 --seed 0"


def test_what_the_shell_or_a_terminal_would_obey_is_quoted_or_gone() -> None:
    values = {"name": "$(rm -rf)\x1b x", "zero_grad": False}
    card = card_of(asked(values, device="cpu"), (), None, "a parent\nis gone")
    assert card.command == (
        "tui-lab run toy 'name=$(rm -rf)  x' zero_grad=off --seed 0 --device cpu"
    )
    assert card.text == f"{card.command}  # a parent is gone"


def test_however_much_was_done_nothing_is_cut() -> None:
    schedule = [Intervention(step=n, values={"lr": n / 1000}) for n in range(1, 3000)]
    words = shlex.split(card_of(asked(), schedule, TOY).command)
    assert len(words) == 5 + len(schedule)
    assert words[-1] == "@2999:lr=2.999"


def test_an_experiment_of_ones_own_is_named_by_its_file() -> None:
    card = card_of(asked(plugin="/home/me/my lab/toy.py"), (), None)
    assert card.command == "tui-lab run '/home/me/my lab/toy.py' --seed 0"


@pytest.mark.parametrize("lr", [0.003, 0.5, 0.25])
def test_a_value_that_a_choice_would_change_is_given(lr: float) -> None:
    """The default of one choice is not that of another."""
    brings: dict[tuple[str, Value], dict[str, Value]] = {("implementation", "concise"): {"lr": 0.5}}
    toy = dataclasses.replace(TOY, companions=brings)
    chosen = toy.choose({"implementation": "concise", "lr": lr})
    words = shlex.split(card_of(asked(toy.to_json(chosen)), (), toy).command)
    assert toy.choose(choose_values(toy, [word for word in words if "=" in word], None)) == chosen


def test_a_value_that_is_not_declared_any_more_stands_as_it_is() -> None:
    card = card_of(asked({"lr": 70.0, "gone": True, "weight_decay": 3.0}), (), TOY)
    assert card.command == "tui-lab run toy lr=70.0 gone=on weight_decay=3 --seed 0"
