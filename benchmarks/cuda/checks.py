"""Steps from CUDA graphs give the numbers of steps taken one by one: every loss and record of every
step, every measurement of the whole sets, and all that the program holds at the end, its generators
of random numbers too. So do runs of which a knob is turned on the way, and those that go on in the
other way than they began."""

from __future__ import annotations

import math
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from benchmarks.cuda.run import Run, different, run
from benchmarks.measurement import Measurement
from tui_lab.schedule import Intervention

_PROCESSES = 6


@dataclass(frozen=True)
class Case:
    """An experiment, and what becomes of it."""

    name: str
    values: dict[str, Any] = field(default_factory=dict)
    turned: dict[str, float] = field(default_factory=dict)
    """What is turned in the middle."""
    at: int = 0
    """The step of the middle; with nothing turned the run goes on there in the other way."""
    refused: str = ""
    """Part of why a graph can't take its steps."""

    def __str__(self) -> str:
        kinds = ("implementation", "optimizer", "shuffle", "zero_grad")
        words = [self.name, *(str(self.values[kind]) for kind in kinds if kind in self.values)]
        if self.turned:
            words.append(f"{', '.join(self.turned)} turned at step {self.at}")
        return " ".join(words) + ("" if self.turned or not self.at else f", changed at {self.at}")


@dataclass(frozen=True)
class Found:
    """What a case came to."""

    difference: float
    words: str


_CONCISE = {"implementation": "concise", "epochs": 2}
CASES = (
    Case("mlp", {"epochs": 2}),
    Case("mlp", _CONCISE),
    Case("mlp", {**_CONCISE, "optimizer": "momentum"}),
    Case("mlp", {**_CONCISE, "optimizer": "adam"}),
    Case("mlp", {**_CONCISE, "optimizer": "adagrad"}, refused="changes optimizer on the host"),
    Case("mlp", {"epochs": 2}, {"lr": 0.1}, 300),
    Case("mlp", {"epochs": 2}, at=300),
    Case("dropout", {"epochs": 2}),
    Case("dropout", _CONCISE, refused="fused dropout"),
    Case("dropout", {"implementation": "dropconnect", "epochs": 2}),
    Case("dropout", {"epochs": 2}, {"p1": 0.5}, 300),
    Case("dropout", {"epochs": 2}, at=300),
    Case("weight-decay"),
    Case("weight-decay", {"implementation": "concise"}),
    Case("weight-decay", {}, {"weight_decay": 10.0}, 202),
    Case("weight-decay", {}, at=202),
    Case("linear-regression"),
    Case("linear-regression", {"implementation": "concise"}),
    Case("linear-regression", {"examples": 995, "epochs": 2}),
    Case("penalties"),
    Case("lambda-sweep", {"epochs": 40}),
    Case("overfitting", {"epochs": 20}, refused="reads the place in the epoch"),
    Case("gradient-flow", {"epochs": 5}),
)


def measure() -> Iterator[Measurement]:
    """A row for each case."""
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(_PROCESSES, spawned) as pool:
        cases = [(case, pool.submit(compared, case)) for case in CASES]
        for case, future in cases:
            found = _result(future)
            what = f"graphs against step by step: {case}"
            yield Measurement(what, found.difference, 0.0, note=found.words)


def compared(case: Case) -> Found:
    """Run it in both ways, and see by how much they differ, relatively."""
    planned = [Intervention(step=case.at, values=case.turned)] if case.turned else []
    plain = run(case.name, case.values, graphs=False, planned=planned)
    if case.at and not case.turned:
        return _changed(case, plain)
    fast = run(case.name, case.values, graphs=True, planned=planned)
    apart = [different(fast.state, plain.state), different(fast.columns, plain.columns)]
    return judged(apart, [fast], f"of {fast.place.step:,} steps", case.refused)


def _changed(case: Case, plain: Run) -> Found:
    """The run goes on in the other way than it began, and the other way round."""
    stop = [Intervention(step=case.at, act="stop")]
    differences, fast = list[float](), list[Run]()
    for graphs in (True, False):
        first = run(case.name, case.values, graphs=graphs, planned=stop)
        second = run(case.name, case.values, graphs=not graphs, begun=first)
        differences.append(different(second.state, plain.state))
        fast.append(first if graphs else second)
    return judged(differences, fast, "to step by step, and to graphs", case.refused)


def judged(
    differences: Sequence[float], fast: Sequence[Run], words: str, refused: str = ""
) -> Found:
    """What a case came to, of runs that were to take their steps from graphs: each must have done
    so, unless it is `refused` and says why."""
    for each in fast:
        said = "".join(each.refusals)
        if refused and refused not in said:
            return Found(math.inf, said or f"not refused: {refused}")
        if not refused and (said or not each.replayed):
            return Found(math.inf, said or "no step was taken from a graph")
    replayed = sum(each.replayed for each in fast)
    recordings = sum(len(each.recordings) for each in fast)
    found = f"{replayed:,} replayed {words}, {recordings} recordings"
    return Found(max(differences), "".join(fast[0].refusals) or found)


def _result(future: Future[Found]) -> Found:
    try:
        return future.result()
    except Exception as error:  # the other rows are of use all the same
        return Found(math.inf, f"{type(error).__name__}: {error}"[:160])
