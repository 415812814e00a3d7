"""`tui-lab watch`: run a script of a person's own as it is, and see and steer its training."""

from __future__ import annotations

from argparse import REMAINDER, Namespace
from datetime import UTC, datetime
from pathlib import Path

from tui_lab.commandline.console import Console
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.headless import Workers, conclude, train
from tui_lab.commandline.interruption import Interruption
from tui_lab.commandline.opening import open_lab
from tui_lab.commandline.parser import Parser, add_guard, add_look_options
from tui_lab.commandline.subcommand import Subcommand
from tui_lab.commands import Unit
from tui_lab.config import Settings, runs_directory
from tui_lab.errors import UsageError
from tui_lab.provenance import provenance
from tui_lab.run import RunRequest
from tui_lab.runs.directory import RunDirectory
from tui_lab.versions import current_versions
from tui_lab.watching import PROGRAM, Script, undeclared

_HOLDS: tuple[Unit, ...] = ("phase", "step", "epoch")


def configure(parser: Parser) -> None:
    """Declares the script, what is for it, and how to watch it."""
    parser.usage = (
        "tui-lab watch [option ...] SCRIPT.py [argument ...]\n"
        "       tui-lab watch [option ...] -m MODULE [argument ...]"
    )
    parser.add_argument(
        "-m", dest="module", nargs=REMAINDER, default=[], help="a module, and what is for it"
    )
    parser.add_argument(
        "script", nargs=REMAINDER, metavar="SCRIPT.py", help="a script, and what is for it"
    )
    parser.add_argument("--headless", action="store_true", help="train without opening the lab")
    parser.add_argument(
        "--hold", choices=_HOLDS, default=None, help="hold still after the first of these"
    )
    add_guard(parser, Settings.guard)
    add_look_options(parser)
    parser.set_defaults(seed=0, device="auto", threads=None)
    parser.ask_for_json("the result")


def execute(arguments: Namespace, console: Console, workers: Workers | None = None) -> ExitStatus:
    """Starts the script in a worker, then opens the lab on it; without one, waits for its end."""
    script = _script(arguments.module, arguments.script)
    request = _request(script, arguments)
    headless = arguments.headless or arguments.json or not console.interactive
    with Interruption() as interruption:
        run = RunDirectory.create(runs_directory(), request, datetime.now(UTC))
        provenance(script).write(run.path)
        workers = workers or Workers()
        if headless:
            ending = train(run, undeclared(script), console, interruption, workers)
            return conclude(run, undeclared(script), ending, console, as_json=arguments.json)
        workers.start(run)
    return open_lab(arguments, console, None, {}, run.id)


def _script(module: list[str], words: list[str]) -> Script:
    here = str(Path.cwd())
    if module:
        return Script(module=module[0], arguments=module[1:], directory=here)
    if not words:
        raise UsageError("watch needs a script: tui-lab watch train.py.")
    path = Path(words[0]).expanduser().absolute()
    if not path.is_file():
        raise UsageError(f"{words[0]} is not a file; give the path of a Python script.")
    return Script(path=str(path), arguments=words[1:], directory=here)


def _request(script: Script, arguments: Namespace) -> RunRequest:
    return RunRequest(
        experiment=script.experiment,
        program=PROGRAM,
        hyperparameters={},
        script=script,
        hold=arguments.hold,
        guard=arguments.guard,
        versions=current_versions(),
    )


WATCH = Subcommand("watch", "run a PyTorch script as it is, seen and steered", configure, execute)
