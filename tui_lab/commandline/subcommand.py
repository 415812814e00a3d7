"""What every command of the command line consists of."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass

from tui_lab.commandline.console import Console
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.parser import Parser


@dataclass(frozen=True)
class Subcommand:
    """One command: its word, its line in `--help`, its arguments and what it does."""

    name: str
    summary: str
    configure: Callable[[Parser], None]
    """Declares the command's arguments."""
    execute: Callable[[Namespace, Console], ExitStatus]
    """Does the work; errors meant for a person are raised as `TuiLabError`."""
