"""`tui-lab` itself and `tui-lab attach`: open the lab on this terminal."""

from __future__ import annotations

import gc
import os
from argparse import Namespace

from tui_lab.browser import DRIVER
from tui_lab.commandline.console import Console, speaks_utf8
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.parser import (
    Parser,
    add_guard,
    add_look_options,
    add_run_options,
    directory,
)
from tui_lab.commandline.request import Chosen, choose_experiment, choose_values
from tui_lab.commandline.subcommand import Subcommand
from tui_lab.config import (
    Settings,
    default_again,
    default_bell,
    default_fps,
    default_threads,
    runs_directory,
)
from tui_lab.errors import RunNotLive, UsageError


def configure(parser: Parser) -> None:
    """Declares the experiment, its values and the looks of the lab."""
    parser.add_argument("experiment", nargs="?", metavar="EXPERIMENT", help="name, or FILE.py")
    parser.add_argument("values", nargs="*", metavar="name=value", help="hyperparameters")
    parser.add_argument("--preset", metavar="NAME", help="start from a preset's values")
    add_run_options(parser)
    parser.add_argument("--data", type=directory, metavar="DIR", help="where data sets are")
    add_guard(parser, Settings.guard)
    add_look_options(parser)
    parser.add_argument("--version", action="store_true", help="print the version and exit")


def configure_attach(parser: Parser) -> None:
    """Declares RUN, FILE and the looks of the lab."""
    parser.add_argument(
        "run", nargs="?", metavar="RUN", help="its name or the beginning of it; the newest live run"
    )
    parser.add_argument(
        "file", nargs="?", metavar="FILE.py", help="declares the experiment of a run of your own"
    )
    parser.add_argument("--data", type=directory, metavar="DIR", help="where data sets are")
    parser.set_defaults(seed=0, device="auto", threads=None, guard=Settings.guard)
    add_look_options(parser)


def execute(arguments: Namespace, console: Console) -> ExitStatus:
    """Opens the lab, on an experiment if one was named."""
    chosen: Chosen | None = None
    values: dict[str, object] = {}
    if arguments.experiment:
        chosen = choose_experiment(arguments.experiment)
        values = choose_values(chosen.experiment, arguments.values, arguments.preset)
        if values:
            chosen.experiment.choose(values)
    return open_lab(arguments, console, chosen, values, "")


def attach(arguments: Namespace, console: Console) -> ExitStatus:
    """Opens the lab on a run: the one named, else the newest live one."""
    # The lab itself looks at no run yet.
    from tui_lab.commandline.selection import catalogue, own_experiment

    runs = catalogue()
    live = [] if arguments.run else runs.live()
    if not (arguments.run or live):
        raise RunNotLive("No run is going on; tui-lab runs lists those that ended.")
    run = runs.find(arguments.run or live[0].id)
    looks_only = arguments.file is None and run.request().declaration is not None
    chosen = None if looks_only else own_experiment(run, arguments.file, "attach")
    return open_lab(arguments, console, chosen, {}, run.id)


def settings(arguments: Namespace, console: Console) -> Settings:
    """The session's settings from flags and environment."""
    return Settings(
        theme=arguments.theme,
        marker=arguments.marker or "braille",
        fps=arguments.fps or default_fps(console.environ),
        mouse=not arguments.no_mouse,
        bell=arguments.bell or default_bell(console.environ),
        seed=arguments.seed,
        device=arguments.device,
        again=arguments.again or default_again(),
        threads=default_threads() if arguments.threads is None else arguments.threads,
        guard=arguments.guard,
    )


def require_terminal(console: Console) -> None:
    """Raises `UsageError` where the lab can't be shown; it draws on stderr and reads stdin, unless
    it is in a window of a browser."""
    if console.environ.get("TEXTUAL_DRIVER") == DRIVER:
        return
    streams = (console.stdin, console.stdout, console.stderr)
    headless = "run without one: tui-lab run EXPERIMENT."
    if not all(stream is not None and stream.isatty() for stream in streams):
        raise UsageError(f"The lab needs a terminal; {headless}")
    if console.environ.get("TERM", "dumb") == "dumb":
        raise UsageError(f"This terminal can't move its cursor (TERM is dumb or unset); {headless}")
    if not speaks_utf8(console.stderr):
        raise UsageError(
            f"The lab needs UTF-8 and this locale is {console.stderr.encoding}; "
            "set LANG=C.UTF-8, or " + headless
        )


def open_lab(
    arguments: Namespace,
    console: Console,
    chosen: Chosen | None,
    values: dict[str, object],
    run_id: str,
) -> ExitStatus:
    require_terminal(console)
    runs_directory()
    # Textual takes longer to import than every other command takes to run, and longer still when
    # garbage is looked for among modules, of which there is none; the lab goes on with it later.
    gc.disable()
    # What a key changed is sent after 1/120 s at the latest; charts keep a pace of their own.
    os.environ.setdefault("TEXTUAL_FPS", "120")
    from tui_lab.tui.start import run_lab

    experiment, own = (chosen.experiment, chosen.own) if chosen else (None, None)
    data = str(getattr(arguments, "data", None) or "")
    look = settings(arguments, console)
    ended = run_lab(look, experiment, values, run_id, own=own, data=data)
    return ExitStatus.FINISHED if ended == 0 else ExitStatus.FAILED


LAB = Subcommand("", "open the lab", configure, execute)
ATTACH = Subcommand("attach", "open the lab on a live run", configure_attach, attach)
