"""What the keys of a study's screen do, and whether that makes sense now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from tui_lab.errors import TuiLabError
from tui_lab.study import Trial
from tui_lab.tui.key_names import with_keys
from tui_lab.tui.navigation import HOME
from tui_lab.tui.notification import notify
from tui_lab.tui.study.columns import sortable
from tui_lab.tui.study.dialogs import StopStudyDialog
from tui_lab.tui.study.listing import list_studies
from tui_lab.view_models.study import best_first

if TYPE_CHECKING:
    from tui_lab.tui.study.screen import StudyScreen

MOST_BEST = 9
"""Trials that are set apart by their ranks: each is one sign."""


def actions(screen: StudyScreen) -> Iterator[tuple[str, Callable[..., Any]]]:
    """What each key asks for, by the name of its action."""
    yield "overlay", partial(overlay, screen)
    yield "sort", partial(sort, screen)
    yield "turn_round", partial(turn_round, screen)
    yield "next_knob", partial(next_knob, screen)
    yield "log", partial(scale_goal, screen)
    yield "best", partial(set_apart, screen)
    yield "stop", partial(ask_to_stop, screen)
    yield "resume", partial(resume, screen)
    yield "again", partial(ask_again, screen)
    yield "list", partial(list_studies, screen, screen.session)
    yield "open_pane", partial(open_pane, screen)
    yield "focus_pane", partial(focus_pane, screen)
    yield "zoom", partial(zoom, screen)
    yield "back", partial(back, screen)


def possible(screen: StudyScreen, action: str, parameters: tuple[object, ...]) -> bool | None:
    """Whether a key does something now; None shows it switched off."""
    match action:
        case "overlay":
            return bool(screen.view.ranked) or None
        case "stop":
            return screen.study.summary.live or None
        case "resume":
            return screen.study.can_resume or None
        case "again":
            return screen.experiment is not None or None
        case "next_knob":
            return len(screen.view.names) > 1
        case "best":
            direction = parameters[0]
            return 1 <= screen.best + int(str(direction)) <= MOST_BEST
    return True


def open_trial(screen: StudyScreen, trial: Trial) -> None:
    """Show the run of a trial; those of its other seeds lie under it."""
    if trial.runs:
        _show_runs(screen, trial.runs)
    else:
        notify(screen, f"Trial {trial.number} has no run yet.")


def overlay(screen: StudyScreen) -> None:
    """Lay the curves of the best trials over each other; the very best is the run shown."""
    runs = [trial.runs[0] for trial in screen.view.ranked[: screen.best] if trial.runs]
    if runs:
        _show_runs(screen, runs)


def _show_runs(screen: StudyScreen, runs: Sequence[str]) -> None:
    """The first of these runs in the screen of its experiment, the others laid over it."""
    try:
        place = screen.session.place_of(screen.session.runs.summary(runs[0]))
    except TuiLabError as error:
        notify(screen, str(error), error=True)
        return
    screen.lab.open_experiment(place, run_id=runs[0], overlays=runs[1:])


def sort(screen: StudyScreen) -> None:
    """By the next column, of those that the table has room for."""
    shown = {column.key for column in screen.body.table.columns}
    keys = [key for key in sortable(screen.view) if key in {*shown, screen.order.key}]
    here = keys.index(screen.order.key)
    screen.order = best_first(screen.view, keys[(here + 1) % len(keys)])
    screen.show()


def turn_round(screen: StudyScreen) -> None:
    """The same column the other way round."""
    screen.order = screen.order._replace(falling=not screen.order.falling)
    screen.show()


def next_knob(screen: StudyScreen) -> None:
    """The next knob against the goal."""
    screen.body.knobs.turn()
    if screen.body.takes_turns:
        screen.body.open("knobs")
    screen.draw()


def scale_goal(screen: StudyScreen) -> None:
    """Another axis for the goal."""
    screen.log_goal = not screen.body.knobs.log_goal
    screen.draw()


def set_apart(screen: StudyScreen, more: int) -> None:
    """More of the best, or fewer."""
    screen.best = min(max(screen.best + more, 1), MOST_BEST)
    screen.show()


def ask_to_stop(screen: StudyScreen) -> None:
    """Ask, then end the study."""
    live = sum(not trial.state.is_finished for trial in screen.view.trials.values())
    lines = [screen.study.id, f"{live} live {'trial' if live == 1 else 'trials'} end with it."]
    hint = with_keys(screen.app, "{study.resume=u} goes on with it later.")

    def stop(agreed: bool | None) -> None:
        if agreed:
            screen.run_worker(_stop(screen), group="stop", exit_on_error=False)

    screen.lab.push_screen(StopStudyDialog("Stop this study?", [*lines, hint]), stop)


async def _stop(screen: StudyScreen) -> None:
    notify(screen, f"Stopping {screen.study.id}…")
    try:
        await screen.session.studies.stop(screen.study.id)
    except TuiLabError as error:
        notify(screen, str(error), error=True)
    screen.look()


def resume(screen: StudyScreen) -> None:
    """Go on with the study."""
    screen.run_worker(_resume(screen), group="resume", exclusive=True, exit_on_error=False)


async def _resume(screen: StudyScreen) -> None:
    try:
        await screen.session.studies.resume(screen.study.id)
    except TuiLabError as error:
        notify(screen, str(error), error=True)
    screen.look()


def ask_again(screen: StudyScreen) -> None:
    """The form of another study, with what this one was asked to be."""
    if screen.experiment is not None:
        screen.lab.open_study_form(screen.experiment, asked=screen.request)


def open_pane(screen: StudyScreen, name: str) -> None:
    """Go to a pane."""
    screen.body.open(name)
    screen.call_after_refresh(screen.draw)


def focus_pane(screen: StudyScreen, direction: int) -> None:
    """To the next pane, or the one before."""
    screen.body.focus_pane(direction)
    screen.call_after_refresh(screen.draw)


def zoom(screen: StudyScreen) -> None:
    """Give one pane the whole screen, and back."""
    screen.body.zoom()
    screen.call_after_refresh(screen.draw)


def back(screen: StudyScreen) -> None:
    """From one pane to all, then to where one was."""
    if screen.body.zoomed:
        zoom(screen)
    else:
        screen.lab.go_back(HOME)
