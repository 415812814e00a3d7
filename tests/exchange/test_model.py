"""Protects the weights that leave the lab: those that were kept last or were best, under the names
that the program gives them, in files that run no code when they are loaded."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import nn

from tests.commandline.scripted_run import Screen
from tests.watched_script import REQUEST
from tests.worker.taken_up import made, worker
from tui_lab.cli import perform
from tui_lab.errors import RunError, UsageError
from tui_lab.exchange.export import export_run
from tui_lab.exchange.formats import Options
from tui_lab.exchange.model import _best
from tui_lab.exchange.pictures import view_of
from tui_lab.runs.checkpoints import checkpoints_path, read_manifest
from tui_lab.runs.directory import RunDirectory
from tui_lab.training.state_file import load
from tui_lab.worker.weights import weights_at

NewRun = Callable[..., RunDirectory]
BEST = Options(which="best")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    """One for all: nobody writes to it."""
    run = made(tmp_path_factory.mktemp("home") / "runs", "weight-decay", {"epochs": 30})
    assert worker(run) == 0
    return run


def kept(run: RunDirectory, step: int) -> dict[str, torch.Tensor]:
    """What stands in the checkpoint itself."""
    (record,) = [each for each in read_manifest(run.path) if each.step == step]
    state = load(checkpoints_path(run.path) / record.file)["state"]["attributes"]
    return {name: state[name]["value"] for name in ("w", "b")}


@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
def test_the_last_weights_are_those_that_were_kept(
    trained: RunDirectory, tmp_path: Path, suffix: str
) -> None:
    to = tmp_path / f"model{suffix}"
    said = export_run(trained, to).said
    assert said == f"Wrote {to}: 2 tensors as they were after step 120."
    found = load_file(to) if suffix == ".safetensors" else torch.load(to, weights_only=True)
    for name, value in kept(trained, 120).items():
        assert torch.equal(found[name], value)
    if suffix == ".safetensors":
        with safe_open(to, "pt") as file:
            assert file.metadata()["step"] == "120"


def test_the_best_is_that_of_the_lowest_loss_among_those_kept(
    trained: RunDirectory,
) -> None:
    view = view_of(trained)
    losses = view.series["epoch", "val/loss"]
    by_step = dict(zip(losses.steps.tolist(), losses.values.tolist(), strict=True))
    some = [20, 80, 40]
    assert _best(view, some, "x").step == min(some, key=by_step.__getitem__)
    assert "the lowest val/loss of 3 kept" in _best(view, some, "x").why
    with pytest.raises(RunError, match="--which last"):
        _best(view, [21], "x")


def test_an_earlier_state_has_its_own_weights(trained: RunDirectory) -> None:
    steps = [record.step for record in read_manifest(trained.path)]
    first, last = (weights_at(trained, step) for step in (steps[0], steps[-1]))
    assert not torch.equal(first["w"], last["w"])
    assert torch.equal(first["w"], kept(trained, steps[0])["w"])


def test_a_damaged_state_is_not_passed_off_as_another(
    trained: RunDirectory, tmp_path: Path
) -> None:
    trained = RunDirectory(Path(shutil.copytree(trained.path, tmp_path / trained.id)))
    record = read_manifest(trained.path)[-1]
    path = checkpoints_path(trained.path) / record.file
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(RunError, match="is damaged"):
        weights_at(trained, record.step)


def test_where_it_can_t_be_written_it_is_said(trained: RunDirectory, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="can't be written"):
        export_run(trained, tmp_path / "nowhere" / "m.pt")


def test_what_has_no_weights_is_one_sentence(new_run: NewRun, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"No state of .* was kept"):
        export_run(new_run(), tmp_path / "m.pt")
    with pytest.raises(UsageError, match="it trains nothing"):
        export_run(new_run(experiment="bayes"), tmp_path / "m.pt")
    assert not list(tmp_path.glob("m.pt"))


def test_a_file_of_ones_own_is_not_run_unasked(new_run: NewRun, tmp_path: Path) -> None:
    run = new_run(experiment="mine", plugin="/somewhere/mine.py")
    with pytest.raises(UsageError, match=r"not run unasked; tui-lab export .* FILE\.py --to m\.pt"):
        export_run(run, tmp_path / "m.pt")


def test_a_script_gives_what_was_kept_last(runs: Path, new_run: NewRun, tmp_path: Path) -> None:
    run = new_run(**{**vars(REQUEST), "created": ""})
    with pytest.raises(RunError, match="S keeps one while a script trains"):
        export_run(run, tmp_path / "m.safetensors")
    directory = checkpoints_path(run.path)
    directory.mkdir()
    linear = nn.Linear(2, 1)
    net = nn.Sequential(linear, nn.BatchNorm1d(1))
    for step in (9, 100, 20):
        state = {"step": step, "parameters": {"w": torch.tensor([float(step)])}, "optimizers": {}}
        torch.save({**state, "modules": {"net": net.state_dict()}}, directory / f"model-{step}.pt")
    (directory / "model-900.partial").write_bytes(b"half")

    assert "after step 100" in export_run(run, tmp_path / "m.safetensors").said
    found = load_file(tmp_path / "m.safetensors")
    assert found["w"].tolist() == [100.0]
    assert torch.equal(found["net.0.weight"], linear.weight)
    assert "net.1.running_mean" in found


def test_the_command_names_the_step(
    trained: RunDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUI_LAB_HOME", str(trained.path.parent.parent))
    console = Screen()
    words = ["export", trained.id, "--to", str(tmp_path / "m.safetensors"), "--which", "best"]
    assert perform(words, console) == 0
    assert "the lowest val/loss of" in console.err
