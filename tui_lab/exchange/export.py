"""A run as a file for other programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from tui_lab.errors import RunError
from tui_lab.exchange.event_file import write_events
from tui_lab.exchange.formats import EVENTS, Exported, format_of
from tui_lab.exchange.rows import Measured
from tui_lab.exchange.tables import write_csv, write_jsonl, write_parquet
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.model import export_model
from tui_lab.runs.replacement import replacing

_TABLES: Mapping[str, Callable[[Measured, BinaryIO], None]] = {
    ".csv": write_csv,
    ".jsonl": write_jsonl,
    ".parquet": write_parquet,
    EVENTS: write_events,
}


def export_run(directory: RunDirectory, to: Path, *, timed: bool = True) -> Exported:
    """Write a run to `to`, whose suffix says the format: its measurements as rows in the order that
    `Measured` gives them, without `timed` nothing that depends on the time; or what it trained.

    Directories that lead to a file that is named after its run are made. Raises `UsageError` for
    another suffix, `RunError` when `to` can't be written.
    """
    suffix = format_of(to)
    with _directories(to, directory.id):
        if suffix == ".pt":
            step = export_model(directory, to)
            return Exported(f"Wrote {to}: what was trained until step {step:,}.")
        measured = Measured(directory, timed=timed)
        with _written(to) as file:
            _TABLES[suffix](measured, file)
        return Exported(f"Wrote {to}.", measured.damage)


@contextmanager
def _written(to: Path) -> Iterator[BinaryIO]:
    """A new file at `to`, whole or not at all."""
    try:
        with replacing(to, mode=0o666) as file:
            yield file
    except OSError as error:
        raise RunError(f"{to} can't be written ({error.strerror or error}).") from error


@contextmanager
def _directories(to: Path, run_id: str) -> Iterator[None]:
    """Those that a file named after its run needs, gone again where nothing came of it."""
    made = [each for each in to.parents if not each.exists()] if run_id in to.name else []
    try:
        if made:
            to.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise RunError(f"{to} can't be written ({error.strerror or error}).") from error
    finally:
        for each in made:
            with suppress(OSError):  # it is not empty: all is well
                each.rmdir()
