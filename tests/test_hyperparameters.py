"""Protects the knobs: what is shown reads back exactly, a nudge stays in the domain, and a wrong
value is refused with a sentence that names hyperparameter and domain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_lab.errors import HyperparameterError
from tui_lab.hyperparameters import (
    Choice,
    Flag,
    Float,
    Hyperparameter,
    Hyperparameters,
    Int,
    Value,
    Vector,
)
from tui_lab.runs.encoding import dumps, loads

DECAY = Float("weight_decay", symbol="λ", default=3.0, low=0.0, high=100.0, log=True, live=True)
NOISE = Float("noise", default=0.01, low=-1.0, high=1.0, step=0.1)
RATE = Float("lr", default=0.03, low=1e-6, high=10.0, log=True)
EPOCHS = Int("epochs", default=3, low=1, high=10_000, log=True)
OFFSET = Int("offset", default=0, low=-50, high=50)
KIND = Choice("implementation", ("scratch", "concise"))
ZERO = Flag("zero_grad", default=True)
WEIGHTS = Vector("true_w", default=(2.0, -3.4), low=-100.0, high=100.0, longest=3)
LAYERS = Vector("layers", default=(256,), low=1, high=4096, whole=True)

FLOATS = [DECAY, NOISE, RATE]
INTS = [EPOCHS, OFFSET]


def value_of(hyperparameter: Hyperparameter) -> st.SearchStrategy[Value]:
    match hyperparameter:
        case Float(low=low, high=high):
            return st.floats(low, high, allow_subnormal=False).map(lambda value: value + 0.0)
        case Int(low=low, high=high):
            return st.integers(low, high)
        case Choice(choices=choices):
            return st.sampled_from(choices)
        case Vector(low=low, high=high, longest=longest, whole=whole):
            number = st.integers(int(low), int(high)) if whole else st.floats(low, high)
            return st.lists(number, min_size=1, max_size=longest).map(
                lambda values: tuple(value + 0 for value in values)
            )
    return st.booleans()


KNOBS = st.sampled_from([*FLOATS, *INTS, KIND, ZERO, WEIGHTS, LAYERS])
TURNED = KNOBS.flatmap(lambda knob: st.tuples(st.just(knob), value_of(knob)))


@given(TURNED)
def test_what_is_shown_reads_back_exactly(turned: tuple[Hyperparameter, Value]) -> None:
    knob, value = turned
    assert knob.parse(knob.format(value)) == value
    assert knob.check(value) == value


@given(TURNED)
def test_a_value_comes_back_from_a_run(turned: tuple[Hyperparameter, Value]) -> None:
    knob, value = turned
    restored = knob.check(loads(dumps(knob.to_json(value))))
    assert restored == value
    assert type(restored) is type(value)


@given(TURNED, st.sampled_from([1, -1]), st.booleans())
def test_a_nudge_stays_in_the_domain(
    turned: tuple[Hyperparameter, Value], direction: int, fine: bool
) -> None:
    knob, value = turned
    nudged = knob.nudge(value, direction, fine=fine)
    assert knob.check(nudged) == nudged


NUMBERS = st.sampled_from([*FLOATS, *INTS]).flatmap(
    lambda knob: st.tuples(st.just(knob), value_of(knob))
)


@given(NUMBERS, st.sampled_from([1, -1]), st.booleans())
def test_a_nudge_moves_unless_it_is_at_the_end(
    turned: tuple[Float | Int, float], direction: int, fine: bool
) -> None:
    knob, value = turned
    nudged = knob.nudge(value, direction, fine=fine)
    end = knob.high if direction > 0 else knob.low
    assert (nudged - value) * direction > 0 or value == end


def walk(knob: Hyperparameter, value: Value, count: int, *, fine: bool = False) -> list[Value]:
    direction = 1 if count > 0 else -1
    values = []
    for _ in range(abs(count)):
        value = knob.nudge(value, direction, fine=fine)
        values.append(value)
    return values


def test_nudges_stop_at_round_values() -> None:
    assert walk(RATE, 0.03, 3) == [0.1, 0.3, 1.0]
    assert walk(RATE, 0.03, -3) == [0.01, 0.003, 0.001]
    assert walk(RATE, 0.025, 2, fine=True) == [0.03, 0.04]
    assert walk(NOISE, 0.0, 3) == [0.1, 0.2, 0.3]
    assert walk(NOISE, 0.25, -1) == [0.2]
    assert walk(EPOCHS, 3, 3) == [5, 10, 20]
    assert walk(EPOCHS, 3, 2, fine=True) == [4, 5]
    assert walk(OFFSET, 0, -2) == [-5, -10]


def test_a_logarithmic_knob_reaches_zero_and_comes_back() -> None:
    assert walk(DECAY, 0.003, -3) == [0.001, 0.0, 0.0]
    assert walk(DECAY, 0.0, 2) == [0.001, 0.003]
    assert walk(RATE, 10.0, 1) == [10.0]


def test_choices_and_flags_go_round() -> None:
    assert walk(KIND, "scratch", 2) == ["concise", "scratch"]
    assert walk(KIND, "scratch", -1) == ["concise"]
    assert walk(ZERO, True, 2) == [False, True]
    assert walk(WEIGHTS, (1.0,), 1) == [(1.0,)]


@pytest.mark.parametrize(
    ("knob", "text", "value"),
    [
        (RATE, " 1e-2 ", 0.01),
        (DECAY, "-0", 0.0),
        (EPOCHS, "1e3", 1000),
        (EPOCHS, "1_000", 1000),
        (OFFSET, "-5", -5),
        (KIND, " concise ", "concise"),
        (ZERO, "No", False),
        (WEIGHTS, "2, -3.4", (2.0, -3.4)),
        (LAYERS, "256,128", (256, 128)),
    ],
)
def test_what_a_person_types(knob: Hyperparameter, text: str, value: Value) -> None:
    parsed = knob.parse(text)
    assert parsed == value
    assert repr(parsed) == repr(value)


@pytest.mark.parametrize(
    ("knob", "text", "sentence"),
    [
        (DECAY, "-1", "weight_decay must be a number from 0 to 100, not '-1'."),
        (DECAY, "", "weight_decay must be a number from 0 to 100, but nothing was given."),
        (RATE, "nan", "lr must be a number from 1e-06 to 10, not 'nan'."),
        (RATE, "inf", "lr must be a number from 1e-06 to 10, not 'inf'."),
        (RATE, "fast", "lr must be a number from 1e-06 to 10, not 'fast'."),
        (EPOCHS, "2.5", "epochs must be a whole number from 1 to 10,000, not '2.5'."),
        (EPOCHS, "0", "epochs must be a whole number from 1 to 10,000, not '0'."),
        (EPOCHS, "1000000000", "epochs must be a whole number from 1 to 10,000, not '1000000000'."),
        (EPOCHS, "1e400", "epochs must be a whole number from 1 to 10,000, not '1e400'."),
        (EPOCHS, "nan", "epochs must be a whole number from 1 to 10,000, not 'nan'."),
        (KIND, "Scratch", "implementation must be one of scratch, concise, not 'Scratch'."),
        (ZERO, "maybe", "zero_grad must be on or off, not 'maybe'."),
        (LAYERS, "1,2.5", "layers must be 1 to 64 whole numbers from 1 to 4096 with commas"),
        (WEIGHTS, "1,,2", "true_w must be 1 to 3 numbers from -100 to 100 with commas between"),
        (WEIGHTS, "1,2,3,4", "true_w must be 1 to 3 numbers"),
        (WEIGHTS, "", "true_w must be 1 to 3 numbers"),
        (RATE, "\x1b[31m" + "9" * 99, r"lr must be a number from 1e-06 to 10, not '\x1b[31m9999"),
    ],
)
def test_a_wrong_value_is_one_clear_line(knob: Hyperparameter, text: str, sentence: str) -> None:
    with pytest.raises(HyperparameterError) as caught:
        knob.parse(text)
    assert caught.value.name == knob.name
    assert str(caught.value).startswith(sentence)
    assert len(str(caught.value)) < 140
    assert str(caught.value).isprintable()


def refusal(knob: Hyperparameter, text: str) -> str:
    """Empty when the text is a value that is good for use."""
    try:
        value = knob.parse(text)
    except HyperparameterError as error:
        return str(error)
    return "" if knob.check(value) == value else "not in its own domain"


@given(KNOBS, st.text())
def test_any_text_is_a_value_or_a_sentence(knob: Hyperparameter, text: str) -> None:
    sentence = refusal(knob, text)
    assert not sentence or sentence.startswith(f"{knob.name} must be ")


@pytest.mark.parametrize("value", [None, [], {}, True, [1, 2], b"1"])
def test_json_of_another_kind_is_refused(value: object) -> None:
    with pytest.raises(HyperparameterError):
        RATE.check(value)


def test_labels() -> None:
    assert (DECAY.label, RATE.label) == ("λ weight_decay", "lr")
    assert KIND.default == "scratch"


def test_chosen_values_are_frozen_and_read_as_attributes() -> None:
    chosen = Hyperparameters({"lr": 0.1, "epochs": 3})
    assert (chosen.lr, chosen["epochs"], len(chosen), list(chosen)) == (0.1, 3, 2, ["lr", "epochs"])
    assert chosen.replace(lr=0.2).lr == 0.2
    assert chosen.lr == 0.1
    with pytest.raises(AttributeError):
        _ = chosen.momentum
    assert chosen == {"lr": 0.1, "epochs": 3}
