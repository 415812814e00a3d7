"""What an experiment declares: its hyperparameters, metrics, pictures and presets, as data.

A declaration imports neither torch nor anything that draws; forms, flags, charts, JSON and help
are all derived from it elsewhere.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from tui_lab.errors import HyperparameterError
from tui_lab.hyperparameters import Hyperparameter, Hyperparameters, Value
from tui_lab.names import called
from tui_lab.together import Together
from tui_lab.tuples import require_several


@dataclass(frozen=True)
class Metric:
    """A measured quantity: its key (`train/loss`) and what it means."""

    key: str
    help: str
    direction: Literal["minimize", "maximize"] | None = None


@dataclass(frozen=True)
class Picture:
    """Something an experiment shows beside its numbers; `title` names it in the log too.

    Its data are logged layer by layer. A layer stands until it is logged again; one that is empty,
    `{}`, takes it away, as when a knob of a demonstration leaves a picture nothing to show.
    """

    title: str
    help: str = field(default="", kw_only=True)


@dataclass(frozen=True)
class Curve(Picture):
    """Metrics over training, one line per key; drawn from the logged metrics alone."""

    keys: tuple[str, ...]
    log: bool = False
    """Whether the vertical axis starts out logarithmic."""
    every: Literal["step", "epoch"] = "epoch"
    """Whether the keys are logged at every step or evaluated after every epoch."""

    def __post_init__(self) -> None:
        require_several(self, "keys")


@dataclass(frozen=True)
class Scatter(Picture):
    """Points and lines in a plane. Layers: `points` and `line`, each `{"x": [...], "y": [...]}`,
    and `band`, `{"x": [...], "low": [...], "high": [...]}`, which lies beneath. Several of a kind
    are shown together under names of their own: `line function`, `line gradient`, …

    A picture that shows one of several things at a time names each after the layer's kind:
    `points/x₁`, `line/x₁`, `points/x₂`, …
    """

    x: str = "x"
    y: str = "y"
    log_x: bool = False
    log_y: bool = False
    equal: bool = False
    """Whether a unit is as long upwards as across: both axes measure the same."""


@dataclass(frozen=True)
class Contour(Picture):
    """Level lines of a function of two variables and the path taken over it.

    Layers: `field` `{"x": [...], "y": [...], "z": [[...], ...]}` (row per y) and any number of
    named points and lines, `points/true` and `line/prior` say, each as in `Scatter`, all shown
    together. The path is drawn from two metrics logged at every step, where it has any.
    """

    path: tuple[str, str] = ("", "")
    x: str = "x"
    y: str = "y"
    equal: bool = True
    """As in `Scatter`."""


@dataclass(frozen=True)
class Bars(Picture):
    """One bar per value. Layers: `{"values": [...], "labels": [...]?}`; `reference` is a second
    series of the same length, drawn as a mark on each bar."""

    log: bool = False


class Histogram(Picture):
    """Counts per bin. Layers: `{"edges": [...], "counts": [...]}`; of those with a `/` in their
    names, `weights/conv1` say, one at a time is shown, as of a `Scatter`."""


@dataclass(frozen=True)
class Heatmap(Picture):
    """A matrix of numbers. Layer `cells`: `{"values": [[...]]}`; labels in `rows`, `columns`."""

    rows: str = ""
    """What its rows are: `true class`."""
    columns: str = ""


@dataclass(frozen=True)
class Images(Picture):
    """Small images in a grid. Layer `images`: `{"pixels": [[[0..1]]], "captions": [...],
    "wrong": [bool, ...]?}`; a pixel of three numbers is red, green and blue."""

    caption: str = ""
    """How to read a caption: `predicted≠label`."""


class Table(Picture):
    """Rows of text and numbers. Layer `table`: `{"columns": [...], "rows": [[...], ...]}`."""


class Text(Picture):
    """Text as it was written, what a model samples say. Layer `text`: `{"text": "…"}`."""


@dataclass(frozen=True)
class KeyFigures(Picture):
    """The declared metrics, their last values and their meanings, as a table; it needs no layers.

    A demonstration that does not say where it stands among its pictures has it at the end.
    """

    title: str = "key figures"


@dataclass(frozen=True)
class Question:
    """Something to predict before a preset runs."""

    text: str
    choices: tuple[str, ...]
    answer: str
    """What to say afterwards; `{train/loss}` and other metric keys in braces are replaced by the
    run's own last values."""
    right: str = field(default="", kw_only=True)
    """The choice that a run of the preset bears out; empty where there is no saying."""
    picture: str = field(default="", kw_only=True)
    """The title of the picture that shows the answer."""


@dataclass(frozen=True)
class Preset:
    """Named hyperparameter values that make a point; the others keep their defaults."""

    name: str
    title: str
    values: Mapping[str, Value] = field(default_factory=dict)
    question: Question | None = None


