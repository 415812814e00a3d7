"""Protects the form of an experiment: texts in, checked values and one error per field out."""

from __future__ import annotations

import pytest

from tui_lab.errors import HyperparameterError
from tui_lab.experiment import Experiment, Preset
from tui_lab.hyperparameters import Choice, Flag, Float, Hyperparameters, Int
from tui_lab.view_models.form import Form


def no_more_than_examples(hp: Hyperparameters) -> HyperparameterError | None:
    if hp.batch_size <= hp.examples:
        return None
    return HyperparameterError("batch_size", "batch_size must be at most examples.")


EXPERIMENT = Experiment(
    name="toy",
    title="Toy",
    chapter="",
    summary="",
    hyperparameters=(
        Choice("implementation", ("scratch", "concise")),
        Float("lr", default=0.03, low=1e-6, high=10.0, log=True, live=True),
        Int("batch_size", default=10, low=1, high=1000),
        Int("examples", default=100, low=1, high=1000),
        Flag("zero_grad", default=True),
    ),
    metrics=(),
    pictures=(),
    program="toy:Toy",
    presets=(Preset("large-lr", "Too large", {"lr": 10.0, "zero_grad": False}),),
    constraint=no_more_than_examples,
)


@pytest.fixture
def form() -> Form:
    return Form(EXPERIMENT)


def test_starts_at_the_defaults(form: Form) -> None:
    assert form.values() == EXPERIMENT.defaults
    assert form.texts["zero_grad"] == "on"
    assert list(form.fields)[-2:] == ["seed", "device"]
    assert (form.seed, form.device, form.changed_from_default) == (0, "auto", ())


def test_reads_what_is_typed(form: Form) -> None:
    form.set_text("lr", "1e-2")
    form.set_text("seed", "7")
    form.set_text("device", "cpu")

    assert (form.values().lr, form.seed, form.device) == (0.01, 7, "cpu")
    assert form.changed_from_default == ("lr", "seed", "device")
    assert "seed" not in form.values()


@pytest.mark.parametrize(
    ("name", "text"),
    [("lr", "nan"), ("lr", ""), ("lr", "[red]"), ("batch_size", "2.5"), ("seed", "2147483648"),
     ("device", "tpu")],
)  # fmt: skip
def test_says_what_is_wrong_beside_the_field(form: Form, name: str, text: str) -> None:
    form.set_text(name, text)

    assert form.texts[name] == text
    assert (form.error(name) or "").startswith(f"{name} must be")
    assert form.error("zero_grad") is None
    with pytest.raises(HyperparameterError) as raised:
        form.values()
    assert raised.value.name == name


def test_an_error_goes_when_it_is_put_right(form: Form) -> None:
    form.set_text("lr", "nan")
    form.set_text("lr", "0.5")

    assert form.error("lr") is None
    assert form.values().lr == 0.5


def test_values_that_clash_are_an_error_of_the_field_they_name(form: Form) -> None:
    form.set_text("batch_size", "500")

    assert form.error("batch_size") == "batch_size must be at most examples."
    assert form.error("examples") is None
    with pytest.raises(HyperparameterError):
        form.values()

    form.set_text("examples", "1000")
    assert form.error("batch_size") is None


def test_nudges_from_the_last_valid_value(form: Form) -> None:
    form.set_text("lr", "0.5")
    form.set_text("lr", "half")
    form.nudge("lr", 1)
    assert (form.texts["lr"], form.error("lr")) == ("1", None)

    form.nudge("seed", -1)
    form.nudge("zero_grad", 1)
    form.nudge("batch_size", 1, fine=True)
    assert (form.seed, form.values().zero_grad, form.values().batch_size) == (0, False, 11)


def test_a_preset_lays_its_values_over_the_defaults(form: Form) -> None:
    form.set_text("batch_size", "20")
    form.set_text("seed", "3")
    form.apply_preset("large-lr")

    assert form.changed_from_default == ("lr", "zero_grad", "seed")
    assert form.values().lr == 10.0
    with pytest.raises(KeyError):
        form.apply_preset("none")


def test_reset_goes_back_to_the_defaults(form: Form) -> None:
    form.set_text("lr", "nan")
    form.reset()

    assert form.changed_from_default == ()
    assert form.values() == EXPERIMENT.defaults
