"""What is done to a run while it runs: at which step which knob is turned, which batch left out.

It is what makes a run more than its first values and its seed. In words one intervention is
`@212:weight_decay=10`: from step 212 on. Steps count from 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from tui_lab import checks
from tui_lab.commands import MISTAKES, MistakeKind
from tui_lab.errors import UsageError

Act = Literal["", "skip", "clip", "stop", "weights", MistakeKind]
ALTERATIONS: tuple[Act, ...] = ("clip", *MISTAKES)
"""What is done inside a step."""
_ACTS: tuple[Act, ...] = ("skip", "stop", "weights", *ALTERATIONS)
_WORD = re.compile(r"@(\d{1,15}):(.*)", re.DOTALL)  # as many digits as a count may have


@dataclass(frozen=True, kw_only=True)
class Intervention:
    """New `values` (JSON form) from `step` on, or an `act`: at that step the batch is left out
    (`skip`), the gradient is clipped (`clip`), a mistake is made (`backward-twice`), after it the
    run is stopped (`stop`); before it all but the parameters begins anew (`weights`)."""

    step: int
    values: Mapping[str, Any] = field(default_factory=dict)
    act: Act = ""

    @classmethod
    def from_json(cls, data: Any) -> Intervention:
        """The intervention in a decoded object; raises `ValueError`, which names the field."""
        return cls(**checks.fields(data, _CHECKS, ("step",)))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


_CHECKS: Mapping[str, checks.Check] = {
    "step": checks.whole,
    "values": checks.mapped(checks.setting, checks.MOST_SETTINGS),
    "act": checks.one_of("", *_ACTS),
}


def read_words(words: Iterable[str]) -> list[Intervention]:
    """`@212:weight_decay=10` and `@19:skip` as interventions, in the order of steps; values are
    text as it was typed. Raises `UsageError`."""
    return sorted(map(_read, words), key=lambda intervention: intervention.step)


def words(schedule: Sequence[Intervention]) -> Iterator[str]:
    """The same, the other way round: a word for each value and act."""
    for intervention in schedule:
        if intervention.act:
            yield f"@{intervention.step}:{intervention.act}"
        for name, value in intervention.values.items():
            yield f"@{intervention.step}:{name}={_written(value)}"


def _read(word: str) -> Intervention:
    found = _WORD.fullmatch(word)
    if found is None or int(found[1]) < 1:
        raise UsageError(f"{word!r} is not of the form @STEP:name=value, with a step from 1.")
    step, rest = int(found[1]), found[2]
    for act in _ACTS:
        if rest == act:
            return Intervention(step=step, act=act)
    name, equals, value = rest.partition("=")
    if not equals or not name:
        acts = ", ".join(_ACTS)
        raise UsageError(f"{word!r} turns no knob (@STEP:name=value) and does none of {acts}.")
    return Intervention(step=step, values={name: value})


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
