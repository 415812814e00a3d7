"""Protects the contract with experiments of a person's own, as one writes them: a DataLoader,
steps without epochs, carried state, two networks. They run, step phase by phase, are taken up and
branch bit for bit; their schedulers anneal, and every network's gradient shows."""

from __future__ import annotations

import functools
import shutil
import signal
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from tests.worker.conducted import of
from tests.worker.driven import CPU, building, column, drive
from tests.worker.taken_up import numbers_of, view, worker
from tui_lab.commands import Advance, Resume
from tui_lab.events import GradientsLogged, PhaseEntered, PictureLogged, RunFinished
from tui_lab.experiment import Experiment
from tui_lab.own_module import import_file
from tui_lab.plugins import declared_in
from tui_lab.run import RunRequest
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import RunTail
from tui_lab.training.program import Program
from tui_lab.training.state import capture, restore
from tui_lab.training.state_file import digest
from tui_lab.worker.programs import program_class
from tui_lab.worker.replaying import replay

FILES = sorted((Path(__file__).parents[1] / "data/own").glob("own_*.py"))
KINDS = [path.stem.removeprefix("own_") for path in FILES]
ALL: tuple[tuple[str, Mapping[str, Any]], ...] = (
    *((kind, {}) for kind in KINDS),
    ("cnn", {"workers": 2, "epochs": 2}),
)
EVERY = pytest.mark.parametrize(("kind", "values"), ALL)
ACCUMULATED = ("forward", "backward") * 2
PHASES = {
    "cnn": ("forward", "backward", "update", "zero_grad"),
    "gpt": (*ACCUMULATED, "clip", "update", "zero_grad"),
    "rnn": ("forward", "backward", "clip", "update", "zero_grad"),
    "gan": ("backward real", "backward fake", "update D", "backward G", "update G", "zero_grad"),
}
FALLS = {"cnn": 0.49, "gpt": 0.11, "rnn": 1 / 16, "gan": 0.64}
"""What is left of the largest rate at the end."""

torch.optim.SGD([torch.zeros(1)], lr=1.0)  # the first takes a second, in every process anew

Make = Callable[..., RunDirectory]


@functools.cache
def _module(path: Path) -> ModuleType:
    return import_file(path)


def declared(kind: str) -> tuple[Path, Experiment]:
    path = next(path for path in FILES if path.stem == f"own_{kind}")
    return path, declared_in(_module(path), str(path))


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Writes down a run of one of the files."""
    (tmp_path / "runs").mkdir()

    def make(kind: str, values: Mapping[str, Any], **more: Any) -> RunDirectory:
        path, experiment = declared(kind)
        plugin = shutil.copy(path, tmp_path)
        request = RunRequest(
            experiment=experiment.name,
            program=experiment.program,
            hyperparameters=experiment.to_json(experiment.choose(values)),
            plugin=str(plugin),
            device="cpu",
            threads=1,
            **more,
        )
        return RunDirectory.create(tmp_path / "runs", request, datetime.now(UTC))

    return make


def built(kind: str) -> tuple[Experiment, Program]:
    path, experiment = declared(kind)
    torch.set_num_threads(1)
    build = building(program_class(experiment.program, _module(path)), experiment)
    return experiment, build(CPU, experiment.defaults)


@EVERY
def test_killed_it_ends_as_if_it_had_never_died_and_branches(
    make: Make, kind: str, values: Mapping[str, Any]
) -> None:
    whole, killed = make(kind, values), make(kind, values)
    assert worker(whole) == 0
    _, experiment = declared(kind)
    expected = numbers_of(whole, experiment)
    assert {key for _, key in expected} == {metric.key for metric in experiment.metrics}
    assert worker(killed, kill_at=9) == -signal.SIGKILL
    killed.ask_to_resume({})
    assert worker(killed) == 0
    assert repr(numbers_of(killed, experiment)) == repr(expected)
    child = make(kind, values, parent=whole.id, parent_step=7)
    assert worker(child) == 0
    ours = numbers_of(child, experiment)
    for place, points in expected.items():
        assert repr(ours[place]) == repr([point for point in points if point[0] > 7])


@pytest.mark.parametrize("kind", KINDS)
def test_it_can_be_replayed(make: Make, kind: str) -> None:
    run = make(kind, {})
    assert worker(run) == 0
    result = replay(run, ())
    assert (result.difference, result.steps) == ("", view(run, declared(kind)[1]).step)


@pytest.mark.parametrize("kind", KINDS)
def test_a_branch_may_have_other_values(make: Make, kind: str) -> None:
    whole = make(kind, {})
    assert worker(whole) == 0
    knob = "lr_g" if kind == "gan" else "lr"
    child = make(kind, {knob: 1e-3}, parent=whole.id, parent_step=5)
    assert worker(child) == 0
    experiment = declared(kind)[1]
    rates = dict(numbers_of(child, experiment)["step", "lr"])
    before = dict(numbers_of(whole, experiment)["step", "lr"])
    share = 1e-3 / float(experiment[knob].default)  # type: ignore[arg-type]
    assert {s: rates[s] for s in rates} == pytest.approx({s: share * before[s] for s in rates})


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_walked_phase_by_phase_and_its_rate_anneals(
    directory: RunDirectory, kind: str
) -> None:
    experiment, program = built(kind)
    phases = PHASES[kind]
    orders = {0: [*[Advance("phase")] * len(phases), Resume()]}
    log, _ = drive(directory, experiment, program, orders)  # type: ignore[arg-type]
    assert tuple(event.phase for event in of(PhaseEntered, log)) == phases
    rates = column(log, "lr")
    assert rates[-1] == pytest.approx(FALLS[kind] * max(rates), rel=0.2)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_captured_goes_on_as_it_would_have(directory: RunDirectory, kind: str) -> None:
    _, program = built(kind)
    state = capture(program)
    twin = built(kind)[1]
    for each in (program, twin):
        restore(each, state)
        for _, batch in zip(range(3), each.batches, strict=False):
            list(each.step(batch))
    assert digest(capture(twin)) == digest(capture(program))


@pytest.mark.parametrize("kind", KINDS)
def test_every_parameter_has_its_gradient_and_moves(make: Make, kind: str) -> None:
    run = make(kind, {})
    assert worker(run) == 0
    log = RunTail(run.events_path).read()
    looked = [event for event in of(GradientsLogged, log) if event.phase == "backward"]
    assert looked
    for row in (row for event in looked for row in event.parameters):
        assert row["grad_norm"] > 0, row
        assert row["update"] > 0, row
    assert isinstance(log[-1], RunFinished)


def test_the_pictures_of_its_own_are_there(make: Make) -> None:
    text, images = make("gpt", {}), make("gan", {})
    assert worker(text) == worker(images) == 0
    (*_, said) = of(PictureLogged, RunTail(text.events_path).read())
    assert len(said.data["text"]) == 21
    (*_, fakes) = of(PictureLogged, RunTail(images.events_path).read())
    assert len(fakes.data["pixels"][0][0][0]) == 3
