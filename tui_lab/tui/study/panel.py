"""The two halves of the form: what the trials share or try, and how many of them there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from textual import on
from textual.app import App

from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Value
from tui_lab.ranges import Range
from tui_lab.study import StudyRequest
from tui_lab.tui.key_names import with_keys
from tui_lab.tui.knobs.help import MOVES
from tui_lab.tui.knobs.panel import KnobPanel
from tui_lab.tui.study.options import AT_ONCE, options_of
from tui_lab.tui.study.range_help import RangeHelp, StudyHelp
from tui_lab.tui.study.range_knob import RangeKnob
from tui_lab.tui.study.usual_range import choices_of

_RANGE_HINT = f"{MOVES}\n{{range.turn=x}} a range of the values that the trials try"
_STUDY_HINT = f"{MOVES}\n{{study.start=r}} start  {{study.other=tab}} the other side"
_NAMES = {AT_ONCE: "slots"}
"""Options that are called otherwise here than in a request."""
_MOST_COMBINED = 256
"""Combinations of choices that are looked at for what is idle under all of them."""


class RangePanel(KnobPanel):
    """One knob per hyperparameter, each with a value or a range."""

    def __init__(self, experiment: Experiment) -> None:
        """All knobs stand at their defaults."""
        knobs = {h.name: RangeKnob(h, experiment) for h in experiment.hyperparameters}
        super().__init__(
            experiment, seed=0, device="", knobs=knobs, explains=RangeHelp(_RANGE_HINT)
        )
        self.spans = knobs
        """The same knobs, as those that may hold a range."""
        self.idle = self._idle
        self._list.leads_out = False

    @property
    def ranges(self) -> Sequence[Range]:
        """Those that knobs hold, from the top."""
        return [knob.span for knob in self.spans.values() if knob.span is not None]

    @property
    def shared(self) -> Mapping[str, Value]:
        """The values that all trials have, of the knobs that have no range."""
        return {name: knob.value for name, knob in self.spans.items() if knob.span is None}

    def take_ranges(self, ranges: Sequence[Range]) -> None:
        """Show these ranges and no other, as no one's new choice."""
        known = {found.name: found for found in ranges}
        for name, knob in self.spans.items():
            knob.span = known.get(name)
        self.mark_idle()

    @on(RangeKnob.Ranged)
    def rearrange(self) -> None:
        """Others may do something now that did not, or no more."""
        self.show_error("")
        self.mark_idle()

    def _idle(self) -> Mapping[str, str]:
        """Why each does nothing that does nothing under any of the choices that take part."""
        reasons = [self.experiment.idle({**self.values, **chosen}) for chosen in self._choices()]
        first = reasons[0]
        return {n: why for n, why in first.items() if all(n in other for other in reasons[1:])}

    def _choices(self) -> Sequence[Mapping[str, Value]]:
        """Every combination of the choices that have a range, as far as there are not too many."""
        names, values, count = [], [], 1
        for knob in self.spans.values():
            if knob.span is not None and choices_of(knob.hyperparameter):
                taken = [knob.hyperparameter.check(value) for value in knob.span.values]
                count *= len(taken)
                if count > _MOST_COMBINED:
                    break
                names.append(knob.hyperparameter.name)
                values.append(taken)
        return [dict(zip(names, chosen, strict=True)) for chosen in product(*values)]


class StudyPanel(KnobPanel):
    """Goal, trials, sampler and the rest, as knobs; seed and device last."""

    def __init__(self, asked: StudyRequest, goals: Sequence[str]) -> None:
        """The options of a request, whose goal is one of `goals`."""
        declared = options_of(asked, goals)
        super().__init__(
            declared, seed=asked.seed, device=asked.device, explains=StudyHelp(_STUDY_HINT)
        )
        self.border_title = "Study"
        self._list.leads_out = False

    @property
    def options(self) -> Mapping[str, Value]:
        """The values by the names that a session knows them by."""
        known = {**self.values, "seed": self.seed, "device": self.device}
        return {_NAMES.get(name, name): value for name, value in known.items()}

    def take_asked(self, asked: StudyRequest) -> None:
        """Show the options of a request."""
        self.take({name: getattr(asked, _NAMES.get(name, name)) for name in self.knobs})


def planned(app: App[Any], ranges: Sequence[Range], options: Mapping[str, Value]) -> str:
    """What a form would start, in one line: how many trials, and how many runs that makes."""
    if not ranges:
        return with_keys(app, "no range yet: {range.turn=x} on a knob makes one")
    sizes = [span.size for span in ranges]
    grid = _grid_words([span.name for span in ranges], sizes)
    if options["sampler"] == "grid":
        return grid
    trials, seeds = int(str(options["trials"])), int(str(options["seeds"]))
    words = f"{trials:,} {'trial' if trials == 1 else 'trials'}"
    runs = f", {trials * seeds:,} runs" if seeds > 1 else ""
    return f"{words}{runs}" if None in sizes else f"{words}{runs} · {grid}"


def _grid_words(names: Sequence[str], sizes: Sequence[int | None]) -> str:
    """`a grid makes 4 × 3 = 12 trials`, or which knob has no end of values."""
    endless = [name for name, size in zip(names, sizes, strict=True) if size is None]
    if endless:
        return f"a grid needs values of {endless[0]}: type 0.1,1,10 or 0.1..10:5"
    known = [size for size in sizes if size is not None]
    count = 1
    for size in known:
        count *= size
    factors = f"{' × '.join(map(str, known))} = " if len(known) > 1 else ""
    return f"a grid makes {factors}{count:,} {'trial' if count == 1 else 'trials'}"
