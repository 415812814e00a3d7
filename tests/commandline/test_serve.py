"""Protects `tui-lab serve`: what it says, what it refuses, and that its labs end with it, however
it ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession

from tests.browser.test_windows import gone
from tests.commandline.scripted_run import Screen
from tui_lab.cli import perform
from tui_lab.commandline.exit_status import ExitStatus


@contextmanager
def served(*words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command as a process, and the address it printed."""
    command = [sys.executable, "-P", "-m", "tui_lab", "serve", *words]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_says_where_and_what_and_ends_when_it_is_told(number: signal.Signals) -> None:
    with served() as (process, address):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[\w-]{32}/", address)
        with urllib.request.urlopen(address) as answer:
            assert answer.status == 200
        process.send_signal(number)
        out, said = process.communicate(timeout=60)
        assert (process.returncode, out) == (0, "")
        assert "Whoever has this address can do in the lab what you can" in said
        assert "Traceback" not in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
async def test_its_labs_end_with_it_and_none_breaks(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUI_LAB_HOME", str(tmp_path))
    with served("weight-decay", "epochs=7") as (process, address):
        origin = re.match(r"http://[^/]+", address)
        assert origin is not None
        async with ClientSession() as session:
            window = f"{address}window?width=100&height=30"
            async with session.ws_connect(window, origin=origin[0]) as opened:
                drawn = b""
                while b"Gradients appear" not in drawn:
                    drawn += await opened.receive_bytes(timeout=60)
                labs = children(process.pid)
                assert len(labs) == 1
                process.send_signal(number)
                while not (await opened.receive(timeout=60)).type.name.startswith("CLOS"):
                    pass
        await gone(labs[0])
        assert not (tmp_path / "crash.log").exists()


def test_a_port_that_is_taken_is_a_sentence(console: Screen) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert perform(["serve", "--port", str(port)], console) == ExitStatus.USAGE
    assert console.err == f"Port {port} can't be had (Address already in use).\n"


def test_without_the_extra_it_says_what_to_install(
    console: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(sys.modules):
        if name.startswith("tui_lab.browser"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "textual_serve", None)
    assert perform(["serve"], console) == ExitStatus.USAGE
    assert console.err == "tui-lab serve needs textual-serve: pip install 'tui-lab[serve]'.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["wait-decay"], "weight-decay"),
        (["weight-decay", "epochs=0"], "epochs"),
        (["--port", "70000"], "a port is a whole number from 0 to 65,535, not '70000'"),
        (["--port", "abc"], "a port is a whole number from 0 to 65,535, not 'abc'"),
    ],
)
def test_what_can_not_be_shown_is_refused_at_once(
    console: Screen, words: list[str], said: str
) -> None:
    assert perform(["serve", *words], console) == ExitStatus.USAGE
    assert said in console.err
    assert os.linesep not in console.err.strip()
