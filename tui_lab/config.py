"""Where tui-lab keeps things, and the settings of one session, from flags and environment."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from platformdirs import user_cache_path, user_data_path

from tui_lab.errors import HomeError, UsageError

if TYPE_CHECKING:  # the vocabulary stands above
    from tui_lab.commands import GuardMode

Marker = Literal["braille", "hd", "ascii"]
Theme = Literal["dark", "light", "ansi"]
Again = Literal["ask", "replace", "beside"]
"""What a new run does while the lab's last one is live: ask, stop that one, or run beside it."""
AGAIN: tuple[Again, ...] = ("ask", "replace", "beside")

_MOST_THREADS = 1024


def home_directory(environ: Mapping[str, str] = os.environ) -> Path:
    """The directory that holds runs/: $TUI_LAB_HOME, else the platform's data directory; raises
    `HomeError` where there is neither."""
    given = environ.get("TUI_LAB_HOME", "")
    try:
        return (Path(given).expanduser() if given else user_data_path("tui-lab")).absolute()
    except RuntimeError as error:  # neither $HOME nor an entry for the user, or ~ and a wrong name
        what = f"{given} names no directory" if given else "This user has no home directory"
        raise HomeError(f"{what}; set TUI_LAB_HOME to a directory you can write.") from error


def keys_path(environ: Mapping[str, str] = os.environ) -> Path:
    """The file with the person's own keys; it need not exist. Raises `HomeError`."""
    return home_directory(environ) / "keys.json"


def runs_directory(environ: Mapping[str, str] = os.environ) -> Path:
    """The directory with one directory per run. It need not exist: reading makes nothing, so that
    a home that can't be written is looked at all the same. Raises `HomeError` for one that can't
    be listed."""
    home = home_directory(environ)
    try:
        with suppress(FileNotFoundError):  # no run was made yet
            os.scandir(home / "runs").close()
    except OSError as error:
        raise HomeError(_home_sentence(home, error)) from error
    return home / "runs"


def writable_runs_directory(environ: Mapping[str, str] = os.environ) -> Path:
    """As `runs_directory`, made when missing; raises `HomeError` where runs can't be kept."""
    home = home_directory(environ)
    try:
        (home / "runs").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HomeError(_home_sentence(home, error)) from error
    if not os.access(home / "runs", os.W_OK | os.X_OK):
        raise HomeError(_home_sentence(home, PermissionError("Permission denied")))
    return home / "runs"


def cache_directory() -> Path:
    """The directory for downloaded data sets; raises `HomeError` where there is no saying."""
    try:
        return user_cache_path("tui-lab")
    except RuntimeError as error:
        message = "This user has no home directory; set XDG_CACHE_HOME to one you can write."
        raise HomeError(message) from error


def runtime_directory() -> Path:
    """A private directory on a local file system for sockets and locks.

    Not $XDG_RUNTIME_DIR: it is removed at the last logout, and a run must outlive that. Raises
    `HomeError` when there is nowhere to make it, or it belongs to someone else.
    """
    try:
        path = Path(tempfile.gettempdir()) / f"tui-lab-{os.getuid()}"
    except FileNotFoundError as error:
        message = "No directory for sockets and locks can be written; set TMPDIR to one that can."
        raise HomeError(message) from error
    try:
        path.mkdir(mode=0o700, exist_ok=True)
        status = path.lstat()
        if status.st_uid != os.getuid() or path.is_symlink() or not path.is_dir():
            raise PermissionError(f"{path} belongs to someone else")
        if status.st_mode & 0o077:
            path.chmod(0o700)
    except OSError as error:
        message = f"{path} can't be used for sockets ({error}); set TMPDIR to a directory of yours."
        raise HomeError(message) from error
    return path


@dataclass(frozen=True)
class Settings:
    """How a session of the lab looks and behaves."""

    theme: Theme = "dark"
    marker: Marker = "braille"
    fps: float = 4.0
    """Frames per second of the charts."""
    mouse: bool = True
    bell: bool = False
    """Whether the terminal's bell rings at the end, a failure or an alarm of a run begun here."""
    seed: int = 0
    device: str = "auto"
    threads: int = 0
    """Of torch in a run; 0 for as many as are fastest."""
    again: Again = "ask"
    """What a new run does while the last one is live."""
    guard: GuardMode = "hold"
    """What happens when a loss or a gradient is not finite: somebody is there to decide."""


def default_threads(environ: Mapping[str, str] = os.environ) -> int:
    """$TUI_LAB_THREADS, or 0 for as many as are fastest; raises `UsageError`."""
    text = environ.get("TUI_LAB_THREADS", "") or "auto"
    return thread_count(text, "TUI_LAB_THREADS")


def default_again(environ: Mapping[str, str] = os.environ) -> Again:
    """$TUI_LAB_AGAIN, or ask; raises `UsageError`."""
    given = environ.get("TUI_LAB_AGAIN", "") or "ask"
    for again in AGAIN:
        if again == given:
            return again
    raise UsageError(
        f"TUI_LAB_AGAIN is {', '.join(AGAIN[:-1])} or {AGAIN[-1]}, not {given[:40]!r}."
    )


def default_bell(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether $TUI_LAB_BELL asks for the bell; quiet where nobody asked."""
    return environ.get("TUI_LAB_BELL", "") not in ("", "0")


def thread_count(text: str, name: str) -> int:
    """A number of threads as typed, 0 for `auto`; raises `UsageError` that names `name`."""
    if text == "auto":
        return 0
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:9]) <= _MOST_THREADS:
        raise UsageError(
            f"{name} is auto or a number from 1 to {_MOST_THREADS}, not {text[:40]!r}."
        )
    return int(text)


def default_fps(environ: Mapping[str, str] = os.environ) -> float:
    """4 frames a second, 2 over SSH."""
    return 2.0 if environ.get("SSH_CONNECTION") else 4.0


def _home_sentence(home: Path, error: OSError) -> str:
    reason = error.strerror or str(error)
    return (
        f"Runs can't be kept in {home} ({reason}); set TUI_LAB_HOME to a directory you can write."
    )
