"""A person's own file looked over: its program is built and trained for a while, as a run would,
and what is wrong is said in sentences.

`tell_check` is what `python -m tui_lab.worker --check FILE` does: JSON lines on standard output,
`{"doing"}` before what may take long, `{"wrong"}` and `{"remark"}` as they are found, at last
`{"steps", "seconds", "summary"}`.
"""

from __future__ import annotations

import json
import os
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from tui_lab.errors import TuiLabError
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import EPOCHS, Choice, Hyperparameter, Value, Vector
from tui_lab.own_module import import_file
from tui_lab.plugins import declared_in
from tui_lab.run import RunRequest
from tui_lab.training.program import Demonstration, Program
from tui_lab.worker.checking.declared import metric_sentences, picture_sentences, undeclared_keys
from tui_lab.worker.checking.steps import endless, step_sentences, still_ones, unfit_step
from tui_lab.worker.checking.telling import told
from tui_lab.worker.checking.tryout import Outcome, Tryout
from tui_lab.worker.driving import build
from tui_lab.worker.programs import program_class

_FIRST, _NEXT, _MOST = 2, 6, 200
"""Steps before the state is kept, those that are taken twice from there, and all of an epoch."""
_SECONDS = 5.0
"""For the steps that are taken twice, and for those of an epoch; four times as long for turning all
knobs."""

_REFUSE = "If it makes no sense beside the others, Experiment(constraint=...) can refuse it."
Say = Callable[..., object]


class Broken(Exception):
    """There is no going on: what was wrong is said already."""


