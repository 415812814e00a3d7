"""Protects what every experiment promises: a declaration without torch, presets that can be chosen,
pictures of declared metrics, a lesson, and steps that never wait for the device."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import resources
from typing import Any

import pytest
import torch

from tests.experiments.classifier_driver import Reads
from tests.experiments.driver import build, evaluate, train
from tui_lab.experiment import Contour, Curve, Experiment, KeyFigures
from tui_lab.experiments.linear_regression import EXPERIMENT as LINEAR_REGRESSION
from tui_lab.experiments.weight_decay import EXPERIMENT as WEIGHT_DECAY
from tui_lab.plugins import experiment_names, load_experiment
from tui_lab.training.fashion_mnist_files import SUBSET
from tui_lab.tui.panes.lesson import lesson

EXPERIMENTS = tuple(map(load_experiment, experiment_names()))
DEMONSTRATIONS = tuple(e for e in EXPERIMENTS if e.demonstration)
LINEAR = (LINEAR_REGRESSION, WEIGHT_DECAY)
"""Quick enough to try every preset of theirs here; the others have files of their own."""
each = pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda e: e.name)
each_linear = pytest.mark.parametrize("experiment", LINEAR, ids=lambda e: e.name)
each_demonstration = pytest.mark.parametrize("experiment", DEMONSTRATIONS, ids=lambda e: e.name)


def test_declarations_import_neither_torch_nor_numpy() -> None:
    code = (
        "import sys; from tui_lab.plugins import experiment_names, load_experiment; "
        "loaded = [load_experiment(name) for name in experiment_names()]; "
        "sys.exit(bool({'torch', 'numpy', 'textual', 'plotext'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@each
def test_experiments_come_through_the_plug_in_door(experiment: Experiment) -> None:
    assert load_experiment(experiment.name) is experiment


@each
def test_names_are_unique(experiment: Experiment) -> None:
    for names in (
        [h.name for h in experiment.hyperparameters],
        [m.key for m in experiment.metrics],
        [p.title for p in experiment.pictures],
        [p.name for p in experiment.presets],
    ):
        assert len(names) == len(set(names))


@each
def test_defaults_lie_in_their_domains_and_are_explained(experiment: Experiment) -> None:
    assert experiment.choose(dict(experiment.defaults)) == experiment.defaults
    assert all(h.help.endswith(".") for h in experiment.hyperparameters)
    assert all(m.help.endswith(".") for m in experiment.metrics)


@each
def test_pictures_draw_declared_metrics(experiment: Experiment) -> None:
    keys = {metric.key for metric in experiment.metrics}
    for picture in experiment.pictures:
        if isinstance(picture, Curve):
            assert set(picture.keys) <= keys
        if isinstance(picture, Contour):
            assert set(picture.path) <= keys | {""}


@each
def test_answers_speak_of_declared_metrics(experiment: Experiment) -> None:
    keys = {metric.key for metric in experiment.metrics}
    for question in (preset.question for preset in experiment.presets if preset.question):
        assert len(question.choices) > 1
        assert set(re.findall(r"{(.*?)}", question.answer)) <= keys


@each
def test_questions_have_a_right_choice_and_a_picture_that_shows_it(experiment: Experiment) -> None:
    titles = {picture.title for picture in experiment.pictures}
    for question in (preset.question for preset in experiment.presets if preset.question):
        assert question.right in question.choices
        assert question.picture in titles


@each
def test_the_lesson_calls_presets_by_their_names(experiment: Experiment) -> None:
    page = lesson(experiment)
    assert [p.name for p in experiment.presets if f"`{p.name}`" not in page] == []


@each_demonstration
def test_a_demonstration_measures_and_draws_what_it_declares(
    experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every key figure belongs to the values of some preset, and none comes unannounced."""
    monkeypatch.setenv("TUI_LAB_DATA", str(SUBSET))
    declared = {metric.key for metric in experiment.metrics}
    titles = {p.title for p in experiment.pictures if not isinstance(p, Curve | KeyFigures)}
    measured: set[str] = set()
    for preset in experiment.presets:
        values: dict[str, Any] = dict(preset.values)
        program = build(experiment.name, **values)
        found = evaluate(program)
        shown = {**program.start_pictures(), **program.pictures()}
        assert set(found) <= declared
        assert set(shown) <= titles
        if preset.question:
            assert set(re.findall(r"{(.*?)}", preset.question.answer)) <= set(found)
        measured |= set(found)
    assert measured == declared


PRESETS = [(experiment.name, preset) for experiment in LINEAR for preset in experiment.presets]


@pytest.mark.parametrize(
    ("name", "preset"), PRESETS, ids=lambda value: getattr(value, "name", value)
)
def test_presets_can_be_run(name: str, preset: Any) -> None:
    assert train(name, **{**preset.values, "epochs": 1}).losses


@each
def test_the_lesson_is_part_of_the_package_and_names_every_preset(experiment: Experiment) -> None:
    package = experiment.program.partition(":")[0].rpartition(".")[0]
    lesson = resources.files(package).joinpath("notes.md").read_text(encoding="utf-8")
    assert lesson.startswith(f"# {experiment.title}\n")
    assert all(f"`{preset.name}`" in lesson for preset in experiment.presets)
    assert all(len(line) <= 80 for line in lesson.splitlines())


def test_reads_are_noticed() -> None:
    with Reads() as reads:
        torch.ones(1).item()
    assert reads.count == 1


@each_linear
@pytest.mark.parametrize("implementation", ["scratch", "concise"])
def test_a_step_reads_nothing_from_the_device(experiment: Experiment, implementation: str) -> None:
    program = build(experiment.name, implementation=implementation)
    batch = next(iter(program.batches))
    with Reads() as reads:
        for _ in program.step(batch):
            pass
        with torch.no_grad():
            program.evaluate()
    assert reads.count == 0
