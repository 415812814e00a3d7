"""A study's screen: its table lives, its best lead to their runs, it is stopped only when that is
meant, and one that nobody drives any more says which key goes on."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.studied import JUDGED, asked, trial
from tests.tui.fake_studies import study_summary
from tests.tui.fakes import FakeSession, summary
from tests.tui.places import told
from tui_lab.errors import RunError
from tui_lab.study import StudyState, Trial, TrialState
from tui_lab.tui.app import TuiLabApp
from tui_lab.tui.experiment.screen import ExperimentScreen
from tui_lab.tui.home.screen import HomeScreen
from tui_lab.tui.navigation import HOME
from tui_lab.tui.study.dialogs import StopStudyDialog
from tui_lab.tui.study.form_screen import StudyFormScreen
from tui_lab.tui.study.listing import study_line
from tui_lab.tui.study.screen import StudyScreen
from tui_lab.tui.widgets.row_table import Cell

REQUEST = asked(seed=4)
STUDY = study_summary(REQUEST)
TRIALS = (
    trial(0, 0.5, {"lr": 0.1, "weight_decay": 1.0}, curve=((1, 2.0), (2, 0.5)), step=400),
    trial(1, 0.2, {"lr": 0.01, "weight_decay": 3.0}, curve=((1, 1.0), (2, 0.2)), step=400),
    trial(
        2,
        state=TrialState.PRUNED,
        values={"lr": 1.0, "weight_decay": 0.0},
        curve=((1, 9.0),),
        step=120,
    ),
    trial(3, values={"lr": 0.02, "weight_decay": 3.0}, curve=((1, 0.4),), step=80),
)


@pytest.fixture
def session() -> FakeSession:
    made = FakeSession([JUDGED])
    made.studies.put(REQUEST, STUDY, *TRIALS)
    made.studies.shares = {"lr": 0.8, "weight_decay": 0.2}
    for number, each in enumerate(TRIALS):
        made.put(summary(number, experiment="judged", id=each.runs[0]))
    return made


@asynccontextmanager
async def opened(
    session: FakeSession, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[tuple[Pilot[int], StudyScreen]]:
    app = TuiLabApp(session)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        app.open_study(STUDY.id)
        await settle(pilot)
        screen = app.place
        assert isinstance(screen, StudyScreen)
        yield pilot, screen


async def settle(pilot: Pilot[int]) -> None:
    for _ in range(2):
        await pilot.pause()
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()


def text(screen: StudyScreen) -> str:
    strips = screen.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


def experiment_screen(screen: StudyScreen) -> ExperimentScreen:
    assert isinstance(screen.lab.place, ExperimentScreen)
    return screen.lab.place


def numbers(screen: StudyScreen) -> list[int]:
    return [each.number for each in screen.body.table.rows]


def state(session: FakeSession, new: StudyState) -> None:
    session.studies.put(REQUEST, dataclasses.replace(STUDY, state=new))


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_the_table_says_everything_of_a_trial(
    session: FakeSession, size: tuple[int, int]
) -> None:
    async with opened(session, size) as (_, screen):
        shown = text(screen)
        assert "3 of 40" in shown
        assert "pruned at" in shown
        assert "best val/loss 0.2 in trial 1: lr 0.01  λ 3" in shown
        assert numbers(screen) == [1, 3, 0, 2]
        if size[0] >= 120:
            assert "running  best 0.2" in shown
            assert "2 complete · 1 pruned · 1 running  3 of 40" in shown
            assert "pruned at step 120" in shown
            assert "█▁" in shown
            assert "importance" in shown


async def test_what_comes_later_is_shown_and_the_cursor_stays(session: FakeSession) -> None:
    async with opened(session) as (pilot, screen):
        await pilot.press("down")
        assert screen.body.table.current == TRIALS[3]
        better = trial(3, 0.1, {"lr": 0.02, "weight_decay": 3.0}, step=400)
        session.studies.put(REQUEST, STUDY, better, trial(4, values={"lr": 0.5}))
        screen.look()
        await settle(pilot)
        assert numbers(screen) == [3, 1, 0, 2, 4]
        assert screen.body.table.current == better
        assert "best val/loss 0.1 in trial 3" in text(screen)


async def test_a_cursor_at_the_top_stays_there(session: FakeSession) -> None:
    async with opened(session) as (pilot, screen):
        session.studies.put(REQUEST, STUDY, trial(0, 0.1, {"lr": 0.1, "weight_decay": 1.0}))
        screen.look()
        await settle(pilot)
        assert screen.body.table.cursor == 0
        assert numbers(screen)[0] == 0


async def test_sort_goes_round_the_columns(session: FakeSession) -> None:
    async with opened(session) as (pilot, screen):
        seen = []
        for _ in range(6):
            await pilot.press("s")
            seen.append(screen.order.key)
        assert seen == ["step", "state", "trial", "lr", "weight_decay", "goal"]
        await pilot.press("i")
        assert screen.order.falling
        assert numbers(screen) == [2, 0, 3, 1]


async def test_nothing_is_sorted_by_a_column_that_has_no_room(session: FakeSession) -> None:
    async with opened(session, (80, 24)) as (pilot, screen):
        for _ in range(6):
            await pilot.press("s")
            assert screen.order.key in [column.key for column in screen.body.table.columns]
            heading = next(line for line in text(screen).splitlines() if "trial " in line)
            assert "↑" in heading


async def test_enter_opens_the_run_of_a_trial_and_escape_comes_back(session: FakeSession) -> None:
    async with opened(session) as (pilot, screen):
        for key in ("enter", "o"):
            await pilot.press(key)
            await settle(pilot)
            place = experiment_screen(screen)
            assert place.run.id == TRIALS[1].runs[0]
            await pilot.press("escape")
            await settle(pilot)
            assert screen.lab.place is screen
        await pilot.press("escape")
        await settle(pilot)
        assert isinstance(screen.lab.place, HomeScreen)


async def test_escape_leads_nowhere_from_a_run_of_no_study(session: FakeSession) -> None:
    async with opened(session) as (pilot, screen):
        screen.lab.go_to(HOME)
        screen.lab.open_experiment("judged", run_id=TRIALS[0].runs[0])
        await settle(pilot)
        await pilot.press("escape")
        assert experiment_screen(screen).run.id == TRIALS[0].runs[0]


async def test_a_trial_of_several_seeds_shows_them_all(session: FakeSession) -> None:
    both = (TRIALS[1].runs[0], TRIALS[0].runs[0])
    session.studies.put(REQUEST, STUDY, dataclasses.replace(TRIALS[1], runs=both))
    async with opened(session) as (pilot, screen):
        await pilot.press("enter")
        await settle(pilot)
        place = experiment_screen(screen)
        assert place.run.id == both[0]
        assert list(place.run.overlays._runs) == [both[1]]


async def test_a_trial_without_a_run_is_said(session: FakeSession) -> None:
    waiting = Trial(number=0, values={}, state=TrialState.WAITING)
    session.studies.put(REQUEST, STUDY, *(dataclasses.replace(waiting, number=n) for n in range(4)))
    async with opened(session) as (pilot, screen):
        await pilot.press("enter")
        await pilot.pause()
        assert told(screen.app) == ["Trial 0 has no run yet."]  # type: ignore[arg-type]


async def test_the_best_are_laid_over_each_other(session: FakeSession) -> None:
    async with opened(session) as (pilot, screen):
        await pilot.press("o")
        await settle(pilot)
        place = experiment_screen(screen)
        assert place.run.id == TRIALS[1].runs[0]
        assert list(place.run.overlays._runs) == [TRIALS[0].runs[0]]


async def test_how_many_are_the_best_is_chosen(session: FakeSession) -> None:
    async with opened(session) as (pilot, screen):
        await pilot.press(*["["] * 9)
        assert screen.best == 1
        await pilot.press("o")
        await settle(pilot)
        place = experiment_screen(screen)
        assert not len(place.run.overlays)


async def test_stopping_is_asked_and_can_be_left(session: FakeSession) -> None:
    async with opened(session) as (pilot, screen):
        await pilot.press("t")
        await pilot.pause()
        assert isinstance(screen.app.screen, StopStudyDialog)
        await pilot.press("t", "enter")
        await settle(pilot)
        assert ("stop", STUDY.id) not in session.studies.calls
        await pilot.press("t")
        await pilot.pause()
        await pilot.press("y")
        await settle(pilot)
        assert ("stop", STUDY.id) in session.studies.calls
        assert screen.study.summary.state is StudyState.STOPPED
        assert "u goes on" in text(screen)


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (StudyState.INTERRUPTED, "its coordinator is gone, u goes on"),
        (StudyState.STOPPED, "u goes on"),
        (StudyState.FAILED, "u tries again"),
    ],
)
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_study_that_nobody_drives_says_how_it_goes_on(
    session: FakeSession, left: StudyState, words: str, size: tuple[int, int]
) -> None:
    state(session, left)
    long = trial(1, 0.2, {"lr": 0.0123456, "weight_decay": 3.0}, reason="x")
    session.studies.put(REQUEST, dataclasses.replace(STUDY, state=left), long)
    async with opened(session, size) as (pilot, screen):
        assert words in text(screen)
        assert left.value in text(screen)
        await pilot.press("t")
        assert screen.app.screen is screen
        await pilot.press("u")
        await settle(pilot)
        assert ("resume", STUDY.id) in session.studies.calls
        assert words not in text(screen)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_why_a_study_failed_is_said_however_little_room_there_is(
    session: FakeSession, size: tuple[int, int]
) -> None:
    error = "box1:22 can't be used: " + "ssh said a lot, and then some more of it " * 6
    failed = dataclasses.replace(STUDY, state=StudyState.FAILED, error=error)
    session.studies.put(REQUEST, failed)
    async with opened(session, size) as (_, screen):
        assert "u tries again  box1:22 can't be used: ssh said a lot" in text(screen)


async def test_what_can_not_be_done_is_said(session: FakeSession) -> None:
    state(session, StudyState.STOPPED)
    async with opened(session) as (pilot, screen):
        session.studies.error = RunError("Somebody else has it.")
        await pilot.press("u")
        await settle(pilot)
        assert told(screen.app) == ["Somebody else has it."]  # type: ignore[arg-type]


async def test_a_finished_study_neither_stops_nor_goes_on(session: FakeSession) -> None:
    session.studies.put(
        REQUEST, dataclasses.replace(STUDY, state=StudyState.FINISHED, test={"test/loss": 0.25})
    )
    async with opened(session) as (pilot, screen):
        assert "on the test set: test/loss 0.25" in text(screen)
        await pilot.press("t", "u")
        await settle(pilot)
        assert screen.app.screen is screen
        assert all(call[0] == "importance" for call in session.studies.calls)


@pytest.mark.parametrize(("ended", "is_open"), [(39, True), (40, False)])
async def test_where_every_trial_failed_there_is_nothing_to_go_on_with(
    session: FakeSession, ended: int, is_open: bool
) -> None:
    counts = {TrialState.FAIL: ended}
    failed = dataclasses.replace(STUDY, state=StudyState.FAILED, counts=counts, error="All bad.")
    session.studies.put(REQUEST, failed)
    async with opened(session) as (pilot, screen):
        assert ("u tries again" in text(screen)) is is_open
        assert "All bad." in text(screen)
        await pilot.press("u")
        await settle(pilot)
        assert (("resume", STUDY.id) in session.studies.calls) is is_open


@pytest.mark.parametrize(
    ("left_out", "words"), [(1, "1 combination left out"), (1200, "1,200 combinations left out")]
)
async def test_combinations_that_are_left_out_are_counted(
    session: FakeSession, left_out: int, words: str
) -> None:
    session.studies.put(REQUEST, dataclasses.replace(STUDY, left_out=left_out))
    async with opened(session, (200, 60)) as (_, screen):
        assert words in text(screen)


async def test_panes_take_turns_where_it_is_narrow(session: FakeSession) -> None:
    async with opened(session, (80, 24)) as (pilot, screen):
        for key, name in (("2", "knobs"), ("3", "parallel"), ("4", "importance"), ("1", "trials")):
            await pilot.press(key)
            await settle(pilot)
            assert [n for n, pane in screen.body.panes.items() if pane.display] == [name]
        await pilot.press("3")
        await settle(pilot)
        assert "val/loss" in text(screen)
        assert "parallel coordinates" in text(screen)


async def test_a_pane_gets_the_whole_screen_and_gives_it_back(session: FakeSession) -> None:
    async with opened(session) as (pilot, screen):
        await pilot.press("3", "z")
        await settle(pilot)
        assert [n for n, pane in screen.body.panes.items() if pane.display] == ["parallel"]
        await pilot.press("escape")
        await settle(pilot)
        assert all(pane.display for pane in screen.body.panes.values())
        assert screen.app.screen is screen


async def test_the_next_knob_comes_against_the_goal(session: FakeSession) -> None:
    async with opened(session) as (pilot, screen):
        assert "val/loss over lr 1/2" in text(screen)
        await pilot.press("v")
        await settle(pilot)
        assert "val/loss over λ 2/2" in text(screen)
        await pilot.press("v")
        await settle(pilot)
        assert "val/loss over lr 1/2" in text(screen)


async def test_importance_comes_from_the_session(session: FakeSession) -> None:
    state(session, StudyState.FINISHED)
    async with opened(session) as (_, screen):
        shown = text(screen)
        assert "0.80" in shown
        assert "0.20" in shown
        assert session.studies.calls == [("importance", STUDY.id)]


async def test_escape_leads_back(session: FakeSession) -> None:
    async with opened(session) as (pilot, screen):
        await pilot.press("escape")
        await settle(pilot)
        assert isinstance(screen.lab.place, HomeScreen)


async def test_another_study_begins_with_what_this_one_was_asked(session: FakeSession) -> None:
    async with opened(session) as (pilot, screen):
        await pilot.press("N")
        await settle(pilot)
        form = screen.lab.place
        assert isinstance(form, StudyFormScreen)
        assert set(map(str, form.ranges.ranges)) == set(map(str, REQUEST.ranges))
        assert form.options.options["trials"] == 40
        assert form.options.options["seed"] == 4


async def test_another_study_goes_on_where_this_one_does(session: FakeSession) -> None:
    kept: dict[str, Any] = {"on": "ssh:box1", "threads": 2, "data": "/sets"}
    session.studies.put(dataclasses.replace(REQUEST, **kept), STUDY)
    async with opened(session) as (pilot, screen):
        await pilot.press("N")
        await settle(pilot)
        assert "· on ssh:box1" in text(screen)
        await pilot.press("r")
        await settle(pilot)
    [request] = [call[1] for call in session.studies.calls if call[0] == "start"]
    assert {name: getattr(request, name) for name in kept} == kept


async def test_a_study_that_can_not_be_read_is_said(session: FakeSession) -> None:
    app = TuiLabApp(session)
    async with app.run_test() as pilot:
        await pilot.pause()
        app.open_study("gone")
        await pilot.pause()
        assert told(app) == ["There is no study 'gone'."]
        assert isinstance(app.place, HomeScreen)


async def test_a_study_of_an_experiment_that_is_gone_shows_what_there_is() -> None:
    session = FakeSession()
    session.studies.put(REQUEST, STUDY, *TRIALS)
    async with opened(session) as (pilot, screen):
        assert "Study of judged" in text(screen)
        await pilot.press("N", "enter")
        await settle(pilot)
        assert told(screen.app)  # type: ignore[arg-type]


async def test_home_says_how_the_studies_stand_and_lists_them(session: FakeSession) -> None:
    app = TuiLabApp(session)
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        strips = app.screen._compositor.render_strips()
        shown = "\n".join("".join(segment.text for segment in strip) for strip in strips)
        assert "1 study, 1 running: ● judged-20261120-120100-0001 0/40 trials" in " ".join(
            shown.split()
        )
        await pilot.press("S")
        await pilot.pause()
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.place, StudyScreen)


def test_of_an_interrupted_study_no_figure_is_said_that_its_runs_have_left_behind() -> None:
    stale = dataclasses.replace(STUDY, counts={TrialState.COMPLETE: 2}, best=0, goal=0.5)
    assert "2/40 trials  best 0.5 in trial 0" in study_line(stale)
    left = dataclasses.replace(stale, state=StudyState.INTERRUPTED)
    assert study_line(left) == f"{STUDY.id}  interrupted"


async def test_a_thousand_trials_draw_what_is_seen(
    session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [trial(n, 1.0 + n / 1000, {"lr": 0.01, "weight_decay": 1.0}) for n in range(4, 1004)]
    session.studies.put(REQUEST, STUDY, *many)
    async with opened(session) as (pilot, screen):
        assert len(numbers(screen)) == 1004
        drawn: list[int] = []
        cells = screen.body.table.row_cells

        def noted(place: int) -> Sequence[Cell]:
            drawn.append(place)
            return cells(place)

        monkeypatch.setattr(screen.body.table, "row_cells", noted)
        session.studies.put(REQUEST, STUDY, trial(1, 0.15, {"lr": 0.01, "weight_decay": 3.0}))
        screen.look()
        await settle(pilot)
        assert 0 < len(set(drawn)) <= screen.body.table.rows_shown
        await pilot.press("end")
        assert screen.body.table.current == many[-1] or screen.body.table.current == TRIALS[2]
