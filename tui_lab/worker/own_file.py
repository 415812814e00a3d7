"""A person's own file: what it declares, found in a child that loads it and handed over as data.

Nothing of the file runs in this process, and torch is not imported. What was found is kept under
<home>/declarations until the file, a module beside it, the lab or Python is another.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from tui_lab import __version__, checks
from tui_lab.config import home_directory
from tui_lab.declaration import checked, from_json
from tui_lab.errors import ExperimentError, HyperparameterError
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Hyperparameters
from tui_lab.runs.encoding import dumps, loads
from tui_lab.runs.regular_file import read_regular
from tui_lab.runs.replacement import replacing
from tui_lab.worker.process import environment

SECONDS = 60.0
"""For loading a file; torch may come from a cold disk meanwhile."""
_GRACE = 5.0
_MOST_KEPT = 64
"""Declarations."""
_MOST_BYTES = 8 << 20

Ask = Callable[..., Mapping[str, Any]]
"""What a child says of a file, or of values for it: `ask(path, values=None)`."""


@dataclass(frozen=True)
class OwnFile:
    """A file, its text's sha256 and what that declares."""

    path: Path
    sha256: str
    declaration: Mapping[str, Any]
    constrained: bool = False
    """Whether its values are checked together too, which only the file itself can do."""
    known_as: str = ""
    """The path by which runs know it, where this is what one of them kept of it."""

    @property
    def experiment(self) -> Experiment:
        """As data: a constraint is left to who runs the file."""
        return from_json(self.declaration)

    @property
    def of_request(self) -> dict[str, Any]:
        """What a run's request says of it."""
        path, text = str(self.path), self.sha256
        return {"plugin": path, "sha256": text, "declaration": self.declaration}


def ask_child(path: Path, values: str = "", *, seconds: float = SECONDS) -> Mapping[str, Any]:
    """What a child says of the file; raises `ExperimentError` with the sentence it gives."""
    command = [sys.executable, "-P", "-m", "tui_lab.worker.declaring", str(path), str(seconds)]
    try:
        done = subprocess.run(
            [*command, *([values] if values else [])],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
            cwd="/",
            timeout=seconds + _GRACE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ExperimentError(f"{path}: loading it takes more than {seconds:g} s.") from None
    try:
        said: Mapping[str, Any] = loads(done.stdout)
    except ValueError:
        how = f"signal {-done.returncode}" if done.returncode < 0 else f"status {done.returncode}"
        raise ExperimentError(f"{path} ended Python as it was loaded ({how}).") from None
    if "error" in said:
        raise ExperimentError(str(said["error"]))
    return said


def read_own_file(path: Path, ask: Ask = ask_child) -> OwnFile:
    """What the file declares; raises `ExperimentError`."""
    digest = file_digest(path)
    entry = home_directory() / "declarations" / f"{sha256(os.fsencode(path)).hexdigest()[:32]}.json"
    if (kept := _kept(entry, path, digest)) is not None:
        return kept
    said = ask(path)
    with suppress(OSError):  # a home that can't be written costs the time again
        _keep(entry, said)
    return _found(path, said)


def file_digest(path: Path) -> str:
    """The sha256 of a file of a person's own; raises `ExperimentError` where there is none."""
    if not path.is_file():
        raise ExperimentError(f"{path} is not a file; give the path of a Python file.")
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ExperimentError(f"{path} can't be read ({error.strerror or error}).") from error


def constrained(own: OwnFile, ask: Ask = ask_child) -> Experiment:
    """Its experiment with its constraint, for which a child is asked once for each set of values;
    that takes as long as loading the file does."""
    experiment = own.experiment
    if not own.constrained:
        return experiment
    answers: dict[str, Mapping[str, Any]] = {}

    def constraint(values: Hyperparameters) -> HyperparameterError | None:
        written = dumps(experiment.to_json(values)).decode()
        if written not in answers:
            answers[written] = ask(own.path, written)
        name, refused = str(answers[written]["name"]), str(answers[written]["refused"])
        return HyperparameterError(name, refused) if refused else None

    return replace(experiment, constraint=constraint)


def _found(path: Path, said: Mapping[str, Any]) -> OwnFile:
    found = checks.fields(said, _ANSWER, ("declaration", "files"))
    digest = found["files"][str(path)]
    return OwnFile(path, digest, found["declaration"], found.get("constrained", False))


def _kept(entry: Path, path: Path, digest: str) -> OwnFile | None:
    """What was found before, if it is still so."""
    try:
        data = loads(read_regular(entry, _MOST_BYTES))
        found = _found(path, data)
        files = checks.mapped(checks.name)(data["files"])
        current = all(file_digest(Path(file)) == known for file, known in files.items())
    except (OSError, ValueError, KeyError, TypeError, ExperimentError):
        return None  # none yet, damaged, or a module beside the file is gone
    return found if current and found.sha256 == digest and data.get("of") == _versions() else None


def _keep(entry: Path, said: Mapping[str, Any]) -> None:
    entry.parent.mkdir(parents=True, exist_ok=True)
    with replacing(entry) as file:
        file.write(dumps({**said, "of": _versions()}))
    by_age = sorted(entry.parent.glob("*.json"), key=lambda kept: kept.stat().st_mtime)
    for old in by_age[:-_MOST_KEPT]:
        old.unlink(missing_ok=True)


def _versions() -> list[str]:
    return [__version__, platform.python_version(), sys.executable]


_ANSWER: Mapping[str, checks.Check] = {
    "declaration": checked,
    "constrained": checks.flag,
    "files": checks.mapped(checks.name),
}
