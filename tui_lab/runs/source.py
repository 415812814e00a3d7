"""The person's own file that a run was made of, kept in its directory as it was then."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from tui_lab.errors import ExperimentError, RunError
from tui_lab.run import SOURCE, RunRequest


def keep_source(runs: Path, run: Path, request: RunRequest) -> None:
    """Keep the text that the request is for: the file's, or what a branch's parent kept of it.
    Raises `ExperimentError` where neither is that text any more, and `OSError`."""
    if not request.sha256:
        return
    for path in (Path(request.plugin), runs / request.parent / SOURCE):
        try:
            text = path.read_bytes()
        except OSError:
            continue
        if sha256(text).hexdigest() == request.sha256:
            (run / SOURCE).write_bytes(text)
            return
    raise ExperimentError(f"{request.plugin} was changed or removed just now; begin again.")


def kept_source(run: Path, request: RunRequest) -> bytes:
    """The text that the run in a directory was made of; raises `RunError` where it is another."""
    try:
        text = (run / SOURCE).read_bytes()
    except OSError as error:
        raise RunError(f"{run.name} has lost its {SOURCE} ({error.strerror or error}).") from error
    if sha256(text).hexdigest() != request.sha256:
        raise RunError(f"{SOURCE} of {run.name} is not what the run was made of.")
    return text


def change_since(request: RunRequest) -> str:
    """What became of the file since the run was made of it: "is gone", "was edited since"; empty
    where it is the same, or nobody knows."""
    if not request.sha256:
        return ""
    try:
        text = Path(request.plugin).read_bytes()
    except OSError:
        return "is gone"
    return "" if sha256(text).hexdigest() == request.sha256 else "was edited since"
