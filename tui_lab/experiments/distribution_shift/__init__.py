"""Distribution shift: what was learned here is used there."""

from __future__ import annotations

from tui_lab.errors import HyperparameterError
from tui_lab.experiment import Bars, Experiment, Heatmap, Metric, Scatter, Table
from tui_lab.experiments.distribution_shift.knobs import KNOBS
from tui_lab.experiments.distribution_shift.presets import PRESETS
from tui_lab.experiments.distribution_shift.proportions import counts, full_shares
from tui_lab.hyperparameters import Hyperparameters

_CLASSES = {"synthetic": 3, "fashion-mnist": 10}


def _makes_sense(hp: Hyperparameters) -> HyperparameterError | None:
    if hp.shift != "label":
        return None
    classes = _CLASSES[hp.data]
    for name, shares in (
        ("source_shares", hp.source_shares),
        ("target_shares", hp.target_shares),
    ):
        if len(shares) > classes:
            message = f"{name} must be at most {classes} numbers: {hp.data} has {classes} classes."
            return HyperparameterError(name, message)
    if not any(hp.target_shares):
        return HyperparameterError("target_shares", "target_shares must not all be 0.")
    if not all(counts(full_shares(hp.source_shares, classes), hp.examples)):
        message = (
            f"source_shares must leave every class at least one of the {hp.examples} examples: "
            "nothing can be learned of a class that does not occur."
        )
        return HyperparameterError("source_shares", message)
    return None


def _estimated_shares() -> tuple[Metric, ...]:
    return tuple(
        Metric(f"shares/{j}", f"Label shift: estimated share of class {j} in the target.")
        for j in range(10)
    )


EXPERIMENT = Experiment(
    name="distribution-shift",
    title="Distribution shift",
    chapter="Generalization",
    summary="Inputs, classes or their meaning change after training: importance weights, label "
    "shares from a confusion matrix, and learning on, each beside doing nothing.",
    constraint=_makes_sense,
    demonstration=True,
    program="tui_lab.experiments.distribution_shift.program:DistributionShift",
    headings={"mean_shift": "covariate shift", "data": "label shift", "angle": "concept shift"},
    hyperparameters=KNOBS,
    metrics=(
        Metric(
            "test/loss_plain",
            "Covariate shift: expected half squared error on the target of the plain fit.",
            "minimize",
        ),
        Metric(
            "test/loss_weighted",
            "Covariate shift: the same of the fit with estimated importance weights.",
            "minimize",
        ),
        Metric(
            "test/loss_exact",
            "Covariate shift: the same with the true ratio of densities for weights, clipped at "
            "the same bound as the estimated ones.",
            "minimize",
        ),
        Metric(
            "test/loss_oracle",
            "Covariate shift: the same of a fit to the target's labels.",
            "minimize",
        ),
        Metric(
            "train/loss_plain", "Covariate shift: half squared error of the plain fit in training."
        ),
        Metric(
            "train/loss_weighted",
            "Covariate shift: the same of the weighted fit, all examples counted equally.",
        ),
        Metric(
            "weights/effective_size",
            "All shifts: (Σβ)²/Σβ², how many training examples of equal weight would be as good.",
        ),
        Metric("weights/largest", "Covariate and label shift: the largest weight β that is used."),
        Metric("weights/mean", "Covariate shift: mean of the estimated weights; near 1 if right."),
        Metric("weights/clipped", "Covariate shift: how many examples' weights were clipped."),
        Metric(
            "weights/log_error",
            "Covariate shift: root mean square of log β − log p/q over the training examples.",
            "minimize",
        ),
        Metric(
            "weights/log_error_largest",
            "Covariate shift: the largest |log β − log p/q| among them.",
            "minimize",
        ),
        Metric(
            "domain/accuracy",
            "Covariate shift: how often the logistic regression knows where an input is from.",
        ),
        Metric(
            "accuracy/plain",
            "Label and concept shift: accuracy on the target of the model as it was trained.",
            "maximize",
        ),
        Metric(
            "accuracy/corrected",
            "Label shift: the same, trained again with each class weighted by its estimated share.",
            "maximize",
        ),
        Metric(
            "accuracy/adjusted",
            "Label shift: the same of the plain model, its probabilities times the weights.",
            "maximize",
        ),
        Metric(
            "accuracy/updated",
            "Concept shift: the same of the model that kept learning.",
            "maximize",
        ),
        Metric(
            "accuracy/oracle",
            "Label and concept shift: the same of a model trained on the target's labels.",
            "maximize",
        ),
        Metric("accuracy/source", "Label shift: accuracy of the plain model on the source."),
        Metric(
            "accuracy/plain_expected",
            "Concept shift: the plain model's accuracy from its angle to the true line alone, "
            "1 − arccos(ρ)/π.",
        ),
        Metric(
            "angle/plain", "Concept shift: degrees between the plain model's line and the true."
        ),
        Metric("angle/updated", "Concept shift: the same of the model that kept learning."),
        Metric(
            "shares/error",
            "Label shift: largest |estimated − true| among the target's shares.",
            "minimize",
        ),
        Metric(
            "shares/error_counted", "Label shift: the same when predictions are merely counted."
        ),
        Metric(
            "shares/condition",
            "Label shift: condition number of the confusion matrix; ∞ when it is singular.",
        ),
        Metric(
            "shares/negative",
            "Label shift: how many shares the equation made negative, so that the likeliest shares "
            "were taken instead.",
        ),
        Metric(
            "shares/joint_sum",
            "Label shift: sum of what the joint matrix gives in place of C: weights, not shares.",
        ),
        Metric(
            "shares/joint_difference",
            "Label shift: largest difference of these weights from shares/source shares.",
        ),
        *_estimated_shares(),
        Metric("examples/train", "Label shift: examples trained on, fewer where images ran out."),
        Metric("examples/target", "Label shift: examples of the target, likewise."),
    ),
    pictures=(
        Scatter(
            "fit",
            x="x",
            y="y",
            help="Covariate shift: training and target data, the plain and the weighted fit, and "
            "the true law.",
        ),
        Scatter(
            "classes",
            x="x₁",
            y="x₂",
            equal=True,
            help="Label shift on synthetic data: the target's inputs by class.",
        ),
        Scatter(
            "boundary",
            x="x₁",
            y="x₂",
            equal=True,
            help="Concept shift: points by their class now; the true line, and those of the plain "
            "and the updated model.",
        ),
        Scatter(
            "importance weights",
            x="x",
            y="β",
            log_y=True,
            help="Covariate shift: the weight of each training example, and the true ratio of "
            "densities; clipped weights lie below it.",
        ),
        Bars(
            "counted shares",
            help="Label shift: how often the classifier says each class of the target; the marks "
            "are the true shares.",
        ),
        Bars(
            "estimated shares",
            help="Label shift: the same after C p = μ was solved for p; the marks are the true "
            "shares.",
        ),
        Heatmap(
            "confusion matrix",
            help="Label shift: how often the class of each column is taken for that of each row; "
            "every column sums to 1.",
            rows="predicted",
            columns="true class",
        ),
        Scatter(
            "accuracy and angle",
            x="degrees",
            y="accuracy",
            help="Concept shift: accuracy of both models on each period's examples before they are "
            "learned from, and what the angle alone makes expect.",
        ),
        Bars(
            "plain and corrected",
            help="Loss or accuracy on the target, model by model; `exact` has the true ratio for "
            "weights, clipped like the estimate. Marks: the noise that is left in any case "
            "(covariate), the accuracy expected of the plain model (concept).",
        ),
        Table("side by side", help="Every correction beside doing nothing."),
    ),
    presets=PRESETS,
)
