"""`tui-lab doctor`: what this terminal, this machine and this home can do."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import Any

from tui_lab import __version__
from tui_lab.commandline.console import Console, speaks_utf8
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.parser import Parser
from tui_lab.commandline.subcommand import Subcommand
from tui_lab.commandline.table import table
from tui_lab.config import home_directory, keys_path, runtime_directory, writable_runs_directory
from tui_lab.errors import HomeError, TuiLabError

_FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's package puts it."""
_WARM = (
    "TUI_LAB_WARM_CUDA=1 starts runs on a card sooner; the lab then holds some 0.8 GiB of it, all "
    "the time it is open"
)
_PROBE = """
import json, torch
print(json.dumps({
    "version": torch.__version__,
    "threads": torch.get_num_threads(),
    "cuda": [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())],
    "built": torch.version.cuda,
}))
"""
_PROBE_SECONDS = 60.0


class Verdict(StrEnum):
    """How much a finding matters."""

    GOOD = "ok"
    NOTE = "note"
    """Works, and could be better."""
    BROKEN = "BROKEN"
    """The lab does not work without it."""


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    subject: str
    text: str
    verdict: Verdict = Verdict.GOOD


def configure(parser: Parser) -> None:
    """Takes no arguments."""


def execute(
    arguments: Namespace, console: Console, probe: Callable[[], dict[str, Any]] | None = None
) -> ExitStatus:
    """Prints the findings; fails when something the lab can't do without is broken."""
    findings = [
        *terminal_findings(console),
        *home_findings(),
        *key_findings(),
        *torch_findings(probe or probe_torch),
        *session_findings(console),
    ]
    console.print(table([(f.verdict, f.subject, f.text) for f in findings]))
    broken = any(finding.verdict is Verdict.BROKEN for finding in findings)
    return ExitStatus.FAILED if broken else ExitStatus.FINISHED


def terminal_findings(console: Console) -> Iterator[Finding]:
    """What can be shown here."""
    environ = console.environ
    is_terminal = console.stdout.isatty()
    yield Finding("terminal", _terminal(console), Verdict.GOOD if is_terminal else Verdict.NOTE)
    yield _colours(console)
    encoding = console.stderr.encoding or "utf-8"
    if speaks_utf8(console.stderr):
        yield Finding("encoding", encoding)
    else:
        yield Finding("encoding", f"{encoding}; set LANG=C.UTF-8", Verdict.NOTE)
    yield Finding("braille", "⠁⠃⠇⡇⣇⣧⣷⣿ should be growing dots; if not, use --marker ascii")
    if environ.get("TMUX"):
        advice = "with \"set -ga terminal-features ',*:RGB'\" it passes 24-bit colour"
        yield Finding("tmux", advice, Verdict.NOTE)


def home_findings() -> Iterator[Finding]:
    """Where runs live."""
    try:
        runs = writable_runs_directory()
        free = shutil.disk_usage(runs).free
        verdict = Verdict.GOOD if free > 1 << 30 else Verdict.NOTE
        yield Finding("runs", f"{runs}, {free / (1 << 30):.1f} GiB free", verdict)
    except HomeError as error:
        yield Finding("runs", str(error), Verdict.BROKEN)
    except OSError as error:
        yield Finding("runs", f"{home_directory()}: {error}", Verdict.BROKEN)
    try:
        yield Finding("sockets", str(runtime_directory()))
    except HomeError as error:
        yield Finding("sockets", str(error), Verdict.BROKEN)
    if _FASHION_MNIST.is_dir():
        yield Finding("data", f"fashion-mnist in {_FASHION_MNIST}")
    else:
        text = f"no fashion-mnist in {_FASHION_MNIST} (Debian: apt install dataset-fashion-mnist)"
        yield Finding("data", text, Verdict.NOTE)


