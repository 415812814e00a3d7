"""Protects that no number is baked into a recording that a step keeps on the host, wherever that
is, and that no step is recorded that writes where nobody looks."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.worker.captured.walks import STEPS, Walk, Zeroing, assert_same, both

ELSEWHERE: Any = ModuleType("elsewhere")
"""A module of which nobody knows that a program uses it."""


class Counter:
    """Counts in an attribute."""

    def __init__(self) -> None:
        self.t = 0

    def next(self) -> int:
        self.t += 1
        return self.t


class Slotted:
    """Counts in a slot."""

    __slots__ = ("t",)

    def __init__(self) -> None:
        self.t = 0


class Factored(Walk):
    """Its loss is multiplied by what changes from step to step."""

    def loss_of(self, batch: Any) -> Tensor:
        return super().loss_of(batch) * (1 + self.factor() % 3)

    def factor(self) -> float:
        raise NotImplementedError


class Held(Factored):
    def build(self) -> None:
        super().build()
        self._rule = {"adam": [Counter()]}

    def factor(self) -> float:
        return self._rule["adam"][0].next()


class InSlot(Factored):
    def build(self) -> None:
        super().build()
        self._rule = Slotted()

    def factor(self) -> float:
        self._rule.t += 1
        return self._rule.t


class Rule(torch.optim.SGD):
    """Counts its steps in an attribute."""

    count = 0

    def step(self, closure: Any = None) -> Any:
        self.count += 1
        self.param_groups[0]["params"][0].grad.mul_(self.count % 3)
        return super().step(closure)


class InOptimizer(Zeroing):
    def build(self) -> None:
        super().build()
        self.optimizer = Rule([self.w], lr=0.5)


class Numpy(Factored):
    def build(self) -> None:
        super().build()
        self._rule = {"chance": np.random.default_rng(0)}

    def factor(self) -> float:
        return float(self._rule["chance"].random())


class Chance(Factored):
    def build(self) -> None:
        super().build()
        self._chance = random.Random(0)

    def factor(self) -> float:
        return self._chance.random()


class Cycled(Factored):
    def build(self) -> None:
        super().build()
        self._cycle = itertools.cycle((1.0, 2.0, 3.0))

    def factor(self) -> float:
        return next(self._cycle)


class InBytes(Factored):
    def build(self) -> None:
        super().build()
        self._bytes = bytearray(1)

    def factor(self) -> float:
        self._bytes[0] = (self._bytes[0] + 1) % 100
        return self._bytes[0]


class InArray(Factored):
    def build(self) -> None:
        super().build()
        self._array = np.zeros(1000)

    def factor(self) -> float:
        self._array[700] += 1
        return float(self._array[700])


class InLargeArray(InArray):
    def build(self) -> None:
        super().build()
        self._array = np.zeros(1 << 18)


class InLongList(Factored):
    def build(self) -> None:
        super().build()
        self._list = list(range(30_000))

    def factor(self) -> float:
        self._list[700] += 1
        return self._list[700]


class InManyObjects(InLongList):
    def build(self) -> None:
        super().build()
        self._list = [[Counter() for _ in range(5000)] for _ in range(5)]  # type: ignore[misc]

    def factor(self) -> float:
        counter: Any = self._list[4]
        return float(counter[4000].next())


class InClosure(Factored):
    def build(self) -> None:
        super().build()
        self._next = counting()

    def factor(self) -> float:
        return self._next()


def counting() -> Callable[[], int]:
    count = 0

    def following() -> int:
        nonlocal count
        count += 1
        return count

    return following


class InClass(Factored):
    seen: ClassVar[list[int]] = [0]

    def build(self) -> None:
        super().build()
        self.seen[0] = 0

    def factor(self) -> float:
        self.seen[0] += 1
        return self.seen[0]


_count = 0
_counter = Counter()


class Global(Factored):
    def build(self) -> None:
        global _count
        super().build()
        _count = 0

    def factor(self) -> float:
        global _count
        _count += 1
        return _count


class GlobalObject(Factored):
    def build(self) -> None:
        super().build()
        _counter.t = 0

    def factor(self) -> float:
        return _counter.next()


class InDefault(Factored):
    def build(self) -> None:
        super().build()
        self.factor.__func__.__defaults__[0].clear()  # type: ignore[attr-defined]

    def factor(self, seen: list[int] = []) -> float:  # noqa: B006
        seen.append(1)
        return len(seen)


class Stray(Walk):
    """Writes to a tensor that lies where nobody looks."""

    def build(self) -> None:
        super().build()
        ELSEWHERE.count = torch.zeros(1)

    def loss_of(self, batch: Any) -> Tensor:
        ELSEWHERE.count.add_(1)
        loss: Tensor = super().loss_of(batch) * ELSEWHERE.count.fmod(3)
        return loss


class StrayOut(Stray):
    def loss_of(self, batch: Any) -> Tensor:
        torch.add(ELSEWHERE.count, 1, out=ELSEWHERE.count)
        loss: Tensor = Walk.loss_of(self, batch) * ELSEWHERE.count.fmod(3)
        return loss


class Spoiling(Walk):
    """Writes to the batches that it keeps."""

    def build(self) -> None:
        super().build()
        noise = torch.randn(STEPS, 3, generator=self.generator)
        self.batches = [(row,) for row in noise]

    def loss_of(self, batch: Any) -> Tensor:
        batch[0].mul_(0.5)
        return super().loss_of(batch)


@pytest.mark.parametrize(
    ("toy", "why"),
    [
        (Held, "each of them changes _rule on the host"),
        (InSlot, "each of them changes _rule on the host"),
        (InOptimizer, "each of them changes optimizer on the host"),
        (Numpy, "it draws random numbers on the host"),
        (Chance, "it draws random numbers on the host"),
        (Cycled, "_cycle holds a cycle, which can't be looked into"),
        (InBytes, "_bytes holds a bytearray, which can't be looked into"),
        (InArray, "each of them changes _array on the host"),
        (InLargeArray, "_array holds a large array that may change"),
        (InLongList, "_list holds more than can be looked over again and again"),
        (InManyObjects, "_list holds more than can be looked over again and again"),
        (InClosure, "each of them changes _next on the host"),
        (InClass, "each of them changes InClass.seen on the host"),
        (Global, "each of them changes _count on the host"),
        (GlobalObject, "each of them changes _counter on the host"),
        (InDefault, "each of them changes InDefault.factor on the host"),
        (Stray, "it writes to a tensor that the program does not hold"),
        (StrayOut, "it writes to a tensor that the program does not hold"),
        (Spoiling, "it writes to a tensor that the program does not hold"),
    ],
)
def test_what_a_step_keeps_on_the_host_is_seen_wherever_it_is(
    toy: type[Walk], why: str, tmp_path: Path
) -> None:
    plain, recorded, _ = both(tmp_path, toy)
    assert_same(plain, recorded)
    assert recorded.said == [f"Steps are taken one by one, not from a CUDA graph: {why}."]
