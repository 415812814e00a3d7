"""Cases about the switches: when is an operation recorded?"""

from __future__ import annotations

import torch
from torch import nn

from tui_lab.experiments.autograd.witness import Given, See


def expression(see: See, p: Given) -> None:
    """No switch: whatever is computed from w requires a gradient too."""
    x = torch.tensor(p.x)
    w = torch.tensor(p.w, requires_grad=True)
    b = torch.tensor(0.5, requires_grad=True)
    y_hat = w * x + b
    loss = (y_hat - 1) ** 2 / 2
    see("after forward", x=x, w=w, b=b, y_hat=y_hat, loss=loss)
    loss.backward()
    see("after backward", w=w, b=b, y_hat=y_hat, loss=loss)


def no_grad(see: See, p: Given) -> None:
    """The notes' own lines: under no_grad the sum has no grad_fn, though x, y and z ask for one."""
    x = torch.randn(10, 5, requires_grad=True)
    y = torch.randn(10, 5, requires_grad=True)
    z = torch.randn(10, 5, requires_grad=True)
    with torch.no_grad():
        w = x + y + z
        see("under no_grad", x=x, w=w)
    v = x + y + z
    see("after it", w=w, v=v)


def no_grad_backward(see: See, p: Given) -> None:
    """What was computed under no_grad has nothing to go back through."""
    w = torch.tensor(p.w, requires_grad=True)
    with torch.no_grad():
        loss = (w * p.x) ** 2
    see("after forward", w=w, loss=loss)
    loss.backward()


def enable_grad(see: See, p: Given) -> None:
    """Recording is on by default: enable_grad around the first line adds nothing."""
    w = torch.tensor(p.w, requires_grad=True)
    with torch.enable_grad():
        y = w * p.x
    z = w * p.x
    see("both", w=w, y=y, z=z)


def nested_enable_grad(see: See, p: Given) -> None:
    """Inside no_grad, enable_grad switches recording on again."""
    w = torch.tensor(p.w, requires_grad=True)
    with torch.no_grad():
        y = w * p.x
        with torch.enable_grad():
            loss = (w * p.x) ** 2
    see("after forward", y=y, loss=loss)
    loss.backward()
    see("after backward", w=w, loss=loss)


def inference_mode(see: See, p: Given) -> None:
    """An inference tensor stays out of every graph, even after the block has ended."""
    w = torch.tensor(p.w, requires_grad=True)
    with torch.inference_mode():
        y = w * p.x
    see("after the block", w=w, y=y)
    loss = (w * y) ** 2
    see("after forward", loss=loss)


def detach(see: See, p: Given) -> None:
    """detach cuts one path: the gradient takes y for a constant."""
    w = torch.tensor(p.w, requires_grad=True)
    y = (w * p.x).detach()
    loss = w * y
    see("after forward", w=w, y=y, loss=loss)
    loss.backward()
    see("after backward", w=w, y=y, loss=loss)


def not_detached(see: See, p: Given) -> None:
    """The same without detach: both ways to w count."""
    w = torch.tensor(p.w, requires_grad=True)
    y = w * p.x
    loss = w * y
    see("after forward", w=w, y=y, loss=loss)
    loss.backward()
    see("after backward", w=w, y=y, loss=loss)


def factories(see: See, p: Given) -> None:
    """Not everything under no_grad comes out without requires_grad."""
    w = torch.tensor(p.w, requires_grad=True)
    with torch.no_grad():
        computed = w * p.x
        made = torch.ones(3, requires_grad=True)
        parameter = nn.Parameter(torch.ones(3))
        asked = torch.ones(3).requires_grad_()
        see("under no_grad", computed=computed, made=made, parameter=parameter, asked=asked)


def whole_numbers(see: See, p: Given) -> None:
    """Only floating-point and complex tensors can require gradients."""
    k = torch.tensor(p.times)
    see("before", k=k)
    k.requires_grad_()


CASES = (
    expression,
    no_grad,
    no_grad_backward,
    enable_grad,
    nested_enable_grad,
    inference_mode,
    detach,
    not_detached,
    factories,
    whole_numbers,
)
