"""What is worth trying with the penalties, and what to ask before."""

from __future__ import annotations

from tui_lab.experiment import Preset, Question

PRESETS = (
    Preset(
        "soft-threshold",
        "L1 by soft threshold",
        {},
        Question(
            "Of 195 weights that are truly 0, how many will be exactly 0 at the end?",
            ("none", "about half", "nearly all"),
            "{zeros/exact} weights are exactly 0; {support/found} of the true support are "
            "not, and {support/false} others are not.",
            right="nearly all",
            picture="exact zeros",
        ),
    ),
    Preset(
        "subgradient",
        "The same penalty by its sub-gradient",
        {"penalty": "L1"},
        Question(
            "The same problem, the same λ, but w ← w − lr·(∇ + λ·sign(w)). Exact zeros?",
            ("none", "about half", "nearly all"),
            "{zeros/exact} weights are exactly 0. Off the support the largest is still "
            "{support/largest_outside}: each step jumps over 0 by up to lr·λ.",
            right="none",
            picture="exact zeros",
        ),
    ),
    Preset(
        "l2",
        "L2 in place of L1",
        {"penalty": "L2"},
        Question(
            "L2 shrinks every weight by a factor. Which weights reach 0?",
            ("all 195", "the smallest ones", "none"),
            "{zeros/exact} are exactly 0; the largest off the support is "
            "{support/largest_outside}, and the test loss {test/loss}.",
            right="none",
            picture="weights",
        ),
    ),
    Preset("none", "No penalty", {"penalty": "none"}),
    Preset(
        "all-zero",
        "A large λ: 2",
        {"strength": 2.0},
        Question(
            "λ = 2 with the soft threshold. How many of the 5 weights survive?",
            ("5", "some", "none"),
            "{support/found} survived: beyond λ = {strength/all_zero} the solution is w = 0.",
            right="none",
            picture="exact zeros",
        ),
    ),
    Preset("weak", "λ too weak for 500 steps", {"strength": 0.01}),
    Preset(
        "small-batches",
        "Soft threshold with batches of 10",
        {"batch_size": 10, "lr": 0.02, "epochs": 200},
        Question(
            "A gradient from 10 examples is noisy. What happens to the exact zeros?",
            ("they stay", "some are kicked away", "none are left"),
            "{support/false} weights off the support are not 0 after the last step, though "
            "the largest is only {support/largest_outside}.",
            right="some are kicked away",
            picture="exact zeros",
        ),
    ),
)
