"""A whole run as one command line that can be pasted into a shell: its values, its seed, what was
done to it on its way."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tui_lab.errors import HyperparameterError
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import EPOCHS
from tui_lab.run import RunRequest
from tui_lab.schedule import Intervention, words
from tui_lab.view_models.plain_text import plain
from tui_lab.watching import Script


@dataclass(frozen=True)
class Card:
    """The command that makes a run again."""

    command: str
    remark: str = ""
    """A sentence on what of the run it does not repeat; empty where it repeats all of it."""

    @property
    def text(self) -> str:
        """Both on one line; the remark is a comment to a shell."""
        return f"{self.command}  # {self.remark}" if self.remark else self.command


def card_of(
    request: RunRequest,
    schedule: Iterable[Intervention],
    experiment: Experiment | None,
    remark: str = "",
) -> Card:
    """The card of a run that was asked for in this way and had this done to it. A demonstration is
    shown as it was shown last."""
    if request.script is not None:
        return _watching(request.script, remark)
    if request.imported:
        of = ["--experiment", request.experiment] * (request.declaration is None)
        return Card(plain(shlex.join(["tui-lab", "import", request.imported, *of])), plain(remark))
    done = list(schedule)
    values = dict(request.hyperparameters)
    if experiment is not None and experiment.demonstration:
        for each in done:
            values |= each.values
        done = []
    given = [f"{n}={typed(experiment, n, v)}" for n, v in _chosen(experiment, values).items()]
    in_time = _lengthened_in_time(done, request.hyperparameters.get(EPOCHS))
    later = words([_typed(experiment, each) for each in in_time])
    experiment_words = [request.plugin or request.experiment, *given, *_options(request)]
    line = shlex.join(["tui-lab", "run", *experiment_words, *later])
    return Card(plain(line, len(line)), plain(remark))


def _watching(script: Script, remark: str) -> Card:
    """A script is run again as it was; what was turned meanwhile, and its chances, are its own."""
    line = shlex.join(["tui-lab", "watch", *script.words])
    here = f"in {script.directory}; knobs that were turned are not repeated"
    return Card(plain(line, len(line)), plain(remark or here))


def typed(experiment: Experiment | None, name: str, value: Any) -> str:
    """A value in JSON form as a person types it; as it stands in the file where the hyperparameter
    is not known, or does not take it any more."""
    if experiment is None:
        return _stored(value)
    try:
        hyperparameter = experiment[name]
        return hyperparameter.format(hyperparameter.check(value))
    except HyperparameterError:
        return _stored(value)


def _stored(value: Any) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def _lengthened_in_time(done: Iterable[Intervention], epochs: Any) -> Iterator[Intervention]:
    """The same, but for more epochs a step sooner: a run that had come to its end when it got them
    has no step of that number unless it has them before. They change nothing but the end."""
    for each in done:
        new = each.values.get(EPOCHS, epochs)
        if type(new) is int and type(epochs) is int and new > epochs and each.step > 1:
            yield Intervention(step=each.step - 1, values={EPOCHS: new})
            rest = {name: value for name, value in each.values.items() if name != EPOCHS}
            each = replace(each, values=rest)
        epochs = new
        if each.values or each.act:
            yield each


def _typed(experiment: Experiment | None, each: Intervention) -> Intervention:
    values = {name: typed(experiment, name, value) for name, value in each.values.items()}
    return Intervention(step=each.step, values=values, act=each.act)


def _chosen(experiment: Experiment | None, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The values that have to be given so that a run has all of them: those that are not the
    defaults, and those that a choice would bring along otherwise."""
    if experiment is None:
        return values
    differing = experiment.differing(values)
    try:
        given = {name: experiment[name].check(value) for name, value in differing.items()}
    except HyperparameterError:
        return values  # of another version of the experiment
    brought = experiment.to_json(experiment.defaults_with(given))
    return {n: v for n, v in values.items() if n in differing or brought[n] != v}


def _options(request: RunRequest) -> Iterator[str]:
    yield from ("--seed", str(request.seed))
    if request.device not in ("", "auto"):
        yield from ("--device", request.device)
    if request.threads:
        yield from ("--threads", str(request.threads))
    if request.data:
        yield from ("--data", request.data)
