"""Cases about higher derivatives: a gradient that is itself recorded, and goes on."""

from __future__ import annotations

import torch

from tui_lab.experiments.autograd.witness import Given, See


def second_derivative(see: See, p: Given) -> None:
    """create_graph=True records how a gradient is computed: it can be derived once more."""
    w = torch.tensor(p.w, requires_grad=True)
    loss = p.x * w**3
    [first] = torch.autograd.grad(loss, w, create_graph=True)
    [second] = torch.autograd.grad(first, w)
    see("after both", w=w, loss=loss, first=first, second=second)


def no_create_graph(see: See, p: Given) -> None:
    """Without it a gradient is a plain number: no grad_fn, and nothing to go back through."""
    w = torch.tensor(p.w, requires_grad=True)
    loss = p.x * w**3
    [first] = torch.autograd.grad(loss, w)
    see("after the first", w=w, loss=loss, first=first)
    [second] = torch.autograd.grad(first, w)
    see("after both", second=second)


def higher_derivatives(see: See, p: Given) -> None:
    """grad of grad of grad …: each of them is as much a function of w as the loss is."""
    w = torch.tensor(p.w, requires_grad=True)
    loss = derivative = torch.sin(w * p.x)
    see("the function", w=w, loss=loss)
    for n in range(1, p.times + 1):
        [derivative] = torch.autograd.grad(derivative, w, create_graph=True)
        see(f"derivative {n}", derivative=derivative)


def derivative_of_a_line(see: See, p: Given) -> None:
    """A line's slope does not depend on w: there is no second derivative, not even 0."""
    w = torch.tensor(p.w, requires_grad=True)
    loss = p.x * w
    [first] = torch.autograd.grad(loss, w, create_graph=True)
    see("after the first", w=w, loss=loss, first=first)
    [second] = torch.autograd.grad(first, w)
    see("after both", second=second)


def gradient_penalty(see: See, p: Given) -> None:
    """A loss made of a gradient: backward goes through the derivative and fills w.grad."""
    w = torch.tensor(p.w, requires_grad=True)
    y = p.x * w**3
    [slope] = torch.autograd.grad(y, w, create_graph=True)
    loss = slope**2 / 2
    see("after forward", w=w, slope=slope, loss=loss)
    loss.backward()
    see("after backward", w=w, slope=slope, loss=loss)


CASES = (
    second_derivative,
    no_create_graph,
    higher_derivatives,
    derivative_of_a_line,
    gradient_penalty,
)
