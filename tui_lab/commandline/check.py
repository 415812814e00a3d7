"""`tui-lab check`: look over a file of one's own, and say what is wrong with it."""

from __future__ import annotations

import subprocess
from argparse import Namespace
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tui_lab.commandline.console import Console
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.parser import Parser, word
from tui_lab.commandline.subcommand import Subcommand
from tui_lab.errors import UsageError
from tui_lab.runs.encoding import loads
from tui_lab.worker.process import CHECK, COMMAND, environment

Look = Callable[[Path], Iterable[dict[str, Any]]]
"""Looks a file over: what is said of it, one object after the other."""

_LIMIT = 120
"""Seconds, after which it is given up."""


def configure(parser: Parser) -> None:
    """Declares FILE."""
    parser.add_argument("file", nargs="?", metavar="FILE.py", help="declares an experiment")


def look_over(path: Path) -> list[dict[str, Any]]:
    """What a process of its own, which loads and trains it for a while, says of a file."""
    command = (*COMMAND, CHECK, str(path))
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment(),
            cwd="/",
            timeout=_LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired as expired:
        said = _said(expired.stdout or b"")
        return [*said, {"wrong": f"It is still {_doing(said)} after {_LIMIT} s; make it smaller."}]
    said = _said(done.stdout)
    if any(each.keys() & {"wrong", "summary"} for each in said):
        return said
    last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
    words = ": ".join([f"exit status {done.returncode}", *last])
    return [*said, {"wrong": f"The process that was {_doing(said)} ended with {words}."}]


def execute(arguments: Namespace, console: Console, look: Look = look_over) -> ExitStatus:
    """Says what is wrong, one sentence a line, or that nothing is. That something is, is a
    failure."""
    given = word(arguments, "file", "check needs a file: tui-lab check my_first.py.")
    path = Path(given).expanduser().absolute()
    if not path.is_file():
        raise UsageError(f"{given} is not a file; give the path of a Python file.")
    said = list(look(path))
    for remark in (each["remark"] for each in said if "remark" in each):
        console.say(remark)
    wrong = list(dict.fromkeys(each["wrong"] for each in said if "wrong" in each))
    for sentence in wrong:
        console.print(sentence)
    if wrong:
        return ExitStatus.FAILED
    console.print(f"{given} is fine: {_taken(said[-1])}{said[-1]['summary']}.")
    return ExitStatus.FINISHED


def _taken(last: dict[str, Any]) -> str:
    return f"{last['steps']:,} steps in {last['seconds']:.1f} s, " if last["steps"] else ""


def _said(lines: bytes) -> list[dict[str, Any]]:
    whole = lines[: lines.rfind(b"\n") + 1]
    return [loads(line) for line in whole.splitlines()]


def _doing(said: list[dict[str, Any]]) -> str:
    """What was going on when nothing more was said."""
    return str(next((each["doing"] for each in reversed(said) if "doing" in each), "starting"))


CHECK_FILE = Subcommand("check", "say what is wrong with a file of one's own", configure, execute)
