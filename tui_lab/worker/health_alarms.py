"""Alarms of health: each word said once for each place, before it does its damage."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tui_lab.events import AlarmRaised
from tui_lab.health import (
    DEAD_SHARE,
    EXPLODING_GROWTH,
    EXPLODING_NORM,
    HEALTH,
    RECENT,
    SATURATED_SHARE,
    VANISHING_NORM,
    VANISHING_SHARE,
    GradientTrend,
    Learning,
    is_dead,
    is_saturated,
    recent,
)
from tui_lab.worker.block import Columns
from tui_lab.worker.loss_trends import BatchLosses, Found, SetLosses

_AGAIN = 64
"""Looks in a row at which a place must have been well, before the same is said of it again."""
_ANYWHERE = ""
Place = tuple[str, str]
"""A word, and where it holds: a parameter, a place of activations, or the whole run."""
_RULES = {"dead": (is_dead, DEAD_SHARE), "saturated": (is_saturated, SATURATED_SHARE)}


@dataclass
class _Told:
    """That a word was said of a place."""

    step: int
    well: int = 0
    """Looks since, in a row, at which it was not so."""


class HealthAlarms:
    """Judges a run by its watched steps and by the losses it measures anyway, with the rules of
    `tui_lab.health`. It holds no run."""

    def __init__(self, raised: Mapping[str, int] | None = None, taken_up: int = 0) -> None:
        """Alarms of some kinds were `raised` before, at these steps; the run was taken up after
        this one."""
        self.advise: Callable[[str], str] = lambda word: ""
        """What to try against a word, in a sentence."""
        self.silent = False
        """Whether nothing is said now."""
        self._begun = taken_up
        self._told = {
            (kind.removeprefix(HEALTH), _ANYWHERE): _Told(step)
            for kind, step in (raised or {}).items()
            if kind.startswith(HEALTH)
        }
        self._gradients: dict[str, GradientTrend] = {}
        self._shares: dict[Place, deque[tuple[int, float]]] = {}
        self._batches = BatchLosses()
        self._sets = SetLosses()

    def look(self, snapshot: Mapping[str, Any], t: float) -> Iterator[AlarmRaised]:
        """What a watched step shows: `snapshot` has the fields of `GradientsLogged`."""
        step = int(snapshot["step"])
        found = self._parameters(step, snapshot["parameters"])
        found |= self._units(step, snapshot["activations"])
        self._recover(("vanishing", "exploding", "dead", "saturated"), found)
        for word in dict.fromkeys(word for word, _ in found):
            yield from self._raise(
                word, {p: s for (w, p), s in found.items() if w == word}, step, t
            )

    def check(self, first: int, columns: Columns, t: float) -> Iterator[AlarmRaised]:
        """What the losses of the steps from `first` on show."""
        if "train/loss" not in columns:
            return
        found = self._batches.fold(first, columns["train/loss"])
        if found is not None:
            yield from self._raise("diverging", {_ANYWHERE: found[1]}, found[0], t)

    def check_evaluations(
        self, steps: Sequence[int], columns: Mapping[str, Sequence[float]], t: float
    ) -> Iterator[AlarmRaised]:
        """What the losses of whole sets after `steps` show."""
        found: dict[str, Found] = self._sets.fold(steps, columns)
        self._recover(("diverging", "overfitting"), {(word, _ANYWHERE): "" for word in found})
        for word, (step, sentence) in found.items():
            yield from self._raise(word, {_ANYWHERE: sentence}, step, t)

    def forget_after(self, step: int) -> None:
        """The run went back: what came after this step never happened."""
        self._told = {place: told for place, told in self._told.items() if told.step <= step}
        for trend in self._gradients.values():
            trend.cut_after(step)
        for shares in self._shares.values():
            while shares and shares[-1][0] > step:
                shares.pop()
        self._batches.cut_after(step)
        self._sets.cut_after(step)

    def _parameters(self, step: int, parameters: Sequence[Mapping[str, Any]]) -> dict[Place, str]:
        for state in parameters:
            trend = self._gradients.setdefault(state["name"], GradientTrend())
            if state["grad_norm"] is not None:
                trend.add(step, state["grad_norm"])
            trend.update = state["update"]
        learning = Learning.of(self._gradients.values(), *self._batches.ends)
        found: dict[Place, str] = {}
        for state in parameters:
            name, trend = state["name"], self._gradients[state["name"]]
            word = trend.health(learning) if state["finite"] else "non-finite"
            if word == "exploding":
                found[word, name] = _exploding(name, trend)
            elif word == "vanishing" and len(trend.norms) >= RECENT and not self._begun:
                # Of a run that was taken up nobody knows here what its gradients once were.
                found[word, name] = _vanishing(name, trend, learning)
        return found

    def _units(self, step: int, activations: Sequence[Mapping[str, Any]]) -> dict[Place, str]:
        found = {}
        for state in activations:
            place = state["kind"], state["name"]
            shares = self._shares.setdefault(place, deque(maxlen=RECENT))
            shares.append((step, state["share"]))
            is_ill, share = _RULES[state["kind"]]
            least = min(share for _, share in shares)
            if len(shares) == RECENT and is_ill(least):
                found[place] = _unit(*place, least, share)
        return found

    def _recover(self, words: Sequence[str], found: Mapping[Place, str]) -> None:
        """Count the looks at which places were well that something was said of."""
        ill = {word for word, _ in found}
        for place, told in list(self._told.items()):
            word, where = place
            if word in words:
                is_ill = place in found or (where == _ANYWHERE and word in ill)
                told.well = 0 if is_ill else told.well + 1
                if told.well >= _AGAIN:
                    del self._told[place]

    def _raise(
        self, word: str, found: Mapping[str, str], step: int, t: float
    ) -> Iterator[AlarmRaised]:
        """One alarm for all places that nothing was said of yet."""
        if self.silent or (word, _ANYWHERE) in self._told:
            return
        new = [place for place in found if (word, place) not in self._told]
        if not new:
            return
        self._told |= {(word, place): _Told(step) for place in new}
        others = f"; the same is true of {', '.join(new[1:4])}" if new[1:] else ""
        others += f" and {len(new) - 4} more" if len(new) > 4 else ""
        yield AlarmRaised(
            t=t,
            step=step,
            kind=HEALTH + word,
            message=f"{found[new[0]]}{others}.",
            advice=self.advise(word),
            parameter=new[0],
        )


def _exploding(name: str, trend: GradientTrend) -> str:
    now = f"the gradient of {name} explodes: its norm is {trend.norms[-1]:.3g}"
    if trend.norms[-1] > EXPLODING_NORM:
        return f"{now}, over {EXPLODING_NORM:g}"
    return f"{now}, over {EXPLODING_GROWTH:g} times its median, at an update of {trend.update:.0%}"


def _vanishing(name: str, trend: GradientTrend, learning: Learning) -> str:
    norm = recent(trend.norms)
    said = f"the gradient of {name} vanishes: its norm is {norm:.3g} at most in {RECENT} looks"
    if norm < VANISHING_SHARE * learning.recent:
        return f"{said}, under {VANISHING_SHARE:g} of the largest, {learning.recent:.3g}"
    return f"{said}, under {VANISHING_NORM:g}"


def _unit(kind: str, name: str, least: float, share: float) -> str:
    what = "units of {} are dead" if kind == "dead" else "outputs of {} are saturated"
    return f"{least:.0%} of the {what.format(name)}, over {share:.0%}, in {RECENT} looks"
