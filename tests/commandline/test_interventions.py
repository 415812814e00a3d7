"""Protects what is asked to be done to a run on its command line: read as name=value is, checked
together with what is in force at its step, and never passed over in silence."""

from __future__ import annotations

import dataclasses

import pytest

from tests.commandline.scripted_run import Screen, started
from tests.commandline.staged import WHOLE_RUN, Stage, run
from tui_lab.cli import perform
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.interventions import (
    beyond_the_end,
    idle_interventions,
    read_schedule,
)
from tui_lab.errors import HyperparameterError, UsageError
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Float, Hyperparameters, Int
from tui_lab.plugins import load_experiment
from tui_lab.schedule import Intervention


def _fits(values: Hyperparameters) -> HyperparameterError | None:
    if values.batch_size <= values.examples:
        return None
    return HyperparameterError("batch_size", "batch_size must be at most examples.")


TOY = Experiment(
    name="toy",
    title="",
    chapter="",
    summary="",
    hyperparameters=(
        Float("weight_decay", symbol="λ", default=3.0, low=0.0, high=100.0, live=True),
        Int("batch_size", default=10, low=1, high=1000),
        Int("examples", default=100, low=1, high=1000),
    ),
    metrics=(),
    pictures=(),
    program="toy:Toy",
    constraint=_fits,
)


def test_values_are_read_by_any_name_and_stand_together_in_the_order_of_steps() -> None:
    words = ["@300:stop", "@212:λ=1e1", "@9:skip", "@212:bs=50", "@9:clip"]
    assert read_schedule(TOY, words, {}) == (
        Intervention(step=9, act="skip"),
        Intervention(step=9, act="clip"),
        Intervention(step=212, values={"weight_decay": 10.0, "batch_size": 50}),
        Intervention(step=300, act="stop"),
    )


def test_values_are_checked_together_with_those_in_force_then() -> None:
    words = ["@5:batch_size=200", "@4:examples=300"]
    assert [each.step for each in read_schedule(TOY, words, {})] == [4, 5]
    with pytest.raises(UsageError, match="batch_size must be at most examples"):
        read_schedule(TOY, ["@6:batch_size=200", "@9:examples=300"], {})
    with pytest.raises(UsageError, match="batch_size must be at most examples"):
        read_schedule(TOY, ["@6:batch_size=90"], {"examples": 80})


def test_a_demonstration_has_no_steps() -> None:
    shown = dataclasses.replace(TOY, demonstration=True)
    with pytest.raises(UsageError, match="toy takes no steps; give its values as name=value"):
        read_schedule(shown, ["@6:batch_size=90"], {})
    assert read_schedule(shown, [], {}) == ()


def test_a_knob_that_does_nothing_then_is_said() -> None:
    overfitting = load_experiment("overfitting")
    name = next(h.name for h in overfitting.hyperparameters if h.only_if)
    default = overfitting[name].format(overfitting[name].default)
    schedule = read_schedule(overfitting, [f"@7:{name}={default}"], {})
    (said,) = idle_interventions(overfitting, schedule, {})
    assert said.startswith(f"From step 7 on, {name} does nothing while ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["@400:skip"], ""),
        (["@9:skip", "@400:clip"], "The run ends at step 399: nothing comes of @400:clip."),
        (["@401:skip", "@9:λ=1"], "The run ends at step 400: nothing comes of @401:skip."),
        (["@400:epochs=5", "@450:skip", "@501:skip"], "nothing comes of @501:skip."),
        (["@9:batch_size=1", "@401:skip"], ""),
        (["@401:epochs=5", "@450:skip"], "nothing comes of @401:epochs=5, @450:skip."),
    ],
)
def test_what_comes_after_the_last_step_is_said(words: list[str], said: str) -> None:
    trained = dataclasses.replace(
        TOY, hyperparameters=(*TOY.hyperparameters, Int("epochs", default=4, low=1, high=9))
    )
    schedule = read_schedule(trained, words, {})
    sentence = beyond_the_end(trained, schedule, started(400, 100))
    assert sentence.endswith(said)
    assert bool(sentence) == bool(said)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("@5:lrr=1", "linear-regression has no hyperparameter 'lrr'; did you mean lr?"),
        ("@5:lr=1000", "lr must be a number from "),
        ("@5:lr=1 @5:LR=2", "lr is given twice for step 5."),
        ("@0:lr=1", "'@0:lr=1' is not of the form @STEP:name=value"),
        (f"@{10**15}:skip", "is not of the form @STEP:name=value"),
        ("@5:lr", "'@5:lr' turns no knob"),
        ("@9:stop @10:skip", "@9:stop ends the run before @10:skip."),
        ("@9:stop @12:lr=1", "@9:stop ends the run before @12:lr=1."),
        ("--guard perhaps", "choose from 'hold', 'say', 'off'"),
    ],
)
def test_a_wrong_word_gets_one_helpful_sentence(words: str, expected: str, console: Screen) -> None:
    assert perform(["run", "linear-regression", *words.split()], console) == ExitStatus.USAGE
    assert expected in console.err
    assert console.err.count("\n") == 1
    assert console.out == ""


def test_the_lab_itself_takes_no_schedule(console: Screen) -> None:
    assert perform(["linear-regression", "@5:lr=1"], console) == ExitStatus.USAGE
    assert console.err == "@5:lr=1 is for tui-lab run; in the lab knobs are turned by hand.\n"


def test_what_is_to_be_done_to_a_run_is_asked_of_the_worker_too(console: Screen) -> None:
    stage = Stage([WHOLE_RUN])
    line = "linear-regression @9:skip epochs=2 @15:lr=0.1 @21:clip --guard hold"
    assert run(line, stage, console) == ExitStatus.FINISHED
    asked = stage.request
    assert asked is not None
    assert (asked.guard, asked.hyperparameters["epochs"]) == ("hold", 2)
    assert asked.schedule == (
        Intervention(step=9, act="skip"),
        Intervention(step=15, values={"lr": 0.1}),
        Intervention(step=21, act="clip"),
    )
    assert "The run ends at step 19: nothing comes of @21:clip.\n" in console.err


def test_a_run_without_a_screen_is_not_held_unless_asked(console: Screen) -> None:
    stage = Stage([WHOLE_RUN])
    run("linear-regression", stage, console)
    assert stage.request is not None
    assert (stage.request.guard, stage.request.schedule) == ("say", ())
