"""Bayesian linear regression: the penalty of ridge and lasso is the logarithm of a prior."""

from __future__ import annotations

from tui_lab.conditions import among, unless
from tui_lab.errors import HyperparameterError
from tui_lab.experiment import Contour, Experiment, Metric, Preset, Question, Scatter, Table
from tui_lab.hyperparameters import Choice, Float, Hyperparameters, Int, Vector


def _makes_sense(hp: Hyperparameters) -> HyperparameterError | None:
    if len(hp.true_w) != 2:
        message = f"true_w must be two weights, such as 0.01,0.01, not {len(hp.true_w)}."
        return HyperparameterError("true_w", message)
    if hp.given == "lambda" and hp.examples == 0:
        message = (
            "examples must be at least 1 with given=lambda: λ is a penalty per example, and with "
            "no example it says nothing about the prior; set given=tau."
        )
        return HyperparameterError("examples", message)
    return None


EXPERIMENT = Experiment(
    name="bayes",
    title="Priors and penalties",
    chapter="Regularization",
    summary="Prior times likelihood is, up to a factor, the posterior: a Gaussian prior is ridge "
    "with λ = s²/(nτ²), a Laplace prior is lasso with λ = s²/(nb).",
    constraint=_makes_sense,
    demonstration=True,
    program="tui_lab.experiments.bayes.program:Bayes",
    hyperparameters=(
        Choice(
            "prior",
            ("gaussian", "laplace"),
            help="What is believed of each weight before any data: N(0, τ²), or the Laplace "
            "density exp(−|w|/b)/(2b), whose scale b stands under τ here.",
        ),
        Choice(
            "given",
            ("tau", "lambda"),
            help="Which of the two knobs counts, the scale of the prior or the strength of the "
            "penalty; the other follows from it, s and n.",
        ),
        Float(
            "tau",
            symbol="τ",
            default=0.01,
            low=1e-5,
            high=10.0,
            log=True,
            help="Scale of the prior with given=tau: τ of the Gaussian, b of the Laplace prior.",
            only_if=among("given", "tau"),
        ),
        Float(
            "strength",
            symbol="λ",
            default=3.0,
            low=1e-6,
            high=1e6,
            log=True,
            help="Strength of the penalty with given=lambda: λ‖w‖²/2 for the Gaussian, λ‖w‖₁ for "
            "the Laplace prior, beside the mean half squared error.",
            only_if=among("given", "lambda"),
        ),
        Float(
            "noise",
            symbol="s",
            default=0.01,
            low=1e-3,
            high=10.0,
            log=True,
            help="Standard deviation of the noise of the labels; the likelihood knows it.",
        ),
        Int(
            "examples",
            symbol="n",
            default=20,
            low=0,
            high=10_000,
            log=True,
            help="How many examples there are; more of them are the same and then others. With "
            "none the posterior is the prior.",
        ),
        Vector(
            "true_w",
            default=(0.01, 0.01),
            low=-10.0,
            high=10.0,
            longest=2,
            help="The two weights that the labels are made with.",
        ),
        Float(
            "correlation",
            symbol="ρ",
            default=0.0,
            low=-0.999,
            high=0.999,
            step=0.1,
            help="Correlation of the two inputs, each N(0, 1).",
            only_if=unless("examples", 0),
        ),
    ),
    metrics=(
        Metric("lambda", "λ of the penalty that the prior amounts to; ∞ with no examples."),
        Metric("tau", "Scale of the prior: τ of the Gaussian, b of the Laplace prior."),
        Metric("map/w1", "First weight where the posterior is largest, from its own density."),
        Metric("map/w2", "Second weight where the posterior is largest."),
        Metric(
            "penalized/w1",
            "First weight that minimises mean half squared error plus penalty: ridge from the "
            "normal equations, lasso by coordinate descent.",
        ),
        Metric("penalized/w2", "Second weight that minimises it."),
        Metric("map/difference", "Largest |MAP − penalised| among the weights.", "minimize"),
        Metric("map/error", "Largest |MAP − true| among the weights.", "minimize"),
        Metric("least_squares/w1", "First weight of the maximum likelihood; NaN when not unique."),
        Metric("least_squares/w2", "Second weight of the maximum likelihood, likewise."),
        Metric("posterior/mean_w1", "Mean of the first weight under the posterior."),
        Metric("posterior/mean_w2", "Mean of the second weight under the posterior."),
        Metric("posterior/sd_w1", "Standard deviation of the first weight under the posterior."),
        Metric("posterior/sd_w2", "Standard deviation of the second weight under the posterior."),
        Metric("prior/sd", "Standard deviation of a weight under the prior: τ, or √2·b."),
        Metric("one/map", "With the second weight known: where the posterior of w₁ is largest."),
        Metric("one/mean", "With the second weight known: mean of the posterior of w₁."),
        Metric("one/sd", "With the second weight known: its standard deviation."),
        Metric("evidence/log", "log p(y | X): how well the prior as a whole predicts the labels."),
        Metric(
            "evidence/best_tau",
            "The scale of the prior, from 1e-5 to 10, with the largest evidence: an end of this "
            "range where it still rises there. NaN without data.",
        ),
        Metric(
            "identity/error",
            "Largest deviation of −log(prior × likelihood) from (n/s²)·(mean half squared error "
            "+ penalty) + constant over a grid, relative to its range there.",
            "minimize",
        ),
    ),
    pictures=(
        Scatter(
            "one weight",
            x="w₁",
            y="density",
            help="Prior, likelihood and posterior of w₁ with the second weight known, each of area "
            "1; MAP and mean on the posterior, the true weight below.",
        ),
        Contour(
            "two weights",
            x="w₁",
            y="w₂",
            help="The log posterior, cut off 30 below its top; the level lines of prior and "
            "likelihood that touch in the MAP; the solution with the penalty lies on it.",
        ),
        Scatter(
            "weights for every λ",
            x="λ",
            y="weight",
            log_x=True,
            help="The weights of ridge or lasso for weak to strong penalties, and the present MAP.",
        ),
        Scatter(
            "evidence",
            x="τ",
            y="log p(y | X)",
            log_x=True,
            help="How well priors of each scale predict the labels; the best, and the present one.",
        ),
        Table(
            "weights", help="True, least squares, MAP, penalised, mean and spread, side by side."
        ),
        Table("prior and penalty", help="The same belief in both languages, and what it costs."),
    ),
    presets=(
        Preset(
            "true-scale",
            "A prior of the size of the true weights: τ = 0.01",
            question=Question(
                "20 examples, noise 0.01, a Gaussian prior of sd 0.01. Which λ of ridge is that?",
                ("0.05", "1", "3, as in the notes"),
                "λ = s²/(nτ²) = {lambda}. The MAP ({map/w1}, {map/w2}) and the ridge solution "
                "differ by {map/difference}.",
                right="0.05",
                picture="prior and penalty",
            ),
        ),
        Preset(
            "lambda-3",
            "The λ of the notes: 3",
            {"given": "lambda", "strength": 3.0},
            Question(
                "λ = 3 with 20 examples and noise 0.01: how large does that prior hold a weight "
                "to be?",
                ("about 3", "about 0.01, as the true ones", "about 0.001"),
                "τ = s/√(nλ) = {tau}: the true weights of 0.01 lie far outside of it. The MAP is "
                "({map/w1}, {map/w2}), pulled to 0.",
                right="about 0.001",
                picture="prior and penalty",
            ),
        ),
        Preset("lambda-10", "A stronger penalty: λ = 10", {"given": "lambda", "strength": 10.0}),
        Preset(
            "no-data",
            "No data at all",
            {"examples": 0},
            Question(
                "What is the posterior when there are no examples?",
                ("flat", "the prior", "undefined"),
                "The prior: its sd is {prior/sd}, and so is that of the posterior, "
                "{posterior/sd_w1}. λ is {lambda}: it shares the prior out among the examples, "
                "and there are none.",
                right="the prior",
                picture="one weight",
            ),
        ),
        Preset(
            "one-example",
            "One example for two weights",
            {"examples": 1},
            Question(
                "One example says one thing about two weights. What does the posterior look like?",
                ("a ridge, cut off by the prior", "a round hill", "no maximum"),
                "A ridge: least squares has no single answer ({least_squares/w1}), the MAP has: "
                "({map/w1}, {map/w2}), on the way from 0 straight to the crest.",
                right="a ridge, cut off by the prior",
                picture="two weights",
            ),
        ),
        Preset(
            "many-examples",
            "A prior that is wrong, and 2000 examples",
            {"tau": 0.0013, "examples": 2000},
            Question(
                "The prior of λ = 3 at 20 examples is kept, but there are 2000 now. How far off is "
                "the MAP?",
                ("as far as before", "hardly at all"),
                "By {map/error}: the same prior weighs only λ = {lambda} against the mean loss "
                "now.",
                right="hardly at all",
                picture="two weights",
            ),
        ),
        Preset(
            "laplace",
            "A Laplace prior, and a weight that is really 0",
            {"prior": "laplace", "given": "lambda", "strength": 0.005, "true_w": (0.01, 0.0)},
            Question(
                "The second true weight is 0. Is it exactly 0 in the MAP? And in the posterior "
                "mean?",
                ("in both", "in the MAP alone", "in neither"),
                "MAP {map/w2}, mean {posterior/mean_w2}: the density has its peak at 0, but a "
                "single point has no weight in a mean.",
                right="in the MAP alone",
                picture="weights",
            ),
        ),
        Preset(
            "correlated",
            "Inputs that hardly differ",
            {"correlation": 0.98},
            Question(
                "Both inputs are almost the same number. What is uncertain?",
                ("the sum w₁ + w₂", "how it is shared between w₁ and w₂"),
                "How it is shared: sd of w₁ {posterior/sd_w1} although one weight alone would be "
                "known to {one/sd}. Look at the long ellipse.",
                right="how it is shared between w₁ and w₂",
                picture="two weights",
            ),
        ),
    ),
)
