"""Reading arguments: argparse whose complaints are one sentence, and the checks commands share."""

from __future__ import annotations

import re
from argparse import (
    REMAINDER,
    ArgumentParser,
    ArgumentTypeError,
    Namespace,
    RawDescriptionHelpFormatter,
    _ArgumentGroup,
)
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn, get_args

from tui_lab.commands import GuardMode
from tui_lab.config import AGAIN, thread_count
from tui_lab.errors import UsageError

_DEVICE = re.compile(r"auto|cpu|cuda(:\d{1,3})?")
_LARGEST_SEED = 2**63 - 1
_MOST = 10_000


class Parser(ArgumentParser):
    """An `ArgumentParser` that raises `UsageError` and leaves `--help` to its command."""

    def __init__(self, prog: str, description: str, epilog: str = "") -> None:
        super().__init__(
            prog=prog,
            description=description,
            epilog=epilog,
            add_help=False,
            allow_abbrev=False,
            formatter_class=RawDescriptionHelpFormatter,
        )
        self.add_argument("-h", "--help", action="store_true", help="show this and exit")
        self._signed = False
        self._signed_values: set[str] = set()

    def error(self, message: str) -> NoReturn:
        said = message[0].upper() + message[1:].rstrip(".")
        raise UsageError(f"{said}; see {self.prog} --help.")

    def read(self, arguments: Sequence[str]) -> Namespace:
        """The arguments, options and words in any order, unless some are for another program."""
        if any(action.nargs == REMAINDER for action in self._actions):
            return self.parse_args(list(arguments))
        before = ["", *arguments]
        words = [self._kept(*each) for each in zip(before, arguments, strict=False)]
        return self.parse_intermixed_args(words)

    def take_signed_words(self) -> None:
        """Has words such as `-good` come as words, behind a space, where no option is of that name
        or begins with two dashes."""
        self._signed = True

    def take_signed_value(self, option: str) -> None:
        """Has what follows an option come as its value where it begins with one dash."""
        self._signed_values.add(option)

    def _kept(self, before: str, word: str) -> str:
        """What argparse takes for a word and not for an option, given the one before it."""
        if not word.startswith("-") or word.startswith("--") or word == "-":
            return word
        is_word = self._signed and word not in self._option_string_actions
        return f" {word}" if is_word or before in self._signed_values else word

    def ask_for_json(self, what: str) -> None:
        """Declares `--json`."""
        self.add_argument("--json", action="store_true", help=f"print {what} as JSON")


def add_run_options(group: ArgumentParser | _ArgumentGroup) -> None:
    """The options that say how a run is made, beside its hyperparameters."""
    group.add_argument(
        "--seed", type=_seed, default=0, metavar="N", help="same seed, same run (default 0)"
    )
    group.add_argument(
        "--device",
        type=_device,
        default="auto",
        metavar="DEVICE",
        help="auto, cpu, cuda or cuda:N (default auto)",
    )
    group.add_argument(
        "--threads",
        type=_threads,
        default=None,
        metavar="N",
        help="threads of torch, or auto: as many as are fastest ($TUI_LAB_THREADS, else auto)",
    )


def add_guard(group: ArgumentParser | _ArgumentGroup, default: GuardMode) -> None:
    """Declares `--guard`, with what it is where nothing is said."""
    group.add_argument(
        "--guard",
        choices=get_args(GuardMode),
        default=default,
        help="at a loss or gradient that is not finite: hold the run before its update, say so, "
        f"or off: nobody looks (default {default})",
    )


def add_look_options(group: ArgumentParser | _ArgumentGroup) -> None:
    """The options that say how the lab looks and behaves."""
    add = group.add_argument
    add("--theme", choices=("dark", "light", "ansi"), default="dark", help="colours of the lab")
    add(
        "--marker",
        choices=("braille", "hd", "ascii"),
        default=None,
        help="what curves are drawn with; ascii where the font has no braille",
    )
    add("--fps", type=_fps, default=None, metavar="N", help="frames per second of the charts")
    add(
        "--again",
        choices=AGAIN,
        default=None,
        help="what a new run does while the last one is live ($TUI_LAB_AGAIN, else ask)",
    )
    add(
        "--bell",
        action="store_true",
        help="ring at the end, a failure or an alarm of a run ($TUI_LAB_BELL=1)",
    )
    add("--no-mouse", action="store_true", help="leave the mouse to the terminal")


def directory(text: str) -> Path:
    """An existing directory, as an argument's type."""
    path = Path(text).expanduser().absolute()
    if not path.is_dir():
        raise ArgumentTypeError(f"{text!r} is not a directory")
    return path


def count(text: str) -> int:
    """How many of something, from 1 to 10,000, as an argument's type."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if not 1 <= number <= _MOST:
        raise ArgumentTypeError(f"how many is a whole number from 1 to {_MOST:,}, not {text!r}")
    return number


def word(arguments: Namespace, name: str, what: str) -> str:
    """A word the command can't do without; raises `UsageError` when it is missing or empty."""
    given: Any = getattr(arguments, name)
    if not given:
        raise UsageError(what)
    return str(given)


def _seed(text: str) -> int:
    try:
        seed = int(text)
    except ValueError:
        seed = -1
    if not 0 <= seed <= _LARGEST_SEED:
        raise ArgumentTypeError(f"a seed is a whole number from 0 to {_LARGEST_SEED}, not {text!r}")
    return seed


def _device(text: str) -> str:
    if not _DEVICE.fullmatch(text):
        raise ArgumentTypeError(f"a device is auto, cpu, cuda or cuda:N, not {text!r}")
    return text


def _threads(text: str) -> int:
    try:
        return thread_count(text, "a number of threads")
    except UsageError as error:
        raise ArgumentTypeError(str(error).rstrip(".")) from error


def _fps(text: str) -> float:
    try:
        fps = float(text)
    except ValueError:
        fps = 0.0
    if not 0.1 <= fps <= 60:
        raise ArgumentTypeError(f"frames per second are a number from 0.1 to 60, not {text!r}")
    return fps
