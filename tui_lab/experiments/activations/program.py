"""The demonstration: an activation function over a range, differentiated by autograd."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from tui_lab.experiments.activations.functions import Function, activations
from tui_lab.training.program import Demonstration, Pictures

_MOST_DRAWN = 500
"""Points of one line that are logged for a picture."""
_SATURATED = 0.01
_AROUND = 3
"""Points of the range shown on either side of 0."""


class Activations(Demonstration):
    """Everything is computed in `build`, as the notes do it: y = f(x), y.sum().backward()."""

    def build(self) -> None:
        hp, dtype = self.hp, getattr(torch, self.hp.dtype)
        self._all = activations(hp.slope, hp.alpha)
        chosen = self._all[hp.activation]
        # The closed form starts from the very x that torch was given, and goes on in float64.
        x = torch.arange(hp.low, hp.high, hp.step, dtype=dtype, device=self.device)
        y, grad = differentiate(chosen.torch, x)
        exact = x.double()
        self._x, self._y, self._grad = x, y, grad
        self._error = grad.double() - chosen.derivative(exact)
        self._function_error = y.double() - chosen.function(exact)
        self._zero = differentiate(chosen.torch, torch.zeros(1, dtype=dtype, device=self.device))

    def evaluate(self) -> Mapping[str, float | Tensor]:
        x, grad = self._x, self._grad
        value, slope = self._zero
        return {
            "error/function": self._function_error.abs().max(),
            "error/gradient": self._error.abs().max(),
            "value/0": value[0],
            "grad/0": slope[0],
            "grad/largest": grad.abs().max(),
            "grad/first": grad[0],
            "grad/last": grad[-1],
            "share/saturated": _saturated(grad),
            "points/all": float(len(x)),
            "points/nonzero": (grad != 0).sum(),
            "points/nearest_0": x[x.abs().argmin()],
        }

    def pictures(self) -> Pictures:
        return {
            "f and f′": {
                "line f": self._line(self._y),
                "line f′ by autograd": self._line(self._grad),
            },
            "all activations": {"table": self._comparison()},
            "autograd − closed form": {"points": self._line(self._error)},
            "around 0": {"table": self._around_zero()},
        }

    def _line(self, values: Tensor) -> dict[str, list[float]]:
        every = -(-len(values) // _MOST_DRAWN)
        return {"x": self._x[::every].tolist(), "y": values[::every].tolist()}

    def _comparison(self) -> dict[str, list[object]]:
        columns = ["function", "from", "to", "f′(0)", "max |f′|", "saturated"]
        columns += ["max |f − GELU|", "derivative"]
        gelu = self._all["gelu"].torch(self._x)
        zero = torch.zeros(1, dtype=self._x.dtype, device=self.device)
        rows: list[object] = []
        for name, activation in self._all.items():
            y, grad = differentiate(activation.torch, self._x)
            _, at_zero = differentiate(activation.torch, zero)
            figures = [y.min(), y.max(), at_zero[0], grad.abs().max(), _saturated(grad)]
            figures.append((y - gelu).abs().max())
            mark = "▸ " if name == self.hp.activation else "  "
            rows.append([mark + name, *(f.item() for f in figures), activation.formula])
        return {"columns": list(columns), "rows": rows}

    def _around_zero(self) -> dict[str, list[object]]:
        first = max(0, int(self._x.abs().argmin()) - _AROUND)
        shown = slice(first, first + 2 * _AROUND + 1)
        named = [f"x[{i}]" for i in range(len(self._x))[shown]]
        found = zip(*(t[shown].tolist() for t in (self._x, self._y, self._grad)), strict=True)
        rows: list[object] = [[name, *row] for name, row in zip(named, found, strict=True)]
        value, slope = self._zero
        rows.append(["exactly 0", 0.0, value.item(), slope.item()])
        return {"columns": ["point", "x", "f(x)", "gradient"], "rows": rows}


def differentiate(function: Function, x: Tensor) -> tuple[Tensor, Tensor]:
    """f(x) and f′(x): the gradient of the sum, for each y depends on its own x alone."""
    x = x.detach().requires_grad_()
    y = function(x)
    y.sum().backward()
    assert x.grad is not None
    return y.detach(), x.grad


def _saturated(grad: Tensor) -> Tensor:
    return (grad.abs() < _SATURATED).double().mean()
