"""Protects what a wrong command line gets: one sentence that helps, exit 2, no traceback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commandline.scripted_run import Screen, Stream
from tui_lab.cli import COMMANDS, perform
from tui_lab.commandline.console import Console
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.runs.directory import RunDirectory


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("run", "needs an experiment"),
        ("run linear-regresion", "did you mean linear-regression?"),
        ("run linear-regression lrr=1", "did you mean lr?"),
        ("run linear-regression lr=nan", "lr must be a number from"),
        ("run linear-regression lr=-inf", "lr must be a number from"),
        ("run linear-regression lr=", "but nothing was given"),
        ("run linear-regression lr=fast", "not 'fast'"),
        ("run linear-regression examples=1000000000", "examples must be a whole number from"),
        ("run linear-regression lr", "not of the form name=value"),
        ("run linear-regression =3", "not of the form name=value"),
        ("run linear-regression lr=1 lr=2", "lr is given twice"),
        ("run linear-regression lr=1 LR=2", "lr is given twice"),
        ("run dropout p=0.5", "p may be p1 or p2; write the one you mean."),
        ("run linear-regression seed=4", "--seed 4"),
        ("run linear-regression --seed -1", "a seed is a whole number"),
        ("run linear-regression --seed 1e9", "a seed is a whole number"),
        ("run linear-regression --device gpu", "a device is auto, cpu, cuda or cuda:N"),
        ("run linear-regression --preset large", "did you mean large-lr?"),
        ("run linear-regression --data /nowhere", "'/nowhere' is not a directory"),
        ("run linear-regression --frobnicate", "Unrecognized arguments: --frobnicate"),
        ("rum linear-regression", "did you mean run?"),
        ("linear-regression run", "not of the form name=value"),
        ("--theme dark run", "A command comes first, as in tui-lab run"),
        ("--theme mauve", "'mauve'"),
        ("--fps 1000", "from 0.1 to 60"),
        ("--again never", "choose from 'ask', 'replace', 'beside'"),
        ("show", "needs a run"),
        ("stop", "needs a run"),
        ("delete", "needs a run"),
        ("tag", "needs a run"),
        ("tag --name", "expected one argument"),
        ("export", "needs --to FILE"),
    ],
)
def test_a_wrong_line_gets_one_helpful_sentence(line: str, expected: str, console: Screen) -> None:
    assert perform(line.split(), console) == ExitStatus.USAGE
    assert expected in console.err
    assert console.err.count("\n") == 1
    assert console.err.rstrip()[-1] in ".?"
    assert console.out == ""


@pytest.mark.parametrize("command", ["show", "stop", "delete", "export --to x.csv", "attach"])
def test_an_unknown_run_is_one_sentence(command: str, console: Screen) -> None:
    assert perform([*command.split(), "nothing"], console) == ExitStatus.FAILED
    assert "There is no run 'nothing'" in console.err
    assert console.err.count("\n") == 1


def test_the_lab_needs_a_terminal(console: Screen) -> None:
    assert perform([], console) == ExitStatus.USAGE
    assert "needs a terminal" in console.err
    assert "tui-lab run EXPERIMENT" in console.err


def test_the_lab_needs_a_terminal_that_moves_its_cursor() -> None:
    console = Screen(terminal=True)
    console.environ = {"TERM": "dumb"}
    assert perform(["linear-regression"], console) == ExitStatus.USAGE
    assert "TERM is dumb" in console.err


def test_values_for_the_lab_are_checked_before_it_opens(console: Screen) -> None:
    assert perform(["linear-regression", "lr=nan"], console) == ExitStatus.USAGE
    assert "lr must be a number from" in console.err


def test_attaching_without_a_live_run_says_so(
    console: Screen, make_run: Callable[..., RunDirectory]
) -> None:
    make_run()
    assert perform(["attach"], console) == ExitStatus.FAILED
    assert "No run is going on" in console.err


def test_a_home_that_is_a_file_is_one_sentence(console: Screen, home: Path) -> None:
    home.write_text("not a directory")
    assert perform(["run", "linear-regression"], console) == ExitStatus.FAILED
    assert str(home) in console.err
    assert "TUI_LAB_HOME" in console.err
    assert console.err.count("\n") == 1


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_has_help_on_stdout(command: str, console: Screen) -> None:
    assert perform([*command.split(), "--help"], console) == ExitStatus.FINISHED
    assert console.out.startswith("usage: tui-lab")
    assert console.err == ""


def test_help_names_every_command(console: Screen) -> None:
    perform(["--help"], console)
    assert all(f"\n  {name} " in console.out for name in COMMANDS)


def test_options_and_values_come_in_any_order(console: Screen) -> None:
    line = ["run", "--seed", "3", "linear-regression", "--json", "lr=0.1", "--help", "epochs=2"]
    assert perform(line, console) == ExitStatus.FINISHED


def test_the_version_is_data(console: Screen) -> None:
    assert perform(["--version"], console) == ExitStatus.FINISHED
    assert console.out.startswith("tui-lab ")


def test_a_full_disk_behind_stdout_is_one_sentence() -> None:
    class Full(Stream):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    errors = Stream()
    console = Console(Full(), errors, Stream(), {})
    assert perform(["--version"], console) == ExitStatus.FAILED
    assert "No space left on device" in errors.getvalue()
    assert errors.getvalue().count("\n") == 1
