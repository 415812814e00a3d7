"""The keys of a study's screen."""

from __future__ import annotations

from textual.binding import Binding, BindingType

PANES = ("trials", "knobs", "parallel", "importance")
"""Names of the parts of the screen, in the order of their digits."""


def _pane(number: int, name: str) -> Binding:
    return Binding(
        str(number),
        f"open_pane('{name}')",
        "panes" if number == 1 else name,
        key_display="1-4" if number == 1 else None,
        tooltip=f"To the {name}",
        id=f"study.{name}",
        show=number == 1,
    )


STUDY: list[BindingType] = [
    Binding(
        "o",
        "overlay",
        "overlay best",
        tooltip="Lay the curves of the best trials over their experiment's charts",
        id="trials.overlay",
    ),
    Binding(
        "s",
        "sort",
        "sort",
        tooltip="Sort the trials by the next column",
        id="trials.sort",
    ),
    Binding(
        "i",
        "turn_round",
        "turn round",
        tooltip="The other way round",
        id="trials.reverse",
        show=False,
    ),
    Binding(
        "v", "next_knob", "next knob", tooltip="The next knob against the goal", id="trials.knob"
    ),
    Binding(
        "l",
        "log",
        "log goal",
        tooltip="Logarithmic axis for the goal, or not",
        id="trials.log",
        show=False,
    ),
    Binding(
        "left_square_bracket",
        "best(-1)",
        "fewer best",
        key_display="[ ]",
        tooltip="One less of the best set apart",
        id="trials.fewer",
        show=False,
    ),
    Binding(
        "right_square_bracket",
        "best(1)",
        "more best",
        tooltip="One more of the best set apart",
        id="trials.more",
        show=False,
    ),
    Binding(
        "t",
        "stop",
        "stop",
        tooltip="End the study and its live trials",
        id="study.stop",
    ),
    Binding(
        "u",
        "resume",
        "go on",
        tooltip="Go on with a study that was stopped, or whose coordinator is gone",
        id="study.resume",
    ),
    *(_pane(number, name) for number, name in enumerate(PANES, 1)),
    Binding(
        "z",
        "zoom",
        "zoom",
        tooltip="Give the pane with the focus the whole screen, and back",
        id="study.zoom",
        show=False,
    ),
    Binding(
        "tab",
        "focus_pane(1)",
        "next pane",
        tooltip="To the next pane",
        id="study.next",
        show=False,
    ),
    Binding(
        "shift+tab",
        "focus_pane(-1)",
        "previous pane",
        tooltip="To the pane before",
        id="study.previous",
        show=False,
    ),
    Binding(
        "N",
        "again",
        "another",
        key_display="N",
        tooltip="The form of another study, with what this one was asked to be",
        id="study.again",
        show=False,
    ),
    Binding(
        "S",
        "list",
        "studies",
        key_display="S",
        tooltip="Every study ever made, to look at again",
        id="study.list",
        show=False,
    ),
    Binding("escape", "back", "back", tooltip="Back to where one was", id="study.back", show=False),
]
