"""A run's measurements as a table: CSV, JSON lines, Parquet."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, BinaryIO

from tui_lab.errors import UsageError
from tui_lab.exchange.rows import Measured, Row, as_float
from tui_lab.runs.encoding import dumps, dumps_finite

_GROUP = 1 << 16
"""Rows of a row group."""
TIMES = ("seconds", "time")
"""Columns that say when a row was: seconds since the start, and ISO 8601 in UTC."""


def write_csv(measured: Measured, file: BinaryIO) -> None:
    """A column for each metric; a cell is empty where it was not measured."""
    text = io.TextIOWrapper(file, "utf-8", newline="")
    writer = csv.writer(text, lineterminator="\n")
    times = TIMES if measured.timed else ()
    writer.writerow(("step", "epoch", "kind", *times, *measured.keys))
    for row in measured.rows():
        values = map(row.values.get, measured.keys)
        writer.writerow((row.step, row.epoch, row.kind, *_times(measured, row).values(), *values))
    text.detach()


def write_jsonl(measured: Measured, file: BinaryIO) -> None:
    """An object for each row, with what was measured there."""
    places = {key: place for place, key in enumerate(measured.keys)}
    for row in measured.rows():
        keys = sorted((key for key in row.values if key in places), key=places.__getitem__)
        values = {key: row.values[key] for key in keys}
        head = {"step": row.step, "epoch": row.epoch, "kind": row.kind, **_times(measured, row)}
        file.write(dumps_finite(head | values) + b"\n")


def write_parquet(measured: Measured, file: BinaryIO) -> None:
    """As CSV, in typed columns; raises `UsageError` where pyarrow is not installed."""
    try:
        import pyarrow as arrow  # few have it, and those who have wait for it here alone
        from pyarrow import parquet
    except ImportError as error:
        lacking = isinstance(error, ModuleNotFoundError)
        why = "is not installed" if lacking else f"can't be used here ({error})"
        raise UsageError(
            f'Parquet needs pyarrow, which {why}: pip install -U "tui-lab[export]".'
        ) from None
    schema = arrow.schema(_fields(arrow, measured), metadata=_about(measured))
    rows = measured.rows()
    with parquet.ParquetWriter(file, schema) as writer:
        while some := list(islice(rows, _GROUP)):
            writer.write_table(arrow.Table.from_pydict(_columns(measured, some), schema=schema))


def _times(measured: Measured, row: Row) -> Mapping[str, Any]:
    if not measured.timed:
        return {}
    return dict(zip(TIMES, (round(row.seconds, 6), measured.moment(row.seconds)), strict=True))


def _fields(arrow: Any, measured: Measured) -> Iterator[tuple[str, Any]]:
    yield from (("step", arrow.int64()), ("epoch", arrow.int64()), ("kind", arrow.string()))
    if measured.timed:
        yield from (("seconds", arrow.float64()), ("time", arrow.timestamp("ms", "UTC")))
    for key in measured.keys:
        yield key, arrow.float64()


def _about(measured: Measured) -> Mapping[str, bytes]:
    """What the run was, beside the columns."""
    request = measured.request
    name = measured.directory.id if measured.timed else ""
    return {
        "tui-lab.run": name.encode(),
        "tui-lab.experiment": request.experiment.encode("utf-8", "replace"),
        "tui-lab.hyperparameters": dumps(request.hyperparameters),
    }


def _columns(measured: Measured, rows: list[Row]) -> Mapping[str, list[Any]]:
    columns: dict[str, list[Any]] = {
        "step": [row.step for row in rows],
        "epoch": [row.epoch for row in rows],
        "kind": [row.kind for row in rows],
    }
    if measured.timed:
        columns["seconds"] = [row.seconds for row in rows]
        columns["time"] = [_milliseconds(measured, row.seconds) for row in rows]
    for key in measured.keys:
        columns[key] = [as_float(row.values[key]) if key in row.values else None for row in rows]
    return columns


def _milliseconds(measured: Measured, seconds: float) -> int | None:
    """Since 1970; None where it is not known when the run began."""
    if measured.started is None or not math.isfinite(seconds):
        return None
    return round((measured.started.timestamp() + seconds) * 1000)
