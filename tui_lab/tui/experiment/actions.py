"""What the keys of an experiment's screen ask of its parts, and whether that makes sense now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from tui_lab.tui.experiment.copying import copy_card

if TYPE_CHECKING:
    from tui_lab.tui.experiment.screen import ExperimentScreen


def actions(screen: ExperimentScreen) -> Iterator[tuple[str, Callable[..., Any]]]:
    """What a part does alone, a key asks of that part."""
    yield "run", screen.succession.begin
    yield "steer", screen.steering.give
    yield "detour", screen.branching.give
    yield "rescue", screen.rescue.offer
    yield "nudge", screen.knobs.nudge_current
    yield "choose_preset", screen.presets.choose
    yield "look_into", screen.insight.open
    yield "show_graph", screen.insight.show_graph
    yield "choose_mistake", screen.insight.choose_mistake
    yield "zoom", screen.body.zoom
    yield "focus_pane", screen.body.focus_pane
    yield "focus_knobs", screen.body.focus_knobs
    yield "copy", partial(copy_card, screen, screen.session, screen.run, screen.knobs)


def possible(screen: ExperimentScreen, action: str, parameters: tuple[object, ...]) -> bool | None:
    """Whether a key does something now; None shows it switched off."""
    match action, parameters:
        case "steer", (str(order),):
            return screen.steering.can(order) or None
        case "detour", (str(order),):
            return screen.branching.can(order) or None
        case "rescue", _:
            return screen.rescue.alarm is not None or None
        case "chart", (str(option),):
            return screen.shown.can(option) or None
        case "show_graph" | "choose_mistake", _:
            return screen.insight.can_look or None
        case "choose_preset", _:
            return bool(screen.experiment.presets)
        case "open_pane", ("charts",):
            return screen.body.has_charts_to_show
    return True
