"""The form of a study, made from its experiment's declaration: ranges, goal, number of trials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen

from tui_lab.errors import TuiLabError
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Value
from tui_lab.ranges import Range
from tui_lab.study import StudyRequest
from tui_lab.tui.knobs.panel import KnobPanel
from tui_lab.tui.navigation import Navigation
from tui_lab.tui.session.protocol import Session
from tui_lab.tui.study.listing import list_studies
from tui_lab.tui.study.panel import RangePanel, StudyPanel, planned
from tui_lab.tui.study.range_knob import RangeKnob
from tui_lab.tui.study.usual_range import usual_range
from tui_lab.tui.widgets.key_line import KeyLine
from tui_lab.tui.widgets.line import Line
from tui_lab.view_models.plain_text import plain

_WITHOUT_KNOBS = ("on", "threads", "data")


class StudyFormScreen(Screen[None]):
    """Ranges at the left, what the study is at the right; a line below says what it comes to."""

    TITLE = "New study"
    CSS_PATH = "study.tcss"
    AUTO_FOCUS = ""
    HELP = (
        "A study runs the experiment again and again with other values, and looks for those with "
        "the best goal. {range.turn=x} makes a range of a knob's value; a range is also typed: "
        "0.001..1 for all numbers between, log:0.001..1 on a log scale, 0,1,3,10 for these alone, "
        "0.001..1:5 for five of them."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "r,enter",
            "start",
            "start",
            key_display="r",
            tooltip="Start the study",
            id="study.start",
        ),
        Binding(
            "tab,shift+tab",
            "other_side",
            "other side",
            key_display="tab",
            tooltip="Between the ranges and what the study is",
            id="study.other",
        ),
        Binding(
            "S",
            "list",
            "studies",
            key_display="S",
            tooltip="Every study ever made, to look at again",
            id="study.list",
        ),
        Binding(
            "escape", "back", "back", tooltip="Back to the experiment", id="study.back", show=False
        ),
    ]
    lab = getters.app(Navigation)

    def __init__(self, session: Session, experiment: Experiment) -> None:
        super().__init__()
        self.session, self.experiment = session, experiment
        self.ranges = RangePanel(experiment)
        self.ranges.take(experiment.study)
        self.options = StudyPanel(self._usual(), session.studies.goals(experiment))
        self.line = Line(classes="status")
        self._kept: Mapping[str, Any] = {}
        """Options of the study that this one is like, which the form has no knobs for."""

    def _usual(self) -> StudyRequest:
        """What a study of this experiment is that says nothing: for its options."""
        known = self.experiment.hyperparameters
        spans = [usual_range(h, h.default) or Range.among(h, [h.default]) for h in known]
        spans.sort(key=lambda span: span.size is not None)  # few values would make few trials
        return self.session.studies.asked(self.experiment, {}, spans[:1])

    def compose(self) -> ComposeResult:
        with Horizontal(id="form"):
            yield self.ranges
            yield self.options
        yield self.line
        yield KeyLine()

    def on_mount(self) -> None:
        self.ranges.focus_current()
        self.say_plan()

    def fill(self, values: Mapping[str, Value]) -> None:
        """Turn the knobs to these values, `seed` and `device` among them; those that have a range
        keep it, and where nobody has chosen, a study has its usual values."""
        usual = {
            name: value
            for name, value in self.experiment.study.items()
            if values.get(name, value) == self.experiment[name].default
        }
        for panel in (self.ranges, self.options):
            panel.take({**values, **usual})
        if self.is_mounted:
            self.say_plan()

    def take(self, asked: StudyRequest) -> None:
        """Show the ranges, the values and the options of another study."""
        declared = {h.name: h for h in self.experiment.hyperparameters}
        written = asked.hyperparameters.items()
        self.ranges.take({n: declared[n].check(v) for n, v in written if n in declared})
        self.ranges.take_ranges(asked.ranges)
        self.options.take_asked(asked)
        self._kept = {name: getattr(asked, name) for name in _WITHOUT_KNOBS}

    @on(RangeKnob.Ranged)
    @on(KnobPanel.Changed)
    def say_plan(self) -> None:
        """Say what the form would start."""
        words = planned(self.app, self.ranges.ranges, self.options.values)
        if place := self._kept.get("on"):
            words = f"{words} · on {plain(place)}"
        title = plain(self.experiment.title)
        self.line.show((Content.styled(f"Study of {title}", "bold"), Content(words)))

    def action_start(self) -> None:
        """Start the study, or say at the knob what is wrong."""
        knobs = [*self.ranges.knobs.values(), *self.options.knobs.values()]
        if not all(knob.commit() for knob in knobs):
            return
        self._clear()
        try:
            options = {**self._kept, **self.options.options}
            request = self.session.studies.asked(
                self.experiment, self.ranges.shared, self.ranges.ranges, **options
            )
            study = self.session.studies.start(request)
        except TuiLabError as error:
            self.refuse(error)
        else:
            self.lab.open_study(study)

    def refuse(self, error: TuiLabError) -> None:
        """Show a sentence under the knobs that it is about, and go to the one."""
        name = getattr(error, "name", "")
        panel = self.options if name in self.options.knobs else self.ranges
        panel.show_error(plain(str(error)))
        if name in panel.knobs:
            panel[name].focus()

    def _clear(self) -> None:
        for panel in (self.ranges, self.options):
            panel.show_error("")

    def action_other_side(self) -> None:
        """Go to the knobs of the other panel."""
        focused = self.focused
        here = focused is not None and self.ranges in focused.ancestors
        (self.options if here else self.ranges).focus_current()

    def action_list(self) -> None:
        """List every study."""
        list_studies(self, self.session)

    def action_back(self) -> None:
        """Back to where one came from."""
        self.lab.go_back(self.experiment.name)
