"""What is worth trying with the sweep, and what to ask before."""

from __future__ import annotations

from tui_lab.experiment import Preset, Question

_BELOW_100 = {"lambda_low": 0.01, "lambda_high": 100.0}
_DECADES = {"lambda_low": 0.1, "lambda_high": 100.0, "points": 7, "seeds": 100}

PRESETS = (
    Preset(
        "notes-grid",
        "λ from 0.1 to 100, and the choice by validation",
        _DECADES,
        Question(
            "Does the test loss fall and then rise again as λ grows to 100?",
            ("yes, a U", "no, it falls and stays low", "no, it only rises"),
            "The lowest is {test/loss_at_best}, at λ = {lambda/best_test}. Validation chooses "
            "λ = {lambda/chosen}, where it is {test/loss_at_chosen}.",
            right="no, it falls and stays low",
            picture="loss against λ",
        ),
    ),
    Preset(
        "to-the-edge",
        "λ from 0.1 to 650",
        question=Question(
            "The grid goes on to 650, where lr·λ is 1.95. The test loss…",
            ("stays low", "rises by a few per cent", "rises more than tenfold in the end"),
            "The best is {test/loss_at_best}, at λ = {lambda/best_test}. At 650 it is more than "
            "ten times that, as *loss against λ* shows: a step overshoots by nearly as much as it "
            "should go. {runs/diverged} of {runs/total} runs have diverged.",
            right="rises more than tenfold in the end",
            picture="loss against λ",
        ),
    ),
    Preset(
        "from-zero",
        "The same from w = 0",
        {**_DECADES, "init_sd": 0.0},
        Question(
            "If every run starts from w = 0, how much test loss does λ = 0 cost?",
            ("as much as before, about 90", "about ten times the best", "hardly anything"),
            "The mean over all runs, λ = 0 included, is {test/loss}, the best λ has "
            "{test/loss_at_best}: it was the start that overfitted.",
            right="hardly anything",
            picture="loss against λ",
        ),
    ),
    Preset(
        "few-validation",
        "Only 3 validation examples",
        {**_DECADES, "validation_examples": 3},
        Question(
            "How much worse is the λ that 3 validation examples choose?",
            ("by a few per cent", "by about a fifth", "ten times as bad"),
            "They choose the best λ in a share of {choice/agreement}, and the test loss is "
            "{choice/ratio} times the best on average, {choice/ratio_p95} in the worst 5 %.",
            right="by about a fifth",
            picture="λ chosen by each repetition",
        ),
    ),
    Preset(
        "diverging",
        "λ from 10 to 3,000",
        {"lambda_low": 10.0, "lambda_high": 3000.0, "points": 21, "seeds": 32},
        Question(
            "With lr 0.003, at which λ do runs begin to diverge?",
            ("about 67", "about 670", "never: decay only shrinks"),
            "The smallest λ with a diverged run is {lambda/first_diverged}; {runs/diverged} "
            "of {runs/total} runs have diverged. lr·λ = 2 is at 667.",
            right="about 670",
            picture="loss against λ",
        ),
    ),
    Preset(
        "l1",
        "L1 by its sub-gradient",
        {**_BELOW_100, "penalty": "L1"},
        Question(
            "L1 takes lr·λ from every weight at every step, and never stops at 0. And now, a U?",
            ("yes", "no"),
            "The best λ is {lambda/best_test} with a test loss of {test/loss_at_best}. Beyond "
            "it each weight swings by lr·λ around 0, and the loss grows with λ².",
            right="yes",
            picture="loss against λ",
        ),
    ),
    Preset(
        "l1-proximal",
        "L1 by soft threshold",
        {**_BELOW_100, "penalty": "L1-proximal"},
        Question(
            "The soft threshold stops at 0 where the sub-gradient swings. Test loss at λ = 100?",
            ("rises as before", "as low as at the best λ", "as high as without decay"),
            "The best λ is {lambda/best_test} with {test/loss_at_best}, and *loss against λ* stays "
            "there up to 100: all weights are exactly 0.",
            right="as low as at the best λ",
            picture="loss against λ",
        ),
    ),
    Preset(
        "threshold",
        "As many examples as weights: 201 for 200 and a bias",
        {
            "train_examples": 201,
            "lambda_low": 0.001,
            "lambda_high": 10.0,
            "points": 13,
            "seeds": 32,
        },
        Question(
            "Ten times as many examples, just enough to fit every one of them exactly. What is "
            "ridge's test loss without decay?",
            ("lower than with 20 examples", "about the same", "hundreds of times higher"),
            "At worst, at λ = 0, ridge's test loss is {ridge/test_loss_at_worst}; its best is "
            "{ridge/test_loss_at_best}, at λ = {ridge/lambda_best_test}. With 20 examples it is "
            "about 0.01 at every λ.",
            right="hundreds of times higher",
            picture="ridge beside SGD",
        ),
    ),
)
