"""Gradient accumulation: the gradient of a big batch from backward passes over small ones."""

from __future__ import annotations

from tui_lab.conditions import among, unless
from tui_lab.declarations import divergence
from tui_lab.errors import HyperparameterError
from tui_lab.experiment import Bars, Curve, Experiment, Metric, Preset, Question, Table
from tui_lab.hyperparameters import Choice, Flag, Float, Hyperparameters, Int
from tui_lab.together import Together

MOST_NUMBERS = 20_000_000
"""Features of all examples, or hidden units of a batch: 160 MB in float64."""


def _makes_sense(hp: Hyperparameters) -> HyperparameterError | None:
    batch = min(hp.batch_size, hp.examples)
    if hp.micro_batches > batch:
        message = (
            f"micro_batches must be at most {batch:,}, for a batch holds {batch:,} examples, not "
            f"{hp.micro_batches:,}."
        )
        return HyperparameterError("micro_batches", message)
    if hp.examples * hp.inputs > MOST_NUMBERS:
        most = MOST_NUMBERS // hp.inputs
        message = f"examples must be at most {most:,} with {hp.inputs:,} inputs."
        return HyperparameterError("examples", message)
    if hp.model == "mlp" and batch * hp.hidden > MOST_NUMBERS:
        most = MOST_NUMBERS // hp.hidden
        message = f"batch_size must be at most {most:,} with {hp.hidden:,} hidden units."
        return HyperparameterError("batch_size", message)
    return None


