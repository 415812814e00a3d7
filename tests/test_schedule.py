"""Protects the words for what is done to a run while it runs: they mean the same both ways, and
what is none of them is answered with a sentence."""

from __future__ import annotations

import pytest

from tui_lab.errors import UsageError
from tui_lab.run import RunRequest
from tui_lab.runs.encoding import dumps, loads
from tui_lab.schedule import Intervention, read_words, words

SCHEDULE = (
    Intervention(step=19, act="skip"),
    Intervention(step=20, act="forget-zero_grad"),
    Intervention(step=212, values={"weight_decay": 10.0, "true_w": [2, -3.4], "shuffle": True}),
    Intervention(step=213, act="weights"),
    Intervention(step=300, act="stop"),
)


def test_words_and_back() -> None:
    spelled = list(words(SCHEDULE))
    assert spelled == [
        "@19:skip",
        "@20:forget-zero_grad",
        "@212:weight_decay=10.0",
        "@212:true_w=2,-3.4",
        "@212:shuffle=true",
        "@213:weights",
        "@300:stop",
    ]
    assert list(words(read_words(reversed(spelled)))) == [
        "@19:skip",
        "@20:forget-zero_grad",
        "@212:shuffle=true",
        "@212:true_w=2,-3.4",
        "@212:weight_decay=10.0",
        "@213:weights",
        "@300:stop",
    ]


def test_a_request_keeps_its_schedule() -> None:
    request = RunRequest(
        experiment="toy",
        program="toy:Toy",
        hyperparameters={},
        schedule=SCHEDULE,
        guard="hold",
        parent="toy-20261120-234755-7f3a",
        parent_step=7,
        weights_only=True,
    )
    assert RunRequest.from_json(loads(dumps(request.to_json()))) == request


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("212:lr=1", "'212:lr=1' is not of the form @STEP:name=value, with a step from 1."),
        ("@0:lr=1", "'@0:lr=1' is not of the form @STEP:name=value, with a step from 1."),
        ("@2:jump", "'@2:jump' turns no knob (@STEP:name=value) and does none of skip, stop,"),
        ("@2:=3", "'@2:=3' turns no knob"),
    ],
)
def test_what_is_none_is_said(word: str, sentence: str) -> None:
    with pytest.raises(UsageError) as refusal:
        read_words([word])
    assert str(refusal.value).startswith(sentence)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"values": {}}, "step is missing"),
        ({"step": -1}, "step is -1"),
        ({"step": 1, "act": "dance"}, "act is 'dance'"),
        ({"step": 1, "values": [1]}, "values is a list"),
    ],
)
def test_a_damaged_request_is_refused(data: object, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Intervention.from_json(data)
