"""The form of a study is made from its experiment's declaration, says what it would start, starts
it, and says at the knob what is wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from tests.studied import JUDGED, asked
from tests.tui.fake_studies import study_summary
from tests.tui.fakes import FakeSession
from tests.tui.places import told
from tui_lab.errors import HyperparameterError, RunError
from tui_lab.study import StudyRequest
from tui_lab.tui.app import Opening, TuiLabApp
from tui_lab.tui.experiment.screen import ExperimentScreen
from tui_lab.tui.knobs.help import KnobHelp
from tui_lab.tui.knobs.knob import Knob
from tui_lab.tui.study.dialogs import StudiesDialog
from tui_lab.tui.study.form_screen import StudyFormScreen
from tui_lab.tui.study.screen import StudyScreen


@pytest.fixture
def session() -> FakeSession:
    return FakeSession([JUDGED])


@asynccontextmanager
async def formed(session: FakeSession, *before: str) -> AsyncIterator[tuple[Pilot[int], TuiLabApp]]:
    """The form of the experiment, reached as a person does; `before` are keys pressed there."""
    app = TuiLabApp(session, Opening("judged"))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        await app.workers.wait_for_complete()
        await pilot.pause()
        await pilot.press(*before, "S")
        await pilot.pause()
        await pilot.pause()
        yield pilot, app


def form(app: TuiLabApp) -> StudyFormScreen:
    assert isinstance(app.place, StudyFormScreen)
    return app.place


def started(session: FakeSession) -> list[StudyRequest]:
    return [call[1] for call in session.studies.calls if call[0] == "start"]


def error(app: TuiLabApp) -> str:
    return str(form(app).ranges.query_one("#knob-error", Static).content)


async def test_it_is_made_from_the_declaration(session: FakeSession) -> None:
    async with formed(session) as (_, app):
        names = list(form(app).ranges.knobs)
        assert names == [h.name for h in JUDGED.hyperparameters]
        assert list(form(app).options.knobs) == [
            "goal",
            "sampler",
            "trials",
            "seeds",
            "at_once",
            "prune",
            "seed",
            "device",
        ]
        goal = form(app).options["goal"].hyperparameter
        assert "test" not in goal.domain


async def test_it_has_the_values_of_the_experiment(session: FakeSession) -> None:
    async with formed(session, "down", "down", "right") as (_, app):
        value = form(app).ranges["weight_decay"].value
        assert value not in (0.0, 3.0)
        assert form(app).ranges.shared["weight_decay"] == value


@pytest.mark.parametrize(("turned", "usual"), [((), True), (("right",), False)])
async def test_where_nobody_has_chosen_a_study_has_its_usual_values(
    turned: Sequence[str], usual: bool
) -> None:
    session = FakeSession([replace(JUDGED, study={"weight_decay": 0.1})])
    async with formed(session, "down", "down", *turned) as (_, app):
        found = form(app).ranges["weight_decay"].value
        assert (found == 0.1) is usual


async def test_keys_make_a_study(session: FakeSession) -> None:
    keys = ["down", "x", "down", *"1e-3..1", "enter", "tab", "down", "right", "down", *"30"]
    async with formed(session) as (pilot, app):
        await pilot.press(*keys, "enter", "r")
        await pilot.pause()
        assert isinstance(app.place, StudyScreen)
    [request] = started(session)
    assert [str(span) for span in request.ranges] == [
        "weight_decay=linear:1.5..6",
        "lr=log:0.001..1",
    ]
    assert set(request.hyperparameters) == {"optimizer", "hidden", "bias", "widths"}
    assert (request.sampler, request.trials, request.slots) == ("grid", 30, 2)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ([], "no range yet: x on a knob makes one"),
        (["x"], "20 trials · a grid makes 2 trials"),
        (["x", "down", *"0,1,3", "enter"], "20 trials · a grid makes 2 × 3 = 6 trials"),
        (["x", "tab", "down", "right"], "a grid makes 2 trials"),
        (["down", "x"], "20 trials"),
        (["down", "x", "tab", "down", "right"], "a grid needs values of weight_decay"),
        (["x", *["tab", "down", "down", "down", "right"]], "20 trials, 40 runs"),
    ],
)
async def test_a_line_says_what_it_would_start(
    session: FakeSession, keys: Sequence[str], words: str
) -> None:
    async with formed(session) as (pilot, app):
        await pilot.press(*keys)
        await pilot.pause()
        assert words in form(app).line.render().plain


async def test_what_is_wrong_is_said_at_the_knob(session: FakeSession) -> None:
    async with formed(session) as (pilot, app):
        session.studies.refused = HyperparameterError("lr", "lr has no such range.")
        await pilot.press("x", "r")
        await pilot.pause()
        assert error(app) == "lr has no such range."
        assert app.focused is form(app).ranges["lr"]
        assert started(session) == []
        session.studies.refused = None
        await pilot.press("r")
        await pilot.pause()
        assert isinstance(app.place, StudyScreen)


async def test_a_study_that_can_not_start_is_said(session: FakeSession) -> None:
    async with formed(session) as (pilot, app):
        session.studies.error = RunError("There is no room on the disk.")
        await pilot.press("x", "r")
        await pilot.pause()
        assert error(app) == "There is no room on the disk."
        assert isinstance(app.place, StudyFormScreen)


async def test_a_half_typed_range_starts_nothing(session: FakeSession) -> None:
    async with formed(session) as (pilot, app):
        await pilot.press("down", *"5..1", "enter", "enter")
        await pilot.pause()
        assert started(session) == []
        assert "has to rise" in error(app)


async def test_without_a_range_the_session_says_so(session: FakeSession) -> None:
    session.studies.refused = RunError("A study needs a range.")
    app = TuiLabApp(session, Opening("judged"))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("S")
        await pilot.pause()
        assert told(app) == ["A study needs a range."]
        assert isinstance(app.place, ExperimentScreen)


async def test_escape_leads_back_and_the_form_is_kept(session: FakeSession) -> None:
    async with formed(session) as (pilot, app):
        await pilot.press("x", "escape")
        await pilot.pause()
        assert isinstance(app.place, ExperimentScreen)
        await pilot.press("S")
        await pilot.pause()
        assert [span.name for span in form(app).ranges.ranges] == ["optimizer"]


async def test_the_form_lists_the_studies(session: FakeSession) -> None:
    request = asked()
    session.studies.put(request, study_summary(request))
    async with formed(session) as (pilot, app):
        await pilot.press("S")
        await pilot.pause()
        assert isinstance(app.screen, StudiesDialog)
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.place, StudyScreen)


async def test_each_side_explains_its_own_knob_and_no_other(session: FakeSession) -> None:
    async with formed(session) as (pilot, app):
        ranges = form(app).ranges
        for _ in range(3):
            await pilot.press("tab", "x", "right", "down")
            ranges.mark_idle()
            await pilot.pause()
            focused = app.focused
            assert isinstance(focused, Knob)
            for panel in (ranges, form(app).options):
                said = str(panel.query_one(KnobHelp).content)
                own = focused in panel.knobs.values()
                assert (focused.hyperparameter.help.rstrip(".") in said) is own
