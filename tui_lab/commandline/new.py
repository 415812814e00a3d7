"""`tui-lab new`: write a file with an experiment of one's own, which runs at once."""

from __future__ import annotations

import keyword
import sys
from argparse import Namespace
from importlib.machinery import PathFinder
from importlib.resources import files
from pathlib import Path
from string import Template

from tui_lab.commandline.console import Console
from tui_lab.commandline.derivation import derived
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.parser import Parser, word
from tui_lab.commandline.subcommand import Subcommand
from tui_lab.errors import UsageError
from tui_lab.plugins import experiment_names, load_experiment


def configure(parser: Parser) -> None:
    """Declares NAME and what to begin from."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="of the file: NAME.py")
    parser.add_argument(
        "--from",
        dest="origin",
        metavar="EXPERIMENT",
        help="that one under a new name, with its step to be changed",
    )


def execute(arguments: Namespace, console: Console) -> ExitStatus:
    """Writes NAME.py, and says what can be done with it."""
    path = Path(word(arguments, "name", "new needs a name: tui-lab new my_first.")).expanduser()
    path = path.with_name(path.name.removesuffix(".py") + ".py")
    _require_name(path.stem)
    text = _text(path.stem, arguments.origin)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path} is there already; give another name.") from None
    console.print(f"{path} is written; open it with tui-lab {path}.")
    return ExitStatus.FINISHED


def _text(name: str, origin: str | None) -> str:
    words = {
        "name": name,
        "file": f"{name}.py",
        "experiment": _experiment_name(name),
        "title": name.replace("_", " ").capitalize(),
    }
    if origin:
        return derived(load_experiment(origin), {**words, "origin": origin})
    template = files("tui_lab.commandline").joinpath("experiment.template").read_text("utf-8")
    return Template(template).substitute(words)


def _require_name(name: str) -> None:
    """Raises `UsageError` for a file that could not be imported, or would stand in for another."""
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
        near = "".join(c if c.isalnum() else "_" for c in name).strip("_")
        fits = near.isidentifier() and not keyword.iskeyword(near)
        hint = f"{near if fits else f'my_{near}'.rstrip('_')} would be one."
        raise UsageError(f"{name!r} is no name for a Python module; {hint}")
    if name in sys.stdlib_module_names or _is_installed(name):
        raise UsageError(
            f"{name} is the name of an installed module, which it would shadow; try my_{name}."
        )
    if _experiment_name(name) in experiment_names():
        raise UsageError(f"{name} is an experiment of the lab; try my_{name}.")


def _is_installed(name: str) -> bool:
    spec = PathFinder.find_spec(name)
    found = spec is not None and spec.origin is not None  # else a folder that happens to be there
    return found or name in ("torch", "tui_lab")


def _experiment_name(name: str) -> str:
    return name.replace("_", "-")


NEW = Subcommand("new", "write a file with an experiment of one's own", configure, execute)
