"""Protects `tui-lab watch`: what is for the lab and what for the script, what the run is asked to
be, and that it runs without a screen where there is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commandline.scripted_run import Screen
from tests.commandline.staged import Stage, finish
from tests.watched_script import FINISHED, MEASURED, STARTED, found
from tui_lab.commandline import watch as command
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.parser import Parser
from tui_lab.errors import UsageError
from tui_lab.events import RunFailed
from tui_lab.run import RunStatus
from tui_lab.watching import Script


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TUI_LAB_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "train.py"
    path.write_text("import torch\n")
    return path


def watch(words: list[str], stage: Stage, console: Screen) -> ExitStatus:
    parser = Parser("tui-lab watch", "")
    command.configure(parser)
    return command.execute(parser.read(words), console, stage.workers)


def done() -> Stage:
    return Stage([finish(RunStatus.FINISHED, STARTED, found(), MEASURED, FINISHED)])


def asked(words: list[str]) -> Script:
    stage = done()
    watch(words, stage, Screen())
    assert stage.request is not None
    assert stage.request.script is not None
    return stage.request.script


def test_what_comes_after_the_script_is_for_the_script(script: Path) -> None:
    words = ["--guard", "hold", "train.py", "--guard", "off", "--help", "x=1"]
    stage = done()
    watch(words, stage, Screen())

    assert stage.request is not None
    assert stage.request.guard == "hold"
    arguments = ("--guard", "off", "--help", "x=1")
    expected = Script(path=str(script), arguments=arguments, directory=str(script.parent))
    assert stage.request.script == expected


def test_a_module_is_run_as_python_would(script: Path) -> None:
    asked_for = asked(["-m", "package.train", "-m", "--lr=3"])

    assert asked_for.module == "package.train"
    assert list(asked_for.arguments) == ["-m", "--lr=3"]
    assert asked_for.experiment == "watch-package-train"


def test_it_may_be_held_from_its_first_phase_on(script: Path) -> None:
    stage = done()
    watch(["--hold", "phase", "train.py"], stage, Screen())

    assert stage.request is not None
    assert stage.request.hold == "phase"


def test_it_is_named_so_that_no_experiment_is_meant(script: Path) -> None:
    odd = script.with_name("my train (2).py")
    odd.write_text("")

    assert asked([str(odd)]).experiment == "watch-my-train-2"


def test_without_a_terminal_it_trains_and_prints_what_came_of_it(script: Path) -> None:
    console = Screen()
    status = watch(["train.py"], done(), console)

    assert status == ExitStatus.FINISHED
    assert "train/loss" in console.out
    assert "seed" not in console.out
    assert f"tui-lab watch {script}" in console.out


def test_as_json_too(script: Path) -> None:
    console = Screen(terminal=True)
    watch(["--json", "train.py", "a"], done(), console)
    result = json.loads(console.out)

    assert result["script"] == [str(script), "a"]
    assert result["metrics"]["train/loss"] == 2.0


def test_its_failure_is_one(script: Path) -> None:
    failed = RunFailed(t=1.0, step=0, epoch=0, error="NameError: name 'x' is not defined")
    stage = Stage([finish(RunStatus.FAILED, STARTED, failed, error=failed.error)])
    console = Screen()

    assert watch(["train.py"], stage, console) == ExitStatus.FAILED
    assert console.err.endswith("NameError: name 'x' is not defined\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "watch needs a script: tui-lab watch train.py."),
        (["nothing.py"], "nothing.py is not a file; give the path of a Python script."),
        (["."], ". is not a file; give the path of a Python script."),
    ],
)
def test_what_is_no_script_is_said_before_there_is_a_run(
    script: Path, words: list[str], sentence: str
) -> None:
    with pytest.raises(UsageError, match="^" + sentence.replace(".", r"\.") + "$"):
        watch(words, done(), Screen())
    assert not (script.parent / "home").exists()


def test_what_it_was_is_kept_beside_the_log(script: Path) -> None:
    watch(["train.py"], done(), Screen())
    (run,) = (script.parent / "home" / "runs").iterdir()

    assert (run / "script.py").read_text() == "import torch\n"
    assert json.loads((run / "origin.json").read_text())["commit"] == ""