def key_findings() -> Iterator[Finding]:
    """The person's own keys, what is wrong with them, and the name of every binding."""
    # Textual, which no other command needs, is what the keys are bound with.
    from tui_lab.tui.keys.keyboard import complaints, usual_keys
    from tui_lab.tui.keys.keymap import EXAMPLE, read_keymap

    try:
        path = keys_path()
        keymap = read_keymap(path)
    except TuiLabError as error:
        yield Finding("keys", str(error), Verdict.NOTE)
        keymap = {}
    else:
        text = f"{len(keymap)} bindings have keys of your own" if keymap else f"none; {EXAMPLE}"
        yield Finding("keys", f"{path}: {text}")
    for sentence in complaints(keymap):
        yield Finding("keys", sentence, Verdict.NOTE)
    for _, names in groupby(sorted(usual_keys()), lambda name: name.partition(".")[0]):
        yield Finding("keys", " ".join(names))


def torch_findings(probe: Callable[[], dict[str, Any]]) -> Iterator[Finding]:
    """What trains."""
    yield Finding("tui-lab", f"{__version__}, Python {platform.python_version()}")
    found = probe()
    if "error" in found:
        yield Finding("torch", found["error"], Verdict.BROKEN)
        return
    yield Finding("torch", f"{found['version']}, {found['threads']} threads")
    cuda = [f"cuda:{index} {name}" for index, name in enumerate(found["cuda"])]
    absent = "no CUDA device" if found["built"] else "this PyTorch is built without CUDA"
    yield Finding("devices", ", ".join(["cpu", *cuda]) if cuda else f"cpu ({absent})")
    if cuda:
        yield Finding("warm cuda", _WARM, Verdict.NOTE)


def session_findings(console: Console) -> Iterator[Finding]:
    """What happens to runs when the link drops."""
    if console.environ.get("SSH_CONNECTION"):
        yield Finding("ssh", "charts are drawn twice a second here; change it with --fps")
    if Path("/run/systemd/system").is_dir() and not _lingers():
        text = "if runs end when you log out: loginctl enable-linger"
        yield Finding("logout", text, Verdict.NOTE)


def probe_torch() -> dict[str, Any]:
    """PyTorch's version and devices, asked of another process: this one never imports it."""
    command = [sys.executable, "-P", "-c", _PROBE]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PROBE_SECONDS)
        if done.returncode == 0:
            found: dict[str, Any] = json.loads(done.stdout)
            return found
        lines = done.stderr.strip().splitlines()
        return {"error": f"can't be imported: {lines[-1] if lines else done.returncode}"}
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        return {"error": f"can't be asked: {error}"}


def colour_system(environ: dict[str, str]) -> str:
    """The colour depth Textual will find in such an environment."""
    # Rich is what Textual asks; no other command needs it.
    from rich.console import Console as RichConsole

    wanted = environ.get("TEXTUAL_COLOR_SYSTEM", "auto")
    rich = RichConsole(force_terminal=True, color_system=wanted, _environ=environ)  # type: ignore[arg-type]
    return rich.color_system or "none"


def _terminal(console: Console) -> str:
    if not console.stdout.isatty():
        return "stdout is not one; the lab needs a terminal, tui-lab run does not"
    size = shutil.get_terminal_size()
    return f"{console.environ.get('TERM', 'TERM unset')}, {size.columns}×{size.lines}"


def _colours(console: Console) -> Finding:
    if console.environ.get("NO_COLOR"):
        return Finding("colours", "none, NO_COLOR is set")
    system = colour_system(dict(console.environ))
    given = console.environ.get("COLORTERM", "")
    text = f"{system} (COLORTERM {given or 'unset'})"
    if system in ("truecolor", "256"):
        return Finding("colours", text)
    return Finding("colours", f"{text}; try TERM=xterm-256color or --theme ansi", Verdict.NOTE)


def _lingers() -> bool:
    user = os.environ.get("USER") or str(os.getuid())
    return Path("/var/lib/systemd/linger", user).exists()


DOCTOR = Subcommand("doctor", "look at terminal, PyTorch, devices and disk", configure, execute)
