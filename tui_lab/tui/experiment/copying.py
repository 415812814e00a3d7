"""Copying what is on the screen of an experiment as a command that can be pasted into a shell."""

from __future__ import annotations

from textual.screen import Screen

from tui_lab.errors import TuiLabError
from tui_lab.tui.experiment.follower import RunFollower
from tui_lab.tui.knobs.panel import KnobPanel
from tui_lab.tui.notification import notify
from tui_lab.tui.session.protocol import Session


def copy_recipe(screen: Screen[None], session: Session, run: RunFollower, knobs: KnobPanel) -> None:
    """Copy the command that repeats the run, or the knobs where there is none; show it, and
    what was done to the run that it does not repeat."""
    from tui_lab.tui.runs import recipe  # rarely needed

    remark = ""
    try:
        if run.feed is None:
            line = recipe.of_knobs(knobs.experiment, knobs, session.settings.threads)
        else:
            summary = session.runs.summary(run.id)
            marks = run.feed.view.marks
            changes = [f"{mark.text} at step {mark.step:,}" for mark in marks]
            line = recipe.of_run(summary, knobs.experiment)
            remark = recipe.remark(summary, knobs.experiment, changes)
    except TuiLabError as error:
        notify(screen, str(error), error=True)
        return
    screen.app.copy_to_clipboard(line)
    notify(screen, line + remark)
