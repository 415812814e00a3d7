"""Protects the talk of a headless run: one rewritten line on a terminal, few lines elsewhere."""

from __future__ import annotations

from tests.commandline.scripted_run import Screen, started, training_events
from tui_lab.commandline.progress import Progress
from tui_lab.events import (
    AlarmRaised,
    HyperparameterChanged,
    MetricsLogged,
    RunPaused,
    RunResumed,
)
from tui_lab.view_models.run import RunView


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_it_knows_how_far_the_run_is(console: Screen) -> None:
    progress = Progress(console, RunView())
    for event in training_events():
        progress.fold(event)
    assert progress.line() == "step 20/20  epoch 2/2  train/loss 0.25  20 steps/s"


def test_a_terminal_gets_one_line_rewritten_at_most_ten_times_a_second() -> None:
    console, clock = Screen(terminal=True), Clock()
    progress = Progress(console, RunView(), clock=clock)
    progress.fold(started())
    for step in range(10):
        clock.now += 0.04
        progress.fold(
            MetricsLogged(t=1.0, kind="step", first=step + 1, columns={"train/loss": [0.5]})
        )
        progress.show()
    rewritten = console.err.partition("running on cpu\n")[2]
    assert "\n" not in rewritten
    assert rewritten.count("\r\x1b[K") == 4
    assert rewritten.endswith("0:01 left")
    progress.clear()
    assert console.err.endswith("\r\x1b[K")


def test_a_line_never_fills_the_terminal() -> None:
    console = Screen(terminal=True)
    progress = Progress(console, RunView(), clock=Clock())
    for event in training_events():
        progress.fold(event)
    progress.show()
    shown = console.err.rpartition("\x1b[K")[2]
    assert 0 < len(shown) < console.columns


def test_elsewhere_each_quarter_is_a_line(console: Screen) -> None:
    progress = Progress(console, RunView())
    progress.fold(started(total_steps=100, steps_per_epoch=50))
    for step in range(1, 101):
        progress.fold(MetricsLogged(t=1.0, kind="step", first=step, columns={"train/loss": [0.5]}))
        progress.show()
    lines = console.err.splitlines()
    assert [line.split()[1] for line in lines[1:]] == ["25/100", "50/100", "75/100", "100/100"]
    assert "\r" not in console.err


def test_alarms_and_nudges_are_lines_that_stay_and_obey_nothing(console: Screen) -> None:
    progress = Progress(console, RunView())
    progress.fold(AlarmRaised(t=0.0, step=3, kind="step/first_nan", message="NaN \x1b[2J"))
    progress.fold(HyperparameterChanged(t=0.0, step=4, name="lr", old=0.03, new=0.1))
    assert console.err == "step 3: NaN \\x1b[2J\nstep 4: lr 0.03 → 0.1\n"


def test_a_pause_takes_the_place_of_the_speed(console: Screen) -> None:
    progress = Progress(console, RunView())
    for event in training_events()[:2]:
        progress.fold(event)
    assert progress.line().endswith(" steps/s  0:00 left")
    progress.fold(RunPaused(t=1.0, step=20))
    assert progress.line().endswith("  paused")
    progress.fold(RunResumed(t=1.0, step=20))
    assert "paused" not in progress.line()


def test_nonfinite_losses_are_shown(console: Screen) -> None:
    progress = Progress(console, RunView())
    progress.fold(started())
    columns = {"train/loss": [1.0, "NaN"]}
    progress.fold(MetricsLogged(t=1.0, kind="step", first=1, columns=columns))
    assert "train/loss nan" in progress.line()
