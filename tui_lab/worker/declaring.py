"""What a person's own file declares: `python -m tui_lab.worker.declaring FILE [VALUES]`.

The file is loaded here and nowhere else before a run: one JSON object on standard output says
`{"declaration", "constrained", "files"}`, or `{"error"}` in one sentence. With VALUES (a JSON
object, in JSON form) it says whether the declaration's constraint has something against them:
`{"name", "refused"}`, empty where it has not. What the file prints goes elsewhere.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from hashlib import sha256
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from tui_lab.declaration import checked, to_json
from tui_lab.errors import ExperimentError, HyperparameterError
from tui_lab.experiment import Experiment
from tui_lab.own_module import beside, import_file
from tui_lab.plugins import declared_in
from tui_lab.runs.encoding import dumps, loads
from tui_lab.worker.slips import LoadsTooLong, sentence


def main(arguments: list[str]) -> NoReturn:
    """Answer on standard output; the exit status is 0 also where the answer is an error."""
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    path, seconds, values = arguments[0], float(arguments[1]), arguments[2:]
    out.write(dumps(answered(Path(path), seconds, *map(str.encode, values))) + b"\n")
    os._exit(0)  # what the file left behind, threads or handlers, is not waited for


def answered(path: Path, seconds: float, values: bytes = b"") -> dict[str, Any]:
    """What is to be said of the file, or of `values` for it, within so many seconds."""
    try:
        with _limited(seconds):
            return _refusal(path, loads(values)) if values else _declaration(path)
    except BaseException as error:  # the person's own code: whatever it raises is one sentence
        return {"error": sentence(path, error)}


def _declaration(path: Path) -> dict[str, Any]:
    # The text that is hashed is the text that is run.
    text = path.read_bytes()
    module = import_file(path, text)
    experiment = declared_in(module, str(path))
    declaration = loads(dumps(to_json(experiment)))
    try:
        checked(declaration)
    except ValueError as error:
        said = str(error).removeprefix("is no declaration: ").rstrip(".")
        raise ExperimentError(f"{path}: {said}.") from error
    # torch comes with it: a slip in the file is told before.
    from tui_lab.worker.programs import program_class

    program_class(experiment.program, module)
    files = {str(file): _digest(file) for file in beside(path.parent) if file != path}
    return {
        "declaration": declaration,
        "constrained": experiment.constraint is not _unconstrained(),
        "files": {**files, str(path): sha256(text).hexdigest()},
    }


def _refusal(path: Path, values: Mapping[str, Any]) -> dict[str, str]:
    experiment = declared_in(import_file(path), str(path))
    try:
        experiment.choose(values)
    except HyperparameterError as error:
        return {"name": error.name, "refused": str(error)}
    return {"name": "", "refused": ""}


def _unconstrained() -> object:
    return next(f.default for f in fields(Experiment) if f.name == "constraint")


def _digest(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Raises `LoadsTooLong`, at the line where the file is then, after so long."""

    def give_up(number: int, frame: FrameType | None) -> None:
        raise LoadsTooLong(f"loading it takes more than {seconds:g} s")

    signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


if __name__ == "__main__":
    main(sys.argv[1:])
