"""The small files of a run, each a JSON object, and why one can't be read."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from tui_lab.errors import RunUnreadable
from tui_lab.runs.encoding import dumps, loads
from tui_lab.runs.regular_file import read_regular
from tui_lab.runs.replacement import replacing

T = TypeVar("T")

_MOST_BYTES = 8 << 20
"""Of a file that holds one JSON object; the last metrics of 100,000 parameters take as many."""


class ObjectFile:
    """The file `name` in the directory of a run."""

    def __init__(self, run: Path, name: str) -> None:
        self._run = run
        self.name = name
        self.path = run / name

    def read(self) -> dict[str, Any]:
        """The object in it; raises `RunUnreadable` in one sentence, because of a
        `FileNotFoundError` when it is not there."""
        try:
            data = loads(read_regular(self.path, _MOST_BYTES))
        except OSError as error:
            raise RunUnreadable(self._why_not(error)) from error
        except ValueError as error:
            raise RunUnreadable(f"{self.name} of {self.run} is torn: it is not JSON.") from error
        if not isinstance(data, dict):
            raise RunUnreadable(f"{self.name} of {self.run} does not hold a JSON object.")
        return data

    def checked(
        self, read: Callable[[Mapping[str, Any]], T], data: Mapping[str, Any] | None = None
    ) -> T:
        """What `read` makes of it, or of the `data` it was found to hold; a `ValueError` becomes
        `RunUnreadable`."""
        if data is None:
            data = self.read()
        try:
            return read(data)
        except ValueError as error:
            raise RunUnreadable(f"{self.name} of {self.run} can't be used: {error}.") from error

    def write(self, data: object, *, durable: bool = False, indent: bool = False) -> None:
        """Replace it; raises `OSError`, on a full disk for one, and keeps the old."""
        with replacing(self.path, durable=durable) as file:
            file.write(dumps(data, indent=indent) + b"\n")

    @property
    def run(self) -> str:
        """The name of the run, fit to be printed."""
        return "".join(c if c.isprintable() else "�" for c in self._run.name)

    def _why_not(self, error: OSError) -> str:
        if isinstance(error, FileNotFoundError):
            what = f"has no {self.name}" if self._run.exists() else "does not exist"
            return f"{self.run} {what}."
        if isinstance(error, NotADirectoryError):
            return f"{self.run} is not a directory."
        owner = _other_owner(self._run) if isinstance(error, PermissionError) else ""
        if owner:
            return f"{self.run} belongs to {owner} and can't be read."
        return f"{self.name} of {self.run} can't be read ({error.strerror or error})."


def _other_owner(path: Path) -> str:
    """The user a path belongs to, when that is someone else and can be told."""
    try:
        owner = path.stat().st_uid
    except OSError:
        return ""
    if owner == os.geteuid():
        return ""
    try:
        return pwd.getpwuid(owner).pw_name
    except KeyError:
        return f"user {owner}"
