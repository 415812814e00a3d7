"""What is wrong with the steps that a program took: phases, losses, gradients."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

from torch.optim.lr_scheduler import LRScheduler

from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import EPOCHS
from tui_lab.training.program import Demonstration, Program
from tui_lab.worker.checking.tryout import Tryout

_PHASES = {
    "forward": "after the forward pass, yield self.forward(loss)",
    "backward": "after loss.backward(), yield self.backward()",
    "update": "after the parameters moved, yield self.update()",
    "zero": "after the gradients were zeroed, yield self.zero_grad()",
}
"""What the name of one phase has in it, and where it belongs."""
_LENGTHS = ("epochs", "total_steps")
"""What of a program says how long to train it."""


def unfit_step(chosen: type[Program]) -> Iterator[str]:
    """A step that is no generator, where that can be seen before it is taken."""
    step = chosen.step
    code = getattr(step, "__code__", None)
    if code is None or inspect.isgeneratorfunction(step) or inspect.isabstract(chosen):
        return
    if "return" in inspect.getsource(step):
        return  # it may give one of several generators
    where = f"{Path(code.co_filename).name} line {code.co_firstlineno}"
    yield f"{where}: step() has no yield; {_PHASES['forward']}, and so on after each phase."


def endless(experiment: Experiment, chosen: type[Program]) -> Iterator[str]:
    """A program that does not say how long it is to be trained."""
    own = [getattr(chosen, n, None) is not getattr(Program, n, None) for n in _LENGTHS]
    if EPOCHS not in experiment.defaults and not any(own):
        yield "Nothing says how long to train; declare Int('epochs', default=10, low=1, high=1000)."


def step_sentences(tried: Tryout) -> Iterator[str]:
    """What is to be said of the steps, in sentences."""
    program, given = tried.program, tried.given
    if isinstance(program, Demonstration):
        return
    if given.bad_loss:
        yield f"self.forward() was given {given.bad_loss}; give it the loss itself, a real tensor."
    elif not any(key.startswith("train/") for key in given.metrics):
        yield f"A step gives no loss: {_PHASES['forward']}."
    if "?" in given.phases:
        yield "A yield in step() says nothing; yield self.forward(loss), self.backward() and so on."
    for word, cure in _PHASES.items():
        if not any(word in phase for phase in given.phases) and not _said_so(word, tried):
            yield f"The phase {word.replace('zero', 'zero_grad')} is missing in step(): {cure}."
    yield from _of_loss(tried)
    yield from _of_parameters(tried)
    yield from _of_schedulers(tried)


def _said_so(word: str, tried: Tryout) -> bool:
    """Several losses of a step, recorded each under its name, need no forward."""
    return word == "forward" and any(k.startswith("train/loss") for k in tried.given.metrics)


def _of_loss(tried: Tryout) -> Iterator[str]:
    for shape in tried.given.shapes:
        if len(shape) > 1 and shape[0] == shape[1] and shape[0] > 1:
            yield (
                f"The loss has the shape {'×'.join(map(str, shape))}: perhaps a column was "
                "compared with a row; give both the same shape."
            )
            return


def _of_parameters(tried: Tryout) -> Iterator[str]:
    named = tried.program.parameters()
    if not named:
        yield "parameters() gives none; give the trained tensors by name."
    for name, parameter in named.items():
        if parameter.requires_grad and not parameter.is_leaf:
            yield f"The parameter {name} was computed from others: it has no gradient of its own."
    left = ", ".join(list(tried.given.left)[:3])
    if left:
        yield f"After the phase zero_grad the gradient of {left} is not zero: zero it before."
    ungraded = [n for n, p in named.items() if p.requires_grad and n not in tried.given.graded]
    if len(tried.unmoved) == len(named):
        yield f"No parameter moved in {tried.steps} steps; does the optimizer have them?"
    elif ungraded:
        yield f"{', '.join(ungraded[:3])} never had a gradient; is the loss computed from it?"


def _of_schedulers(tried: Tryout) -> Iterator[str]:
    """Those that stand where they began after an epoch, and no `epoch_ended` may step later."""
    owns = [getattr(kind, "epoch_ended", None) for kind in (type(tried.program), Program)]
    if not tried.epochs or owns[0] is not owns[1]:
        return
    for name, value in vars(tried.program).items():
        if isinstance(value, LRScheduler) and value.last_epoch < 1:
            yield f"{name} was never stepped in an epoch; do so in step(), or in epoch_ended()."


def still_ones(tried: Tryout) -> Iterator[str]:
    """Parameters that stayed as they were, though they had gradients: these may be too small."""
    still = [name for name in tried.unmoved if name in tried.given.graded]
    if still and len(still) < len(tried.program.parameters()):
        yield f"{', '.join(still[:3])} never moved in {tried.steps} steps; is it in the optimizer?"
