"""A study for other programs: its trials as a table, or all of it as one page of HTML."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tui_lab.errors import UsageError
from tui_lab.exchange.export import written
from tui_lab.exchange.formats import Exported
from tui_lab.exchange.graphics.chart import Caption, chart
from tui_lab.exchange.graphics.svg import svg
from tui_lab.exchange.page_frame import framed_page, table, text
from tui_lab.plugins import declared_by
from tui_lab.studies.directory import StudyDirectory
from tui_lab.studies.following import StudyFollower
from tui_lab.study import StudySummary, Trial
from tui_lab.view_models.knob_scale import is_goal_wide
from tui_lab.view_models.number_format import short
from tui_lab.view_models.study import (
    StudyView,
    best_in_words,
    counts_in_words,
    goal_so_far,
    state_in_words,
)
from tui_lab.view_models.study_figures import knob_figure

_SIZE = (720, 360)
_BEST = 5
"""Trials that stand out in a picture, by their rank."""
_MOST_ROWS = 2000


def export_study(study: StudyDirectory, to: Path) -> Exported:
    """Write a study to a .csv or an .html; raises `UsageError` for another suffix, `RunUnreadable`
    where the study can't be read, `RunError` where `to` can't be written."""
    writers = {".csv": _csv, ".html": _page}
    if to.suffix.lower() not in writers:
        raise UsageError(f"{to} has no known suffix; a study is exported to .csv or .html.")
    follower = StudyFollower(study)
    summary, _ = follower.read()
    request = study.request()
    view = StudyView(request, declared_by(request))
    view.take(follower.trials)
    with written(to) as file:
        file.write(writers[to.suffix.lower()](view, summary).encode())
    return Exported(f"Wrote {to}: {len(view.trials):,} trials.")


def _csv(view: StudyView, _: StudySummary) -> str:
    """A row for each trial, in the order in which they were proposed."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = view.names
    writer.writerow(
        ("trial", "state", view.request.goal, *names, "step", "seconds", "runs", "reason")
    )
    for trial in _in_order(view):
        goal = goal_so_far(trial)
        values = (trial.values.get(name) for name in names)
        seconds, runs = round(trial.seconds, 6), " ".join(trial.runs)
        writer.writerow(
            (trial.number, trial.state, goal, *values, trial.step, seconds, runs, trial.reason)
        )
    return out.getvalue()


def _in_order(view: StudyView) -> list[Trial]:
    return [view.trials[number] for number in sorted(view.trials)]


def _page(view: StudyView, summary: StudySummary) -> str:
    """Its pictures, what was asked, and all of its trials, the best first."""
    request = view.request
    title = f"Study of {request.experiment}"
    body = [
        f"<h1>{text(title)}</h1>",
        f'<p class="quiet">{text(summary.id)} · {text(summary.state)} · '
        f"{text(counts_in_words(view.counts))}</p>",
        *(f"<p>{text(line)}</p>" for line in (best_in_words(view), *_tested(summary)) if line),
        f'<p class="alarm">{text(summary.error)}</p>' if summary.error else "",
        f'<section><div class="pictures">{"".join(_pictures(view))}</div></section>',
        f"<section><h2>What was asked</h2>{table(list(_asked(view)))}</section>",
        f"<section><h2>Trials</h2>{_trials(view)}</section>",
    ]
    return framed_page(title, body)


def _tested(summary: StudySummary) -> Iterator[str]:
    if summary.test:
        measured = "  ".join(f"{key} {short(value)}" for key, value in summary.test.items())
        yield f"its test metrics, looked at once: {measured}"


def _pictures(view: StudyView) -> Iterator[str]:
    for name in view.names:
        figure = knob_figure(view, name, _BEST, log=is_goal_wide(view))
        legend = list({line.role: line.name for line in figure.lines}.items())
        title = f"{view.request.goal} over {view.label(name)}"
        yield svg(chart(figure, Caption(title, legend), _SIZE), standalone=False)


def _asked(view: StudyView) -> Iterator[Sequence[object]]:
    request = view.request
    yield "goal", f"{request.direction} {request.goal}"
    yield "sampler", request.sampler + (", pruned" if request.prune else "")
    for span in request.ranges:
        yield "over", str(span)
    for name, value in request.hyperparameters.items():
        yield "with", f"{view.label(name)} {view.written(name, value)}"
    yield "seeds of a trial", request.seeds
    yield "seed", request.seed


def _trials(view: StudyView) -> str:
    ranked = list(view.ranked)
    known = {trial.number for trial in ranked}
    ordered = [*ranked, *(t for t in _in_order(view) if t.number not in known)]
    heading = ("trial", view.request.goal, *map(view.label, view.names), "state", "run")
    rows = [_row(view, trial) for trial in ordered[:_MOST_ROWS]]
    more = len(ordered) - _MOST_ROWS
    rest = f'<p class="quiet">and {more:,} more</p>' if more > 0 else ""
    return table(rows, heading, numeric=(0, 1)) + rest


def _row(view: StudyView, trial: Trial) -> Sequence[object]:
    goal = goal_so_far(trial)
    values: Mapping[str, Any] = trial.values
    written_values = (view.written(n, values[n]) if n in values else "" for n in view.names)
    said = "" if goal is None else short(goal)
    return trial.number, said, *written_values, state_in_words(trial), " ".join(trial.runs)
