"""Protects the command as people run it: a real process, a real worker, a real shell's habits."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.run import RunStatus
from tui_lab.runs.directory import RunDirectory

LONGEST = 120.0
"""Seconds after which something hangs; nothing is measured with it."""
ASCII_LOCALE = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}
FOREVER = ("run", "linear-regression", "epochs=1000000", "--device", "cpu", "--json")


class Command(subprocess.Popen[str]):
    """`tui-lab` in a process of its own."""

    def __init__(
        self,
        *words: str,
        environ: Mapping[str, str] | None = None,
        limit: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(
            [sys.executable, "-m", "tui_lab", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env={**os.environ, **(environ or {})},
            preexec_fn=limit,
        )

    def finish(self) -> tuple[int, str, str]:
        """Exit status, stdout and stderr."""
        out, err = self.communicate(timeout=LONGEST)
        return self.returncode, out, err

    def said(self, expected: str) -> str:
        """Read stderr until a line holds this; the line."""
        assert self.stderr is not None
        guard = threading.Timer(LONGEST, self.kill)
        guard.start()
        try:
            return next(line for line in self.stderr if expected in line)
        finally:
            guard.cancel()


def tui_lab(*words: str, environ: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    with Command(*words, environ=environ) as command:
        return command.finish()


@pytest.fixture
def runs(home: Path) -> Iterator[Path]:
    """The directory of runs; whatever a failed test left running there is ended."""
    yield home / "runs"
    for path in (home / "runs").glob("*"):
        run = RunDirectory(path)
        if run.is_live():
            os.killpg(run.status_record().pid, signal.SIGKILL)


def only_run(runs: Path) -> RunDirectory:
    (path,) = runs.iterdir()
    return RunDirectory(path)


def test_a_run_is_trained_printed_and_kept(runs: Path) -> None:
    line = ("run", "linear-regression", "epochs=2", "--seed", "3", "--device", "cpu", "--json")
    status, out, err = tui_lab(*line)
    assert status == ExitStatus.FINISHED, err
    result = json.loads(out)
    assert (result["status"], result["seed"], result["device"]) == ("finished", 3, "cpu")
    assert (result["steps"], result["epochs"]) == (200, 2)
    assert result["history"]["train/loss"]["epoch"] == [1, 2]
    assert result["history"]["train/loss"]["step"] == [100, 200]
    assert 0 < result["metrics"]["train/loss"] < 1e-2
    assert result["run"] == only_run(runs).id
    again, shown, _ = tui_lab("show", result["run"], "--json")
    assert (again, json.loads(shown)) == (ExitStatus.FINISHED, result)
    drawn, chart, _ = tui_lab("show", result["run"], environ=ASCII_LOCALE)
    assert drawn == ExitStatus.FINISHED
    assert "loss (log)" in chart
    assert "\x1b" not in chart
    assert chart.isascii()


@pytest.mark.parametrize("moment", ["linear-regression-", "running on cpu"])
def test_ctrl_c_stops_the_worker_at_any_moment(moment: str, runs: Path) -> None:
    with Command(*FOREVER) as command:
        command.said(moment)
        command.send_signal(signal.SIGINT)
        status, out, err = command.finish()
    assert status == ExitStatus.INTERRUPTED, err
    assert json.loads(out)["status"] == "stopped"
    assert not only_run(runs).is_live()
    assert "Traceback" not in err


def test_a_run_outlives_its_command_and_is_stopped_by_another(runs: Path) -> None:
    with Command(*FOREVER) as command:
        command.said("running on cpu")
        command.kill()
    run = only_run(runs)
    assert run.is_live()
    status, _, err = tui_lab("stop", run.id)
    assert status == ExitStatus.FINISHED, err
    assert run.status() is RunStatus.STOPPED


def test_a_device_that_is_not_there_is_one_sentence(runs: Path) -> None:
    status, out, err = tui_lab("run", "linear-regression", "--device", "cuda:999", "--json")
    assert status == ExitStatus.FAILED
    assert json.loads(out)["status"] == "failed"
    assert "cuda" in err.splitlines()[-1].lower()
    assert "Traceback" not in err


def test_a_full_disk_under_the_log_is_said_and_exits_1(runs: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))

    with Command(*FOREVER, limit=limit) as command:
        status, out, err = command.finish()
    assert status == ExitStatus.FAILED, err
    assert "The run can't go on: The log can't be written" in err
    assert json.loads(out)["steps"] > 0
    assert not only_run(runs).is_live()


def test_a_full_disk_before_the_start_is_one_sentence(runs: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    with Command(*FOREVER, limit=limit) as command:
        status, out, err = command.finish()
    assert (status, out) == (ExitStatus.FAILED, "")
    assert str(runs) in err
    assert err.count("\n") == 1
    assert list(runs.iterdir()) == []


@pytest.mark.parametrize(
    "line", [["list"], ["run", "weight-decay", "--help"], ["doctor", "--help"]]
)
def test_an_ascii_locale_gets_question_marks_and_no_traceback(line: list[str]) -> None:
    status, out, err = tui_lab(*line, environ=ASCII_LOCALE)
    assert (status, err) == (ExitStatus.FINISHED, "")
    assert out.isascii()


def test_json_is_utf8_in_an_ascii_locale() -> None:
    status, out, _ = tui_lab("list", "--json", environ=ASCII_LOCALE)
    assert status == ExitStatus.FINISHED
    symbols = {h["symbol"] for experiment in json.loads(out) for h in experiment["hyperparameters"]}
    assert "λ" in symbols


def test_a_reader_that_goes_away_is_no_error() -> None:
    with Command("list", "--json") as command:
        assert command.stdout is not None
        command.stdout.close()
        assert command.stderr is not None
        assert command.stderr.read() == ""
    assert command.returncode in (ExitStatus.BROKEN_PIPE, ExitStatus.FINISHED)


def test_closed_streams_are_no_error() -> None:
    command = f"{sys.executable} -m tui_lab list >&- 2>&-"
    assert subprocess.run(command, shell=True, timeout=LONGEST).returncode == ExitStatus.FINISHED


def test_the_lab_without_a_terminal_is_one_sentence() -> None:
    status, out, err = tui_lab()
    assert (status, out) == (ExitStatus.USAGE, "")
    assert "needs a terminal" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["run", "weight-decay", "--help"],
        ["list", "--json"],
        ["runs"],
        ["run", "weight-decay", "lr=nan"],
    ],
)
def test_talk_alone_imports_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys; from tui_lab.cli import perform; from tui_lab.commandline.console import "
        f"Console; perform({words!r}, Console(None, None)); "
        "print(*{'torch', 'textual', 'rich', 'numpy', 'plotext'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=LONGEST, check=True
    )
    assert done.stdout.split() == []
