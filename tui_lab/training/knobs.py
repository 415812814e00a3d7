"""Live hyperparameters that go by the name of what an optimizer has: `lr`, `weight_decay`,
`momentum` reach the one optimizer of a program without a word from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from torch.optim.lr_scheduler import LRScheduler
from torch.optim.optimizer import Optimizer

_NOTED = frozenset({"base_lrs", "_last_lr"})
Groups = list[dict[str, Any]]
_RATES = frozenset({"lr", "initial_lr", "min_lr", "max_lr"})
"""What goes up and down with the learning rate in a group: the rate, and what schedulers aim at."""


def hand_on(attributes: Iterable[Any], name: str, old: Any, new: Any) -> bool:
    """Give a program's optimizer another value for what had the `old` one, where there is just one
    optimizer among its `attributes`; whether it has anything of that name.

    What a scheduler, or the program, has made of a learning rate is kept: every group's goes up or
    down by as much as `lr` does. Of the rest those groups get the value that had the old one: a
    group without weight decay stays without.
    """
    held = list(attributes)
    optimizers = [each for each in held if isinstance(each, Optimizer)]
    if len(optimizers) != 1 or not isinstance(old, int | float):
        return False
    (optimizer,) = optimizers
    groups: Groups = [group for group in optimizer.param_groups if name in group]
    if name == "lr":
        _scale(groups, list(_schedulers(held, optimizer)), old, new)
    else:
        for group in groups:
            group[name] = new if group[name] == old else group[name]
    return bool(groups)


def _schedulers(held: Iterable[Any], optimizer: Optimizer) -> Iterator[LRScheduler]:
    """Those of an optimizer, and those within them."""
    for each in held:
        if isinstance(each, LRScheduler) and each.optimizer is optimizer:
            yield each
            yield from _schedulers(getattr(each, "_schedulers", ()), optimizer)


def _scale(groups: Groups, schedulers: list[LRScheduler], old: float, new: float) -> None:
    """What they are now, and what schedulers go back to."""

    def scaled(value: Any) -> Any:
        return value * (new / old) if old else new

    for group in groups:
        for key in _RATES & group.keys():
            group[key] = scaled(group[key])
    for scheduler in schedulers:
        for key in _NOTED & vars(scheduler).keys():
            setattr(scheduler, key, [scaled(value) for value in getattr(scheduler, key)])
