"""`tui-lab replay`: repeat a run from its log, and compare the two number by number."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from tui_lab.commandline.console import Console
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.parser import Parser
from tui_lab.commandline.selection import (
    add_run,
    catalogue,
    find_run,
    require_ended,
    trained_experiment,
)
from tui_lab.commandline.subcommand import Subcommand
from tui_lab.runs.directory import RunDirectory
from tui_lab.worker.repetition import replaying

Start = Callable[[RunDirectory, Sequence[str]], AbstractContextManager[Iterator[dict[str, Any]]]]
"""Starts a replay of a run, which records these curves: what it says on its way, and at the end."""

_KEY = re.compile(r"(norm|grad|update)/.+")
_CLEAR = "\r\x1b[K"


def configure(parser: Parser) -> None:
    """Declares RUN and what is asked for."""
    add_run(parser)
    parser.add_argument(
        "file", nargs="?", metavar="FILE.py", help="declares the experiment of a run of your own"
    )
    parser.add_argument(
        "--verify",
        action="store_true",
        help="compare the loss of each step, and the state at each checkpoint; nothing else is "
        "asked for where this is not said",
    )
    parser.add_argument(
        "--record",
        type=_keys,
        default=(),
        metavar="KEYS",
        help="curves that were not logged at the time, such as norm/W1,grad/W2 (or update/…): "
        "they are added to the run where the replay is the same",
    )
    parser.ask_for_json("what came of it")


def execute(arguments: Namespace, console: Console, start: Start = replaying) -> ExitStatus:
    """Says whether the run is what it was, and where it is not. That it is not is a failure."""
    run = find_run(arguments, catalogue(), "replay")
    require_ended(run)
    trained_experiment(run, arguments.file, "replay")
    with start(run, arguments.record) as said:
        found = _followed(said, run, console)
    for remark in found["remarks"]:
        console.say(remark)
    if arguments.json:
        console.print_json({"run": run.id, "identical": not found["difference"], **found})
    else:
        console.print(found["difference"] or f"identical through {found['steps']:,} steps")
        for key, column in found["recorded"].items():
            console.print(f"{key}: {len(column):,} values recorded")
    return ExitStatus.FAILED if found["difference"] else ExitStatus.FINISHED


def _followed(
    said: Iterable[dict[str, Any]], run: RunDirectory, console: Console
) -> dict[str, Any]:
    """What a replay says at its end; how far it is meanwhile stands on a line that is rewritten."""
    total, rewrites = run.status_record().step, console.stderr.isatty()
    found: dict[str, Any] = {}
    for found in said:
        if "step" in found and rewrites:
            console.mutter(f"{_CLEAR}step {found['step']:,}/{total:,} is the same")
    if rewrites:
        console.mutter(_CLEAR)
    return found


def _keys(text: str) -> tuple[str, ...]:
    keys = tuple(dict.fromkeys(text.split(",")))
    for key in keys:
        if not _KEY.fullmatch(key):
            raise ArgumentTypeError(
                f"a curve is norm/, grad/ or update/ and the name of a parameter, not {key!r}"
            )
    return keys


REPLAY = Subcommand("replay", "repeat a run from its log and compare", configure, execute)
