"""Cases about NumPy: when a tensor may be taken for an array, and what both of them share."""

from __future__ import annotations

import torch

from tui_lab.experiments.autograd.witness import Given, See


def numpy_refused(see: See, p: Given) -> None:
    """A tensor that requires a gradient is no array: NumPy would compute behind autograd's back."""
    w = torch.tensor([p.w, p.x], requires_grad=True)
    see("before", w=w)
    w.numpy()


def numpy_under_no_grad(see: See, p: Given) -> None:
    """Under no_grad nothing would be recorded anyway: there w itself may be taken for an array."""
    w = torch.tensor([p.w, p.x], requires_grad=True)
    with torch.no_grad():
        array = w.numpy()
    array[0] = 10
    see("array[0] = 10", w=w, array=torch.from_numpy(array))


def detach_numpy(see: See, p: Given) -> None:
    """detach().numpy() copies nothing: written through one, it is read in the other."""
    w = torch.tensor([p.w, p.x], requires_grad=True)
    array = w.detach().numpy()
    see("the same numbers", w=w, array=torch.from_numpy(array))
    array[0] = 10
    see("array[0] = 10", w=w, array=torch.from_numpy(array))
    with torch.no_grad():
        w[1] = 20
    see("w[1] = 20", w=w, array=torch.from_numpy(array))


def detach_clone_numpy(see: See, p: Given) -> None:
    """A clone in between has memory of its own: neither sees what is written into the other."""
    w = torch.tensor([p.w, p.x], requires_grad=True)
    array = w.detach().clone().numpy()
    array[0] = 10
    with torch.no_grad():
        w[1] = 20
    see("both written", w=w, array=torch.from_numpy(array))


def numpy_behind_autograd(see: See, p: Given) -> None:
    """Written through an array, a saved value changes unseen: a wrong gradient, and no error."""
    w = torch.tensor(p.w, requires_grad=True)
    y = p.x * w
    loss = y * y
    see("after forward", w=w, y=y, loss=loss)
    y.detach().numpy()[...] = 10
    loss.backward()
    see("after backward", w=w, y=y, loss=loss)


CASES = (
    numpy_refused,
    numpy_under_no_grad,
    detach_numpy,
    detach_clone_numpy,
    numpy_behind_autograd,
)
