"""`tui-lab replay`: repeat a run from its log, and compare the two number by number."""

from __future__ import annotations

import difflib
import re
from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from tui_lab.commandline.console import Console
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.parser import Parser
from tui_lab.commandline.report import fold_log
from tui_lab.commandline.selection import (
    add_run,
    catalogue,
    find_run,
    require_ended,
    trained_experiment,
)
from tui_lab.commandline.subcommand import Subcommand
from tui_lab.errors import UsageError
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
    if arguments.record:
        _require_parameters(run, arguments.record)
    with start(run, arguments.record) as said:
        found = _followed(said, run, console)
    for remark in found["remarks"]:
        console.say(remark)
    recorded = [] if found["difference"] else list(arguments.record)
    if arguments.json:
        told = {"run": run.id, "identical": not found["difference"], "recorded": recorded}
        console.print_json(told | found)
    else:
        console.print(found["difference"] or f"identical through {found['steps']:,} steps")
    if recorded:
        console.say(f"{run.id} has {', '.join(recorded)} now; tui-lab export writes them out.")
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


def _require_parameters(run: RunDirectory, keys: Sequence[str]) -> None:
    started = fold_log(run).started
    known = [str(each.get("name")) for each in started.parameters] if started else []
    for name in (key.partition("/")[2] for key in keys):
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(known) or 'none'}."
            raise UsageError(f"{run.id} has no parameter {name!r}; {hint}")


def _keys(text: str) -> tuple[str, ...]:
    keys = tuple(dict.fromkeys(text.split(",")))
    for key in keys:
        if not _KEY.fullmatch(key):
            raise ArgumentTypeError(
                f"a curve is norm/, grad/ or update/ and the name of a parameter, not {key!r}"
            )
    return keys


REPLAY = Subcommand("replay", "repeat a run from its log and compare", configure, execute)
