"""Protects docs/experiments.md: its code runs, the loop and the experiment come to the same, and it
names every picture with layers that can be drawn."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import torch

from tui_lab import experiment as pictures
from tui_lab.experiment import Experiment, Picture
from tui_lab.hyperparameters import EPOCHS, Hyperparameters
from tui_lab.training.program import Program
from tui_lab.worker.checking.check import Check
from tui_lab.worker.checking.declared import picture_sentences
from tui_lab.worker.checking.tryout import Given

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "experiments.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def block(beginning: str) -> str:
    (found,) = (each for each in BLOCKS if each.startswith(beginning))
    return str(found)


@pytest.fixture
def page() -> dict[str, Any]:
    """What all blocks after the loop define, one after the other."""
    names: dict[str, Any] = {"__name__": "page"}
    for each in BLOCKS[1:]:
        exec(compile(each, "experiments.md", "exec"), names)
    return names


def built(kind: type[Program], declared: Experiment) -> Any:
    torch.manual_seed(0)
    program = kind(declared.choose({}), seed=0, device=torch.device("cpu"))
    program.build()
    return program


def train(program: Any, epochs: int) -> None:
    """As the lab does it, in short."""
    for _ in range(epochs):
        for batch in program.batches:
            for _ in program.step(batch):
                pass
            assert program.loss is not None
            program.loss = None
        if hasattr(program, "epoch_ended"):
            program.epoch_ended()


def test_the_loop_and_the_experiment_come_to_the_same(
    page: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Down to the noise, of variance 0.0001."""
    exec(compile(block("# loop.py"), "loop.py", "exec"), {"__name__": "__main__"})
    printed = float(capsys.readouterr().out.split()[-1])
    program = built(page["Line"], page["EXPERIMENT"])
    train(program, int(page["EXPERIMENT"].defaults[EPOCHS]))
    with torch.no_grad():
        measured = float(program.evaluate()["train/loss"])
    assert printed < 3e-4
    assert measured < 3e-4


@pytest.mark.parametrize("variant", ["", "Averaged", "Annealed", "Loaded", "Counted"])
def test_nothing_is_wrong_with_it(variant: str, tmp_path: Path) -> None:
    source = block("# line.py")
    if variant:
        source = source.replace('"line:Line"', f'"line:{variant}"')
        source += "\n\n" + next(each for each in BLOCKS if f"class {variant}(" in each)
    path = tmp_path / "line.py"
    path.write_text(source)
    said: list[dict[str, Any]] = []
    Check(path, lambda **words: said.append(words)).run()
    assert [each for each in said if "wrong" in each] == []
    assert "2 knobs turned" in said[-1]["summary"]


def test_a_scheduler_anneals_epoch_by_epoch(page: dict[str, Any]) -> None:
    program = built(page["Annealed"], page["EXPERIMENT"])
    train(program, 2)
    assert program.optimizer.param_groups[0]["lr"] == 0.03 / 4


def test_an_average_is_of_the_weights(page: dict[str, Any]) -> None:
    program = built(page["Averaged"], page["EXPERIMENT"])
    train(program, 10)
    for name, parameter in program.parameters().items():
        assert torch.allclose(program.average[name], parameter, atol=1e-2)


def test_batches_and_lengths_of_other_kinds_are_taken(page: dict[str, Any]) -> None:
    train(built(page["Loaded"], page["EXPERIMENT"]), 1)
    counted = built(page["Counted"], page["EXPERIMENT"])
    assert (counted.total_steps, counted.evaluate_every) == (250, 50)


def test_knobs_are_as_they_are_said_to_be(page: dict[str, Any]) -> None:
    knobs = {each.name: each for each in page["KNOBS"]}
    assert knobs["optimizer"].default == "sgd"
    values = {name: each.default for name, each in knobs.items()}
    assert page["makes_sense"](Hyperparameters(values)) is None
    refused = page["makes_sense"](Hyperparameters({**values, "optimizer": "adam", "bias": False}))
    assert refused.name == "bias"


def test_every_picture_is_named() -> None:
    kinds = [kind.__name__ for kind in Picture.__subclasses__()]
    assert len(kinds) >= 9
    assert [kind for kind in kinds if f"| `{kind}(" not in PAGE] == []


def test_every_layer_can_be_drawn(page: dict[str, Any]) -> None:
    kinds = {title: getattr(pictures, title.capitalize()) for title in page["LAYERS"]}
    declared = tuple(kind(title) for title, kind in kinds.items())
    experiment = Experiment(
        name="x",
        title="",
        chapter="",
        summary="",
        hyperparameters=(),
        metrics=(),
        pictures=declared,
        program="x:X",
    )
    assert list(picture_sentences(experiment, Given(pictures=page["LAYERS"]))) == []


def test_what_it_calls_public_is_there() -> None:
    listed = PAGE.partition("## What is public")[2].partition("Everything else")[0]
    modules = re.findall(r"`(tui_lab\.[a-z_.]+)`", listed)
    assert len(modules) == 7
    for name in modules:
        importlib.import_module(name)
    used = set(re.findall(r"^from (tui_lab[a-z_.]*) import", PAGE, re.MULTILINE))
    assert used <= set(modules)
