"""Protects `tui-lab replay`: that a run is the same, or where it is not, is said to a person, to a
program and to the shell."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from tests.commandline.scripted_run import Screen
from tui_lab.cli import perform
from tui_lab.commandline import replay
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.parser import Parser
from tui_lab.errors import RunError, UsageError
from tui_lab.run import RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.lock import RunLock

MakeRun = Callable[..., RunDirectory]
SAME = {"steps": 20, "difference": "", "remarks": []}


class Stage:
    """A replay that says what it was told to say."""

    def __init__(self, *said: dict[str, Any], error: str = "") -> None:
        self.said = said
        self.error = error
        self.asked: list[tuple[str, Sequence[str]]] = []

    @contextmanager
    def start(self, run: RunDirectory, keys: Sequence[str]) -> Iterator[Iterator[dict[str, Any]]]:
        self.asked.append((run.id, keys))
        yield self._say()

    def _say(self) -> Iterator[dict[str, Any]]:
        yield from self.said
        if self.error:
            raise RunError(self.error)


def replayed(line: str, console: Screen, stage: Stage) -> ExitStatus:
    parser = Parser("tui-lab replay", "")
    replay.configure(parser)
    return replay.execute(parser.read(line.split()), console, stage.start)


def test_that_it_is_the_same_is_said(console: Screen, make_run: MakeRun) -> None:
    run = make_run()
    stage = Stage({"step": 7}, {**SAME, "steps": 12000})
    assert replayed(f"{run.id} --verify", console, stage) == ExitStatus.FINISHED
    assert console.out == "identical through 12,000 steps\n"
    assert console.err == ""
    assert stage.asked == [(run.id, ())]


def test_where_it_is_not_is_said_and_exits_1(console: Screen, make_run: MakeRun) -> None:
    difference = "first difference at step 831: train/loss 0.0213 ≠ 0.0214"
    stage = Stage({**SAME, "difference": difference, "remarks": ["torch is 3, the run had 2."]})
    assert replayed(make_run().id, console, stage) == ExitStatus.FAILED
    assert console.out == difference + "\n"
    assert console.err == "torch is 3, the run had 2.\n"


def test_json_is_one_object(console: Screen, make_run: MakeRun) -> None:
    run = make_run()
    stage = Stage({"step": 7}, SAME)
    line = f"{run.id} --record norm/w,grad/b,norm/w --json"
    assert replayed(line, console, stage) == ExitStatus.FINISHED
    assert stage.asked == [(run.id, ("norm/w", "grad/b"))]
    told = json.loads(console.out)
    assert (told["run"], told["identical"], told["steps"]) == (run.id, True, 20)
    assert told["recorded"] == ["norm/w", "grad/b"]
    assert f"{run.id} has norm/w, grad/b now" in console.err


def test_a_curve_of_another_run_is_not_recorded(console: Screen, make_run: MakeRun) -> None:
    stage = Stage({**SAME, "difference": "first difference at step 3"})
    assert replayed(f"{make_run().id} --record norm/w --json", console, stage) == ExitStatus.FAILED
    assert json.loads(console.out)["recorded"] == []
    assert console.err == ""


def test_a_terminal_sees_how_far_it_is(make_run: MakeRun) -> None:
    console = Screen(terminal=True)
    replayed(make_run().id, console, Stage({"step": 7}, SAME))
    assert console.err == "\r\x1b[Kstep 7/20 is the same\r\x1b[K"


def test_what_keeps_it_from_being_repeated_is_a_sentence(
    console: Screen, make_run: MakeRun
) -> None:
    with pytest.raises(RunError, match=r"It never began\."):
        replayed(make_run().id, console, Stage({"step": 7}, error="It never began."))


@pytest.mark.parametrize("keys", ["train/loss", "norm", "norm/", "", "norm/w,,grad/b"])
def test_a_curve_that_is_none_is_said(keys: str, console: Screen, make_run: MakeRun) -> None:
    assert perform(["replay", make_run().id, "--record", keys], console) == ExitStatus.USAGE
    assert "a curve is norm/, grad/ or update/ and the name of a parameter" in console.err


def test_a_parameter_that_is_none_is_said(console: Screen, make_run: MakeRun) -> None:
    run = make_run()
    with pytest.raises(UsageError, match=f"{run.id} has no parameter 'bias'; it has w, b"):
        replayed(f"{run.id} --record norm/w,norm/bias", console, Stage())


def test_a_live_run_is_not_repeated(console: Screen, make_run: MakeRun) -> None:
    run = make_run(RunStatus.RUNNING)
    lock = RunLock(run.path)
    lock.acquire()
    try:
        assert perform(["replay", run.id], console) == ExitStatus.FAILED
    finally:
        lock.release()
    assert f"{run.id} is running" in console.err
