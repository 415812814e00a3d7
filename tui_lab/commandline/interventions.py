"""From words such as `@212:weight_decay=10` on a command line to the schedule of a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from tui_lab.errors import UsageError
from tui_lab.events import RunStarted
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import EPOCHS, Hyperparameters
from tui_lab.schedule import Intervention, read_words, words


def is_intervention(word: str) -> bool:
    """Whether a word is about a step, and not about the whole run."""
    return word.startswith("@")


def read_schedule(
    experiment: Experiment, given: Sequence[str], values: Mapping[str, object]
) -> tuple[Intervention, ...]:
    """What the words ask for in the order of steps, those of one step together and all values in
    JSON form; `values` are those that the run starts with. Raises `UsageError`."""
    if given and experiment.demonstration:
        raise UsageError(f"{experiment.name} takes no steps; give its values as name=value.")
    schedule = [_named(experiment, each) for each in read_words(given)]
    joined = [each for _, some in groupby(schedule, _step) for each in _joined(list(some))]
    _require_no_more_after_the_stop(joined)
    checked = dict(_in_force(experiment, joined, experiment.choose(values)))
    return tuple(_in_json(experiment, each, checked[each.step]) for each in joined)


def idle_interventions(
    experiment: Experiment, schedule: Sequence[Intervention], values: Mapping[str, object]
) -> list[str]:
    """A sentence for each knob that is turned and does nothing beside the others' values then."""
    in_force = _in_force(experiment, schedule, experiment.choose(values))
    return [
        f"From step {each.step} on, {idle[name]}."
        for each, (_, chosen) in zip(schedule, in_force, strict=True)
        for idle in [experiment.idle(chosen)]
        for name in each.values
        if name in idle
    ]


def beyond_the_end(
    experiment: Experiment, schedule: Iterable[Intervention], started: RunStarted
) -> str:
    """A sentence on what is never done, as it comes after the last step of the run as it starts;
    empty where there is none, or that can't be told: other batches make other epochs."""
    last, late = started.total_steps, list[Intervention]()
    for each in schedule:
        if each.step > last:
            late.append(each)
            continue
        if any(n != EPOCHS and not experiment[n].live for n in each.values):
            break
        if EPOCHS in each.values:
            longer = each.values[EPOCHS] * started.steps_per_epoch + started.epoch_offset
            last = max(last, longer)
        last -= each.act == "skip"  # the batches do not become more
    if not late:
        return ""
    return f"The run ends at step {last:,}: nothing comes of {', '.join(words(late))}."


def _step(each: Intervention) -> int:
    return each.step


def _named(experiment: Experiment, each: Intervention) -> Intervention:
    """By the hyperparameters' own names."""
    values = {experiment.named(word).name: value for word, value in each.values.items()}
    return Intervention(step=each.step, values=values, act=each.act)


def _joined(some: Sequence[Intervention]) -> Iterator[Intervention]:
    """The values of one step in one, then its acts."""
    values: dict[str, Any] = {}
    for each in some:
        for name, value in each.values.items():
            if name in values:
                raise UsageError(f"{name} is given twice for step {each.step}.")
            values[name] = value
    if values:
        yield Intervention(step=some[0].step, values=values)
    for act in dict.fromkeys(each.act for each in some if each.act):
        yield Intervention(step=some[0].step, act=act)


def _require_no_more_after_the_stop(schedule: Sequence[Intervention]) -> None:
    stop = next((each.step for each in schedule if each.act == "stop"), None)
    late = [each for each in schedule if stop is not None and each.step > stop]
    if late:
        raise UsageError(f"@{stop}:stop ends the run before {next(words(late))}.")


def _in_force(
    experiment: Experiment, schedule: Iterable[Intervention], chosen: Hyperparameters
) -> Iterator[tuple[int, Hyperparameters]]:
    """For each, its step and all values from there on; raises `HyperparameterError`."""
    for each in schedule:
        if each.values:
            chosen = experiment.choose({**chosen, **each.values})
        yield each.step, chosen


def _in_json(experiment: Experiment, each: Intervention, chosen: Hyperparameters) -> Intervention:
    taken = {name: chosen[name] for name in each.values}
    return Intervention(step=each.step, values=experiment.to_json(taken), act=each.act)