class Check:
    """One look at one file; `say` is told what is found, `clock` in seconds when."""

    def __init__(self, path: Path, say: Say, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._say = say
        self._clock = clock
        self._knobs = 0
        self._next = _NEXT
        self._experiment: Experiment
        self._chosen: type[Program]

    def run(self) -> None:
        """Look, and say what is wrong and, at last, what was done."""
        torch.set_num_threads(1)
        with suppress(Broken):
            self._look()

    def _look(self) -> None:
        module = self._doing("loading it", lambda: import_file(self._path))
        self._experiment = self._doing("loading it", lambda: declared_in(module, str(self._path)))
        self._wrong(undeclared_keys(self._experiment))
        reference = self._experiment.program
        self._chosen = self._doing("loading it", lambda: program_class(reference, module))
        if not issubclass(self._chosen, Demonstration):
            self._wrong(unfit_step(self._chosen), fatal=True)
            self._wrong(endless(self._experiment, self._chosen), fatal=True)
        tried = self._doing("building it", self._built)
        start, middle = self._first_steps(tried)
        self._doing("taking it up from its state", lambda: self._same_again(tried, middle))
        self._doing("training it", lambda: self._epoch(tried))
        self._wrong(step_sentences(tried))
        for remark in still_ones(tried):
            self._say(remark=remark)
        self._doing("turning its knobs", lambda: self._turn_all(tried, start, middle))
        self._wrong(metric_sentences(self._experiment, tried.given))
        self._wrong(picture_sentences(self._experiment, tried.given))
        self._say(steps=tried.steps, seconds=tried.seconds, summary=self._summary(tried))

    def _built(self, **values: Value) -> Tryout:
        """Built anew with these values, the others being at their defaults."""
        experiment = self._experiment
        request = RunRequest(
            experiment=experiment.name, program=experiment.program, hyperparameters={}
        )
        hyperparameters, device = experiment.choose(values), torch.device("cpu")
        tried = Tryout(
            experiment,
            lambda: build(self._chosen, request, experiment, device, hyperparameters),
        )
        for title, layers in tried.program.start_pictures().items():
            tried.given.pictures.setdefault(title, {}).update(layers)
        return tried

    def _first_steps(self, tried: Tryout) -> tuple[Outcome, Outcome]:
        """What comes of the first steps, and of those after the state is kept."""

        def take(steps: int) -> Outcome:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                tried.take(steps)
            self._wrong(_of_shapes(caught))
            tried.measure()
            return tried.outcome()

        start = self._doing("training it", lambda: take(_FIRST))
        self._next = steps_for(tried.seconds / _FIRST)
        self._doing("keeping its state", tried.keep)
        return start, self._doing("training it", lambda: take(self._next))

    def _same_again(self, tried: Tryout, middle: Outcome) -> None:
        """Taken up from its state by a program that was built anew it takes the same steps."""
        if isinstance(tried.program, Demonstration):
            return
        other = self._built()
        other.take_up(tried)
        other.take(self._next)
        other.measure()
        if other.outcome() != middle:
            self._wrong([_otherwise(tried, other)])

    def _epoch(self, tried: Tryout) -> None:
        """The rest of an epoch, or of what there is time for."""
        end = self._clock() + _SECONDS
        while not tried.epochs and 0 < tried.steps < _MOST and self._clock() < end:
            tried.take(1)
        tried.measure()

    def _turn_all(self, tried: Tryout, start: Outcome, middle: Outcome) -> None:
        end, others = self._clock() + 4 * _SECONDS, list(self._others())
        turned: dict[str, bool] = {}
        for hyperparameter, value in others:
            if self._clock() > end:
                left = len({h.name for h, _ in others} - turned.keys())
                self._say(remark=f"There was no time to turn {left} of its knobs.")
                break
            name = hyperparameter.name
            matters = self._turned(tried, hyperparameter, value, start, middle)
            turned[name] = turned.get(name, False) or matters
        self._knobs = len(turned)
        for name in (name for name, matters in turned.items() if not matters):
            self._wrong([self._idle(self._experiment[name])])

    def _others(self) -> Iterator[tuple[Hyperparameter, Value]]:
        """Each hyperparameter that counts with another value that makes sense: all of a choice's,
        else the one beside the default."""
        experiment = self._experiment
        idle = experiment.idle(experiment.defaults)
        for each in experiment.hyperparameters:
            if each.name == EPOCHS or each.name in idle:
                continue
            fit = [v for v in _beside(each) if v != each.default and self._fits(each.name, v)]
            yield from ((each, value) for value in (fit if isinstance(each, Choice) else fit[:1]))

    def _fits(self, name: str, value: Value) -> bool:
        try:
            self._experiment.choose({name: value})
        except TuiLabError:
            return False
        return True

    def _turned(
        self, tried: Tryout, h: Hyperparameter, value: Value, start: Outcome, middle: Outcome
    ) -> bool:
        """Whether another value of a hyperparameter matters, or at least was looked at."""
        with_it = f"with {h.name}={h.format(value)}: "
        live = h.live and not isinstance(tried.program, Demonstration)
        try:
            other = self._built() if live else self._built(**{h.name: value})
            if live:
                other.take_up(tried, {h.name: value})
            else:
                other.take(_FIRST)
                other.measure()
                if other.outcome() != start:
                    self._merge(tried, other)
                    return True
            other.take(self._next)
            other.measure()
        except (Exception, SystemExit) as error:
            self._wrong([f"{told(self._path, error, with_it)} {_REFUSE}"])
            return True
        self._merge(tried, other)
        return other.outcome() != middle or h.name in other.given.read

    def _merge(self, tried: Tryout, other: Tryout) -> None:
        """What is given with other values counts as given."""
        tried.given.metrics |= other.given.metrics
        for title, layers in other.given.pictures.items():
            tried.given.pictures.setdefault(title, {}).update(layers)

    def _idle(self, h: Hyperparameter) -> str:
        if h.live:
            cure = "read self.hp in step(), or hand it on in hyperparameter_changed()"
        else:
            cure = "read it in build(), or take it out of the declaration"
        return f"{h.name} does nothing: other values are not read, and change nothing; {cure}."

    def _doing(self, what: str, do: Callable[[], Any]) -> Any:
        """Raises `Broken` where the file does not get through with it; that is said."""
        self._say(doing=what)
        try:
            return do()
        except (Exception, SystemExit) as error:  # the person's own
            self._wrong([told(self._path, error)], fatal=True)

    def _wrong(self, sentences: Any, *, fatal: bool = False) -> None:
        found = list(sentences)
        for sentence in found:
            self._say(wrong=sentence)
        if fatal and found:
            raise Broken

    def _summary(self, tried: Tryout) -> str:
        given, knobs = tried.given, f"{self._knobs} knob{'' if self._knobs == 1 else 's'} turned"
        if isinstance(tried.program, Demonstration):
            return f"computed anew, {knobs}"
        phases = ", ".join(given.phases)
        return f"{phases}; taken up from its state with the same numbers; {knobs}"


def steps_for(seconds: float) -> int:
    """How many steps to take twice, where one takes so long."""
    return _NEXT if seconds * _NEXT <= _SECONDS else max(1, int(_SECONDS / seconds))


def _beside(h: Hyperparameter) -> Iterator[Value]:
    """Other values than the default: first those that are most likely to make a difference."""
    if isinstance(h, Choice):
        yield from h.choices
        return
    if isinstance(h, Vector) and len(h.default) < h.longest:
        yield (*h.default, *h.default[-1:])
    yield from (h.nudge(h.default, way) for way in (1, -1))


def _of_shapes(caught: list[warnings.WarningMessage]) -> Iterator[str]:
    """What torch warns of because numbers will come out other than meant."""
    seen = dict.fromkeys(str(each.message) for each in caught)
    for words in (words for words in seen if "target size" in words):
        yield " ".join(words.split()).split(". ")[0] + ": give both the same shape."


def _otherwise(tried: Tryout, other: Tryout) -> str:
    """That a program goes on in another way from its state, and why that may be."""
    mine, theirs = tried.attributes(), other.attributes()
    changed = [name for name, value in mine.items() if theirs.get(name) != value]
    what = f"; then {', '.join(changed[:3])} is another" if changed else ""
    return (
        f"Taken up from its state after step {_FIRST}, it does not go on as it did{what}: what "
        "step() changes must be on self, under a name without an underscore, and be drawn from "
        "self.generator or torch's own."
    )


def tell_check(path: Path) -> int:
    """Look over a file and say what is found as JSON lines; what the file prints goes elsewhere."""
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def say(**words: Any) -> None:
        out.write(json.dumps(words) + "\n")

    Check(path, say).run()
    return 0
