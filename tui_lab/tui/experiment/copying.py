"""What is on the screen of an experiment as a command that can be pasted into a shell."""

from __future__ import annotations

from textual.screen import Screen

from tui_lab.errors import TuiLabError
from tui_lab.run import RunRequest
from tui_lab.tui.experiment.display import RunDisplay
from tui_lab.tui.experiment.follower import RunFollower
from tui_lab.tui.knobs.panel import KnobPanel
from tui_lab.tui.runs.card import copy_run, show_copied
from tui_lab.tui.session.protocol import Session
from tui_lab.view_models.card import Card, card_of


def copy_card(screen: Screen[None], session: Session, run: RunFollower, knobs: KnobPanel) -> None:
    """Copy the command that makes the run again, or the knobs where there is none, and show it."""
    if run.feed is None:
        show_copied(screen, _card_of_knobs(knobs, session.settings.threads))
    else:
        work = copy_run(screen, session, run.id, run.experiment)
        screen.run_worker(work, group="copy", exit_on_error=False)


async def show_at_the_end(session: Session, run: RunFollower, shown: RunDisplay) -> None:
    """Show the command in the status line and the log of a run that has ended."""
    ended = run.id
    try:
        card = await session.runs.card(ended, run.experiment)
    except TuiLabError:
        return  # the run's own trouble is told already
    if run.id == ended:
        shown.tell_card(card.text)


def _card_of_knobs(knobs: KnobPanel, threads: int) -> Card:
    experiment = knobs.experiment
    asked = RunRequest(
        experiment=experiment.name,
        program=experiment.program,
        hyperparameters=experiment.to_json(knobs.values),
        seed=knobs.seed,
        device=knobs.device,
        threads=threads,
    )
    return card_of(asked, (), experiment)
