"""What a knob of the form means, and how a range of it is written."""

from __future__ import annotations

from textual.content import Content

from tui_lab.hyperparameters import Flag, Float, Hyperparameter, Int
from tui_lab.tui.key_names import with_keys
from tui_lab.tui.knobs.help import KnobHelp
from tui_lab.tui.study.usual_range import choices_of
from tui_lab.view_models.plain_text import plain

_NUMBER = "Range: 0.1..10 between, 1,2,5 these, 0.1..10:5 five. "
_WHOLE = "Range: 2..8 between, 1,2,5 these, 2..8:3 three. "
_CHOICE = "{range.turn=x} all take part; {range.mark=space} takes one in or leaves it out. "
_LIST = "Several lists are typed with ; between them. "


class StudyHelp(KnobHelp):
    """Of an option there is nothing to say but its domain and its meaning."""

    def describe(self, hyperparameter: Hyperparameter, idle: str) -> Content:
        return self.explained(hyperparameter, idle, "")

    def explained(self, hyperparameter: Hyperparameter, idle: str, hint: str) -> Content:
        """Domain, how a range is given, meaning: cut from its end."""
        domain = plain(hyperparameter.domain)
        return Content.assemble(
            (f"{idle}. " if idle else "", "$warning"),
            (f"{domain[:1].upper()}{domain[1:]}. ", "$foreground"),
            with_keys(self.app, hint),
            hyperparameter.help,
        )


class RangeHelp(StudyHelp):
    """Says also how a range is given, in the words of each kind."""

    def describe(self, hyperparameter: Hyperparameter, idle: str) -> Content:
        return self.explained(hyperparameter, idle, _hint(hyperparameter))


def _hint(hyperparameter: Hyperparameter) -> str:
    if isinstance(hyperparameter, Flag) or choices_of(hyperparameter):
        return _CHOICE
    if isinstance(hyperparameter, Int):
        return _WHOLE
    return _NUMBER if isinstance(hyperparameter, Float) else _LIST
