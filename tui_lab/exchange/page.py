"""A run as one page of HTML that needs nothing else: what was asked of it and done to it, what it
measured, what it looked like, and how to make it again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tui_lab.annotation import Annotation
from tui_lab.errors import RunUnreadable
from tui_lab.exchange.graphics.svg import svg
from tui_lab.exchange.page_frame import framed_page, table, text
from tui_lab.exchange.pictures import drawn_pictures, is_shown, picture_scene
from tui_lab.experiment import Experiment, KeyFigures, Picture, Table, Text
from tui_lab.lineage import run_card
from tui_lab.run import RunRequest
from tui_lab.runs.annotations import read_annotation
from tui_lab.runs.directory import RunDirectory
from tui_lab.view_models.card import typed
from tui_lab.view_models.damage import damaged_lines
from tui_lab.view_models.number_format import duration, short
from tui_lab.view_models.picture_data import TextTable, text_table
from tui_lab.view_models.pictures import variants
from tui_lab.view_models.run import RunView

_MOST_VIEWS = 12
"""Views of one picture that are drawn."""
_MOST_ROWS = 500
_SIZE = (720, 400)
_MINUTE = 60.0


def page_of(run: RunDirectory, view: RunView) -> str:
    """The page of a run; whatever its files say stands there as text. Raises `RunUnreadable`."""
    return framed_page(_title(run, view), _body(run, view))


def _body(run: RunDirectory, view: RunView) -> Iterator[str]:
    yield from _heading(run, view)
    yield from _pictures(view)
    yield '<div class="columns">'
    yield from _section("Hyperparameters", _hyperparameters(run.request(), view))
    yield from _section("Last values", _metrics(view))
    yield from _section("The run", table(list(_facts(run, view))))
    yield "</div>"
    yield from _section("Turned while it ran", _changes(view))
    yield from _section("Alarms", _alarms(view))
    yield from _section("What happened", _told(view))
    card = run_card(run, view.experiment)
    remark = f'<p class="quiet">{text(card.remark)}</p>' if card.remark else ""
    yield from _section("To make it again", f"<pre>{text(card.command, 100_000)}</pre>{remark}")


def _section(title: str, content: str) -> Iterator[str]:
    if content:
        yield f"<section><h2>{text(title)}</h2>{content}</section>"


def _title(run: RunDirectory, view: RunView) -> str:
    experiment = view.experiment
    return experiment.title if experiment is not None else run.request().experiment


def _heading(run: RunDirectory, view: RunView) -> Iterator[str]:
    try:
        written = read_annotation(run.path)
    except RunUnreadable:
        written = Annotation()
    named = f" · {text(written.name)}" if written.name else ""
    yield f"<h1>{text(_title(run, view))}{named}</h1>"
    status = run.status()
    look = "alarm" if status in ("failed", "crashed") else "quiet"
    yield f'<p class="quiet">{text(run.id)} · <span class="{look}">{text(status)}</span></p>'
    if written.tags:
        tags = "".join(f'<span class="tag">{text(tag)}</span>' for tag in written.tags)
        yield f"<p>{tags}</p>"
    for line in written.note.splitlines():
        yield f"<p>{text(line)}</p>"
    for complaint in filter(None, (run.status_record().error, damaged_lines(view.damage))):
        yield f'<p class="alarm">{text(complaint)}</p>'


def _hyperparameters(request: RunRequest, view: RunView) -> str:
    experiment = view.experiment
    defaults = experiment.to_json(experiment.defaults) if experiment is not None else {}
    values = request.hyperparameters
    rows = [
        (
            _label(experiment, name),
            typed(experiment, name, value),
            "" if defaults.get(name, value) == value else f"default {defaults[name]}",
        )
        for name, value in values.items()
    ]
    return table(rows) if rows else ""


def _label(experiment: Experiment | None, name: str) -> str:
    declared = experiment.hyperparameters if experiment is not None else ()
    return next((each.label for each in declared if each.name == name), name)


def _metrics(view: RunView) -> str:
    """Those that are declared first, with what they mean."""
    declared = view.experiment.metrics if view.experiment is not None else ()
    meaning = {metric.key: metric.help for metric in declared}
    keys = [key for key in meaning if key in view.metrics]
    keys += [key for key in view.metrics if key not in meaning]
    rows = [(key, short(view.metrics[key]), meaning.get(key, "")) for key in keys[:_MOST_ROWS]]
    return table(rows, numeric=(1,)) if rows else ""


def _facts(run: RunDirectory, view: RunView) -> Iterator[tuple[str, str]]:
    request, started = run.request(), view.started
    yield "experiment", request.experiment
    if request.imported:
        yield "imported from", request.imported
    if request.parent:
        yield "branched from", f"{request.parent} after step {request.parent_step:,}"
    yield "steps", f"{view.step:,}" + (f" of {view.total_steps:,}" if view.total_steps else "")
    yield "epochs", f"{view.epoch:,}"
    yield "time", f"{view.t:.1f} s" if view.t < _MINUTE else duration(view.t)
    if not request.imported:
        yield "seed", str(request.seed)
        yield "device", (started.device_name or started.device) if started else request.device
    if started is not None and started.started:
        yield "started", started.started
    yield from request.versions.items()


def _pictures(view: RunView) -> Iterator[str]:
    scenes = [scene for each in drawn_pictures(view) for scene in _scenes(view, each)]
    if scenes:
        yield f'<section><h2>Pictures</h2><div class="pictures">{"".join(scenes)}</div></section>'
    declared = view.experiment.pictures if view.experiment is not None else ()
    for picture in declared:
        if isinstance(picture, Table | Text) and not isinstance(picture, KeyFigures):
            yield from _section(picture.title, _table(text_table(picture, view)))


def _scenes(view: RunView, picture: Picture) -> Iterator[str]:
    if is_shown(view, picture):
        for number in range(min(_MOST_VIEWS, max(1, len(variants(picture, view))))):
            yield svg(picture_scene(view, picture, _SIZE, number), standalone=False)


def _table(found: TextTable) -> str:
    if found.note or not found.rows:
        return ""
    numeric = [place for place, is_so in enumerate(found.numeric) if is_so]
    return table(found.rows[:_MOST_ROWS], found.columns, numeric)


def _changes(view: RunView) -> str:
    rows = [(mark.letter, f"step {mark.step:,}", mark.text, mark.by) for mark in view.marks]
    return table(_last(rows)) if rows else ""


def _alarms(view: RunView) -> str:
    rows = [(f"step {alarm.step:,}", alarm.message, alarm.advice) for alarm in view.alarms]
    return table(_last(rows)) if rows else ""


def _last(rows: Sequence[Sequence[str]]) -> Sequence[Sequence[str]]:
    return rows[-_MOST_ROWS:]


def _told(view: RunView) -> str:
    lines = "\n".join(text(line) for line in view.lines[-_MOST_ROWS:])
    return f"<pre>{lines}</pre>" if lines else ""
