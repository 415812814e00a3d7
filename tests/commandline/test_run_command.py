"""Protects `tui-lab run`: what it asks of the worker, what it prints, and how every end is told."""

from __future__ import annotations

import json
import os
import signal

import pytest

from tests.commandline.scripted_run import (
    Screen,
    ScriptedWorker,
    Stream,
    training_events,
    write_events,
)
from tests.commandline.staged import WHOLE_RUN, Act, Stage, finish, interrupt, log, run
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.errors import UsageError
from tui_lab.events import RunFailed, RunPaused, RunStopped
from tui_lab.run import RunStatus
from tui_lab.runs.directory import RunDirectory


def test_the_worker_is_asked_for_what_was_typed(console: Screen) -> None:
    stage = Stage([WHOLE_RUN])
    line = "linear-regression --preset large-lr epochs=2 true_w=1,2,3 --seed 7 --device cpu"
    assert run(line, stage, console) == ExitStatus.FINISHED
    asked = stage.request
    assert asked is not None
    assert (asked.experiment, asked.seed, asked.device) == ("linear-regression", 7, "cpu")
    chosen = asked.hyperparameters
    assert (chosen["lr"], chosen["epochs"], chosen["true_w"]) == (10.0, 2, "1,2,3")
    assert chosen["batch_size"] == 10
    assert {"python", "tui-lab", "torch"} <= asked.versions.keys()
    assert asked.created


def test_json_is_one_object_and_all_of_stdout(console: Screen) -> None:
    assert run("linear-regression --json", Stage([WHOLE_RUN]), console) == ExitStatus.FINISHED
    result = json.loads(console.out)
    assert result["status"] == "finished"
    assert (result["steps"], result["epochs"]) == (20, 2)
    assert result["history"]["norm/w"] == {"step": [10, 20], "epoch": [1, 2], "value": [3.0, 3.5]}
    assert result["run"] in console.err
    assert result["command"] == "tui-lab run linear-regression --seed 0"


def test_a_run_that_ends_says_what_its_log_lacks(console: Screen) -> None:
    def damage(run: RunDirectory) -> None:
        WHOLE_RUN(run)
        lines = run.events_path.read_bytes().splitlines(keepends=True)
        run.events_path.write_bytes(b"".join([lines[0], *lines[2:]]))

    assert run("linear-regression --json", Stage([damage]), console) == ExitStatus.FINISHED
    assert "1 line of the log is damaged (missing); what it held is missing here." in console.err
    assert json.loads(console.out)["damaged_lines"] == 1


def test_a_run_that_ends_without_the_end_of_its_log_exits_1(console: Screen) -> None:
    stage = Stage([finish(RunStatus.FINISHED, *training_events()[:-1])])
    assert run("linear-regression", stage, console) == ExitStatus.FAILED
    assert "its log lacks its last event" in console.err


def test_a_person_gets_charts_metrics_and_the_way_back(console: Screen) -> None:
    assert run("linear-regression", Stage([WHOLE_RUN]), console) == ExitStatus.FINISHED
    name = console.err.splitlines()[0]
    assert f"{name}: finished, 20 steps, 2 epochs in 1.0 s, seed 0, cpu" in console.out
    assert f"tui-lab show {name}" in console.out
    assert "\ntui-lab run linear-regression --seed 0\n" in console.out
    assert "norm/w" in console.out
    assert "⠉" in console.out or "⣀" in console.out or "⠤" in console.out
    assert "\x1b" not in console.out


def test_a_run_that_fails_says_why_and_exits_1(console: Screen) -> None:
    error = "cuda:0 is not there \x1b[2J[red]; use --device cpu."
    failed = RunFailed(t=0.0, step=0, epoch=0, error=error)
    stage = Stage([finish(RunStatus.FAILED, failed, error=error)], code=1)
    assert run("linear-regression", stage, console) == ExitStatus.FAILED
    assert "cuda:0 is not there \\x1b[2J[red]; use --device cpu.\n" in console.err
    assert "\x1b" not in console.out + console.err


def test_a_failed_run_still_prints_its_json(console: Screen) -> None:
    failed = RunFailed(t=0.0, step=3, epoch=0, error="It broke.")
    stage = Stage([finish(RunStatus.FAILED, failed, error="It broke.")], code=1)
    assert run("linear-regression --json", stage, console) == ExitStatus.FAILED
    assert json.loads(console.out)["status"] == "failed"
    assert console.err.endswith("It broke.\n")


def test_a_worker_that_vanishes_exits_1_with_its_last_words(console: Screen) -> None:
    def vanish(run: RunDirectory) -> None:
        write_events(run, training_events()[:-1])
        run.log_path.write_text("Segmentation \x1b[2J fault\n")
        run.write_exit_status(-11)

    assert run("linear-regression", Stage([vanish], code=-11), console) == ExitStatus.FAILED
    assert "Segmentation \\x1b[2J fault" in console.err
    assert "signal 11" in console.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_stops_the_worker_and_prints_what_there_is(
    number: signal.Signals, console: Screen
) -> None:
    before = signal.getsignal(number)
    stage = Stage([log(*training_events()[:2]), interrupt(number), *[log()] * 5])
    assert run("linear-regression --json", stage, console) == ExitStatus.INTERRUPTED
    assert stage.stopped == 1
    assert json.loads(console.out)["status"] == "stopped"
    assert signal.getsignal(number) is before


