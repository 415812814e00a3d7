"""Runs are exported from their list: a file for each, and whatever can't be is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from tests.tui.fakes import FakeSession
from tests.tui.lab import FakeStarter, ended
from tests.tui.listed import ALL, MIDDLE, OLD, Opened, at_runs, settled
from tui_lab.config import Settings
from tui_lab.errors import RunError
from tui_lab.tui.runs.export_dialog import ExportDialog
from tui_lab.tui.session.lab_session import LabSession
from tui_lab.tui.session.worker_pool import WorkerPool


@pytest.fixture
def app(session: FakeSession) -> Opened:
    """The app over five runs."""
    for run in ALL:
        session.put(run)
    return Opened(session)


async def test_e_writes_a_file_for_each_marked_run(app: Opened, session: FakeSession) -> None:
    session.damage[OLD.id] = {"altered": 2}
    async with app.run_test() as pilot:
        await at_runs(pilot, "end", "space", "up", "space", "e")
        assert isinstance(app.screen, ExportDialog)
        path = app.screen.query_one(Input)
        path.value = "one.csv"
        await pilot.press("enter")
        assert isinstance(app.screen, ExportDialog)
        assert "2 runs can't go into one file" in app.screen.complaint
        path.value = "/tmp/{run}.csv"
        await pilot.press("enter")
        await settled(pilot)
        written = [call for call in session.calls if call[0] == "export"]
        assert written == [
            ("export", MIDDLE.id, Path(f"/tmp/{MIDDLE.id}.csv")),
            ("export", OLD.id, Path(f"/tmp/{OLD.id}.csv")),
        ]
        assert app.told[0] == f"Wrote /tmp/{MIDDLE.id}.csv."
        assert app.told[1].startswith(f"Wrote /tmp/{OLD.id}.csv. 2 ")


async def test_what_goes_wrong_is_said(app: Opened, session: FakeSession) -> None:
    session.export_error = RunError("x.csv can't be written (No space left).")
    async with app.run_test() as pilot:
        await at_runs(pilot, "e", "enter")
        await settled(pilot)
        assert app.told == ["x.csv can't be written (No space left)."]
        await pilot.press("e", "escape")
        await settled(pilot)
        assert len([call for call in session.calls if call[0] == "export"]) == 1


async def test_the_session_writes_what_the_command_writes(tmp_path: Path) -> None:
    run = ended(tmp_path / "runs")
    workers = WorkerPool(FakeStarter())
    session = LabSession(tmp_path / "runs", Settings(), workers=workers)
    exported = await session.runs.export(run.id, tmp_path / "x.csv")
    assert (exported.said, exported.damage) == (f"Wrote {tmp_path / 'x.csv'}.", {})
    assert (tmp_path / "x.csv").read_text().startswith("step,epoch,kind")
