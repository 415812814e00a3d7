"""What to try with autograd: every case, and two of them under a switch."""

from __future__ import annotations

from tui_lab.experiment import Preset, Question


def _case(title: str, case: str, question: Question | None = None, **values: str) -> Preset:
    """The preset that shows one case and is named after it."""
    return Preset(case.replace("_", "-"), title, {"case": case, **values}, question)


PRESETS = (
    _case(
        "No switch at all",
        "expression",
        Question(
            "w and b require a gradient, x does not. How many of x, w, b, ŷ and the loss do?",
            ("2", "4", "5"),
            "{tensors/requiring_grad} of {tensors/shown}: one input that asks is enough. "
            "w.grad became {grad/w}.",
            right="4",
            picture="tensors",
        ),
    ),
    _case(
        "no_grad: the notes' sum of three tensors",
        "no_grad",
        Question(
            "After the no_grad block x + y + z is computed again, as v. "
            "How many of x, w and v require a gradient?",
            ("1", "2", "3"),
            "{tensors/requiring_grad} of {tensors/shown}: x and v; w stays without one.",
            right="2",
            picture="tensors",
        ),
    ),
    _case("Backward from what no_grad computed", "no_grad_backward"),
    _case("enable_grad where it is on anyway", "enable_grad"),
    _case(
        "enable_grad inside no_grad",
        "nested_enable_grad",
        Question(
            "A loss is computed under enable_grad inside no_grad. Does w get a gradient?",
            ("no, no_grad is around it", "yes, the innermost switch counts"),
            "w.grad is {grad/w}: the innermost switch counts.",
            right="yes, the innermost switch counts",
            picture="tensors",
        ),
    ),
    _case("inference_mode: its tensors stay outside", "inference_mode"),
    _case("detach cuts one of two paths", "detach"),
    _case("Without detach both paths count", "not_detached"),
    _case(
        "Four tensors made under no_grad",
        "factories",
        Question(
            "Under no_grad: w·x, torch.ones(3, requires_grad=True), nn.Parameter(…) and "
            "torch.ones(3).requires_grad_(). How many require a gradient?",
            ("0", "1", "3"),
            "{tensors/requiring_grad} of {tensors/shown}: only what is computed goes without.",
            right="3",
            picture="tensors",
        ),
    ),
    _case("Whole numbers can't require a gradient", "whole_numbers"),
    _case("with and a no_grad of one's own", "with_statement"),
    _case(
        "with and an exception in its block",
        "with_exception",
        Question(
            "backward raises inside `with no_grad():`. Will recording be on again after that?",
            ("no, the block was not finished", "yes"),
            "Exceptions raised: {exceptions/raised}, and __exit__ ran all the same: the last line "
            "printed says recording True.",
            right="yes",
            picture="code",
        ),
    ),
    _case("with and a generator", "with_generator"),
    _case("no_grad without with", "with_by_hand"),
    _case(
        "backward three times",
        "accumulate",
        Question(
            "One backward gives w.grad = 4. What is it after three, nothing zeroed?",
            ("4", "12", "64"),
            "{grad/w}: each backward adds.",
            right="12",
            picture="tensors",
        ),
    ),
    _case("Zeroed in between", "zero_grad"),
    _case(
        "Updating a leaf in place, outside no_grad",
        "leaf_in_place",
        Question(
            "w -= lr · w.grad, outside no_grad. What happens?",
            ("it becomes part of the graph", "RuntimeError", "nothing special"),
            "Exceptions raised: {exceptions/raised}. The code shows its text.",
            right="RuntimeError",
            picture="code",
        ),
    ),
    _case("The same update under no_grad", "leaf_under_no_grad"),
    _case("w = w − …: another tensor", "reassigned"),
    _case("backward twice", "backward_twice"),
    _case("backward twice with retain_graph", "retain_graph"),
    _case("Changing what was saved for backward", "saved_and_changed"),
    _case("backward from a vector", "not_a_scalar"),
    _case("Who keeps a gradient", "retain_grad"),
    _case("The graph of a small network", "network"),
    _case(
        "The derivative of a derivative, with create_graph",
        "second_derivative",
        Question(
            "loss = x·w³, and grad is asked for with create_graph=True. Does that gradient, 3x·w², "
            "require a gradient?",
            ("no, a gradient is a number", "yes, it was computed from w"),
            "{tensors/requiring_grad} of {tensors/shown} do: w, the loss and the first derivative; "
            "the second was asked for without create_graph.",
            right="yes, it was computed from w",
            picture="tensors",
        ),
    ),
    _case("The same without create_graph", "no_create_graph"),
    _case("Derivative after derivative of a sine", "higher_derivatives"),
    _case(
        "The second derivative of a line",
        "derivative_of_a_line",
        Question(
            "loss = x·w. What does grad say about the derivative of its derivative?",
            ("0", "None", "RuntimeError"),
            "Exceptions raised: {exceptions/raised}. The slope is x, and w is not in it.",
            right="RuntimeError",
            picture="code",
        ),
    ),
    _case("A loss that holds a gradient", "gradient_penalty"),
    _case("numpy() on a tensor that requires a gradient", "numpy_refused"),
    _case("numpy() under no_grad", "numpy_under_no_grad"),
    _case(
        "detach().numpy() shares its memory",
        "detach_numpy",
        Question(
            "w = [1, 2]; array = w.detach().numpy(); array[0] = 10. Then w[1] = 20 under no_grad. "
            "What do the entries of w add up to?",
            ("3", "21, the array has a copy", "30, the memory is one"),
            "{value/w}: detach cuts the graph, not the memory.",
            right="30, the memory is one",
            picture="tensors",
        ),
    ),
    _case("clone() in between: a copy", "detach_clone_numpy"),
    _case(
        "An array that changes what backward needs",
        "numpy_behind_autograd",
        Question(
            "y = 2w, loss = y². Before backward an array that shares y's memory is set to 10. The "
            "right gradient is 8. What happens?",
            ("w.grad is 8", "RuntimeError, as with y += 1", "w.grad is wrong"),
            "w.grad is {grad/w}, exceptions raised: {exceptions/raised}. What NumPy writes raises "
            "no version, so that backward can't notice.",
            right="w.grad is wrong",
            picture="tensors",
        ),
    ),
    _case("Frozen before forward", "freeze_before"),
    _case("Frozen before forward, with no_grad around it", "freeze_in_no_grad"),
    _case(
        "Frozen between backward and step",
        "freeze_late",
        Question(
            "loss = w², w = 1, lr 0.1. After backward, w.requires_grad = False; then step(). "
            "What is w?",
            ("1", "0.8"),
            "{value/w}: an optimizer looks at .grad, not at requires_grad.",
            right="0.8",
            picture="tensors",
        ),
    ),
    _case("Frozen with .grad None", "freeze_none"),
    _case("Frozen with .grad zeroed", "freeze_zeroed"),
    _case(
        "Frozen with .grad zeroed, and weight decay",
        "freeze_zeroed_decay",
        Question(
            "w is frozen and its .grad is 0; the optimizer has weight_decay 0.5. Does w move?",
            ("no", "yes"),
            "It moved by {moved/w}.",
            right="yes",
            picture="tensors",
        ),
    ),
    _case("Frozen with .grad zeroed, and momentum", "freeze_zeroed_momentum"),
    _case("Frozen and set free again", "unfreeze"),
    _case("A layer whose forward runs under no_grad", "no_grad_layer"),
    _case("Frozen by name, out of named_parameters", "freeze_by_name"),
    _case(
        "Frozen by a prefix that says too much",
        "freeze_by_prefix",
        Question(
            "Layers 1, 2 and 10 have a weight and a bias each. Frozen is whatever name starts "
            "with layer1. How many of the six still require a gradient?",
            ("2", "4", "6"),
            "{tensors/requiring_grad} of {tensors/shown}: layer10 starts with layer1 as well. "
            "With its dot, layer1., the prefix means what it says.",
            right="2",
            picture="tensors",
        ),
    ),
    Preset(
        "all-under-no-grad",
        "The first case, all of it under no_grad",
        {"case": "expression", "under": "no_grad"},
    ),
    Preset(
        "all-under-inference-mode",
        "enable_grad inside inference_mode changes nothing",
        {"case": "nested_enable_grad", "under": "inference_mode"},
    ),
)
