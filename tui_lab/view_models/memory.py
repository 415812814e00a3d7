"""A view as plain data and back, so that opening a long run need not fold all of its log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from tui_lab.event_encoding import from_json, to_json
from tui_lab.events import (
    AlarmRaised,
    GradientsLogged,
    RunEvent,
    RunFailed,
    RunFinished,
    RunStarted,
    RunStopped,
)
from tui_lab.experiment import Experiment
from tui_lab.schedule import Intervention
from tui_lab.steering import Steering
from tui_lab.view_models.change import Change
from tui_lab.view_models.figure import Floats
from tui_lab.view_models.log_book import LogBook
from tui_lab.view_models.pace import Pace
from tui_lab.view_models.run import RunView
from tui_lab.view_models.stand import find
from tui_lab.watching import TrainingFound

_ENDED = (RunFinished, RunStopped, RunFailed)


def remembered(view: RunView) -> tuple[dict[str, Any], list[Floats]]:
    """All that a view has come to: plain data, and the points of each series."""
    data = {
        "started": _written(view.started),
        "ended": _written(view.ended),
        "snapshot": _written(view.snapshot),
        "alarms": [to_json(alarm) for alarm in view.alarms],
        "marks": [asdict(change) for change in view.marks],
        "changed": view.changed,
        "found": _written(view.watched.found),
        "done": [each.to_json() for each in view.steering.done],
        "keeping": view.keeping.state,
        "pictures": view.pictures,
        "picture_steps": view.picture_steps,
        "log": view.log.state,
        "now": {name: getattr(view, name) for name in _NOW},
        "measurements": view.measurements.state,
        "gradients": view.gradient_history.state,
        "pace": view.pace.state,
    }
    return data, [series.points for series in view.series.values()]


def recalled(
    data: Mapping[str, Any], points: Sequence[Floats], experiment: Experiment | None
) -> RunView:
    """The view that was `remembered`. Raises `ValueError` for what is none."""
    try:
        return _recalled(data, points, experiment)
    except (TypeError, AttributeError, LookupError, OverflowError) as error:
        raise ValueError(f"no view of a run ({type(error).__name__}: {error})") from error


_NOW = {
    "revision": int,
    "phase_step": int,
    "paused": bool,
    "pause_reason": str,
    "phase": str,
    "line": int,
    "t": float,
}
"""What a view says of the moment; `phase` and `line` may be None."""


def _recalled(
    data: Mapping[str, Any], points: Sequence[Floats], experiment: Experiment | None
) -> RunView:
    view = RunView(experiment)
    if (started := _read(data["started"], RunStarted)) is not None:
        view.start(started)
    if (found := _read(data["found"], TrainingFound)) is not None:
        find(view, found)
    for name, kind in _NOW.items():
        value = data["now"][name]
        setattr(view, name, kind(value) if value is not None or kind is float else None)
    view.ended = _read(data["ended"], *_ENDED)
    view.alarms.extend(_event(alarm, AlarmRaised) for alarm in data["alarms"])
    view.marks.extend(_change(mark) for mark in data["marks"])
    view.changed.update(data["changed"])
    view.keeping.recall(data["keeping"])
    view.steering = Steering(map(Intervention.from_json, data["done"]))
    for title, layers in data["pictures"].items():
        view.pictures[title] = {layer: _object(kept) for layer, kept in layers.items()}
        view.picture_steps[title] = int(data["picture_steps"][title])
    view.log = LogBook.recalled(data["log"])
    view.measurements.recall(data["measurements"], points)
    view.gradient_history.recall(data["gradients"], _read(data["snapshot"], GradientsLogged))
    view.pace = Pace.recalled(data["pace"])
    return view


def _written(event: RunEvent | None) -> dict[str, Any] | None:
    return None if event is None else to_json(event)


def _read(data: Any, *kinds: type[Any]) -> Any:
    """The event that was written, None for None."""
    return None if data is None else _event(data, *kinds)


def _event(data: Any, *kinds: type[Any]) -> Any:
    event = from_json(data)
    if not isinstance(event, kinds):
        raise ValueError(f"{type(event).__name__} is none of {kinds}")
    return event


def _change(data: Mapping[str, Any]) -> Change:
    words = {name: str(data[name]) for name in ("letter", "name", "old", "new", "text")}
    by = str(data.get("by", ""))
    return Change(step=int(data["step"]), t=float(data["t"]), value=data["value"], by=by, **words)


def _object(data: Any) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        raise ValueError("a picture's data are an object")
    return data
