"""What a person may call a hyperparameter: its name in any case, its symbol, a common name."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from tui_lab.hyperparameters import Hyperparameter

COMMON = {
    "batch_size": ("bs", "batch", "batchsize"),
    "epochs": ("num_epochs", "max_epochs"),
    "examples": ("num_examples",),
    "hidden": ("num_hiddens", "hiddens"),
    "lr": ("learning_rate", "eta"),
    "momentum": ("mu",),
    "optimizer": ("optim", "opt"),
    "test_examples": ("n_test",),
    "train_examples": ("n_train",),
    "validation_examples": ("n_val",),
    "weight_decay": ("wd", "decay"),
}
"""Names that other books and libraries have for hyperparameters of these names."""


def other_names(hyperparameter: Hyperparameter) -> tuple[str, ...]:
    """What it may be called beside its name: declared aliases, then common ones."""
    return (*hyperparameter.aliases, *COMMON.get(hyperparameter.name, ()))


def called(hyperparameters: Sequence[Hyperparameter], word: str) -> list[Hyperparameter]:
    """The hyperparameters that `word` may mean, by the closest kind of likeness that any has: the
    very name; the name in another case, or with hyphens; the symbol or another name; those in
    another case, or a Greek symbol spelled out."""
    kinds = [(h, _likeness(h, word)) for h in hyperparameters]
    closest = min((kind for _, kind in kinds if kind is not None), default=None)
    return [h for h, kind in kinds if kind is not None and kind == closest]


def _likeness(h: Hyperparameter, word: str) -> int | None:
    """The kind of likeness, 0 the closest; None where there is none."""
    others = [name for name in (h.symbol, *other_names(h)) if name]
    folded = [_folded(name) for name in (*others, *_spelled(h.symbol))]
    alike = (
        word == h.name,
        _folded(word) == _folded(h.name),
        word in others,
        _folded(word) in folded,
    )
    return alike.index(True) if any(alike) else None


def _folded(name: str) -> str:
    """Without case, hyphens, and the difference between p₁ and p1."""
    return unicodedata.normalize("NFKC", name).casefold().replace("-", "_")


def _spelled(symbol: str) -> Iterator[str]:
    """`lambda` for λ."""
    if len(symbol) == 1 and unicodedata.name(symbol, "").startswith("GREEK"):
        yield unicodedata.name(symbol).split()[-1].replace("LAMDA", "LAMBDA")
