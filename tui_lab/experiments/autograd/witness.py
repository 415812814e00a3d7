"""What a case shows of its tensors, noted down at the moment it is shown."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

_MOST_VALUES = 4
"""Values of a tensor that are written out; of a larger one its shape is."""


@dataclass(frozen=True)
class Given:
    """The numbers that a case starts from."""

    x: float
    w: float
    lr: float
    times: int


@dataclass(frozen=True)
class Sight:
    """One tensor at one moment."""

    when: str
    name: str
    requires_grad: bool
    is_leaf: bool
    grad_fn: str
    grad: str
    value: str
    number: float
    """The sum of its values."""
    grad_number: float | None
    """The sum of its gradient's values; None where there is no gradient."""


class See:
    """Handed to a case: `see("after backward", w=w, loss=loss)` notes down how they stand."""

    def __init__(self) -> None:
        self.sights: list[Sight] = []
        self.tensors: dict[str, Tensor] = {}
        """Every tensor by the name it was last shown under."""
        self.printed: list[str] = []
        """What the case printed, line by line."""

    def __call__(self, when: str, **tensors: Tensor) -> None:
        for name, tensor in tensors.items():
            self.sights.append(_sight(when, name, tensor))
            self.tensors[name] = tensor

    def print(self, *words: object) -> None:
        """What `print` would write, kept for the screen that the code is shown on."""
        self.printed.append(" ".join(map(str, words)))

    def first(self, name: str) -> Sight | None:
        """The tensor of that name as it was first shown."""
        return next((sight for sight in self.sights if sight.name == name), None)

    def last(self, name: str) -> Sight | None:
        """The tensor of that name as it was last shown."""
        return next((sight for sight in reversed(self.sights) if sight.name == name), None)


def _sight(when: str, name: str, tensor: Tensor) -> Sight:
    grad = _grad(tensor)
    kept = tensor.is_leaf or tensor.retains_grad
    return Sight(
        when=when,
        name=name,
        requires_grad=tensor.requires_grad,
        is_leaf=tensor.is_leaf,
        grad_fn="None" if tensor.grad_fn is None else tensor.grad_fn.name(),
        grad=in_words(grad) if grad is not None else ("None" if kept else "not kept"),
        value=in_words(tensor),
        number=tensor.detach().sum().item(),
        grad_number=None if grad is None else grad.detach().sum().item(),
    )


def _grad(tensor: Tensor) -> Tensor | None:
    """`.grad`, asked for only where PyTorch keeps one: elsewhere it warns instead of answering."""
    return tensor.grad if tensor.is_leaf or tensor.retains_grad else None


def in_words(tensor: Tensor) -> str:
    """`0.8`, `[1, 2, 3]`, `10×5` and what kind of tensor it is, if that matters."""
    kind = " (inference)" if tensor.is_inference() else ""
    if tensor.numel() > _MOST_VALUES:
        return "×".join(map(str, tensor.shape)) + kind
    flat = [f"{value:.6g}" for value in tensor.detach().reshape(-1).tolist()]
    return (flat[0] if tensor.dim() == 0 else f"[{', '.join(flat)}]") + kind
