"""What small tensors hold and what a batch is made of, for someone who looks at a held step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from torch import Tensor

from tui_lab.events import SMALL


def small_values(parameters: Mapping[str, Tensor], loss: Any) -> dict[str, list[float]]:
    """The numbers of parameters and gradients that have but a few, as `w` and `w.grad`, and the
    mean of the `loss`; what has none that can be read is left out."""
    tensors = {"loss": loss.detach().double().mean()} if _is_readable(loss) else {}
    for name, parameter in parameters.items():
        if _is_readable(parameter) and parameter.numel() <= SMALL:
            tensors[name] = parameter
            gradient = parameter.grad if parameter.is_leaf else None
            if _is_readable(gradient):
                tensors[f"{name}.grad"] = gradient
    return {name: tensor.detach().double().flatten().tolist() for name, tensor in tensors.items()}


def shapes(batch: Any) -> str:
    """`10×2, 10×1` for the tensors of a batch; empty where it holds none."""
    return ", ".join("×".join(map(str, t.shape)) or "scalar" for t in _tensors(batch))


def _is_readable(value: Any) -> bool:
    return (
        isinstance(value, Tensor)
        and value.is_floating_point()
        and value.numel() > 0
        and not (value.is_meta or value.is_sparse or value.is_quantized)
    )


def _tensors(batch: Any) -> Iterator[Tensor]:
    if isinstance(batch, Tensor):
        yield batch
    elif isinstance(batch, Mapping):
        yield from _tensors(tuple(batch.values()))
    elif isinstance(batch, list | tuple):
        for part in batch:
            yield from _tensors(part)