def _anything_goes(hyperparameters: Hyperparameters) -> HyperparameterError | None:
    return None


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """The declaration of one experiment.

    `program` is `module:Class`, resolved by the worker alone. `constraint` sees all values
    together and returns the error when they make no sense in combination. A demonstration has no
    training steps; all its hyperparameters are live, and it is computed again as soon as one
    changes.
    """

    name: str
    title: str
    chapter: str
    summary: str
    hyperparameters: tuple[Hyperparameter, ...]
    metrics: tuple[Metric, ...]
    pictures: tuple[Picture, ...]
    program: str
    presets: tuple[Preset, ...] = ()
    constraint: Callable[[Hyperparameters], HyperparameterError | None] = _anything_goes
    companions: Mapping[tuple[str, Value], Mapping[str, Value]] = field(default_factory=dict)
    """For a choice (name, value): the defaults of other hyperparameters that go with it."""
    demonstration: bool = False
    headings: Mapping[str, str] = field(default_factory=dict)
    """Where hyperparameters are many: the words above the group that begins with this one."""
    together: Together | None = None
    """Which runs may train as one population; None: none, and nobody says why."""
    study: Mapping[str, Value] = field(default_factory=dict)
    """Values that a study's runs take where nobody says others: examples put aside to choose by,
    say, that other runs train on."""

    def __post_init__(self) -> None:
        require_several(self, "hyperparameters", "metrics", "pictures", "presets")
        for question in (preset.question for preset in self.presets if preset.question):
            if question.right and question.right not in question.choices:
                raise ValueError(f"{question.right!r} is no choice of {question.text!r}")
        for named in (n for h in self.hyperparameters for c in h.only_if for n in c.names):
            self[named]  # raises where there is none of that name
        together = self.together.differ if self.together else ()
        for named in (*self.headings, *self.study, *together):
            self[named]
        if self.demonstration:
            live = tuple(replace(h, live=True) for h in self.hyperparameters)
            object.__setattr__(self, "hyperparameters", live)

    def __getitem__(self, name: str) -> Hyperparameter:
        """The hyperparameter of that name; raises `HyperparameterError` with the nearest name."""
        for hyperparameter in self.hyperparameters:
            if hyperparameter.name == name:
                return hyperparameter
        raise HyperparameterError(name, self._unknown(name))

    def named(self, word: str) -> Hyperparameter:
        """The hyperparameter that a person means by `word`: its name, symbol or a common name, in
        any case; raises `HyperparameterError` where that is none, or several."""
        match called(self.hyperparameters, word):
            case [one]:
                return one
            case []:
                return self[word]  # raises
            case several:
                meant = " or ".join(h.name for h in several)
                raise HyperparameterError(word, f"{word} may be {meant}; write the one you mean.")

    @property
    def defaults(self) -> Hyperparameters:
        """The values of a run that says nothing."""
        return Hyperparameters({h.name: h.default for h in self.hyperparameters})

    def defaults_with(self, values: Mapping[str, Value]) -> Hyperparameters:
        """The defaults that go with `values`: a choice may bring others along."""
        chosen = self.defaults
        for (name, value), others in self.companions.items():
            if values.get(name) == value:
                chosen = chosen.replace(**others)
        return chosen

    def choose(self, values: Mapping[str, object]) -> Hyperparameters:
        """Defaults with `values` (text, JSON or Python) laid over them, checked one by one and
        together; raises `HyperparameterError`."""
        given = {name: self[name].check(value) for name, value in values.items()}
        chosen = self.defaults_with(given).replace(**given)
        if error := self.constraint(chosen):
            raise error
        return chosen

    def idle(self, values: Mapping[str, Value]) -> dict[str, str]:
        """The hyperparameters that do nothing while the others have these values, each with the
        sentence that says why: `p does nothing while remedy=none`."""
        reasons = {}
        for h in self.hyperparameters:
            broken = next((c for c in h.only_if if not c.holds(values)), None)
            if broken is not None:
                written = {n: f"{n}={self[n].format(values[n])}" for n in broken.names}
                reasons[h.name] = f"{h.name} does nothing while {broken.failure(written)}"
        return reasons

    def groups(self) -> list[tuple[str, tuple[Hyperparameter, ...]]]:
        """All hyperparameters in their order, by the heading they stand under; empty where none
        came before."""
        groups: list[tuple[str, tuple[Hyperparameter, ...]]] = []
        for h in self.hyperparameters:
            if h.name in self.headings or not groups:
                groups.append((self.headings.get(h.name, ""), ()))
            heading, members = groups[-1]
            groups[-1] = heading, (*members, h)
        return groups

    def preset(self, name: str) -> Preset:
        """The preset of that name; raises `KeyError`."""
        return {preset.name: preset for preset in self.presets}[name]

    def to_json(self, hyperparameters: Mapping[str, Value]) -> dict[str, object]:
        """Chosen values as they stand in run.json."""
        return {name: self[name].to_json(value) for name, value in hyperparameters.items()}

    def differing(self, values: Mapping[str, object]) -> dict[str, object]:
        """Those of `values` (JSON form) that are not at their defaults, or not declared now."""
        defaults = self.to_json(self.defaults)
        return {n: v for n, v in values.items() if n not in defaults or defaults[n] != v}

    def _unknown(self, name: str) -> str:
        names = [h.name for h in self.hyperparameters]
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(names)}."
        return f"{self.name} has no hyperparameter {name!r}; {hint}"
