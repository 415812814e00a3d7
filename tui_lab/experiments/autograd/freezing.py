"""Cases about keeping a parameter as it is, and about what does not keep it."""

from __future__ import annotations

import torch
from torch import nn

from tui_lab.experiments.autograd.witness import Given, See


def freeze_before(see: See, p: Given) -> None:
    """requires_grad=False before forward: w gets no gradient, and no optimizer moves it."""
    w = torch.tensor(p.w, requires_grad=True)
    b = torch.tensor(0.5, requires_grad=True)
    optimizer = torch.optim.SGD([w, b], lr=p.lr)
    w.requires_grad = False
    loss = (w * p.x + b) ** 2 / 2
    see("after forward", w=w, b=b, loss=loss)
    loss.backward()
    see("after backward", w=w, b=b)
    optimizer.step()
    see("after step", w=w, b=b)


def freeze_in_no_grad(see: See, p: Given) -> None:
    """The same with no_grad around the assignment, as some notes do: it adds nothing."""
    w = torch.tensor(p.w, requires_grad=True)
    b = torch.tensor(0.5, requires_grad=True)
    optimizer = torch.optim.SGD([w, b], lr=p.lr)
    with torch.no_grad():
        w.requires_grad = False
    loss = (w * p.x + b) ** 2 / 2
    see("after forward", w=w, b=b, loss=loss)
    loss.backward()
    see("after backward", w=w, b=b)
    optimizer.step()
    see("after step", w=w, b=b)


def freeze_late(see: See, p: Given) -> None:
    """Between backward and step it is too late: .grad is there, and w moves."""
    w = torch.tensor(p.w, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=p.lr)
    loss = w**2
    loss.backward()
    w.requires_grad = False
    see("frozen", w=w, loss=loss)
    optimizer.step()
    see("after step", w=w)


def freeze_none(see: See, p: Given) -> None:
    """A .grad that is None is passed over, even with weight decay and momentum."""
    w = torch.tensor(p.w, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=p.lr, momentum=0.9, weight_decay=0.5)
    loss = w**2
    loss.backward()
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    w.requires_grad = False
    see("frozen", w=w, loss=loss)
    optimizer.step()
    see("after step", w=w)


def freeze_zeroed(see: See, p: Given) -> None:
    """A .grad of 0 is not None: w is updated, by 0 as long as the step has nothing else to it."""
    w = torch.tensor(p.w, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=p.lr)
    loss = w**2
    loss.backward()
    optimizer.zero_grad(set_to_none=False)
    w.requires_grad = False
    see("frozen", w=w, loss=loss)
    optimizer.step()
    see("after step", w=w)


def freeze_zeroed_decay(see: See, p: Given) -> None:
    """A .grad of 0 with weight decay: w moves, though it requires no gradient any more."""
    w = torch.tensor(p.w, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=p.lr, weight_decay=0.5)
    loss = w**2
    loss.backward()
    optimizer.zero_grad(set_to_none=False)
    w.requires_grad = False
    see("frozen", w=w, loss=loss)
    optimizer.step()
    see("after step", w=w)


def freeze_zeroed_momentum(see: See, p: Given) -> None:
    """A .grad of 0 with momentum: the steps of before roll on."""
    w = torch.tensor(p.w, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=p.lr, momentum=0.9)
    loss = w**2
    loss.backward()
    optimizer.step()
    optimizer.zero_grad(set_to_none=False)
    w.requires_grad = False
    see("frozen", w=w, loss=loss)
    optimizer.step()
    see("after step", w=w)


def unfreeze(see: See, p: Given) -> None:
    """requires_grad=False is not for ever: set back, w learns again."""
    w = torch.tensor(p.w, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=p.lr)
    w.requires_grad = False
    see("frozen", w=w)
    w.requires_grad = True
    loss = (w * p.x) ** 2 / 2
    loss.backward()
    optimizer.step()
    see("after step", w=w, loss=loss)


def no_grad_layer(see: See, p: Given) -> None:
    """A layer whose forward runs under no_grad gets no gradient: it stays, the one above learns."""
    w = nn.Parameter(torch.tensor(p.w))
    v = nn.Parameter(torch.tensor(0.5))
    optimizer = torch.optim.SGD([w, v], lr=p.lr, weight_decay=0.5)
    with torch.no_grad():
        hidden = w * p.x
    loss = (v * hidden) ** 2 / 2
    see("after forward", w=w, hidden=hidden, v=v, loss=loss)
    loss.backward()
    optimizer.step()
    see("after step", w=w, v=v)


def freeze_by_name(see: See, p: Given) -> None:
    """Frozen by name: every parameter whose name starts with body. stays, the head learns."""
    net = nn.Sequential()
    net.add_module("body", nn.Linear(1, 2))
    net.add_module("head", nn.Linear(2, 1))
    for name, parameter in net.named_parameters():
        if name.startswith("body."):
            parameter.requires_grad = False
    optimizer = torch.optim.SGD(net.parameters(), lr=p.lr, weight_decay=0.5)
    see("frozen", **dict(net.named_parameters()))
    loss = (net(torch.tensor([p.x])) - 1).square().sum() / 2
    loss.backward()
    optimizer.step()
    see("after step", **dict(net.named_parameters()))


def freeze_by_prefix(see: See, p: Given) -> None:
    """A prefix without its dot means more than one thinks: layer1 is how layer10 begins, too."""
    net = nn.Sequential()
    for number in (1, 2, 10):
        net.add_module(f"layer{number}", nn.Linear(1, 1))
    for name, parameter in net.named_parameters():
        if name.startswith("layer1"):
            parameter.requires_grad = False
    see("frozen", **dict(net.named_parameters()))
    loss = (net(torch.tensor([p.x])) - 1).square().sum() / 2
    loss.backward()
    see("after backward", **dict(net.named_parameters()))


CASES = (
    freeze_before,
    freeze_in_no_grad,
    freeze_late,
    freeze_none,
    freeze_zeroed,
    freeze_zeroed_decay,
    freeze_zeroed_momentum,
    unfreeze,
    no_grad_layer,
    freeze_by_name,
    freeze_by_prefix,
)
