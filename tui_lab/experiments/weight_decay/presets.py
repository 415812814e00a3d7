"""What to try with weight decay, and what to ask before."""

from __future__ import annotations

from tui_lab.experiment import Preset, Question

_CONCISE = {"implementation": "concise", "bias_init": "normal"}

PRESETS = (
    Preset(
        "lambda-0",
        "No decay: λ = 0",
        {"weight_decay": 0.0},
        Question(
            "20 examples, 200 weights from N(0, 1), no decay. The training loss will be next to 0. "
            "And the test loss?",
            ("falls with it", "falls to a tenth", "stays near where it started"),
            "Train {train/loss}, test {test/loss}. Of ‖w‖ = {norm/w} a length of {norm/w_null} "
            "lies where no training example sees it: there w stays as it started, and every test "
            "example sees that.",
            right="stays near where it started",
            picture="loss",
        ),
    ),
    Preset(
        "lambda-3",
        "The notes' setting: λ = 3",
        {"weight_decay": 3.0},
        Question(
            "λ = 3 keeps 99.1 % of w at each of 400 steps. What will most of the final w be?",
            ("what the data ask for", "what is left of the start", "about half of each"),
            "‖w‖ ended at {norm/w}, and {norm/w_null} of it is the start's, out of reach for the "
            "data; the part that they see is {norm/w_row} long. Test loss {test/loss}.",
            right="what is left of the start",
            picture="seen and unseen w",
        ),
    ),
    Preset(
        "lambda-10",
        "Strong decay: λ = 10",
        {"weight_decay": 10.0},
        Question(
            "λ = 10 instead of 3: how will the losses compare with those of lambda-3?",
            ("both lower", "train higher, test lower", "both higher"),
            "Train {train/loss}, test {test/loss}: the first is the higher one, the second the "
            "lower. Of the start {norm/w_null} is left. Lay this run over lambda-3.",
            right="train higher, test lower",
            picture="loss",
        ),
    ),
    Preset(
        "batch-1-lambda-0",
        "Batches of 1, λ = 0",
        {"batch_size": 1, "weight_decay": 0.0},
        Question(
            "2000 steps instead of 400, still without decay. The test loss will be…",
            ("a fifth", "about half", "as with 400"),
            "{test/loss}: {norm/w_null} of w is out of reach for gradients, however many there "
            "are.",
            right="as with 400",
            picture="loss",
        ),
    ),
    Preset("batch-1-lambda-3", "Batches of 1, λ = 3", {"batch_size": 1, "weight_decay": 3.0}),
    Preset(
        "concise-lambda-0",
        "The concise version, λ = 0: MSE, normal bias",
        {**_CONCISE, "loss": "mse", "weight_decay": 0.0},
        Question(
            "nn.MSELoss, no decay: against lambda-0 the test loss will read…",
            ("half as large", "the same", "twice as large"),
            "{test/loss}: MSELoss has no half. The weights are no worse: {norm/w_null} of w was "
            "never moved, as before.",
            right="twice as large",
            picture="loss",
        ),
    ),
    Preset(
        "concise-lambda-3",
        "The concise version, λ = 3: MSE, normal bias",
        {**_CONCISE, "loss": "mse", "weight_decay": 3.0},
    ),
    Preset(
        "concise-batch-1-lambda-0",
        "The concise version with half loss, batches of 1, λ = 0",
        {**_CONCISE, "batch_size": 1, "weight_decay": 0.0},
    ),
    Preset(
        "concise-batch-1-lambda-3",
        "The concise version with half loss, batches of 1, λ = 3",
        {**_CONCISE, "batch_size": 1, "weight_decay": 3.0},
    ),
    Preset(
        "concise-as-scratch",
        "MSE with twice λ and half lr",
        {"implementation": "concise", "loss": "mse", "weight_decay": 6.0, "lr": 0.0015},
        Question(
            "MSELoss with λ 6 and lr 0.0015. Against lambda-3 (half loss, λ 3, lr 0.003) ‖w‖ will "
            "be…",
            ("half", "the same", "twice as long"),
            "{norm/w}, the same: MSE doubles the data's gradient, so half the lr takes the same "
            "steps, and the penalty needs twice the λ for it. The loss, {test/loss}, reads double.",
            right="the same",
            picture="‖w‖",
        ),
    ),
    Preset(
        "from-zero",
        "λ = 0 from w = 0",
        {"weight_decay": 0.0, "init_sd": 0.0},
        Question(
            "No decay, but w starts at 0. Twenty examples, 200 weights: the test loss will be…",
            ("about 90, as with lambda-0", "about 1", "about 0.01"),
            "{test/loss}: nothing lay out of reach at the start (now {norm/w_null}), so nothing is "
            "left there. It was the start that overfitted.",
            right="about 0.01",
            picture="loss",
        ),
    ),
)
