"""Cases about the graph itself: going back through it, twice, and changing what it stands on."""

from __future__ import annotations

import torch
from torch import nn

from tui_lab.experiments.autograd.witness import Given, See


def accumulate(see: See, p: Given) -> None:
    """backward adds to .grad: after n of them it holds the sum."""
    w = torch.tensor(p.w, requires_grad=True)
    for n in range(1, p.times + 1):
        loss = (w * p.x) ** 2 / 2
        loss.backward()
        see(f"backward {n}", w=w, loss=loss)


def zero_grad(see: See, p: Given) -> None:
    """Zeroed in between, .grad is that of the last backward alone."""
    w = torch.tensor(p.w, requires_grad=True)
    for n in range(1, p.times + 1):
        if w.grad is not None:
            w.grad.zero_()
        loss = (w * p.x) ** 2 / 2
        loss.backward()
        see(f"backward {n}", w=w, loss=loss)


def leaf_in_place(see: See, p: Given) -> None:
    """An update outside no_grad does not become part of the graph: it is refused."""
    w = torch.tensor(p.w, requires_grad=True)
    loss = (w * p.x) ** 2 / 2
    loss.backward()
    see("after backward", w=w, loss=loss)
    w -= p.lr * w.grad  # type: ignore[operator]
    see("after update", w=w)


def leaf_under_no_grad(see: See, p: Given) -> None:
    """Under no_grad the same update is allowed, and w stays a leaf."""
    w = torch.tensor(p.w, requires_grad=True)
    loss = (w * p.x) ** 2 / 2
    loss.backward()
    see("after backward", w=w, loss=loss)
    with torch.no_grad():
        w -= p.lr * w.grad  # type: ignore[operator]
    see("after update", w=w)


def reassigned(see: See, p: Given) -> None:
    """w = w − … is allowed, but this w is another tensor: no leaf, and backward fills no .grad."""
    w = torch.tensor(p.w, requires_grad=True)
    loss = (w * p.x) ** 2 / 2
    loss.backward()
    see("after backward", w=w, loss=loss)
    w = w - p.lr * w.grad  # type: ignore[operator]
    loss = (w * p.x) ** 2 / 2
    loss.backward()
    see("after update", w=w, loss=loss)


def backward_twice(see: See, p: Given) -> None:
    """The first backward frees what was saved; a second one finds nothing."""
    w = torch.tensor(p.w, requires_grad=True)
    loss = (w * p.x) ** 2 / 2
    loss.backward()
    see("after backward", w=w, loss=loss)
    loss.backward()


def retain_graph(see: See, p: Given) -> None:
    """retain_graph=True keeps it: the second backward adds the same gradient again."""
    w = torch.tensor(p.w, requires_grad=True)
    loss = (w * p.x) ** 2 / 2
    loss.backward(retain_graph=True)
    see("backward 1", w=w, loss=loss)
    loss.backward()
    see("backward 2", w=w, loss=loss)


def saved_and_changed(see: See, p: Given) -> None:
    """What was saved for backward must not be changed in between: versions are compared."""
    w = torch.tensor(p.w, requires_grad=True)
    y = torch.exp(w * p.x)
    loss = y.sum()
    see("after forward", w=w, y=y, loss=loss)
    y += 1
    loss.backward()


def not_a_scalar(see: See, p: Given) -> None:
    """backward starts from one number; a vector has to be summed first."""
    w = torch.tensor(p.w, requires_grad=True)
    loss = w * torch.arange(1.0, 4.0)
    see("after forward", w=w, loss=loss)
    loss.backward()


def retain_grad(see: See, p: Given) -> None:
    """What is no leaf keeps its gradient only when asked to."""
    w = torch.tensor(p.w, requires_grad=True)
    y = w * p.x
    z = y + 1
    z.retain_grad()
    loss = z**2 / 2
    loss.backward()
    see("after backward", w=w, y=y, z=z, loss=loss)


def network(see: See, p: Given) -> None:
    """A small network: every parameter is a leaf at the end of a branch."""
    X = torch.full((3, 2), p.x)
    hidden, out = nn.Linear(2, 4), nn.Linear(4, 1)
    loss = ((out(torch.relu(hidden(X))) - 1) ** 2 / 2).mean()
    see("after forward", W1=hidden.weight, b1=hidden.bias, W2=out.weight, b2=out.bias, loss=loss)
    loss.backward()
    see("after backward", W1=hidden.weight, b1=hidden.bias, W2=out.weight, b2=out.bias)


CASES = (
    accumulate,
    zero_grad,
    leaf_in_place,
    leaf_under_no_grad,
    reassigned,
    backward_twice,
    retain_graph,
    saved_and_changed,
    not_a_scalar,
    retain_grad,
    network,
)
