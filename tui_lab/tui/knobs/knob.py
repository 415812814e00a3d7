"""One hyperparameter as a row: nudged with the arrows, typed exactly from the first digit on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tui_lab.errors import HyperparameterError
from tui_lab.hyperparameters import Choice, Flag, Hyperparameter, Value
from tui_lab.view_models.plain_text import plain

CHANGED, NEXT_RUN, PENDING = "•", "»", "…"
"""Signs before a knob's name: differs from the default, waits for the next run, was sent."""

_STARTS_TYPING = frozenset("0123456789-")
"""Not the point: it goes on by one phase everywhere, and `0.5` starts with a digit."""


def clip(text: str, width: int) -> str:
    """`text` in at most `width` columns, with an ellipsis where something was cut."""
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"


class Knob(Widget, can_focus=True):
    """The value of one hyperparameter, and the keys that change it."""

    DEFAULT_CSS = """
    Knob {
        height: 1;
        width: 1fr;
        &:hover { background: $boost; }
        &:focus { background: $primary 30%; text-style: bold; }
        &.-pending { color: $warning; }
        &.-idle { text-style: dim; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "left,left_square_bracket",
            "nudge(-1)",
            "nudge",
            key_display="[ ]",
            tooltip="Take the neighbouring value down or up",
            id="knob.down",
        ),
        Binding(
            "right,right_square_bracket",
            "nudge(1)",
            "nudge up",
            tooltip="Take the next value up",
            id="knob.up",
            show=False,
        ),
        Binding(
            "shift+left,left_curly_bracket",
            "nudge(-1, True)",
            "fine down",
            tooltip="Take a slightly smaller value",
            id="knob.fine_down",
            show=False,
        ),
        Binding(
            "shift+right,right_curly_bracket",
            "nudge(1, True)",
            "fine up",
            tooltip="Take a slightly greater value",
            id="knob.fine_up",
            show=False,
        ),
    ]

    value: reactive[Value] = reactive[Value](0, init=False)
    """The value in force; a draft is not one yet."""
    draft: reactive[str | None] = reactive[str | None](None)
    """The text being typed, None when nothing is."""
    pending: reactive[bool] = reactive(False)
    """Whether the value was sent to the worker and is not yet acknowledged."""
    next_run: reactive[bool] = reactive(False)
    """Whether a run under way keeps its own value, so that this one waits for the next."""
    idle: reactive[str] = reactive("")
    """Why the knob does nothing under the present choices; empty when it does something."""
    label_width: reactive[int] = reactive(0)
    """Columns of the names, so that the values of all knobs are aligned."""

    @dataclass
    class Changed(Message):
        """A person gave the knob another value."""

        knob: Knob
        value: Value

        @property
        def control(self) -> Knob:
            return self.knob

    @dataclass
    class Refused(Message):
        """What was typed is not a value; `error` is the sentence to show, empty to take it back."""

        knob: Knob
        error: str

        @property
        def control(self) -> Knob:
            return self.knob

    def __init__(self, hyperparameter: Hyperparameter, *, classes: str | None = None) -> None:
        super().__init__(name=hyperparameter.name, classes=classes)
        self.hyperparameter = hyperparameter
        self._refused = False
        """Whether a sentence says that this is not typed."""
        self.set_reactive(Knob.value, hyperparameter.default)
        self.set_reactive(Knob.label_width, len(hyperparameter.label))

    @property
    def typed(self) -> bool:
        """Whether values are typed rather than chosen from a few."""
        return not isinstance(self.hyperparameter, Choice | Flag)

    @property
    def is_changed(self) -> bool:
        """Whether the value differs from the default."""
        return self.value != self.hyperparameter.default

    @property
    def text(self) -> str:
        """The value as a person would type it."""
        return self.hyperparameter.format(self.value)

    def render(self) -> Content:
        label = clip(self.hyperparameter.label, self.label_width).ljust(self.label_width)
        sign = PENDING if self.pending else CHANGED if self.is_changed else " "
        field = self._field(self.size.width - self.label_width - 2)
        return Content.assemble((sign, "$accent"), label, " ", *field)

    def _field(self, width: int) -> list[tuple[str, str]]:
        if self.draft is not None:
            return [("▏", "$accent"), (self.draft[-max(1, width - 1) :], "bold"), (" ", "reverse")]
        if not self.has_focus:
            return [
                ("  " + clip(self.text, width - 2), "bold" if self.is_changed else ""),
                *self._note(width),
            ]
        after = " ▸" if len(self.text) + 4 <= width else "▸"
        shown = clip(self.text, width - 2 - len(after))
        return [("◂ ", "$accent"), (shown, "bold"), (after, "$accent"), *self._note(width)]

    def _note(self, width: int) -> list[tuple[str, str]]:
        """ "next run" where there is room for it, its sign where there is not."""
        if not self.next_run:
            return []
        room = width - len(self.text) - 4
        return [(" next run" if room >= 9 else " " + NEXT_RUN, "$text-muted")]

    def watch_idle(self, idle: str) -> None:
        self.set_class(bool(idle), "-idle")

    def check_consume_key(self, key: str, character: str | None) -> bool:
        if self.draft is not None:
            return bool(character and character.isprintable())
        return character is not None and character in _STARTS_TYPING

    async def on_key(self, event: events.Key) -> None:
        handled = self._type(event) if self.draft is not None else self._start_typing(event)
        if handled:
            event.stop()
            event.prevent_default()

    def _start_typing(self, event: events.Key) -> bool:
        starts = bool(event.character and event.character in _STARTS_TYPING)
        if not self.typed:
            if starts:
                self._refuse_typing()
            return starts
        if event.key == "backspace":
            self.draft = self.text[:-1]
        elif starts:
            self.draft = event.character
        return self.draft is not None

    def _refuse_typing(self) -> None:
        known, self._refused = self.hyperparameter, True
        self.post_message(self.Refused(self, f"{known.name} is {known.domain}; ← and → choose."))

    def _type(self, event: events.Key) -> bool:
        assert self.draft is not None
        if event.key == "enter":
            self.commit()
        elif event.key == "escape" or (event.key == "backspace" and not self.draft):
            self.give_up()
        elif event.key == "backspace":
            self.draft = self.draft[:-1]
        elif event.key == "ctrl+u":
            self.draft = ""
        elif event.is_printable and event.character:
            self.draft += event.character
        else:
            return event.key in ("left", "right")  # not a nudge of the value under the draft
        return True

    def on_paste(self, event: events.Paste) -> None:
        if self.typed:
            self.draft = (self.draft or "") + plain(event.text.strip())
            event.stop()

    def on_click(self) -> None:
        self.focus()

    def on_blur(self) -> None:
        # A terminal window that merely loses the focus keeps the half-typed text.
        if self.app.app_focus and (self.draft is not None or self._refused):
            self.give_up()

    def commit(self) -> bool:
        """Take the draft as the value; a bad one stays, to be mended or given up, and an empty one
        is given up."""
        if self.draft is None:
            return True
        if not self.draft.strip():
            self.give_up()
            return True
        try:
            value = self.hyperparameter.parse(self.draft)
        except HyperparameterError as error:
            self.post_message(self.Refused(self, plain(str(error))))
            return False
        self.give_up()
        self.change(value)
        return True

    def give_up(self) -> None:
        """Leave the draft; the value stays as it was."""
        self.draft, self._refused = None, False
        self.post_message(self.Refused(self, ""))

    def change(self, value: Value) -> None:
        """Take `value` as a person's choice, and tell."""
        if value != self.value:
            self.value, self._refused = value, False
            self.post_message(self.Changed(self, value))

    def action_nudge(self, direction: int, fine: bool = False) -> None:
        """Take the neighbouring value; what can't be nudged is typed."""
        if not self.commit():
            return
        value = self.hyperparameter.nudge(self.value, direction, fine=fine)
        if value == self.value and isinstance(value, tuple):
            self.draft = self.text
        else:
            self.change(value)
