"""Protects every run of the second format, whose log numbers its lines and has a checksum on each:
tests/data/run-v2 tells the same as run-v1, and is never changed to please a newer reader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tui_lab.commandline.report import fold_log
from tui_lab.commandline.result import json_pieces
from tui_lab.event_encoding import to_json
from tui_lab.events import RunFinished
from tui_lab.exchange.export import export_run
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.encoding import dumps
from tui_lab.runs.seal import number_of, sealed
from tui_lab.runs.tail import RunTail, last_event, read_events

DATA = Path(__file__).parent.parent / "data"
FIRST, SECOND = RunDirectory(DATA / "run-v1"), RunDirectory(DATA / "run-v2")


def result(run: RunDirectory) -> dict[str, Any]:
    printed: dict[str, Any] = json.loads(b"".join(json_pieces(run, fold_log(run))))
    return {**printed, "run": ""}


def test_a_line() -> None:
    line = sealed(b'{"type":"run_paused","t":1.5}', 17)
    assert line == b'{"type":"run_paused","t":1.5,"n":17,"crc":"13e8f929"}\n'
    assert number_of(line[:-1]) == 17


def test_every_line_is_sealed() -> None:
    lines = SECOND.events_path.read_bytes().splitlines()
    assert [number_of(line) for line in lines] == list(range(1, 16))


def test_every_event_is_as_in_the_first_format() -> None:
    tail = RunTail(SECOND.events_path, settled=True)
    first = [dumps(to_json(event)) for event in read_events(FIRST.events_path)]
    assert [dumps(to_json(event)) for event in tail] == first
    assert tail.damage == {}
    assert isinstance(last_event(SECOND.events_path), RunFinished)


def test_the_request() -> None:
    assert (FIRST.request().format, SECOND.request().format) == (1, 2)


def test_result_and_export_are_as_of_the_first_format(tmp_path: Path) -> None:
    assert result(SECOND) == result(FIRST)
    tables = []
    for run in (FIRST, SECOND):
        assert export_run(run, tmp_path / "run.csv").damage == {}
        tables.append((tmp_path / "run.csv").read_text())
    assert tables[0] == tables[1]
