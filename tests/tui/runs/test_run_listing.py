"""Which runs are listed, what is selected among them, and what is not made again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest

from tests.tui.fakes import FakeSession, summary
from tui_lab.experiment import Experiment
from tui_lab.run import RunStatus
from tui_lab.runs.catalogue import RunSummary
from tui_lab.tui.runs.listing import RunListing
from tui_lab.tui.runs.row import RunRow, run_row

OLD, NEW = summary(1), summary(2, experiment="other", status=RunStatus.RUNNING)
GONE = summary(3, experiment="gone")


@pytest.fixture
def listing(session: FakeSession) -> RunListing:
    """Two runs, the newer one live."""
    listing = RunListing(session)
    listing.take({run.id: run for run in (NEW, OLD)})
    return listing


def test_rows_are_those_that_the_filter_leaves(listing: RunListing) -> None:
    assert [row.id for row in listing.rows("")] == [NEW.id, OLD.id]
    assert [row.id for row in listing.rows("finished")] == [OLD.id]
    assert listing.title() == "Runs · 1 live · 2 in all · 1 shown"


def test_what_is_chosen_is_selected_or_under_the_cursor(listing: RunListing) -> None:
    listing.rows("")
    assert listing.chosen(OLD.id) == [OLD]
    listing.selected |= {NEW.id, OLD.id}
    assert listing.chosen(OLD.id) == [NEW, OLD]
    assert listing.title() == "Runs · 1 live · 2 in all · 2 selected"
    listing.take({OLD.id: OLD})
    assert listing.selected == {OLD.id}


def test_a_row_is_made_again_only_for_another_summary(
    listing: RunListing, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [row.age for row in listing.rows("").runs] == ["58 min", "59 min"]
    made = list[str]()

    def note(
        run: RunSummary, experiment: Experiment | None, now: datetime, columns: Sequence[str]
    ) -> RunRow:
        made.append(run.id)
        return run_row(run, experiment, now, columns)

    monkeypatch.setattr("tui_lab.tui.runs.listing.run_row", note)
    session.clock.advance(3600)
    assert [row.age for row in listing.rows("").runs] == ["1 h", "1 h"]
    assert made == []
    moved = summary(2, experiment="other", status=RunStatus.RUNNING, step=401)
    listing.take({moved.id: moved, OLD.id: OLD})
    assert listing.rows("").runs[0].cells["step"] == "401"
    assert made == [moved.id]


def test_an_experiment_that_is_gone_is_asked_for_once(
    listing: RunListing, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[str]()
    whole = session.experiment

    def note(name: str) -> Experiment:
        asked.append(name)
        return whole(name)

    monkeypatch.setattr(session, "experiment", note)
    for _ in range(2):
        assert listing.experiment(GONE) is None
        assert listing.experiment(OLD) is not None
    assert asked == ["gone", "toy"]
