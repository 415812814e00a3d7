"""A run's measurements as TensorBoard reads them: one event for each row, with all of its values.

Written here and not by a library, as an event of several values takes a tenth of the time, and
nobody needs TensorBoard or protobuf to write one.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import BinaryIO

import numpy as np

from tui_lab.exchange.record_file import LONGEST, framed
from tui_lab.exchange.rows import Measured, Row, as_float
from tui_lab.runs.encoding import dumps

_BATCH = 4096
_FULL = LONGEST - 64
"""Bytes of values in an event, so that the record is one that is read as numbers."""
_VERSION = b"brain.Event:2"
_STRING = 7
"""The number of DT_STRING."""


def write_events(measured: Measured, file: BinaryIO) -> None:
    """Tags are the metrics' keys at steps, and of other kinds `epoch/…`, `gradients/…` and so on.
    Values are float32, as the format has them."""
    tags = _Tags()
    file.write(framed([_event(_begun(measured), 0, _field(3, _VERSION)), _about(measured)]))
    rows = measured.rows()
    while some := list(islice(rows, _BATCH)):
        file.write(framed([event for row in some for event in tags.events(measured, row)]))


class _Tags:
    """What stands before each value of a tag, which is the same every time."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], bytes] = {}

    def events(self, measured: Measured, row: Row) -> Iterator[bytes]:
        """A row as an event; as several where it has too many values for one record."""
        at = _begun(measured) + row.seconds * measured.timed
        epoch = b""
        if row.kind == "epoch" and row.epoch is not None:
            epoch = self._before("epoch", "epoch") + struct.pack("<f", row.epoch)
        summary = b""
        for value in self._values(row):
            if summary and len(summary) + len(value) + len(epoch) > _FULL:
                yield _event(at, row.step, _field(5, summary + epoch))
                summary = b""
            summary += value
        yield _event(at, row.step, _field(5, summary + epoch))

    def _values(self, row: Row) -> Iterator[bytes]:
        with np.errstate(over="ignore"):
            numbers = np.array([as_float(v) for v in row.values.values()], "<f4").tobytes()
        for place, key in enumerate(row.values):
            yield self._before(row.kind, key) + numbers[4 * place : 4 * place + 4]

    def _before(self, kind: str, key: str) -> bytes:
        if (kind, key) not in self._known:
            tag = _field(1, tag_of(kind, key).encode("utf-8", "replace")) + _key(2, 5)
            self._known[kind, key] = _key(1, 2) + _varint(len(tag) + 4) + tag
        return self._known[kind, key]


def tag_of(kind: str, key: str) -> str:
    """What a metric is called in an event file."""
    return key if kind == "step" else f"{kind}/{key}"


def _begun(measured: Measured) -> float:
    """Seconds since 1970 at which the run began; 0 where that is left out."""
    if measured.started is None or not measured.timed:
        return 0.0
    return measured.started.timestamp()


def _about(measured: Measured) -> bytes:
    """What the run was, for TensorBoard's page of texts."""
    request = measured.request
    values: Mapping[str, object] = {
        "experiment": request.experiment,
        "seed": request.seed,
        **request.hyperparameters,
    }
    rows = "".join(f"|{_cell(k)}|{_cell(v)}|\n" for k, v in values.items())
    text = f"|hyperparameter|value|\n|-|-|\n{rows}".encode()
    tensor = _number(1, _STRING) + _field(2, _field(2, _number(1, 1))) + _field(8, text)
    metadata = _field(1, _field(1, b"text"))
    value = _field(1, b"hyperparameters/text_summary") + _field(9, metadata) + _field(8, tensor)
    return _event(_begun(measured), 0, _field(5, _field(1, value)))


def _cell(value: object) -> str:
    text = value if isinstance(value, str) else dumps(value).decode()
    return text.encode("utf-8", "replace").decode().replace("|", "\\|").replace("\n", " ")


def _event(wall_time: float, step: int, rest: bytes) -> bytes:
    return _key(1, 1) + struct.pack("<d", wall_time) + _number(2, step) + rest


def _field(number: int, content: bytes) -> bytes:
    return _key(number, 2) + _varint(len(content)) + content


def _number(number: int, value: int) -> bytes:
    return _key(number, 0) + _varint(value)


def _key(number: int, kind: int) -> bytes:
    return bytes([number << 3 | kind])


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)
