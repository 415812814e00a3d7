"""What is on the screen of an experiment as a command that can be pasted into a shell."""

from __future__ import annotations

from textual.screen import Screen

from tui_lab.errors import TuiLabError
from tui_lab.tui.experiment.display import RunDisplay
from tui_lab.tui.experiment.follower import RunFollower
from tui_lab.tui.experiment.mode import Mode
from tui_lab.tui.knobs.panel import KnobPanel
from tui_lab.tui.notification import notify
from tui_lab.tui.runs.card import copy_run, show_copied
from tui_lab.tui.session.protocol import Session
from tui_lab.view_models.card import Card, card_of


def copy_card(screen: Screen[None], session: Session, run: RunFollower, knobs: KnobPanel) -> None:
    """Copy the command that makes the run again, or the knobs where there is none, and show it."""
    if run.feed is None:
        try:
            show_copied(screen, _card_of_knobs(session, knobs))
        except TuiLabError as error:  # a file of one's own that is gone
            notify(screen, str(error), error=True)
    else:
        work = copy_run(screen, session, run.id, run.experiment)
        screen.run_worker(work, group="copy", exit_on_error=False)


def tell_card(
    screen: Screen[None], session: Session, run: RunFollower, mode: Mode, shown: RunDisplay
) -> None:
    """Once a training has ended, say in its status line and its log what makes it again."""
    if run.status is not None and run.status.is_finished and not mode.lives_with_the_screen:
        work = _tell(session, run, shown)
        screen.run_worker(work, group="card", exclusive=True, exit_on_error=False)


async def _tell(session: Session, run: RunFollower, shown: RunDisplay) -> None:
    ended = run.id
    try:
        card = await session.runs.card(ended, run.experiment)
    except TuiLabError:
        return  # the run's own trouble is told already
    if run.id == ended:
        shown.tell_card(card.text)


def _card_of_knobs(session: Session, knobs: KnobPanel) -> Card:
    experiment = knobs.experiment
    asked = session.request(experiment, knobs.values, knobs.seed, knobs.device)
    return card_of(asked, (), experiment)
