"""A declaration as data, and back: what a person's own file or script was found to declare is kept
with its runs, and shown without running anything of it.

A constraint is code and does not travel: whoever has the declaration alone chooses values that only
the worker checks together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from tui_lab import checks, conditions, experiment, hyperparameters
from tui_lab.errors import HyperparameterError
from tui_lab.experiment import Experiment, Metric, Preset, Question
from tui_lab.together import Together

HYPERPARAMETERS = {
    kind.__name__: kind
    for kind in (
        hyperparameters.Float,
        hyperparameters.Int,
        hyperparameters.Choice,
        hyperparameters.Flag,
        hyperparameters.Vector,
    )
}
PICTURES = {
    kind.__name__: kind
    for kind in (
        experiment.Curve,
        experiment.Scatter,
        experiment.Contour,
        experiment.Bars,
        experiment.Histogram,
        experiment.Heatmap,
        experiment.Images,
        experiment.Table,
        experiment.Text,
        experiment.KeyFigures,
    )
}
CONDITIONS = {
    kind.__name__: kind
    for kind in vars(conditions).values()
    if isinstance(kind, type) and issubclass(kind, conditions.Condition) and is_dataclass(kind)
}
_CODE = "constraint"
_MOST = 1000
"""Hyperparameters, metrics, pictures or presets of one declaration."""


def to_json(declared: Experiment) -> dict[str, Any]:
    """The declaration as a JSON object."""
    written = {f.name: _written(getattr(declared, f.name)) for f in fields(declared) if _is_data(f)}
    written["companions"] = [
        {"name": name, "value": _written(value), "others": _written(others)}
        for (name, value), others in declared.companions.items()
    ]
    return written


def from_json(data: Any) -> Experiment:
    """The experiment in a decoded object; raises `ValueError`, which names the field."""
    found = checks.fields(data, _EXPERIMENT, ("name", "program", "hyperparameters"))
    words = dict.fromkeys(("title", "chapter", "summary"), "")
    missing: dict[str, Any] = {**words, "metrics": (), "pictures": ()}
    try:
        declared = Experiment(**{**missing, **found})
        for hyperparameter in declared.hyperparameters:
            hyperparameter.check(hyperparameter.default)
    except (TypeError, ValueError, KeyError, HyperparameterError) as error:
        raise ValueError(f"is no declaration: {error}") from error
    return declared


def checked(data: Any) -> Any:
    """The data as they are, if they are a declaration; raises `ValueError`."""
    from_json(data)
    return data


def _is_data(field: Any) -> bool:
    return field.name not in (_CODE, "companions")


def _written(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        written = {f.name: _written(getattr(value, f.name)) for f in fields(value)}
        return {"kind": type(value).__name__, **written}
    if isinstance(value, Mapping):
        return {name: _written(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [_written(item) for item in value]
    return value


def _several(check: checks.Check) -> checks.Check:
    listed = checks.listed(check)

    def check_all(value: Any) -> tuple[Any, ...]:
        if isinstance(value, list) and len(value) > _MOST:
            raise ValueError(f"has {len(value):,} entries, more than {_MOST:,}")
        return tuple(listed(value))

    return check_all


def _value(value: Any) -> Any:
    """A value of a hyperparameter: what is a list in JSON is a tuple."""
    found = checks.setting(value)
    return tuple(found) if isinstance(found, list) else found


def _one(kinds: Mapping[str, type[Any]]) -> checks.Check:
    """An object of one of these kinds, which it names."""

    def check(value: Any) -> Any:
        name = checks.record({"kind": checks.name}, "kind")(_named(value))["kind"]
        if name not in kinds:
            raise ValueError(f"is of the kind {name[:40]!r}, which nobody knows")
        return _made(kinds[name], value)

    return check


def _named(value: Any) -> Any:
    return {"kind": value.get("kind")} if isinstance(value, dict) else value


def _made(kind: type[Any], value: Any) -> Any:
    known = {f.name: _check_of(f) for f in fields(kind)}
    needed = [f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING]
    try:
        return kind(**checks.fields(value, known, needed))
    except (TypeError, KeyError) as error:
        raise ValueError(f"is no {kind.__name__}: {error}") from error


def _check_of(field: Any) -> checks.Check:
    """By the name of a field where that says it, else by its type."""
    return _BY_NAME.get(field.name) or _BY_TYPE[str(field.type)]


_BY_TYPE: Mapping[str, checks.Check] = {
    "str": checks.text,
    "bool": checks.flag,
    "float": checks.number,
    "int": checks.whole,
    "float | None": checks.optional(checks.number),
    "int | None": checks.optional(checks.whole),
    "tuple[str, ...]": _several(checks.name),
    "tuple[str, str]": _several(checks.name),
    "tuple[Value, ...]": _several(_value),
    "Value": _value,
    "Mapping[str, Value]": checks.mapped(_value, checks.MOST_SETTINGS),
}
_BY_NAME: dict[str, checks.Check] = {
    "name": checks.name,
    "default": _value,
    "low": checks.measured,
    "high": checks.measured,
    "every": checks.one_of("step", "epoch"),
    "direction": checks.optional(checks.one_of("minimize", "maximize")),
}
_ONE_QUESTION: Callable[[Any], Any] = checks.optional(lambda value: _made(Question, value))
_BY_NAME |= {"only_if": _several(_one(CONDITIONS)), "question": _ONE_QUESTION}


def _companions(value: Any) -> dict[tuple[str, Any], Mapping[str, Any]]:
    one = checks.record(
        {"name": checks.name, "value": _value, "others": checks.mapped(_value)},
        *("name", "value", "others"),
    )
    return {(each["name"], each["value"]): each["others"] for each in _several(one)(value)}


def _presets(value: Any) -> Sequence[Preset]:
    return _several(lambda each: _made(Preset, each))(value)  # type: ignore[no-any-return]


_EXPERIMENT: Mapping[str, checks.Check] = {
    **dict.fromkeys(("name", "title", "chapter", "program"), checks.name),
    "summary": checks.text,
    "hyperparameters": _several(_one(HYPERPARAMETERS)),
    "metrics": _several(lambda each: _made(Metric, each)),
    "pictures": _several(_one(PICTURES)),
    "presets": _presets,
    "companions": _companions,
    "demonstration": checks.flag,
    "study": checks.mapped(_value, checks.MOST_SETTINGS),
    "headings": checks.mapped(checks.name, checks.MOST_SETTINGS),
    "together": checks.optional(lambda value: _made(Together, value)),
}
