"""Every study ever made, to be chosen from; a line for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from textual.screen import Screen

from tui_lab.errors import TuiLabError
from tui_lab.study import StudyState, StudySummary
from tui_lab.tui.key_names import with_keys
from tui_lab.tui.navigation import Navigation
from tui_lab.tui.notification import notify
from tui_lab.tui.session.protocol import Session
from tui_lab.tui.study.dialogs import StudiesDialog
from tui_lab.view_models.number_format import short
from tui_lab.view_models.plain_text import plain

SIGNS = {
    StudyState.RUNNING: "●",
    StudyState.FINISHED: "✓",
    StudyState.STOPPED: "■",
    StudyState.FAILED: "✗",
    StudyState.INTERRUPTED: "!",
}
COLOURS = {
    StudyState.RUNNING: "$status-live",
    StudyState.FINISHED: "$status-finished",
    StudyState.STOPPED: "$status-finished",
    StudyState.FAILED: "$status-failed",
    StudyState.INTERRUPTED: "$status-failed",
}
_NONE = "No studies yet: open an experiment and press {study.form=S}."


def list_studies(screen: Screen[Any], session: Session) -> None:
    """Ask which study is looked at, and go there."""
    lab = cast("Navigation", screen.app)
    try:
        studies = session.studies.listed()
    except TuiLabError as error:
        notify(screen, str(error), error=True)
        return
    if not studies:
        notify(screen, with_keys(screen.app, _NONE))
        return

    def go(study_id: str | None) -> None:
        if study_id:
            lab.open_study(study_id)

    lines = [(study.id, SIGNS[study.state], study_line(study)) for study in studies]
    lab.push_screen(StudiesDialog(lines), go)


def study_line(study: StudySummary) -> str:
    """`weight-decay-… 12/40 trials  best 0.0123 in trial 7`; of one that was interrupted only that:
    what its coordinator said last is older than its runs, and reading those takes time."""
    if study.error and not study.experiment:
        return plain(f"{study.id}  {study.error}")
    if study.state is StudyState.INTERRUPTED:
        return plain(f"{study.id}  {study.state}")
    best = "" if study.goal is None else f"  best {short(study.goal)} in trial {study.best}"
    return plain(f"{study.id}  {study.ended:,}/{study.trials:,} trials{best}")


def studies_in_words(studies: Sequence[StudySummary]) -> str:
    """`2 studies, 1 running: weight-decay-… 12/40 trials`, the newest live one, else the newest."""
    if not studies:
        return ""
    live = [study for study in studies if study.live]
    shown = (live or list(studies))[0]
    count = f"{len(studies)} {'study' if len(studies) == 1 else 'studies'}"
    running = f", {len(live)} running" if live else ""
    return f"{count}{running}: {SIGNS[shown.state]} {study_line(shown)}"
