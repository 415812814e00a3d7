"""The run a command is about, named by its whole name or the beginning of it."""

from __future__ import annotations

from argparse import Namespace

from tui_lab.commandline.parser import Parser, word
from tui_lab.config import runs_directory
from tui_lab.runs.catalogue import Catalogue
from tui_lab.runs.directory import RunDirectory


def add_run(parser: Parser) -> None:
    """Declares RUN."""
    parser.add_argument("run", nargs="?", metavar="RUN", help="its name, or the beginning of it")


def catalogue() -> Catalogue:
    """The runs at home."""
    return Catalogue(runs_directory())


def find_run(arguments: Namespace, runs: Catalogue, command: str) -> RunDirectory:
    """The run named in the arguments; raises `UsageError` or `RunNotFound`."""
    return runs.find(word(arguments, "run", f"{command} needs a run; see tui-lab runs."))
