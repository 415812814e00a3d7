"""Protects `tui-lab new`: what it writes runs at once, and nothing is written over."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest
import torch

from tests.commandline.scripted_run import Screen
from tui_lab.cli import perform
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Choice
from tui_lab.own_module import import_file
from tui_lab.plugins import declared_in, experiment_names, load_experiment
from tui_lab.training.program import Program
from tui_lab.training.state import capture, restore
from tui_lab.training.state_file import digest
from tui_lab.worker.programs import program_class

_STEPPING = [name for name in experiment_names() if not load_experiment(name).demonstration]


def written(words: list[str], console: Screen, at: Path) -> Path:
    """The file that `tui-lab new` writes, called mine."""
    assert perform(["new", str(at / "mine"), *words], console) == ExitStatus.FINISHED
    return at / "mine.py"


def steps(program: Program, count: int) -> list[float]:
    """The losses of so many steps."""
    losses = []
    for batch in islice(program.batches, count):
        for _ in program.step(batch):
            pass
        assert program.loss is not None
        losses.append(float(program.loss.detach().double().mean()))
    return losses


@pytest.fixture(autouse=True)
def nothing_stays_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is loaded here is found beside none of the next test's."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    for name in ("mine", "own_mine"):
        monkeypatch.delitem(sys.modules, name, raising=False)


def loaded(path: Path) -> tuple[Experiment, type[Program]]:
    """What a file declares, and its program."""
    module = import_file(path)
    experiment = declared_in(module, str(path))
    return experiment, program_class(experiment.program, module)


def built(chosen: type[Program], values: dict[str, object], name: str) -> Program:
    torch.manual_seed(0)
    hyperparameters = load_experiment(name).choose(values)
    program = chosen(hyperparameters, seed=0, device=torch.device("cpu"))
    program.build()
    return program


def implementations(experiment: Experiment) -> list[dict[str, str]]:
    """The values that say which; one of none where there is no choice."""
    for each in experiment.hyperparameters:
        if isinstance(each, Choice) and each.name == "implementation":
            return [{each.name: choice} for choice in each.choices]
    return [{}]


def test_what_is_written_trains_shows_and_can_be_taken_up(console: Screen, tmp_path: Path) -> None:
    experiment, chosen = loaded(written([], console, tmp_path))
    program = chosen(experiment.choose({}), seed=0, device=torch.device("cpu"))
    program.build()
    before = sum(steps(program, 16))
    kept, after = capture(program), sum(steps(program, 16))
    assert after < before
    restore(program, kept)
    assert sum(steps(program, 16)) == after
    shown = {**program.start_pictures()["fit"], **program.pictures()["fit"]}
    assert shown.keys() == {"points", "line"}
    with torch.no_grad():
        assert {"train/loss", *program.evaluate()} == {m.key for m in experiment.metrics}
    assert (experiment.name, experiment.title) == ("mine", "Mine")


def test_what_is_written_runs_with_the_command_it_names(console: Screen, tmp_path: Path) -> None:
    path = written([], console, tmp_path)
    assert f"open it with tui-lab {path}" in console.out
    words = ["run", str(path), "epochs=2", "hidden=3", "--threads", "1"]
    assert perform(words, console) == ExitStatus.FINISHED
    assert "test/loss" in console.out


@pytest.mark.parametrize("name", _STEPPING)
def test_an_experiment_goes_on_as_it_was_until_its_step_is_changed(
    name: str, console: Screen, tmp_path: Path
) -> None:
    """With every implementation it has; the copy of the step is what is taken, and shown."""
    path = written(["--from", name], console, tmp_path)
    (_, chosen), original = loaded(path), load_experiment(name)
    for kind in implementations(original):
        values = {"epochs": 1, **kind}
        own = built(chosen, values, name)
        for step in (own.step, own.step_source()):
            assert step.__code__.co_filename == str(path)
        taken, kept = steps(own, 2), digest(capture(own))
        theirs = built(program_class(original.program), values, name)
        assert (taken, kept) == (steps(theirs, 2), digest(capture(theirs)))


@pytest.mark.parametrize("words", [[], *(["--from", name] for name in _STEPPING)])
def test_nothing_is_imported_that_is_not_needed(
    words: list[str], console: Screen, tmp_path: Path
) -> None:
    path = written(words, console, tmp_path)
    tree = ast.parse(path.read_text())
    imported = {
        (a.asname or a.name).partition(".")[0]
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for a in node.names
    }
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert imported - {"annotations"} <= used
    ruff = shutil.which("ruff")
    if ruff is not None:
        checked = [ruff, "check", "--isolated", "--select", "E,F,I", "--line-length", "100"]
        done = subprocess.run([*checked, str(path)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_a_file_is_never_written_over(console: Screen, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("x = 1\n")
    assert perform(["new", str(tmp_path / "mine")], console) == ExitStatus.USAGE
    assert "is there already" in console.err
    assert (tmp_path / "mine.py").read_text() == "x = 1\n"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("my-net", "my_net would be one"),
        ("2nd", "my_2nd would be one"),
        ("class", "my_class would be one"),
        ("_mine", "mine would be one"),
        ("", "new needs a name"),
        ("random", "random is the name of an installed module"),
        ("torch", "torch is the name of an installed module"),
        ("numpy.py", "numpy is the name of an installed module"),
        ("tui_lab", "tui_lab is the name of an installed module"),
        ("weight_decay", "weight_decay is an experiment of the lab"),
    ],
)
def test_a_name_that_would_stand_for_another_is_refused(
    name: str, said: str, console: Screen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert perform(["new", name], console) == ExitStatus.USAGE
    assert said in console.err
    assert not list(tmp_path.iterdir())


def test_what_has_no_step_can_be_no_beginning(console: Screen, tmp_path: Path) -> None:
    words = ["new", str(tmp_path / "mine"), "--from"]
    assert perform([*words, "bayes"], console) == ExitStatus.USAGE
    assert "bayes is a demonstration: it has no step to change" in console.err
    assert perform([*words, "mpl"], console) == ExitStatus.USAGE
    assert "did you mean mlp?" in console.err
    assert perform(["new", str(tmp_path / "no" / "mine")], console) == ExitStatus.FAILED
    assert not list(tmp_path.iterdir())


def test_writing_imports_no_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from tui_lab.cli import perform; from tui_lab.commandline.console import "
        "Console; perform(['new', sys.argv[1], '--from', 'mlp'], Console.of_process()); "
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "mine")], check=True)
    assert (tmp_path / "mine.py").is_file()
