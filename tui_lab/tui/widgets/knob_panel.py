"""All knobs of an experiment in two aligned columns, with the help and the errors of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.events import DescendantBlur, DescendantFocus
from textual.message import Message
from textual.widgets import Static

from tui_lab.errors import HyperparameterError
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Choice, Hyperparameter, Hyperparameters, Int, Value
from tui_lab.tui.widgets.knob import Knob
from tui_lab.view_models.plain_text import plain

SEED, DEVICE = "seed", "device"
_GREATEST_SEED = 2**53 - 1
_SIGNS = 5
"""Columns of a knob's row that are neither its name nor its value."""
_ROOM = 21
"""Columns for both in a panel of the usual width; `-long` panels may be wider."""
_LONG_VALUE, _SHORT_NAME = 9, 8
"""Columns that a value has before a name is cut, and that a name has in any case."""
_HINT = "↑ ↓ knobs  ← → nudge\n↵ run  p presets"


class KnobPanel(Vertical):
    """The form of an experiment: one knob per hyperparameter, then seed and device."""

    DEFAULT_CSS = """
    KnobPanel {
        border: round $border-blurred;
        border-title-color: $foreground;
        &:focus-within { border: round $border; }
        VerticalScroll { height: 1fr; scrollbar-size-vertical: 1; }
        #knob-error { height: auto; color: $error; display: none; padding: 0 1; }
        #knob-error.-shown { display: block; }
        #knob-help { height: auto; max-height: 7; color: $text-muted; padding: 0 1; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "up,k",
            "move(-1)",
            "knob up",
            tooltip="To the knob above",
            id="knob.previous",
            show=False,
        ),
        Binding(
            "down,j",
            "move(1)",
            "knob down",
            tooltip="To the knob below",
            id="knob.next",
            show=False,
        ),
        Binding(
            "home",
            "move_to(0)",
            "first knob",
            tooltip="To the first knob",
            id="knob.first",
            show=False,
        ),
        Binding(
            "end",
            "move_to(-1)",
            "last knob",
            tooltip="To the last knob",
            id="knob.last",
            show=False,
        ),
        Binding("escape", "leave", "leave", tooltip="Leave the knobs", id="knob.leave", show=False),
    ]

    @dataclass
    class Changed(Message):
        """A person gave a hyperparameter, the seed or the device another value."""

        panel: KnobPanel
        name: str
        value: Value

        @property
        def control(self) -> KnobPanel:
            return self.panel

    def __init__(
        self, experiment: Experiment, *, seed: int, device: str, classes: str | None = None
    ) -> None:
        super().__init__(classes=classes)
        self.experiment = experiment
        self._knobs = {h.name: Knob(h) for h in experiment.hyperparameters}
        self._knobs |= {SEED: Knob(_seed(seed)), DEVICE: Knob(_device(device))}
        self._given: dict[str, Value] = {}
        """What `change` was given: values that stand beside each other as they are."""
        self._current = next(iter(self._knobs))

    @property
    def _longest_name(self) -> int:
        return max(len(knob.hyperparameter.label) for knob in self._knobs.values())

    @property
    def _longest_value(self) -> int:
        return max(map(_value_columns, self._knobs.values()))

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield from self._knobs.values()
        yield Static(id="knob-error", markup=False)
        yield Static(_HINT, id="knob-help", markup=False)

    def on_mount(self) -> None:
        self.border_title = "Hyperparameters"
        self.set_class(self._longest_name + self._longest_value > _ROOM, "-long")

    def on_resize(self) -> None:
        """Long names give way to values, which are what there is to read."""
        room = self.size.width - _SIGNS - min(self._longest_value, _LONG_VALUE)
        for knob in self._knobs.values():
            knob.label_width = min(self._longest_name, max(room, _SHORT_NAME))

    def __getitem__(self, name: str) -> Knob:
        """The knob of a hyperparameter, `seed` or `device`."""
        return self._knobs[name]

    @property
    def seed(self) -> int:
        return int(str(self._knobs[SEED].value))

    @property
    def device(self) -> str:
        return str(self._knobs[DEVICE].value)

    @property
    def current(self) -> Knob:
        """The knob that has the focus, or had it last."""
        return self._knobs[self._current]

    def choose(self) -> Hyperparameters:
        """The values of all knobs; raises `HyperparameterError` when they clash."""
        own = {h.name: self._knobs[h.name].value for h in self.experiment.hyperparameters}
        return self.experiment.choose(own)

    def take(self, values: Mapping[str, Value]) -> None:
        """Show `values` (of any of the knobs) as they are, as no one's new choice."""
        for name, value in values.items():
            self._knobs[name].value = value
        self.show_error("")

    def change(self, values: Mapping[str, Value]) -> None:
        """Turn knobs on a person's behalf, one after another."""
        self._given = dict(values)
        for name, value in values.items():
            self._knobs[name].change(value)

    def follow(self, running: Mapping[str, Value], *, everything: bool = False) -> None:
        """Mark the knobs whose value waits for the next run, while one runs with `running`.

        Live knobs never wait; with `everything` (a demonstration) none does. An empty mapping says
        that nothing runs.
        """
        for name, knob in self._knobs.items():
            waits = name in running and not (everything or knob.hyperparameter.live)
            knob.next_run = waits and running[name] != knob.value

    def show_error(self, sentence: str) -> None:
        """Put a sentence under the knobs; an empty one takes it away."""
        if self.is_mounted:
            error = self.query_one("#knob-error", Static)
            error.update(sentence)
            error.set_class(bool(sentence), "-shown")

    def focus_current(self) -> None:
        """Give the focus back to the knob that had it last."""
        self.current.focus()

    def action_move(self, direction: int) -> None:
        names = list(self._knobs)
        place = names.index(self._current) + direction
        self.action_move_to(min(max(place, 0), len(names) - 1))

    def action_move_to(self, place: int) -> None:
        if self.current.commit():
            knob = list(self._knobs.values())[place]
            self._current = knob.hyperparameter.name
            self.screen.set_focus(knob)  # at once: the next key may be here already

    def action_leave(self) -> None:
        self.screen.set_focus(None)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        if isinstance(event.widget, Knob) and event.widget is self.screen.focused:
            self._current = event.widget.hyperparameter.name
            self._describe(event.widget)

    def on_descendant_blur(self, event: DescendantBlur) -> None:
        if not isinstance(self.screen.focused, Knob):
            self.query_one("#knob-help", Static).update(_HINT)

    @on(Knob.Changed)
    def check_together(self, event: Knob.Changed) -> None:
        """Values that make no sense together are said so, and may be passed through."""
        event.stop()
        if self._given.pop(event.knob.hyperparameter.name, None) != event.value:
            self._bring_companions(event.knob.hyperparameter.name)
        try:
            self.choose()
        except HyperparameterError as error:
            self.show_error(plain(str(error)))
        else:
            self.show_error("")
        self._describe(event.knob)
        self.post_message(self.Changed(self, event.knob.hyperparameter.name, event.value))

    def _bring_companions(self, name: str) -> None:
        """Where a choice brings other defaults along, move the knobs that stand at a default."""
        known = [
            others for (choice, _), others in self.experiment.companions.items() if choice == name
        ]
        defaults = self.experiment.defaults_with({name: self._knobs[name].value})
        for other in {key for others in known for key in others}:
            usual = {self.experiment.defaults[other], *(o[other] for o in known if other in o)}
            if self._knobs[other].value in usual:
                self._knobs[other].change(defaults[other])

    @on(Knob.Refused)
    def show_refusal(self, event: Knob.Refused) -> None:
        event.stop()
        self.show_error(event.error)

    def _describe(self, knob: Knob) -> None:
        if knob.has_focus:
            self.query_one("#knob-help", Static).update(describe(knob.hyperparameter))


def describe(hyperparameter: Hyperparameter) -> Content:
    """The domain of a hyperparameter, when a new value acts, and what it means: where there is no
    room for all of it, the meaning is cut."""
    domain = hyperparameter.domain
    acts = "live" if hyperparameter.live else "next run"
    return Content.assemble(
        (f"{domain[:1].upper()}{domain[1:]}; {acts}. ", "$foreground"), hyperparameter.help
    )


def _seed(default: int) -> Int:
    return Int(
        SEED,
        default=default,
        low=0,
        high=_GREATEST_SEED,
        step=1,
        help="Data, weights and batch order all come from it.",
    )


def _device(default: str) -> Choice:
    words = ("auto", "cpu", "cuda")
    choices = words if default in words else (*words, default)
    return Choice(DEVICE, choices, default=default, help="Where the tensors live.")


def _value_columns(knob: Knob) -> int:
    """Columns that any of the values to choose from takes, or else the present one."""
    chosen = knob.hyperparameter
    words = chosen.choices if isinstance(chosen, Choice) else (knob.text,)
    return max(map(len, words))
