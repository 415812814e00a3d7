"""What hyperparameters can hold, and the values chosen for one run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Value = float | int | str | bool | tuple[float, ...] | tuple[int, ...]
"""What a hyperparameter can hold."""


class Hyperparameters(Mapping[str, Value]):
    """The values chosen for one run: a frozen mapping whose values also read as attributes."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> Value:
        return self._values[name]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_values"][name]
        except KeyError:
            raise AttributeError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Hyperparameters({self._values!r})"

    def replace(self, **changes: Value) -> Hyperparameters:
        """The same values with some changed."""
        return Hyperparameters({**self._values, **changes})
