"""Overfitting: a network learns wrong labels by heart, and eight remedies."""

from __future__ import annotations

from tui_lab.conditions import among
from tui_lab.declarations import clothes, divergence
from tui_lab.errors import HyperparameterError
from tui_lab.experiment import Bars, Curve, Experiment, Images, Metric, Scatter
from tui_lab.experiments.overfitting.presets import PRESETS
from tui_lab.experiments.overfitting.remedies import DECAYED, REMEDIES
from tui_lab.hyperparameters import Choice, Flag, Float, Hyperparameters, Int, Vector
from tui_lab.together import Together


def _makes_sense(hp: Hyperparameters) -> HyperparameterError | None:
    if hp.remedy == "boosting" and hp.models > hp.epochs:
        message = (
            f"models must be at most {hp.epochs}, the number of epochs, with remedy=boosting, not "
            f"{hp.models}: each is trained for an epoch at least."
        )
        return HyperparameterError("models", message)
    return None


EXPERIMENT = Experiment(
    name="overfitting",
    title="Overfitting",
    chapter="Regularization",
    summary="1,000 clothes, 40 % of their labels drawn by lot: the network learns them by heart, "
    "and eight remedies try to stop it.",
    constraint=_makes_sense,
    program="tui_lab.experiments.overfitting.program:Overfitting",
    presets=PRESETS,
    headings={"patience": "remedies", "lr": "training", "label_noise": "data"},
    together=Together(
        never="An overfitting run trains an ensemble as one already; such runs train one by one."
    ),
    hyperparameters=(
        Choice(
            "remedy",
            REMEDIES,
            help="What is done against overfitting; the knobs of the other remedies rest.",
        ),
        Int(
            "patience",
            default=10,
            low=1,
            high=10_000,
            log=True,
            live=True,
            help="Epochs without a lower validation loss after which training ends; used by "
            "early-stopping.",
            only_if=among("remedy", "early-stopping"),
        ),
        Float(
            "weight_decay",
            symbol="λ",
            default=0.03,
            low=0.0,
            high=10.0,
            log=True,
            live=True,
            help="How strongly λ‖W‖²/2 pulls weights to zero; used by weight-decay, and by "
            "stacking, whose models have from 0 to λ in even steps.",
            only_if=among("remedy", "weight-decay", "stacking"),
        ),
        Choice(
            "decayed",
            DECAYED,
            help="What is pulled to zero: the weights of every layer, as is the habit, of the "
            "first or the last alone, or biases as well; used by weight-decay and stacking.",
            only_if=among("remedy", "weight-decay", "stacking"),
        ),
        Float(
            "p",
            aliases=("dropout",),
            default=0.5,
            low=0.0,
            high=0.99,
            step=0.05,
            live=True,
            help="Probability that a hidden unit (dropout) or a weight (dropconnect) is 0 in a "
            "step; used by dropout and dropconnect.",
            only_if=among("remedy", "dropout", "dropconnect"),
        ),
        Int(
            "shift",
            default=2,
            low=0,
            high=14,
            step=1,
            live=True,
            help="Pixels by which an image is moved at most, each way; used by augmentation.",
            only_if=among("remedy", "augmentation"),
        ),
        Flag(
            "flip",
            default=True,
            live=True,
            help="Turn half of the images left to right; used by augmentation.",
            only_if=among("remedy", "augmentation"),
        ),
        Float(
            "noise",
            symbol="σ",
            default=0.1,
            low=0.0,
            high=2.0,
            step=0.05,
            live=True,
            help="Standard deviation of what is added to every pixel; used by augmentation.",
            only_if=among("remedy", "augmentation"),
        ),
        Int(
            "models",
            symbol="K",
            default=5,
            low=2,
            high=64,
            log=True,
            help="Models in the ensemble: each on its own draw of the images with replacement "
            "(bagging), one after the other for epochs/K each (boosting), or each with another "
            "weight decay (stacking).",
            only_if=among("remedy", "bagging", "boosting", "stacking"),
        ),
        Float(
            "lr",
            default=0.1,
            low=1e-6,
            high=100.0,
            log=True,
            live=True,
            help="Learning rate of minibatch stochastic gradient descent.",
        ),
        Int(
            "epochs",
            default=60,
            low=1,
            high=10_000,
            log=True,
            help="How many times training goes through its images, at most.",
        ),
        Int(
            "batch_size",
            default=50,
            low=1,
            high=60_000,
            log=True,
            help="Images in a mini-batch; the last batch of an epoch may hold fewer.",
        ),
        Vector(
            "hidden",
            default=(128,),
            low=1,
            high=65_536,
            longest=4,
            whole=True,
            help="Units of each hidden layer, first to last.",
        ),
        Float(
            "label_noise",
            default=0.4,
            low=0.0,
            high=1.0,
            step=0.1,
            help="Share of training and validation labels drawn by lot from all ten classes; test "
            "labels are the true ones.",
        ),
        Int(
            "examples",
            default=1000,
            low=1,
            high=59_000,
            log=True,
            help="Training images, out of a random order.",
        ),
        Int(
            "validation_examples",
            default=1000,
            low=1,
            high=50_000,
            log=True,
            help="Images that are not trained on and tell the best epoch; noisy like those.",
        ),
        Int(
            "test_examples",
            default=2000,
            low=1,
            high=10_000,
            log=True,
            help="Test images, out of a random order.",
        ),
    ),
    metrics=(
        Metric(
            "train/loss",
            "Mean cross-entropy without the penalty; per step over its batch and all models, as "
            "trained; per epoch of the model as it is used, over all training images and their "
            "labels as given.",
            "minimize",
        ),
        Metric("train/accuracy", "Share of training images told as labelled, right or wrong."),
        Metric(
            "train/memorized",
            "Share of the wrongly labelled training images that get exactly their wrong label; NaN "
            "where there are none.",
            "minimize",
        ),
        Metric(
            "train/weight_of_wrong",
            "Share of all that counts in training that wrongly labelled images have; with boosting "
            "for the model in training, else simply their share.",
        ),
        Metric("val/loss", "Mean cross-entropy over validation images, noisy labels.", "minimize"),
        Metric("val/accuracy", "Share of validation images told as labelled.", "maximize"),
        Metric("test/loss", "Mean cross-entropy over test images, true labels.", "minimize"),
        Metric("test/accuracy", "Share of test images told right.", "maximize"),
        Metric("epoch/best", "The epoch with the lowest validation loss; 0 for none yet."),
        Metric("test/loss_best", "Test loss after that epoch; Infinity for none.", "minimize"),
        Metric("test/accuracy_best", "Test accuracy after that epoch; Infinity for none."),
        Metric(
            "test/brier",
            "Squared error of the probabilities over test images, summed over classes: of the "
            "ensemble where there is one, else of the one model.",
            "minimize",
        ),
        Metric(
            "test/brier_members", "The same, averaged over the ensemble's models by their votes."
        ),
        Metric(
            "test/brier_spread",
            "Mean squared distance of the models' probabilities from the ensemble's, by their "
            "votes: brier = brier_members − brier_spread.",
        ),
        Metric("test/accuracy_members", "Mean test accuracy of the ensemble's models, by votes."),
        Metric(
            "test/accuracy_single",
            "Test accuracy of the model trained on all images, beside the ensemble.",
        ),
        divergence.FIRST_INF,
        divergence.FIRST_NAN,
    ),
    pictures=(
        Curve(
            "loss",
            ("train/loss", "val/loss", "test/loss"),
            help="Cross-entropy: training and validation labels as given, test labels true.",
        ),
        Curve(
            "accuracy",
            ("train/accuracy", "val/accuracy", "test/accuracy"),
            help="Share told as labelled; only test labels are all true.",
        ),
        Scatter(
            "best epoch",
            x="epoch",
            y="loss",
            help="The same losses, and the epoch with the lowest validation loss marked.",
        ),
        Curve("memorized", ("train/memorized",), help="Share of wrong labels learned by heart."),
        Curve(
            "ensemble",
            ("test/accuracy", "test/accuracy_single", "test/accuracy_members"),
            help="Test accuracy of the ensemble, of one model trained on all images, and the mean "
            "over the ensemble's models.",
        ),
        Curve(
            "decomposition",
            ("test/brier", "test/brier_members", "test/brier_spread"),
            help="Squared error of the ensemble = mean error of its models − their spread.",
        ),
        Bars(
            "votes",
            help="How much each model of the ensemble has to say: all alike (bagging), by what it "
            "gets right (boosting), as validation labels ask for (stacking).",
        ),
        Images(
            "training images",
            help="The first training images and their labels, wrong ones with ≠ and the true one; "
            "with augmentation, changed as in training.",
            caption="label≠true class",
        ),
        clothes.DATA,
    ),
)
