"""The presets of `distribution-shift` and their questions."""

from __future__ import annotations

from tui_lab.experiment import Preset, Question

PRESETS: tuple[Preset, ...] = (
    Preset(
        "covariate",
        "Other inputs: a line fitted here, used there",
        question=Question(
            "A line is fitted to a curved law around x = 0 and used around x = 1.5. What do "
            "importance weights do to its loss there?",
            ("little", "they cut it several times", "they make it worse"),
            "Loss on the target: plain {test/loss_plain}, weighted {test/loss_weighted}; with the "
            "target's own labels it would be {test/loss_oracle}. The price: as if there were "
            "{weights/effective_size} examples.",
            right="they cut it several times",
            picture="fit",
        ),
    ),
    Preset(
        "right-model",
        "The model is right: a parabola",
        {"degree": 2},
        Question(
            "Now the fitted curve can be the true law. Do the weights still help?",
            ("yes, as before", "no, not any more"),
            "Plain {test/loss_plain}, weighted {test/loss_weighted}: one law holds everywhere, so "
            "that every example is as good, and the weights leave only "
            "{weights/effective_size} of them.",
            right="no, not any more",
            picture="fit",
        ),
    ),
    Preset(
        "far",
        "Too far away",
        {"mean_shift": 3.0},
        Question(
            "The target is three standard deviations away. How many of the 500 examples are left "
            "to learn from?",
            ("about 400", "about 100", "a handful"),
            "As if there were {weights/effective_size}; the largest weight is {weights/largest}. "
            "Weighted {test/loss_weighted}, with exact weights {test/loss_exact}.",
            right="a handful",
            picture="importance weights",
        ),
    ),
    Preset("far-clipped", "Too far away, weights clipped at 5", {"mean_shift": 3.0, "clip": 5.0}),
    Preset(
        "wrong-ratio",
        "Weights of the wrong form",
        {"ratio_degree": 1},
        Question(
            "The target is half as wide, so log p/q is a parabola, but h is a line. Where are the "
            "weights wrong?",
            ("nowhere", "beyond the target: too large", "around 0"),
            "log β is off by {weights/log_error} on average and by {weights/log_error_largest} at "
            "worst. The loss is {test/loss_weighted}, with exact weights {test/loss_exact}.",
            right="beyond the target: too large",
            picture="importance weights",
        ),
    ),
    Preset(
        "label",
        "Other shares of classes",
        {"shift": "label"},
        Question(
            "Three classes, equally common in training, 70 : 20 : 10 in use. Is counting the "
            "predictions a good estimate of these shares?",
            ("yes", "no, errors pull them together"),
            "Counting is off by {shares/error_counted}, the equation C p = μ by {shares/error}. "
            "Accuracy rises from {accuracy/plain} to {accuracy/corrected}.",
            right="no, errors pull them together",
            picture="counted shares",
        ),
    ),
    Preset(
        "missing-class",
        "A class that does not occur any more",
        {"shift": "label", "target_shares": (3.0, 1.0, 0.0)},
        Question(
            "The third class is missing in use. Can C p = μ give it a negative share?",
            ("no, never", "yes, by chance"),
            "Shares below 0: {shares/negative}. Then the likeliest shares take over; the third is "
            "estimated as {shares/2}.",
            right="yes, by chance",
            picture="side by side",
        ),
    ),
    Preset(
        "poor-classifier",
        "A classifier that can hardly tell them",
        {"shift": "label", "separation": 0.3},
        Question(
            "The classes overlap almost wholly. Is the estimate of their shares still good?",
            ("yes", "no"),
            "It is off by {shares/error}: C has the condition number {shares/condition}, which is "
            "how much it may enlarge the chance in μ.",
            right="no",
            picture="estimated shares",
        ),
    ),
    Preset(
        "fashion-mnist",
        "Label shift on Fashion-MNIST",
        {"shift": "label", "data": "fashion-mnist", "examples": 2000, "target_examples": 1000},
        Question(
            "41 % t-shirts in use instead of 10 %. What is it worth to know that?",
            ("nothing", "a few points of accuracy", "more than ten points"),
            "Accuracy {accuracy/plain} → {accuracy/corrected}. Estimated shares are off by "
            "{shares/error}, counted ones by {shares/error_counted}.",
            right="a few points of accuracy",
            picture="plain and corrected",
        ),
    ),
    Preset(
        "concept",
        "The line between the classes turns",
        {"shift": "concept"},
        Question(
            "The boundary turns by 90°. What is the accuracy of the old model then?",
            ("as before", "about 0.7", "about 0.5, as a coin"),
            "{accuracy/plain}; the updated one has {accuracy/updated} and lags {angle/updated}° "
            "behind. Importance weights see nothing: the effective size is "
            "{weights/effective_size} of 500.",
            right="about 0.5, as a coin",
            picture="accuracy and angle",
        ),
    ),
    Preset(
        "half-turn",
        "Half a turn",
        {"shift": "concept", "angle": 180.0},
        Question(
            "The boundary turns by 180°. What is the accuracy of the old model then?",
            ("about 0.5", "near 0"),
            "{accuracy/plain}: every answer is the opposite of the right one. The updated model "
            "has {accuracy/updated}.",
            right="near 0",
            picture="accuracy and angle",
        ),
    ),
    Preset(
        "too-slow",
        "Updates too small to keep up",
        {"shift": "concept", "updates": 1, "lr": 0.1},
    ),
)
