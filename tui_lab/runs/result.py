"""What came out of a run, as one JSON object."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tui_lab.events import (
    MetricsLogged,
    RunEnded,
    RunEvent,
    RunFailed,
    RunFinished,
    RunStarted,
    RunStopped,
)
from tui_lab.run import RunRequest, RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.encoding import plain
from tui_lab.runs.regular_file import read_end
from tui_lab.runs.tail import read_events

_LOG_TAIL = 4000
"""Bytes of worker.log that explain a crash."""


def run_result(directory: RunDirectory) -> dict[str, Any]:
    """The object that `run --json` and `show --json` print; non-finite numbers are strings in it.

    A run that is not over yet has the result it would have if it ended now. `error` is there when
    it failed or crashed, and after a crash `log`, the end of what its worker printed.
    """
    request = directory.request()
    fold = _Fold(request)
    fold.read(read_events(directory.events_path))
    status = directory.status()
    record = directory.status_record()
    result = {
        "run": directory.id,
        "experiment": request.experiment,
        "status": status.value,
        "seed": request.seed,
        "device": fold.device,
        "hyperparameters": request.hyperparameters,
        "steps": max(fold.steps, record.step),
        "epochs": max(fold.epochs, record.epoch),
        "elapsed_s": fold.elapsed,
        "metrics": {**fold.metrics, **fold.final},
        "history": fold.history,
    }
    if status is RunStatus.FAILED:
        result["error"] = fold.error or record.error
    if status is RunStatus.CRASHED:
        result["error"] = record.error or _crash(directory)
        result["log"] = log_tail(directory)
    return plain(result)  # type: ignore[no-any-return]


def log_tail(directory: RunDirectory, most_bytes: int = _LOG_TAIL) -> str:
    """The last whole lines of what the worker printed; empty when it printed nothing."""
    try:
        end, is_cut = read_end(directory.log_path, most_bytes)
    except OSError:
        return ""
    text = end.decode("utf-8", "replace")
    return text.partition("\n")[2] if is_cut and "\n" in text else text


class _Fold:
    """The parts of a result that come from the log."""

    def __init__(self, request: RunRequest) -> None:
        self.device = request.device
        self.elapsed = 0.0
        self.steps = 0
        self.epochs = 0
        self.error = ""
        self.metrics: dict[str, Any] = {}
        self.final: dict[str, Any] = {}
        self.history: dict[str, dict[str, list[Any]]] = {}

    def read(self, events: Iterable[RunEvent]) -> None:
        for event in events:
            self.elapsed = max(self.elapsed, event.t)
            match event:
                case RunStarted():
                    self.device = event.device
                case MetricsLogged():
                    self._metrics(event)
                case RunFinished() | RunStopped() | RunFailed():
                    self._ending(event)

    def _metrics(self, event: MetricsLogged) -> None:
        columns = {key: column for key, column in event.columns.items() if len(column)}
        self.metrics.update({key: column[-1] for key, column in columns.items()})
        if event.kind == "step":
            longest = max(map(len, columns.values()), default=0)
            self.steps = max(self.steps, event.first + longest - 1)
            return
        self.steps = max(self.steps, *event.steps, 0)
        self.epochs = max(self.epochs, *event.epochs, 0)
        if event.kind == "epoch":
            for key, column in columns.items():
                self._evaluations(key, event, column)

    def _evaluations(self, key: str, event: MetricsLogged, column: Iterable[Any]) -> None:
        empty: dict[str, list[Any]] = {"step": [], "epoch": [], "value": []}
        series = self.history.setdefault(key, empty)
        for step, epoch, value in zip(event.steps, event.epochs, column, strict=False):
            series["step"].append(step)
            series["epoch"].append(epoch)
            series["value"].append(value)

    def _ending(self, event: RunEnded) -> None:
        self.steps, self.epochs = event.step, event.epoch
        self.final = dict(event.metrics)
        self.error = event.error if isinstance(event, RunFailed) else ""


def _crash(directory: RunDirectory) -> str:
    code = directory.exit_status()
    if code is None:
        return "The worker vanished without a last event."
    how = f"was killed by signal {-code}" if code < 0 else f"ended with exit status {code}"
    return f"The worker {how}, without a last event."
