"""What the log of a run knows of one of its steps, found through an index in milliseconds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tui_lab.errors import RunUnreadable
from tui_lab.events import (
    AlarmRaised,
    GradientsLogged,
    HyperparameterChanged,
    MetricsLogged,
    PhaseEntered,
    PictureLogged,
    RunEnded,
    RunEvent,
    RunResumed,
    RunStarted,
)
from tui_lab.experiment import Experiment
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.index import EPOCHS, GRADIENTS, PHASES, LogIndex, Spot
from tui_lab.runs.regular_file import open_regular
from tui_lab.runs.tail import event_at, events_between
from tui_lab.view_models.change import Change, change_of, said
from tui_lab.view_models.log_book import LONGEST, LogBook
from tui_lab.view_models.run import RunView
from tui_lab.view_models.series import number


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A run as it was after `step` steps."""

    step: int
    hyperparameters: Mapping[str, Any]
    """The values then in force, in their JSON form."""
    marks: Sequence[Change] = ()
    """Live changes up to then."""
    gradients: GradientsLogged | None = None
    """The newest snapshot of no later step."""
    phase: PhaseEntered | None = None
    """The last phase that a person stepped to."""
    pictures: Mapping[str, Mapping[str, PictureLogged]] = field(default_factory=dict)
    """The newest data by picture and layer."""
    alarms: Sequence[AlarmRaised] = ()
    """Those among the last 1000 things that were done or noticed, as `lines` are."""
    lines: Sequence[str] = ()
    """What had happened, in words."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """The values at that step; of what is measured over the whole set, the last before it."""


def moment(
    run: RunDirectory,
    step: int,
    experiment: Experiment | None = None,
    *,
    index: LogIndex | None = None,
) -> Moment:
    """The run as it was after `step` steps, without what it took back since. Raises
    `RunUnreadable`.

    `index` saves looking for one; the first look into a long log that has none reads all of it.
    """
    if index is None:
        index = LogIndex.of(run.events_path, settled=run.status().is_finished)
    spot = index.at(step)
    try:
        with open_regular(run.events_path) as file:
            return _moment(_Reader(file.fileno(), spot, step), run, experiment)
    except FileNotFoundError:
        return Moment(step=step, hyperparameters=run.request().hyperparameters)
    except OSError as error:
        reason = error.strerror or str(error)
        raise RunUnreadable(f"{run.events_path} can't be read ({reason}).") from error


def past_view(view: RunView, found: Moment) -> RunView:
    """The view of a run as of a moment: its curves whole, with a cursor, all else as it was then.
    `view` is the run's own, which stays as it is."""
    past = RunView(view.experiment)
    if view.started is not None:
        past.start(view.started)
    past.extent, past.ended = view.extent, None
    past.total_steps, past.total_epochs = view.total_steps, view.total_epochs
    past.measurements = view.measurements
    past.metrics = dict(found.metrics)
    past.cursor = found.step
    past.marks = list(found.marks)
    past.changed = dict(found.hyperparameters)
    past.alarms.extend(found.alarms)
    if found.gradients is not None:
        past.gradient_history.fold(found.gradients)
    for title, layers in found.pictures.items():
        past.pictures[title] = {layer: event.data for layer, event in layers.items()}
        past.picture_steps[title] = max(event.step for event in layers.values())
    for line in found.lines:
        past.log.add(line)
    past.revision = found.step
    return past


def recomputed(past: RunView, events: Iterable[RunEvent]) -> None:
    """Take over into a view of the past what was computed again of its step."""
    for event in events:
        if isinstance(event, GradientsLogged):
            past.gradient_history.fold(event)
        elif isinstance(event, PictureLogged):
            past.pictures.setdefault(event.picture, {})[event.layer] = event.data
            past.picture_steps[event.picture] = event.step
        elif isinstance(event, MetricsLogged):
            past.metrics |= _last_row(event, past.cursor or 0)
    past.revision += 1


