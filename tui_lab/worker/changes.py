"""Which gradients and parameters a phase has changed, by the counts that torch keeps of every
tensor's changes: nothing is copied, and no device is waited for."""

from __future__ import annotations

import weakref
from collections.abc import Mapping

from torch import Tensor

from tui_lab.worker import gradient_state

_Stand = tuple[int, weakref.ref[Tensor] | None, int]


class Changes:
    """Knows how parameters stood when it was asked last."""

    def __init__(self) -> None:
        self._stands: dict[str, _Stand] = {}

    def since(self, parameters: Mapping[str, Tensor]) -> tuple[set[str], set[str]]:
        """The names of those whose gradient is another now, and of those that moved; what was not
        there before has changed in neither way."""
        gradients, moved = set(), set()
        for name, parameter in parameters.items():
            before, now = self._stands.get(name), _stand(parameter)
            self._stands[name] = now
            if before is None:
                continue
            if before[1:] != now[1:] and now[1] is not None:
                gradients.add(name)
            if before[0] != now[0]:
                moved.add(name)
        return gradients, moved


def _stand(parameter: Tensor) -> _Stand:
    """A gradient that is made anew may lie, and be called, as the one before: but that is gone."""
    gradient = gradient_state.gradient(parameter)
    if gradient is None:
        return _version(parameter), None, 0
    return _version(parameter), weakref.ref(gradient), _version(gradient)


def _version(tensor: Tensor) -> int:
    try:
        return tensor._version
    except RuntimeError:  # an inference tensor does not count
        return 0
