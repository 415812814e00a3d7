"""`tui-lab serve`: the lab in a browser on this machine, for whoever has the address."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from argparse import ArgumentTypeError, Namespace
from typing import TYPE_CHECKING

from tui_lab.commandline.console import Console
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.parser import Parser
from tui_lab.commandline.request import choose_experiment, choose_values
from tui_lab.commandline.subcommand import Subcommand
from tui_lab.config import runs_directory
from tui_lab.errors import UsageError

if TYPE_CHECKING:
    from tui_lab.browser.server import LabServer

_MISSING = "tui-lab serve needs textual-serve: pip install 'tui-lab[serve]'."
_EXPOSED = """\
Whoever has this address can do in the lab what you can: start, steer, stop and delete runs, and
write files where you may. It is served to this machine alone; from another one, first
  ssh -L {port}:127.0.0.1:{port} THIS-MACHINE
Each window is a lab of its own over the same runs. Ctrl+C ends them; runs go on."""


def configure(parser: Parser) -> None:
    """Declares the port, and what the lab opens on."""
    parser.add_argument("experiment", nargs="?", metavar="EXPERIMENT", help="name, or FILE.py")
    parser.add_argument("values", nargs="*", metavar="name=value", help="hyperparameters")
    parser.add_argument(
        "--port",
        type=_port,
        default=0,
        metavar="N",
        help="of 127.0.0.1 (one that is free)",
    )


def execute(arguments: Namespace, console: Console) -> ExitStatus:
    """Serves until ctrl+c or a signal to end."""
    words = [arguments.experiment, *arguments.values] if arguments.experiment else []
    if words:
        chosen = choose_experiment(arguments.experiment)
        chosen.experiment.choose(choose_values(chosen.experiment, arguments.values, None))
    runs_directory()
    server = _server(words, arguments.port)
    asyncio.run(_serve(server, console))
    return ExitStatus.FINISHED


def _server(words: list[str], port: int) -> LabServer:
    try:
        from tui_lab.browser.server import LabServer  # an optional extra, and slow to import
    except ImportError as error:
        raise UsageError(_MISSING) from error
    try:
        return LabServer((sys.executable, "-P", "-m", "tui_lab", *words), port)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error
        raise UsageError(f"Port {port} can't be had ({reason}).") from error


async def _serve(server: LabServer, console: Console) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)

    def tell() -> None:
        console.print(server.address)
        console.flush()
        console.say(_EXPOSED.format(port=server.port))

    await server.serve(ended, tell)


def _port(text: str) -> int:
    if text.isdecimal() and len(text) < 6 and int(text) < 65536:
        return int(text)
    raise ArgumentTypeError(f"a port is a whole number from 0 to 65,535, not {text[:40]!r}")


SERVE = Subcommand("serve", "the lab in a browser on this machine", configure, execute)