class _Reader:
    """Gives the events that an index has found."""

    def __init__(self, descriptor: int, spot: Spot, step: int) -> None:
        self._descriptor = descriptor
        self._spot = spot
        self.step = step

    def newest(self, kind: str) -> RunEvent | None:
        start = self._spot.newest.get(kind, -1)
        return event_at(self._descriptor, start) if start >= 0 else None

    def last_step(self, kind: str) -> int:
        """The last of no later step that stands in the newest line of a kind."""
        return min(self.step, self._spot.last_step(self._spot.newest[kind]))

    def pictures(self) -> Iterator[PictureLogged]:
        for kind in self._spot.newest:
            if isinstance(event := self.newest(kind), PictureLogged):
                yield event

    def story(self) -> list[RunEvent]:
        """What was done and noticed; an end after which the run went on was none."""
        found = [event_at(self._descriptor, start) for start in self._spot.story]
        events = [event for event in found if event is not None]
        went_on = {i for i, event in enumerate(events) if isinstance(event, RunResumed)}
        latest = max(went_on, default=0)
        return [e for i, e in enumerate(events) if i > latest or not isinstance(e, RunEnded)]

    def row(self) -> dict[str, float]:
        """The measurements of the step itself; none that it would have had in what is undone."""
        if self._spot.block is None or self._spot.last_step(self._spot.block[0]) < self.step:
            return {}
        found = None
        for event in events_between(self._descriptor, *self._spot.block, self._may_hold):
            if isinstance(event, MetricsLogged) and _holds(event, self.step):
                found = event
        return _row(found, self.step)

    def _may_hold(self, line: bytes) -> bool:
        return b'"kind":"step"' in line[:100]


def _moment(reader: _Reader, run: RunDirectory, experiment: Experiment | None) -> Moment:
    story = reader.story()
    values = _asked(story) or dict(run.request().hyperparameters)
    marks, lines = _told(story, experiment)
    values |= {mark.name: mark.value for mark in marks}
    pictures: dict[str, dict[str, PictureLogged]] = {}
    for event in reader.pictures():
        pictures.setdefault(event.picture, {})[event.layer] = event
    gradients, phase = reader.newest(GRADIENTS), reader.newest(PHASES)
    return Moment(
        step=reader.step,
        hyperparameters=values,
        marks=marks,
        gradients=gradients if isinstance(gradients, GradientsLogged) else None,
        phase=phase if isinstance(phase, PhaseEntered) else None,
        pictures=pictures,
        alarms=[event for event in story if isinstance(event, AlarmRaised)],
        lines=lines,
        metrics=_metrics(reader, story),
    )


def _asked(story: Sequence[RunEvent]) -> dict[str, Any]:
    """The hyperparameters with which it began; empty where the log does not say."""
    requests = [event.request for event in story if isinstance(event, RunStarted)]
    found = [request.get("hyperparameters") for request in requests[:1]]
    return dict(found[0]) if found and isinstance(found[0], Mapping) else {}


def _told(
    story: Sequence[RunEvent], experiment: Experiment | None
) -> tuple[list[Change], Sequence[str]]:
    marks: list[Change] = []
    book = LogBook()
    for place, event in enumerate(story):
        if isinstance(event, HyperparameterChanged):
            marks.append(change_of(event, len(marks), experiment))
            book.add(said(marks))
        elif len(story) - place <= LONGEST:
            book.fold(event)
    return marks, book.lines


def _metrics(reader: _Reader, story: Sequence[RunEvent]) -> dict[str, float]:
    found = reader.row()
    for event in (reader.newest(EPOCHS), *story):
        if isinstance(event, MetricsLogged):
            last = reader.last_step(EPOCHS) if event.kind == "epoch" else reader.step
            found |= _last_row(event, last)
    return found


def _holds(event: MetricsLogged, step: int) -> bool:
    return event.kind == "step" and event.first <= step


def _row(block: MetricsLogged | None, step: int) -> dict[str, float]:
    if block is None:
        return {}
    row = step - block.first
    columns = block.columns.items()
    return {str(key): number(values[row]) for key, values in columns if row < len(values)}


def _last_row(event: MetricsLogged, step: int) -> dict[str, float]:
    count = sum(at <= step for at in event.steps)
    columns = {str(key): values[:count] for key, values in event.columns.items()}
    return {key: number(values[-1]) for key, values in columns.items() if len(values)}
