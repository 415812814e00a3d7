"""What came out of a run, as one JSON object."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from tui_lab.annotation import Annotation
from tui_lab.errors import RunUnreadable
from tui_lab.events import RunFailed
from tui_lab.lineage import run_card
from tui_lab.run import RunRequest, RunStatus
from tui_lab.runs.annotations import read_annotation
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.encoding import dumps, finite
from tui_lab.runs.evaluations import Evaluations, may_be_evaluated
from tui_lab.runs.regular_file import read_end
from tui_lab.runs.standing import Limits
from tui_lab.runs.tail import RunTail

if TYPE_CHECKING:  # numpy comes with it
    from tui_lab.view_models.run import RunView

_LOG_TAIL = 4000
"""Bytes of worker.log that explain a crash."""


def run_result(directory: RunDirectory, view: RunView) -> dict[str, Any]:
    """What `run --json` and `show --json` print, but for the history; `view` is the run's log as
    folded. Non-finite numbers are strings in it.

    A run that is not over yet has the result it would have if it ended now. `parent` and
    `parent_step` are there for a branch, `error` when it failed or crashed, and after a crash
    `log`, the end of what its worker printed.
    """
    request, record, status = directory.request(), directory.status_record(), directory.status()
    ended = view.ended
    result: dict[str, Any] = {
        "run": directory.id,
        "experiment": request.experiment,
        "status": status.value,
        "seed": request.seed,
        "device": view.started.device if view.started else request.device,
        "hyperparameters": request.hyperparameters,
        "steps": max(ended.step if ended else view.step, record.step),
        "epochs": max(ended.epoch if ended else view.measurements.epoch, record.epoch),
        "elapsed_s": view.t,
        "metrics": {**view.metrics, **(ended.metrics if ended else {})},
    }
    result |= _origin(request)
    if status is RunStatus.FAILED:
        result["error"] = (ended.error if isinstance(ended, RunFailed) else "") or record.error
    if status is RunStatus.CRASHED:
        result["error"] = record.error or _crash(directory)
        result["log"] = log_tail(directory)
    return finite(result)  # type: ignore[no-any-return]


def _origin(request: RunRequest) -> dict[str, Any]:
    """What a run came of, beside an experiment: a script, another run, or a file."""
    if request.script is not None:
        return {"script": request.script.words}
    if request.parent:
        return {"parent": request.parent, "parent_step": request.parent_step}
    if request.imported:
        return {"imported": request.imported}
    return {}


def json_pieces(directory: RunDirectory, view: RunView) -> Iterator[bytes]:
    """The result with its history as JSON, piece by piece: a history may be longer than memory;
    and the command that makes the run again.

    The log is read once more, and all of it is checked: `damaged_lines` says what came of that.
    """
    settled = directory.status().is_finished
    tail = RunTail(directory.events_path, settled=settled, wanted=may_be_evaluated)
    with closing(Evaluations()) as evaluations:
        limits = Limits.of(directory.events_path, settled=settled)
        evaluations.gather(limits.standing(tail))
        view.note_damage(tail.damage)
        more = {
            "command": run_card(directory, view.experiment).command,
            "damaged_lines": sum(tail.damage.values()),
            **_written_on(directory),
        }
        yield dumps(run_result(directory, view) | more, indent=True).removesuffix(b"\n}")
        yield b',\n  "history": '
        yield from evaluations.pieces()
        yield b"\n}"


def _written_on(directory: RunDirectory) -> dict[str, Any]:
    """Name, note and tags; none where they can't be read."""
    try:
        return read_annotation(directory.path).to_json()
    except RunUnreadable:
        return Annotation().to_json()


def log_tail(directory: RunDirectory, most_bytes: int = _LOG_TAIL) -> str:
    """The last whole lines of what the worker printed; empty when it printed nothing."""
    try:
        end, is_cut = read_end(directory.log_path, most_bytes)
    except OSError:
        return ""
    text = end.decode("utf-8", "replace")
    return text.partition("\n")[2] if is_cut and "\n" in text else text


def _crash(directory: RunDirectory) -> str:
    code = directory.exit_status()
    if code is None:
        return "The worker vanished without a last event."
    how = f"was killed by signal {-code}" if code < 0 else f"ended with exit status {code}"
    return f"The worker {how}, without a last event."
