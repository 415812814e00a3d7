"""One hyperparameter of a study as a row: the value of all trials, or the range they try."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive

from tui_lab.errors import HyperparameterError
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Hyperparameter, Value
from tui_lab.ranges import Range, is_range
from tui_lab.tui.knobs.knob import Knob, clip
from tui_lab.tui.study.range_field import range_field
from tui_lab.tui.study.usual_range import choices_of, nudged, scaled, usual_range
from tui_lab.view_models.plain_text import plain

RANGED = "↔"
"""Stands before the name of a knob that has a range."""


class RangeKnob(Knob):
    """A `Knob` that can hold a range instead of a value.

    Of a range one end, or one of its values, is marked: the arrows nudge that end, or go from value
    to value, which `space` takes in or leaves out.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "x",
            "turn",
            "range",
            tooltip="Make a range of the value that the trials try, and a value again",
            id="range.turn",
        ),
        Binding(
            "space",
            "mark",
            "other end",
            tooltip="Mark the other end of the range; take a choice in or leave it out",
            id="range.mark",
        ),
        Binding(
            "l",
            "scale",
            "log scale",
            tooltip="Whether equal factors count alike in the range, or equal differences",
            id="range.scale",
        ),
    ]

    span: reactive[Range | None] = reactive[Range | None](None, init=False)
    """What the trials try; None where all have the one value."""
    marked: reactive[int] = reactive(0)
    """Which end, or which of the values to choose from, the keys act on."""

    @dataclass
    class Ranged(Message):
        """A person gave the knob a range, or another one, or took it away."""

        knob: RangeKnob

        @property
        def control(self) -> RangeKnob:
            return self.knob

    def __init__(self, hyperparameter: Hyperparameter, experiment: Experiment) -> None:
        super().__init__(hyperparameter)
        self.experiment = experiment
        """That the hyperparameter is of."""

    @property
    def chooses(self) -> bool:
        """Whether the values are a few, each of which takes part or not."""
        return bool(self.options)

    @property
    def options(self) -> Sequence[Value]:
        """All values that can be chosen from, where those are a few."""
        return choices_of(self.hyperparameter)

    @property
    def text(self) -> str:
        """The value, or the range as a person would type it."""
        return super().text if self.span is None else str(self.span).partition("=")[2]

    def take_range(self, found: Range | None) -> None:
        """Give the knob a range, or none, as a person's choice."""
        if found != self.span:
            self.span = found
            self.post_message(self.Ranged(self))
            self.refresh_bindings()

    def render(self) -> Content:
        if self.span is None or self.draft is not None:
            return super().render()
        label = clip(self.hyperparameter.label, self.label_width).ljust(self.label_width)
        width = self.size.width - self.label_width - 2
        return Content.assemble((RANGED, "$accent"), label, " ", *self._range_field(width))

    def _range_field(self, width: int) -> list[tuple[str, str]]:
        """The parts of the range, the marked one set apart where the knob has the focus."""
        assert self.span is not None
        options = [self.hyperparameter.format(option) for option in self.options]
        taken = [self.hyperparameter.to_json(o) in self.span.values for o in self.options]
        parts = range_field(
            self.span, dict(zip(options, taken, strict=True)), self.marked, width - 4
        )
        edge = ("◂ ", " ▸") if self.has_focus else ("  ", "")
        shown = [(edge[0], "$accent")]
        for part in parts:
            at = self.has_focus and part.place == self.marked
            look = "bold reverse" if at else "bold" if part.taken else "dim"
            shown.append((part.text, look))
        return [*shown, (edge[1], "$accent")]

    def commit(self) -> bool:
        """Take the draft as the value or the range; a bad one stays."""
        draft = (self.draft or "").strip()
        if not draft or not is_range(self.hyperparameter, draft):
            taken = super().commit()
            if taken and draft:
                self.take_range(None)
            return taken
        try:
            found = Range.parse(self.experiment, f"{self.hyperparameter.name}={draft}")
        except HyperparameterError as error:
            self.post_message(self.Refused(self, plain(str(error))))
            return False
        self.give_up()
        self.marked = 0
        self.take_range(found)
        return True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "mark":
            return self.span is not None and (self.chooses or not self.span.values)
        if action == "scale":
            return self.span is not None and not self.span.values
        return True

    def action_turn(self) -> None:
        """Make a range of the value, or a value of the range."""
        if not self.commit():
            return
        if self.span is not None:
            self.take_range(None)
            return
        self.marked = 0
        found = usual_range(self.hyperparameter, self.value)
        if found is None:
            self.draft = self.text  # a list of lists is typed
        else:
            self.take_range(found)

    def action_nudge(self, direction: int, fine: bool = False) -> None:
        """Move the marked end, or the mark among the choices; a list of numbers is typed."""
        if self.span is None:
            super().action_nudge(direction, fine)
        elif not self.commit():
            return
        elif self.chooses:
            self.marked = (self.marked + direction) % len(self.options)
        elif self.span.values:
            self.draft = self.text
        else:
            self.take_range(nudged(self.hyperparameter, self.span, self.marked, direction, fine))

    def action_mark(self) -> None:
        """Mark the other end; take the marked choice in, or leave it out."""
        if self.span is None:
            return
        if not self.chooses:
            self.marked = 1 - self.marked
            return
        chosen = self.hyperparameter.to_json(self.options[self.marked])
        known = [self.hyperparameter.to_json(option) for option in self.options]
        taken = [v for v in known if (v in self.span.values) != (v == chosen)]
        if taken:
            self.take_range(Range.among(self.hyperparameter, taken))
        else:
            name = self.hyperparameter.name
            self.post_message(self.Refused(self, f"One value of {name} has to take part."))

    def action_scale(self) -> None:
        """Between equal factors and equal differences."""
        if self.span is None:
            return
        try:
            self.take_range(scaled(self.hyperparameter, self.span))
        except HyperparameterError as error:
            self.post_message(self.Refused(self, plain(str(error))))