EXPERIMENT = Experiment(
    name="gradient-accumulation",
    title="Gradient accumulation",
    chapter="Automatic differentiation",
    summary="A big batch in small pieces: .grad adds up over backward passes, and with the right "
    "weights the sum is the big batch's gradient.",
    constraint=_makes_sense,
    program="tui_lab.experiments.gradient_accumulation.program:GradientAccumulation",
    together=Together(
        never="Its steps look into gradients by their memory; such runs train one by one."
    ),
    hyperparameters=(
        Int(
            "micro_batches",
            symbol="k",
            default=4,
            low=1,
            high=256,
            log=True,
            help="Pieces that a batch is cut into, each with a forward and a backward pass.",
        ),
        Choice(
            "sizes",
            ("equal", "ragged"),
            help="Pieces of the same size (as far as k divides the batch), or a last one with a "
            "sixteenth of the batch: 30, 30, 4 for 64 examples in 3.",
            only_if=unless("micro_batches", 1),
        ),
        Choice(
            "scaling",
            ("by-size", "equal", "none"),
            help="What the mean loss of a piece of n examples is multiplied by before backward: "
            "n/N, N being the whole batch; 1/k; or nothing.",
            only_if=unless("micro_batches", 1),
        ),
        Choice(
            "model",
            ("linear", "mlp"),
            help="Linear regression, or one hidden layer of tanh; both on synthetic data.",
        ),
        Int(
            "batch_size",
            symbol="N",
            default=64,
            low=1,
            high=100_000,
            log=True,
            help="Examples of a whole batch, over which an update averages.",
        ),
        Int(
            "epochs",
            default=10,
            low=1,
            high=100_000,
            log=True,
            help="How many times training goes through all the examples.",
        ),
        Float(
            "lr",
            default=0.1,
            low=1e-6,
            high=100.0,
            log=True,
            live=True,
            help="Learning rate of both, the one that accumulates and the one with the big batch.",
        ),
        Choice(
            "dtype",
            ("float32", "float64"),
            help="Floating-point type: it says how far a sum in another order is off.",
        ),
        Flag(
            "zero_grad",
            default=True,
            help="Zero the accumulated gradients after each update; off, they go into the next.",
        ),
        Int(
            "examples",
            default=640,
            low=1,
            high=1_000_000,
            log=True,
            help="Examples to draw; what does not fill a batch makes a smaller last one.",
        ),
        Int("inputs", default=10, low=1, high=1000, log=True, help="Features of an example."),
        Int(
            "hidden",
            default=64,
            low=1,
            high=10_000,
            log=True,
            help="Units of the hidden layer; used by model=mlp.",
            only_if=among("model", "mlp"),
        ),
    ),
    metrics=(
        Metric(
            "train/loss",
            "Mean of half the squared error, (ŷ − y)²/2, of the model that accumulates: per step "
            "over its batch, per epoch over all examples.",
            "minimize",
        ),
        Metric(
            "train/loss_big",
            "The same after each epoch for the model that trains on whole batches from the same "
            "start.",
            "minimize",
        ),
        Metric(
            "grad/difference",
            "Largest |accumulated gradient − gradient of the whole batch| at the same weights, "
            "each step.",
            "minimize",
        ),
        Metric(
            "grad/largest",
            "Largest |gradient of the whole batch| of any parameter, to compare the difference "
            "with.",
        ),
        Metric(
            "grad/ratio",
            "‖accumulated gradient‖ / ‖gradient of the whole batch‖ at the same weights, each "
            "step; 1 is right.",
        ),
        Metric(
            "weights/difference",
            "Largest |parameter that was accumulated for − the big batch's| after each step.",
            "minimize",
        ),
        Metric(
            "memory/peak_big",
            "Most bytes held at once for the backward pass over whole batches, as measured: on "
            "the CPU the tensors that autograd saved, beyond parameters and data; on CUDA all "
            "that was allocated.",
        ),
        Metric("memory/peak_micro", "The same while accumulating, piece after piece."),
        divergence.FIRST_INF,
        divergence.FIRST_NAN,
    ),
    pictures=(
        Curve(
            "loss",
            ("train/loss", "train/loss_big"),
            log=True,
            help="Loss over all examples: accumulating, and with whole batches.",
        ),
        Curve(
            "difference",
            ("grad/difference", "grad/largest", "weights/difference"),
            log=True,
            every="step",
            help="Largest difference of a gradient, at the same weights, and of a parameter, "
            "between both trainings; beside them the largest gradient.",
        ),
        Curve(
            "ratio of gradients",
            ("grad/ratio",),
            every="step",
            help="Length of the accumulated gradient in units of the right one.",
        ),
        Bars(
            "gradient",
            help="The accumulated gradient by parameter, and as marks that of the whole batch.",
        ),
        Bars(
            "weights of the pieces",
            help="What the mean loss of each piece is multiplied by, and as marks what makes the "
            "sum right.",
        ),
        Bars("memory", help="Most bytes held for a backward pass, whole and in pieces."),
        Table("pieces", help="Sizes and weights of the pieces of a full batch."),
    ),
    presets=(
        Preset(
            "by-size",
            "Four equal pieces, each weighted n/N",
            {},
            Question(
                "Four backward passes over 16 examples against one over 64. The gradients will "
                "differ by…",
                ("nothing at all", "rounding", "a factor of 4"),
                "Rounding: {grad/difference} at the last step. The same numbers are added in "
                "another order; after all steps the parameters differ by {weights/difference}.",
                right="rounding",
                picture="difference",
            ),
        ),
        Preset(
            "float64",
            "The same in float64",
            {"dtype": "float64"},
            Question(
                "In float64 instead of float32 the difference will be…",
                ("0", "about a billion times smaller", "the same"),
                "{grad/difference}: float64 has 29 bits more, which is a factor of 5·10⁸.",
                right="about a billion times smaller",
                picture="difference",
            ),
        ),
        Preset(
            "unscaled",
            "Four pieces, not scaled",
            {"scaling": "none"},
            Question(
                "Each piece's mean loss is passed to backward as it is. The sum will be…",
                ("the right gradient", "4 times too long", "4 times too short"),
                "{grad/ratio} times the right one: the sum of four means, not their mean. Training "
                "is then that of a learning rate 4 times as large.",
                right="4 times too long",
                picture="ratio of gradients",
            ),
        ),
        Preset(
            "ragged-equal",
            "30, 30, 4: each weighted 1/3",
            {"micro_batches": 3, "sizes": "ragged", "scaling": "equal"},
            Question(
                "Pieces of 30, 30 and 4 examples, each mean loss divided by 3. The gradient…",
                ("is right", "points elsewhere", "is 3 times too long"),
                "It is off by {grad/difference} where the largest gradient is {grad/largest}: an "
                "example in the piece of 4 counts 7.5 times as much as one in a piece of 30.",
                right="points elsewhere",
                picture="gradient",
            ),
        ),
        Preset(
            "ragged-by-size",
            "30, 30, 4: weighted 30/64, 30/64, 4/64",
            {"micro_batches": 3, "sizes": "ragged"},
        ),
        Preset(
            "memory",
            "A hidden layer and 1024 examples at a time, in 16 pieces",
            {
                "model": "mlp",
                "batch_size": 1024,
                "examples": 4096,
                "micro_batches": 16,
                "hidden": 256,
            },
            Question(
                "Sixteen pieces of 64 instead of 1024 examples at once. Peak memory falls to…",
                ("a sixteenth", "a quarter", "the same: gradients add up"),
                "{memory/peak_micro} bytes instead of {memory/peak_big}: what a piece saved is "
                "free again after its backward pass, and .grad stays as large as the parameters.",
                right="a sixteenth",
                picture="memory",
            ),
        ),
        Preset(
            "not-zeroed",
            "Accumulated for ever: no zero_grad after the update",
            {"zero_grad": False},
            Question(
                "Accumulation wants gradients to add up, so zero_grad is left out. Training will…",
                ("go on as before", "swing", "stop"),
                "{weights/difference} is the largest difference of a parameter at the end: each "
                "update also takes all batches before it, like a momentum that never decays.",
                right="swing",
                picture="loss",
            ),
        ),
    ),
)
