"""Protects the socket's language: every command and answer survives the way there, and nonsense is
answered with a sentence, whatever its shape."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_lab.commands import (
    Acknowledgement,
    Advance,
    Checkpoint,
    Clip,
    Command,
    Evaluate,
    Mistake,
    Pause,
    Resume,
    Rewind,
    SetGuard,
    SetHyperparameter,
    SetHyperparameters,
    Show,
    ShowGraph,
    Skip,
    Stop,
    TakeAgain,
    from_json,
    set_command,
    to_json,
)
from tui_lab.runs.encoding import dumps, loads

COMMANDS: list[Command] = [
    Pause(),
    Resume(),
    Advance("phase"),
    Advance("epoch"),
    SetHyperparameter("lr", 0.3),
    SetHyperparameter("true_w", "2,-3.4"),
    SetHyperparameters({"lr": 0.3, "true_w": "2,-3.4"}),
    Evaluate(),
    Checkpoint(),
    Rewind(7),
    TakeAgain({"lr": 0.3}),
    Skip(),
    Clip(),
    SetGuard("hold"),
    Show("net.0.weight"),
    Show(""),
    ShowGraph(),
    ShowGraph(False),
    Mistake("backward-twice"),
    Stop("[red] enough"),
]
NONSENSE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


def test_every_command_is_covered_here() -> None:
    assert {type(command) for command in COMMANDS} == set(get_args(Command))


@pytest.mark.parametrize("command", COMMANDS, ids=repr)
def test_a_command_comes_back_from_the_socket(command: Command) -> None:
    assert from_json(loads(dumps(to_json(command)))) == command


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            [],
            "a command is one of pause, resume, advance, set, set_all, evaluate, checkpoint",
        ),
        ({"command": "dance"}, "a command is one of pause"),
        ({"command": "rewind", "step": -1}, "rewind takes a step, as a whole number from 0."),
        ({"command": "rewind", "step": True}, "rewind takes a step, as a whole number from 0."),
        ({"command": "guard", "mode": "sleep"}, "guard takes a mode: hold, say or off."),
        ({"command": "take_again", "values": [1]}, "take_again takes values by the names"),
        ({"command": ["stop"]}, "a command is one of pause"),
        ({"command": "pause", "for": 3}, "pause does not take for."),
        ({"command": "advance"}, "advance does not take that."),
        ({"command": "advance", "unit": "mile"}, "advance takes a unit: phase, step or epoch."),
        ({"command": "advance", "unit": []}, "advance takes a unit"),
        ({"command": "set", "name": 3, "value": 1}, "set takes the name of a hyperparameter"),
        ({"command": "set_all", "values": {}}, "set_all takes values by the names"),
        ({"command": "set_all", "values": [1]}, "set_all takes values by the names"),
        ({"command": "show", "parameter": 3}, "show takes the name of a parameter, as text."),
        ({"command": "show_graph", "open": 1}, "show_graph takes true or false."),
        (
            {"command": "mistake", "kind": "lr 10"},
            "mistake takes a kind: forget-zero_grad, step-before-backward, backward-twice.",
        ),
        ({"command": "stop", "reason": 3}, "stop takes a reason, as text."),
    ],
)
def test_nonsense_is_answered_with_a_sentence(data: object, sentence: str) -> None:
    with pytest.raises(ValueError, match="^" + sentence):
        from_json(data)


def test_one_value_is_set_alone_and_several_together() -> None:
    assert set_command({"lr": 0.3}) == SetHyperparameter("lr", 0.3)
    both = {"lr": 0.3, "epochs": 5}
    assert set_command(both) == SetHyperparameters(both)


def answer(line: object) -> Command | str:
    try:
        return from_json(line)
    except ValueError as error:
        return str(error)


@given(NONSENSE, st.sampled_from(["pause", "advance", "set", "set_all", "stop"]), NONSENSE)
def test_no_shape_of_nonsense_raises_anything_else(data: object, name: str, value: object) -> None:
    fields = (
        value
        if isinstance(value, dict)
        else dict.fromkeys(("unit", "name", "values", "reason"), value)
    )
    for line in (data, {**fields, "command": data}, {**fields, "command": name}):
        answered = answer(line)
        assert isinstance(answered, get_args(Command)) or str(answered).endswith(".")


def test_an_acknowledgement_comes_back() -> None:
    answer = Acknowledgement(True, step=213, message="λ 3 → 10")
    assert Acknowledgement.from_json(loads(dumps(answer.to_json()))) == answer
