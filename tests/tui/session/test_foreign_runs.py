"""Protects the lab from run directories that anyone may have written: its lists fill, its screens
open, and nothing a log says reaches the terminal as an order."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tui.lab import FakeSpare, FakeStarter
from tests.tui.places import told, until
from tui_lab.config import Settings
from tui_lab.runs.catalogue import RunSummary
from tui_lab.tui.app import TuiLabApp
from tui_lab.tui.experiment.follower import RunFollower
from tui_lab.tui.experiment.screen import ExperimentScreen
from tui_lab.tui.runs.table import RunTable
from tui_lab.tui.session.lab_session import LabSession
from tui_lab.tui.session.worker_pool import WorkerPool

RECORDED = Path(__file__).parents[2] / "data" / "run-v1"
ORDERS = "\x1b[31m\x1b]0;owned\x07"


def change(path: Path, name: str, **fields: Any) -> None:
    """Give fields of one of a run's files other values."""
    data = json.loads((path / name).read_bytes())
    (path / name).write_text(json.dumps(data | fields))


def from_the_first_year(path: Path) -> None:
    (path / "status.json").unlink()
    (path / "events.jsonl").unlink()
    change(path, "run.json", created="0001-01-01T00:00:00")


def from_the_future(path: Path) -> None:
    (path / "status.json").unlink()
    (path / "events.jsonl").unlink()
    change(path, "run.json", created="2525-01-01T00:00:00+00:00")


def with_a_pipe(path: Path) -> None:
    (path / "status.json").unlink()
    os.mkfifo(path / "status.json")


def endless(path: Path) -> None:
    (path / "run.json").unlink()
    (path / "run.json").symlink_to("/dev/zero")


def of_a_process_that_can_not_be(path: Path) -> None:
    (path / "events.jsonl").unlink()
    host = os.uname().nodename
    fields = {"status": "running", "pid": 99999999999, "heartbeat": time.time(), "host": host}
    change(path, "status.json", **fields)


def with_long_words(path: Path) -> None:
    change(path, "run.json", hyperparameters={"lr": "x" * 9_000, "\x1b[31m": ORDERS})
    change(path, "status.json", metrics={f"norm/{i}": i for i in range(50_000)})


def of_a_file(path: Path) -> None:
    change(path, "run.json", plugin="/nowhere/mine.py", experiment="mine")


def with_orders(path: Path) -> None:
    """Every text of its log holds what a terminal would obey, or has a type of its own."""
    events = [json.loads(line) for line in (path / "events.jsonl").read_bytes().splitlines()]
    for event in events[:-1]:
        for key, value in event.items():
            if isinstance(value, str) and key not in ("type", "kind", "started"):
                event[key] = value + ORDERS
    events[0]["source"] = [ORDERS, "\tyield"]
    events.insert(1, {"type": "metrics", "t": "x", "kind": "step", "columns": {"a": [[1], "b"]}})
    events.insert(2, {"type": "picture", "t": 0, "step": 1, "picture": "Data and fit",
                      "layer": "points", "data": {"x": [[1, [2]]], "y": [None]}})  # fmt: skip
    paused = {"type": "run_paused", "t": 1, "step": 4, "reason": ORDERS}
    held = {"type": "phase_entered", "t": 1, "step": 5, "phase": ORDERS, "line": 41}
    events[-1:] = [paused, held]
    (path / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))


WORST: tuple[Callable[[Path], None], ...] = (
    from_the_first_year,
    from_the_future,
    with_a_pipe,
    endless,
    of_a_process_that_can_not_be,
    with_long_words,
    of_a_file,
    with_orders,
)
READABLE = {with_a_pipe, with_long_words, with_orders, from_the_first_year, from_the_future}


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """One run of each of the worst kinds, and a good one."""
    for place, spoil in enumerate((lambda path: None, *WORST)):
        path = tmp_path / "runs" / name_of(place)
        shutil.copytree(RECORDED, path)
        spoil(path)
    return tmp_path / "runs"


@pytest.fixture
def app(runs: Path) -> TuiLabApp:
    return TuiLabApp(LabSession(runs, Settings(), workers=WorkerPool(FakeStarter(), FakeSpare())))


def name_of(place: int) -> str:
    """The run that stands at this place of the list by its name, from the bottom."""
    return f"linear-regression-20261120-2347{place:02}-000{place}"


def table(app: TuiLabApp) -> RunTable:
    return app.screen.query_one(RunTable)


async def test_home_and_the_list_of_runs_have_a_row_for_each(app: TuiLabApp) -> None:
    async with app.run_test(size=(140, 40)) as pilot:
        for keys in ((), ("h",)):
            await pilot.press(*keys)
            await until(pilot, lambda: len(table(app).rows) == 1 + len(WORST))
            rows = {row.id: row for row in table(app).rows.runs}
            assert not any(row.status.value == "running" for row in rows.values())
            assert "is a pipe" in rows[name_of(3)].error
            assert "is a link" in rows[name_of(4)].error
            assert "can't have been made at '0001-01-01" in rows[name_of(1)].error
            assert not any("\x1b" in row.values + row.error for row in rows.values())
            assert "\x1b" not in app.export_screenshot()


def shown(app: TuiLabApp) -> RunFollower:
    assert isinstance(app.screen, ExperimentScreen)
    return app.screen.run


@pytest.mark.parametrize("spoil", WORST, ids=lambda spoil: spoil.__name__)
async def test_each_is_opened_or_refused_in_a_sentence(
    app: TuiLabApp, spoil: Callable[[Path], None]
) -> None:
    run_id = name_of(1 + WORST.index(spoil))
    async with app.run_test(size=(140, 40)) as pilot:
        app.open_run(run_id)
        if spoil is of_a_file:
            await until(pilot, lambda: "a file of yours" in "".join(told(app)))
        elif spoil not in READABLE:
            await until(pilot, lambda: run_id in "".join(told(app)))
        else:
            await until(pilot, lambda: shown(app).id == run_id)
            await until(pilot, lambda: shown(app).feed is not None)
            for tab in "12345":
                await pilot.press(tab)
                await pilot.pause()
                assert "\x1b" not in app.export_screenshot()


def test_of_a_damaged_record_the_log_says_what_became_of_the_run(app: TuiLabApp) -> None:
    run: RunSummary = app.session.runs.summary(name_of(3))
    assert (run.status.value, run.step, run.epoch, run.readable) == ("finished", 4, 2, True)
    assert run.error == f"status.json of {run.id} can't be read (it is a pipe, not a file)."
