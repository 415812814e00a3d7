"""A question over the screen that asks it, with its answers as lines to choose from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui_lab.tui.key_names import key_name, with_keys

ResultT = TypeVar("ResultT")


@dataclass(frozen=True)
class Answer:
    """One way to answer: the key that chooses it, its words, and the action it runs."""

    key: str
    words: str
    action: str


class QuestionDialog(ModalScreen[ResultT | None], Generic[ResultT]):
    """Asks; a subclass says what and does what its answers name. None is the way back."""

    ANSWERS: ClassVar[tuple[Answer, ...]] = ()
    """In the order of the lines; the first is under the cursor."""
    DEFAULT_CSS = """
    QuestionDialog {
        align: center middle;
        background: $background 60%;
        &:ansi { background: transparent; }

        #dialog {
            width: auto;
            min-width: 34;
            max-width: 90%;
            height: auto;
            max-height: 96%;
            padding: 0 2;
            border: round $border;
            border-title-color: $accent;
            border-title-style: bold;
            background: $surface;
        }
        #matter {
            width: auto;
            max-width: 100%;
            height: auto;
            max-height: 30vh;
            padding: 1 0 0 0;
        }
        #lines { width: auto; max-width: 100%; height: auto; }
        #answers {
            width: auto;
            min-width: 28;
            max-width: 100%;
            height: auto;
            margin: 1 0 0 0;
            padding: 0;
            border: none;
            background: transparent;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape",
            "cancel",
            "back",
            tooltip="Change nothing and go back",
            id="dialog.cancel",
            show=False,
        ),
        Binding(
            "down,j,tab",
            "move(1)",
            "next answer",
            tooltip="Move to the next answer",
            id="dialog.next",
            show=False,
        ),
        Binding(
            "up,k,shift+tab",
            "move(-1)",
            "previous answer",
            tooltip="Move to the previous answer",
            id="dialog.previous",
            show=False,
        ),
    ]

    def __init__(self, question: str, lines: Iterable[str]) -> None:
        super().__init__()
        self.question = question
        self.lines = list(lines)

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog") as dialog:
            dialog.border_title = Content(with_keys(self.app, self.question))
            with VerticalScroll(id="matter", can_focus=False):
                yield Static(self.matter(), id="lines", markup=False)
            yield OptionList(*map(self._option, self.answers), id="answers")

    def on_mount(self) -> None:
        self.query_one("#answers").focus()

    @property
    def answers(self) -> Sequence[Answer]:
        """The lines to choose from."""
        return self.ANSWERS

    def matter(self) -> Content:
        """What the question is about, one line each, as plain text."""
        return Content("\n".join(self.lines))

    @on(OptionList.OptionSelected, "#answers")
    async def choose_answer(self, event: OptionList.OptionSelected) -> None:
        """Do what the chosen line says."""
        event.stop()
        await self.run_action(self.answers[event.option_index].action)

    def action_move(self, distance: int) -> None:
        """Move the cursor through the answers."""
        answers = self.query_one("#answers", OptionList)
        answers.highlighted = ((answers.highlighted or 0) + distance) % len(self.answers)

    def action_cancel(self) -> None:
        """Close without an answer."""
        self.dismiss(None)

    def _option(self, answer: Answer) -> Option:
        bindings = (each for _, each in self._bindings if each.action == answer.action and each.id)
        name = next((each.id for each in bindings), None) or ""
        key = key_name(self.app, name, answer.key)
        return Option(Content.assemble((f"{key} ", "bold $accent"), f" {answer.words}"))
