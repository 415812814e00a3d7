"""What a small step on the CPU is made of, and what was tried to make it shorter.

Linear regression of two weights in batches of 10, from scratch, on one thread: the step of the
notes. `python -m benchmarks.small_step` prints microseconds, each the best of many rounds in which
all variants take turns; no budget hangs on it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from tui_lab.training.linear_model import linreg
from tui_lab.training.losses import squared_loss
from tui_lab.training.optimizers import sgd, zero_grad

_LR, _BATCH = 0.03, 10
_RUNS = 1024

Step = Callable[[], object]
Loss = Callable[..., Any]


def main() -> None:
    """Print the table."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    X, y = torch.randn(_BATCH, 2), torch.randn(_BATCH, 1)
    w, b = torch.randn(2, 1, requires_grad=True), torch.zeros(1, requires_grad=True)
    steps: dict[str, Step] = {
        "the step, through its yields": lambda: _exhaust(_step(X, y, w, b)),
        "the same lines in a function": lambda: _plain(X, y, w, b, _loss),
        "its lines with plain numbers in the place of tensors": lambda: _exhaust(_numbers()),
        "forward": lambda: _loss(X, y, w, b),
        "forward and backward": lambda: _backward(X, y, w, b),
        "update": lambda: sgd([w, b], 0.0, _BATCH),
        "update by torch._foreach_": lambda: _foreach_update([w, b]),
        "zeroing": lambda: zero_grad([w, b]),
        "zeroing by torch._foreach_": lambda: torch._foreach_zero_(_gradients([w, b])),
    }
    _backward(X, y, w, b)
    _print(steps)
    for mode in ("default", "reduce-overhead"):
        _compiled(mode, lambda loss: _plain(X, y, w, b, loss))
    _print(_populations(), rounds=30, steps=2)


def _compiled(mode: str, step: Callable[[Loss], object]) -> None:
    begun = time.perf_counter()
    compiled = torch.compile(_loss, mode=mode)
    step(compiled)
    print(f"torch.compile, {mode}: the first step waits {time.perf_counter() - begun:.1f} s")
    _print(
        {
            "the same lines in a function": lambda: step(_loss),
            f"with the loss compiled, {mode}": lambda: step(compiled),
        }
    )


def _step(X: Tensor, y: Tensor, w: Tensor, b: Tensor) -> Iterator[int]:
    loss = _loss(X, y, w, b)
    yield 1
    _sum_backward(loss)
    yield 2
    sgd([w, b], _LR, _BATCH)
    yield 3
    zero_grad([w, b])
    yield 4


def _plain(X: Tensor, y: Tensor, w: Tensor, b: Tensor, loss: Loss) -> None:
    _sum_backward(loss(X, y, w, b))
    sgd([w, b], _LR, _BATCH)
    zero_grad([w, b])


def _numbers() -> Iterator[int]:
    """As many operations and calls, of numbers; what is left is the interpreter."""
    X = y = w = b = gradient = 1.0
    y_hat = _number(X) * w + b
    loss = (y_hat - _number(y)) ** 2 / 2
    yield 1
    _number(_number(loss))
    yield 2
    for _ in (w, b):
        if _number(gradient) is not None:
            w -= _LR / _BATCH * _number(gradient)
    yield 3
    for _ in (w, b):
        if _number(gradient) is not None:
            _number(_number(gradient))
    yield 4


def _number(value: float) -> float:
    return value


def _loss(X: Tensor, y: Tensor, w: Tensor, b: Tensor) -> Tensor:
    return squared_loss(linreg(X, w, b), y)


def _backward(X: Tensor, y: Tensor, w: Tensor, b: Tensor) -> None:
    _sum_backward(_loss(X, y, w, b))


def _sum_backward(loss: Tensor) -> None:
    torch.autograd.backward(loss.sum())


def _foreach_update(parameters: list[Tensor]) -> None:
    with torch.no_grad():
        torch._foreach_add_(parameters, _gradients(parameters), alpha=0.0)


def _gradients(parameters: list[Tensor]) -> list[Tensor]:
    return [p.grad for p in parameters if p.grad is not None]


def _populations() -> dict[str, Step]:
    """Many runs of weight decay, 200 weights each, written out with a dimension of runs, and by
    torch.func's vmap over the step of one."""
    X, y = torch.randn(_RUNS, 5, 200), torch.randn(_RUNS, 5, 1)
    w = torch.randn(_RUNS, 200, 1, requires_grad=True)

    def together() -> None:
        loss = ((torch.bmm(X, w) - y) ** 2 / 2).sum()
        (gradient,) = torch.autograd.grad(loss, [w])
        with torch.no_grad():
            w.sub_(gradient, alpha=1e-6)

    def one(w: Tensor, X: Tensor, y: Tensor) -> Tensor:
        return ((X @ w - y) ** 2 / 2).sum()

    each = torch.func.vmap(torch.func.grad(one))

    def mapped() -> None:
        with torch.no_grad():
            w.sub_(each(w, X, y), alpha=1e-6)

    return {f"{_RUNS:,} runs, written out": together, f"{_RUNS:,} runs, by vmap": mapped}


def _exhaust(step: Iterator[int]) -> None:
    for _ in step:
        pass


def _print(kinds: dict[str, Step], rounds: int = 500, steps: int = 10) -> None:
    best = dict.fromkeys(kinds, float("inf"))
    for _ in range(rounds):
        for name, step in kinds.items():
            begun = time.perf_counter()
            for _ in range(steps):
                step()
            best[name] = min(best[name], 1e6 * (time.perf_counter() - begun) / steps)
    for name, taken in best.items():
        print(f"{name:56} {taken:8.1f} µs", flush=True)


if __name__ == "__main__":
    main()