def test_a_second_interruption_does_not_wait(console: Screen) -> None:
    class Stubborn(Stage):
        def stop(self, run: RunDirectory) -> None:
            os.kill(os.getpid(), signal.SIGINT)

    stage = Stubborn([interrupt(), *[log()] * 5])
    with pytest.raises(KeyboardInterrupt):
        run("linear-regression", stage, console)
    assert "Not waiting any longer; if linear-regression-" in console.err


def test_a_worker_that_hears_no_command_is_signalled_and_its_run_is_stopped(
    console: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    signalled: list[tuple[int, int]] = []
    stage = Stage([interrupt(), *[log()] * 100], heeds_stop=False)

    def kill(group: int, number: int) -> None:
        signalled.append((group, number))
        assert stage.worker is not None
        stage.worker.ended = True

    monkeypatch.setattr(os, "killpg", kill)
    assert run("linear-regression --json", stage, console) == ExitStatus.INTERRUPTED
    assert signalled == [(ScriptedWorker.pid, signal.SIGTERM)]
    assert json.loads(console.out)["status"] == "stopped"


def test_a_run_that_finished_while_it_was_interrupted_has_finished(console: Screen) -> None:
    class TooLate(Stage):
        def stop(self, run: RunDirectory) -> None:
            WHOLE_RUN(run)
            assert self.worker is not None
            self.worker.ended = True

    assert run("linear-regression", TooLate([interrupt()]), console) == ExitStatus.FINISHED


def test_stopping_from_elsewhere_is_an_interruption(console: Screen) -> None:
    stopped = RunStopped(t=0.5, step=7, epoch=0)
    stage = Stage([finish(RunStatus.STOPPED, *training_events()[:2], stopped)])
    assert run("linear-regression", stage, console) == ExitStatus.INTERRUPTED


@pytest.mark.parametrize(
    "held",
    [
        log(RunPaused(t=0.0, step=3, reason="The disk is full.")),
        finish(RunStatus.PAUSED, error="The disk is full."),
    ],
    ids=["in the log", "in the status alone"],
)
def test_a_full_disk_is_said_in_a_sentence_and_exits_1(held: Act, console: Screen) -> None:
    stage = Stage([held, *[log()] * 5])
    assert run("linear-regression", stage, console) == ExitStatus.FAILED
    assert stage.stopped == 1
    assert "The run can't go on: The disk is full.\n" in console.err


def test_a_pause_by_a_person_is_waited_out(console: Screen) -> None:
    stage = Stage([finish(RunStatus.PAUSED, RunPaused(t=0.0, step=3)), log(), WHOLE_RUN])
    assert run("linear-regression", stage, console) == ExitStatus.FINISHED
    assert stage.stopped == 0


def test_nothing_is_made_of_a_wrong_value(console: Screen) -> None:
    stage = Stage([WHOLE_RUN])
    with pytest.raises(UsageError):
        run("linear-regression lr=inf", stage, console)
    assert stage.request is None


def test_a_terminal_sees_one_line_come_and_go() -> None:
    console = Screen(terminal=True)
    events = training_events()
    stage = Stage([log(events[0]), log(events[1]), finish(RunStatus.FINISHED, *events[2:])])
    assert run("linear-regression --json", stage, console) == ExitStatus.FINISHED
    assert "\r\x1b[Kstep 0/20  epoch 0/2" in console.err
    assert console.err.endswith("\r\x1b[K")
    assert isinstance(console.stdout, Stream)
    assert json.loads(console.out)["steps"] == 20


def test_a_knob_given_that_does_nothing_is_said(console: Screen) -> None:
    line = "linear-regression divide_by=actual batch_size=10 lr=0.1"
    assert run(line, Stage([WHOLE_RUN]), console) is ExitStatus.FINISHED
    said = "divide_by does nothing while batch_size=10 divides examples=1000."
    assert console.err.splitlines()[0] == said
    assert console.err.count("does nothing") == 1


def test_an_idle_knob_that_nobody_gave_is_not_worth_a_word(console: Screen) -> None:
    run("linear-regression lr=0.1", Stage([WHOLE_RUN]), console)
    assert "does nothing" not in console.err


def test_a_symbol_and_a_common_name_stand_for_the_name(console: Screen) -> None:
    stage = Stage([WHOLE_RUN])
    run("linear-regression bs=50 σ=0.5 Learning-Rate=0.2", stage, console)
    assert stage.request is not None
    chosen = stage.request.hyperparameters
    assert (chosen["batch_size"], chosen["noise"], chosen["lr"]) == (50, 0.5, 0.2)
