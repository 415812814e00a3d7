"""What the two lines of a study's screen say."""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.content import Content

from tui_lab.study import StudyState, StudySummary
from tui_lab.tui.key_names import with_keys
from tui_lab.tui.study.listing import COLOURS, SIGNS
from tui_lab.view_models.number_format import short
from tui_lab.view_models.plain_text import plain
from tui_lab.view_models.study import StudyView, best_in_words, counts_in_words

Parts = tuple[Content, ...]

_GOES_ON = {
    StudyState.INTERRUPTED: "its coordinator is gone, {study.resume=u} goes on",
    StudyState.STOPPED: "{study.resume=u} goes on",
    StudyState.FAILED: "{study.resume=u} tries again",
}
"""What can be done with a study that nobody drives."""


def header(view: StudyView, study_id: str, summary: StudySummary) -> tuple[Parts, Parts]:
    """`Study of Weight decay  ● running  best 0.0123`; at the right the study's name, which goes
    first, `10 complete · 2 pruned · 3 running` and, which stays longest, `12 of 40`."""
    title = view.experiment.title if view.experiment else view.request.experiment
    state = f"{SIGNS[summary.state]} {summary.state}"
    best = view.best
    named = (f"Study of {plain(title)}", "bold")
    left = [Content.assemble(named, "  ", (state, COLOURS[summary.state]))]  # never parted
    if best is not None and best.goal is not None:
        left.append(Content.styled(f"best {short(best.goal)}", "bold $accent"))
    done = sum(count for state, count in view.counts.items() if state.is_finished)
    total = f"{done:,} of {summary.trials or view.request.trials:,}"
    counts = counts_in_words(view.counts) or "no trial yet"
    return tuple(left), (Content.styled(study_id, "$text-muted"), Content(counts), Content(total))


def status(app: App[Any], view: StudyView, summary: StudySummary) -> tuple[Parts, Parts]:
    """The best so far at the left; at the right what there is to be said, the most important
    last. What can be done with a study that nobody drives, and why it ended, come before all that:
    where there is no room they are cut, and not left out."""
    best, said = Content(plain(best_in_words(view)) or _asked(view)), _remarks(view, summary)
    first = []
    if summary.can_go_on:
        first.append(Content.styled(with_keys(app, _GOES_ON[summary.state]), "bold $warning"))
    if summary.error:
        first.append(Content.styled(plain(summary.error), "bold $error"))
    if not first:
        return (best,), tuple(said)
    return (Content("  ").join(first),), (*said[:-1], best, *said[-1:])


def _asked(view: StudyView) -> str:
    """Before the first trial has ended: what the study looks for."""
    request = view.request
    sought = "least" if request.direction == "minimize" else "greatest"
    return f"{request.sampler} looks for the {sought} {plain(request.goal)}"


def _remarks(view: StudyView, summary: StudySummary) -> list[Content]:
    said = []
    if summary.left_out:
        one = summary.left_out == 1
        what = "combination left out: the experiment refuses it"
        more = "combinations left out: the experiment refuses them"
        words = f"{summary.left_out:,} {what if one else more}"
        said.append(Content.styled(words, "$text-muted"))
    if view.request.goal.startswith("test/"):
        said.append(Content.styled("the goal is of the test set: there is no other", "$warning"))
    if summary.test:
        values = "  ".join(f"{key} {short(value)}" for key, value in summary.test.items())
        said.append(Content.styled(plain(f"on the test set: {values}"), "bold $accent"))
    return said
