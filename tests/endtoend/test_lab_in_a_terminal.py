"""Protects the promise of the lab on a real terminal: a run is no part of the screen. It outlives a
lab that is killed, asked to end or cut off, another lab has its curve and its knobs back, the
terminal is left as it was found, and nothing a worker prints ever reaches it."""

from __future__ import annotations

import re
import shutil
import signal
from pathlib import Path

import pytest

from tests.endtoend.conftest import Home, Lab
from tests.endtoend.terminal import Terminal
from tests.worker.walker import FILE
from tui_lab.events import HyperparameterChanged
from tui_lab.run import RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import read_events

pytestmark = [
    pytest.mark.xdist_group("terminal"),
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc"),
]
LONG = ("weight-decay", "epochs=200000")
MODES = {"alternate screen": b"?1049", "mouse": b"?1000", "all motion": b"?1003"}


def training(terminal: Terminal, home: Home) -> RunDirectory:
    """Start a run with `r`, and see it train."""
    terminal.shows("r starts a run")
    terminal.press("r")
    terminal.shows("● running", "steps/s")
    return home.only_run()


def goes_on(run: RunDirectory, terminal: Terminal) -> None:
    """The run lives and takes steps."""
    step = run.status_record().step
    terminal.until(lambda: run.status_record().step > step)
    assert run.is_live()


def has_curve(terminal: Terminal) -> bool:
    return any(0x2800 < ord(character) <= 0x28FF for character in terminal.text)


def assert_restored(terminal: Terminal) -> None:
    """Whatever was switched on is off again, and the shell's own line mode is back."""
    for name, mode in MODES.items():
        off, on = (terminal.written.rfind(b"\x1b[" + mode + end) for end in (b"l", b"h"))
        assert off > on > -1, name
    assert terminal.written.rfind(b"\x1b[?25h") > terminal.written.rfind(b"\x1b[?25l")
    assert terminal.is_as_found


def test_a_killed_lab_is_attached_to_again_with_curve_and_knobs(home: Home, lab: Lab) -> None:
    first = lab(*LONG)
    run = training(first, home)
    first.kill()
    goes_on(run, first)
    again = lab("attach")
    again.shows(run.id, "● running", "200000", "train ", "test ")
    assert re.search(r"λ weight_decay +3 ", again.text)
    again.until(lambda: has_curve(again))
    for value in ("scratch", "half", "3"):
        again.press("down")
        again.shows(f"◂ {value}")
    again.press("1", "0", "enter")
    again.shows("λ 3 → 10", "applied at step")
    changes = [e for e in read_events(run.events_path) if isinstance(e, HyperparameterChanged)]
    assert [(e.name, e.old, e.new) for e in changes] == [("weight_decay", 3.0, 10.0)]
    again.shows(f"applied at step {changes[0].step}")
    again.press("t")
    again.shows("■ stopped")
    assert run.status() is RunStatus.STOPPED
    again.press("q")
    assert again.wait() == 0
    assert_restored(again)
    again.until(lambda: not home.processes())


def test_what_a_worker_prints_stays_in_its_log_and_sigterm_restores(
    home: Home, lab: Lab, tmp_path: Path
) -> None:
    file = shutil.copy(FILE, tmp_path)
    terminal = lab(str(file), "behaviour=print", "epochs=1000000", "rest=0.002")
    run = training(terminal, home)
    terminal.until(lambda: "from a child" in run.log_path.read_text())
    goes_on(run, terminal)
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.wait() == 0
    assert_restored(terminal)
    for printed in (b"printed", b"complained", b"written", b"from a child", b"from C"):
        assert printed not in terminal.written
    goes_on(run, terminal)
    assert "written in anger" in run.log_path.read_text()


@pytest.mark.parametrize(
    "keys", [(), ("h",), ("?",), ("ctrl+p",)], ids=["", "runs", "help", "palette"]
)
def test_a_terminal_that_vanishes_without_a_word_ends_the_lab_anywhere(
    home: Home, lab: Lab, keys: tuple[str, ...]
) -> None:
    """No SIGHUP: all that is left to notice is the end of its input."""
    terminal = lab(controlling=False)
    terminal.shows("Linear networks")
    terminal.press(*keys)
    terminal.hang_up()
    terminal.until(lambda: terminal.process.poll() is not None)
    terminal.until(lambda: not home.processes())


def test_a_vanished_terminal_leaves_the_run_alone(home: Home, lab: Lab) -> None:
    terminal = lab(*LONG, controlling=False)
    run = training(terminal, home)
    terminal.hang_up()
    terminal.until(lambda: terminal.process.poll() is not None)
    goes_on(run, terminal)


def test_a_closed_terminal_ends_the_lab_and_not_the_run(home: Home, lab: Lab) -> None:
    terminal = lab(*LONG)
    run = training(terminal, home)
    terminal.hang_up()
    terminal.until(lambda: terminal.process.poll() is not None)
    goes_on(run, terminal)
    terminal.until(lambda: home.processes() == [run.status_record().pid])
