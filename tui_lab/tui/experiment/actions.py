"""What the keys of an experiment's screen ask of its parts, and whether that makes sense now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from textual.screen import ModalScreen

from tui_lab.experiment import Experiment
from tui_lab.tui.experiment.copying import copy_card
from tui_lab.tui.experiment.host import Host
from tui_lab.tui.experiment.picture_export import export_picture
from tui_lab.tui.experiment.script import lacks
from tui_lab.tui.knobs.panel import DEVICE, SEED
from tui_lab.tui.navigation import COMPARE, HOME, STUDY, Navigation

if TYPE_CHECKING:
    from tui_lab.tui.experiment.screen import ExperimentScreen


def actions(screen: ExperimentScreen) -> Iterator[tuple[str, Callable[..., Any]]]:
    """What a part does alone, a key asks of that part."""
    yield "run", screen.succession.begin
    yield "steer", screen.scrubbing.steer
    yield "detour", screen.scrubbing.detour
    yield "scrub", screen.scrubbing.give
    yield "rescue", screen.rescue.offer
    yield "nudge", screen.knobs.nudge_current
    yield "choose_preset", screen.presets.choose
    yield "look_into", screen.insight.open
    yield "show_graph", screen.insight.show_graph
    yield "choose_mistake", screen.insight.choose_mistake
    yield "pick_metrics", screen.picker.pick
    yield "zoom", screen.body.zoom
    yield "focus_pane", screen.body.focus_pane
    yield "focus_knobs", screen.body.focus_knobs
    yield "open_pane", partial(open_pane, screen)
    yield "chart", partial(draw_otherwise, screen)
    yield "open_study", partial(open_study, screen)
    yield "export_picture", partial(export_picture, screen)
    yield "go_back", partial(go_back, screen)
    yield "copy", partial(copy_card, screen, screen.session, screen.run, screen.knobs)


def possible(screen: ExperimentScreen, action: str, parameters: tuple[object, ...]) -> bool | None:
    """Whether a key does something now; None shows it switched off."""
    if lacks(screen.experiment, action, parameters):
        return None
    match action, parameters:
        case "steer", ("pause",) if screen.scrubbing.step is not None:
            return True
        case "steer", (str(order),):
            return screen.steering.can(order) or None
        case "scrub", ("open",):
            return screen.scrubbing.can_open or None
        case "scrub", (str(move),):
            return screen.scrubbing.can(move)
        case "detour", (str(order),):
            return screen.branching.can(order) or None
        case "rescue", _:
            return screen.rescue.alarm is not None or None
        case "chart", (str(option),):
            return screen.shown.can(option) or None
        case "show_graph" | "choose_mistake", _:
            return screen.insight.can_look or None
        case "pick_metrics", _:
            return screen.picker.can_pick or None
        case "choose_preset", _:
            return bool(screen.experiment.presets)
        case "open_study", _:
            return not screen.experiment.demonstration or None
        case "open_pane", ("charts",):
            return screen.body.has_charts_to_show
    return can_go_back(screen) if action == "go_back" else True


async def open_pane(screen: ExperimentScreen, name: str) -> None:
    """Show a pane, or the charts."""
    await screen.body.open(name)
    screen.shown.look_after(screen.session)
    screen.draw()


def open_study(screen: ExperimentScreen) -> None:
    """Go to the form of a study, with the values of the knobs."""
    knobs = screen.knobs
    values = {**knobs.values, SEED: knobs.seed, DEVICE: knobs.device}
    cast("Navigation", screen.app).open_study_form(screen.experiment, values=values)


def can_go_back(screen: ExperimentScreen) -> bool:
    """Whether a run was opened here from a study or a comparison, which no other key leads back to,
    and nobody looks back at its steps."""
    before = cast("Navigation", screen.app).came_from
    came_from_many = before == COMPARE or before.startswith(STUDY)
    return came_from_many and screen.scrubbing.step is None


def go_back(screen: ExperimentScreen) -> None:
    """Back to the study or the comparison that the run was opened in."""
    cast("Navigation", screen.app).go_back(HOME)


def draw_otherwise(screen: ExperimentScreen, option: str) -> None:
    """Draw the charts and pictures in another way."""
    screen.shown.change(option)
    if option == "band":
        screen.look_after()  # the run may have ended, and its logs not be looked at any more
    screen.refresh_bindings()
    screen.draw()


def host(screen: ExperimentScreen) -> Host:
    """The screen as its parts know it."""
    work = partial(screen.run_worker, group="commands", exit_on_error=False)
    return Host(screen.post_message, work, partial(_ask_on, screen))


def _ask_on(
    screen: ExperimentScreen, dialog: ModalScreen[Any], take: Callable[[Any], None]
) -> None:
    screen.app.push_screen(dialog, take)


def lesson_of(experiment: Experiment) -> str:
    """The experiment's lesson, read when its pane is first opened."""
    from tui_lab.tui.panes.lesson import lesson

    return lesson(experiment)
