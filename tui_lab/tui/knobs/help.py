"""What the knob with the focus means, under all knobs."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from tui_lab.hyperparameters import Hyperparameter
from tui_lab.tui.key_names import with_keys

MOVES = "{knob.previous=↑} {knob.next=↓} knobs  {knob.down=←} {knob.up=→} nudge"
RUN_HINT = f"{MOVES}\n{{run.start=r}} run"
PRESETS_HINT = "  {knobs.preset=p} presets"


class KnobHelp(Static):
    """A few lines on one hyperparameter; the keys of the knobs while none has the focus.

    Its height is fixed: laying the screen out anew at each key would take 10 ms.
    """

    DEFAULT_CSS = """
    KnobHelp {
        height: 7;
        color: $text-muted;
        padding: 0 1;
        content-align: left bottom;
    }
    """

    def __init__(self, hint: str = RUN_HINT) -> None:
        """`hint` is said of the keys while no knob has the focus."""
        super().__init__(markup=False)
        self._hint = hint
        self._explained: tuple[Hyperparameter | None, str] = (None, "")

    def on_mount(self) -> None:
        self.update(Content(with_keys(self.app, self._hint)), layout=False)

    def explain(self, hyperparameter: Hyperparameter | None, idle: str = "") -> None:
        """Describe this one, or say what the keys do; `idle` is why it does nothing, if so."""
        if (hyperparameter, idle) == self._explained:
            return
        self._explained = (hyperparameter, idle)
        hint = Content(with_keys(self.app, self._hint))
        words = hint if hyperparameter is None else self.describe(hyperparameter, idle)
        self.update(words, layout=False)

    def describe(self, hyperparameter: Hyperparameter, idle: str) -> Content:
        """What is said of one of them."""
        return describe(hyperparameter, idle)


def describe(hyperparameter: Hyperparameter, idle: str = "") -> Content:
    """Why a hyperparameter does nothing, if so; its domain, when a new value acts, and what it
    means: where there is no room for all of it, the meaning is cut."""
    domain = hyperparameter.domain
    acts = "live" if hyperparameter.live else "next run"
    return Content.assemble(
        (f"{idle}. " if idle else "", "$warning"),
        (f"{domain[:1].upper()}{domain[1:]}; {acts}. ", "$foreground"),
        hyperparameter.help,
    )
