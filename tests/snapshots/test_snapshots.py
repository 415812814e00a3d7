"""Protects what every screen looks like, from recorded runs: each in the sizes it is made for.

After a change that is meant, look at the differences in snapshot_report.html, then
`pytest tests/snapshots --snapshot-update`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.snapshots.quiet import quiet
from tests.snapshots.record import SHORT
from tests.snapshots.recorded import Recorded, session
from tui_lab.config import Settings
from tui_lab.tui.app import Opening, TuiLabApp
from tui_lab.tui.compare.screen import CompareScreen
from tui_lab.tui.experiment.screen import ExperimentScreen

Compare = Callable[..., bool]
Size = tuple[int, int]

SMALL: Size = (80, 24)
NORMAL: Size = (120, 40)
BOTH = [pytest.param(size, id="{}x{}".format(*size)) for size in (SMALL, NORMAL)]
WIDE: Size = (170, 50)
TOO_SMALL: Size = (36, 8)

MID_RUN = Recorded("turned", 4, until=92)
TURNED = Recorded("turned", 3)
LINE = Recorded("line", 2)
DIVERGED = Recorded("diverged", 1)
HELD = Recorded("held", 0)
OPENED = Recorded("opened", 0)
ALARM = Recorded("alarm", 0)
EVERYTHING = (MID_RUN, TURNED, LINE, DIVERGED)


def nothing(app: TuiLabApp) -> None:
    """Keys are enough."""


@dataclass
class Lab:
    """The lab on recorded runs, opened somewhere, with keys pressed once it is there."""

    opening: Opening = field(default_factory=Opening)
    keys: tuple[str, ...] = ()
    runs: tuple[Recorded, ...] = EVERYTHING
    settings: Settings = field(default_factory=Settings)
    prepare: Callable[[TuiLabApp], None] = nothing

    async def get_there(self, pilot: Pilot[Any]) -> None:
        """Let everything happen that is going to happen."""
        assert isinstance(pilot.app, TuiLabApp)
        await settle(pilot.app, pilot)
        for key in self.keys:
            await pilot.press(key)
            await pilot.pause()
        self.prepare(pilot.app)
        if self.keys or self.prepare is not nothing:
            await settle(pilot.app, pilot)

    def matches(self, snap_compare: Compare, size: Size = NORMAL) -> bool:
        app = TuiLabApp(session(*self.runs, settings=self.settings), self.opening)
        return snap_compare(app, terminal_size=size, run_before=self.get_there)


async def settle(app: TuiLabApp, pilot: Pilot[Any]) -> None:
    await pilot.pause()
    await app.workers.wait_for_complete()
    await quiet(pilot)
    if isinstance(app.place, ExperimentScreen):
        app.place.follow()
        app.place.draw()
    elif isinstance(app.place, CompareScreen):
        for _ in app.place.feeds.ids:
            app.place.follow()
        app.place.draw()
    await quiet(pilot)


def on(run: Recorded, *keys: str, **rest: Any) -> Lab:
    """The experiment's screen on a run."""
    opening = Opening(run.request.experiment, run_id=run.summary.id)
    return Lab(opening, keys, (run,), **rest)


def lay_over(app: TuiLabApp) -> None:
    """As the screen of runs does for those selected there."""
    app.open_experiment("weight-decay", overlays=[MID_RUN.summary.id])


@pytest.mark.parametrize("size", BOTH)
def test_home(snap_compare: Compare, size: Size) -> None:
    assert Lab().matches(snap_compare, size)


def test_home_before_the_first_run(snap_compare: Compare) -> None:
    assert Lab(runs=()).matches(snap_compare, SMALL)


@pytest.mark.parametrize("size", BOTH)
def test_runs(snap_compare: Compare, size: Size) -> None:
    assert Lab(keys=("h",)).matches(snap_compare, size)


def test_runs_filtered_and_selected(snap_compare: Compare) -> None:
    keys = ("h", "slash", *"linear", "enter", "space")
    assert Lab(keys=keys).matches(snap_compare, NORMAL)


def test_an_experiment_without_a_run(snap_compare: Compare) -> None:
    assert Lab(Opening("weight-decay")).matches(snap_compare, NORMAL)


@pytest.mark.parametrize("size", BOTH)
def test_weight_decay_going_on(snap_compare: Compare, size: Size) -> None:
    assert on(MID_RUN).matches(snap_compare, size)


@pytest.mark.parametrize("size", BOTH)
def test_weight_decay_finished(snap_compare: Compare, size: Size) -> None:
    assert on(TURNED).matches(snap_compare, size)


def test_linear_regression_finished(snap_compare: Compare) -> None:
    assert on(LINE).matches(snap_compare, NORMAL)


@pytest.mark.parametrize("size", BOTH)
def test_a_diverged_run(snap_compare: Compare, size: Size) -> None:
    assert on(DIVERGED).matches(snap_compare, size)


@pytest.mark.parametrize("size", BOTH)
def test_a_step_held_after_backward(snap_compare: Compare, size: Size) -> None:
    assert on(HELD, "2").matches(snap_compare, size)


@pytest.mark.parametrize("size", BOTH)
def test_a_parameter_opened(snap_compare: Compare, size: Size) -> None:
    assert on(OPENED, "1", "shift+tab").matches(snap_compare, size)


@pytest.mark.parametrize("size", BOTH)
def test_a_branch_asked_for(snap_compare: Compare, size: Size) -> None:
    assert on(MID_RUN, "b", *"lr=x", "enter").matches(snap_compare, size)


@pytest.mark.parametrize("size", BOTH)
def test_the_ways_out_of_an_alarm(snap_compare: Compare, size: Size) -> None:
    assert on(ALARM, "exclamation_mark").matches(snap_compare, size)


@pytest.mark.parametrize("size", BOTH)
def test_an_earlier_step_under_the_cursor(snap_compare: Compare, size: Size) -> None:
    assert on(TURNED, "comma", "shift+left", "shift+left").matches(snap_compare, size)


def test_the_graph_behind_the_loss(snap_compare: Compare) -> None:
    assert on(OPENED, "G").matches(snap_compare, NORMAL)


def test_the_mistakes(snap_compare: Compare) -> None:
    assert on(OPENED, "m").matches(snap_compare, SMALL)


@pytest.mark.parametrize("key", ["1", "3", "4", "5"])
def test_a_pane_in_the_place_of_the_charts(snap_compare: Compare, key: str) -> None:
    assert on(HELD, key).matches(snap_compare, SMALL)


@pytest.mark.parametrize("key", ["3", "4", "5"])
def test_a_pane_below_the_charts(snap_compare: Compare, key: str) -> None:
    assert on(TURNED, key).matches(snap_compare, NORMAL)


def test_pictures_on_the_whole_screen(snap_compare: Compare) -> None:
    assert on(LINE, "3", "shift+tab", "z").matches(snap_compare, WIDE)


def test_a_knob_being_turned(snap_compare: Compare) -> None:
    assert on(MID_RUN, "down", "down", "down").matches(snap_compare, NORMAL)


def test_a_value_being_typed(snap_compare: Compare) -> None:
    assert on(TURNED, *("down",) * 4, "9", "9", "enter").matches(snap_compare, SMALL)


def test_runs_laid_over_each_other(snap_compare: Compare) -> None:
    lab = on(TURNED, prepare=lay_over)
    lab.runs = EVERYTHING
    assert lab.matches(snap_compare, NORMAL)


def put_side_by_side(app: TuiLabApp) -> None:
    """As the screen of runs does for those selected there."""
    app.open_comparison([run.summary.id for run in (TURNED, MID_RUN, LINE)])


@pytest.mark.parametrize("size", [*BOTH, pytest.param((200, 60), id="200x60")])
def test_runs_side_by_side(snap_compare: Compare, size: Size) -> None:
    assert Lab(prepare=put_side_by_side).matches(snap_compare, size)


def test_help(snap_compare: Compare) -> None:
    assert on(TURNED, "question_mark").matches(snap_compare, NORMAL)


def test_the_quit_dialog(snap_compare: Compare) -> None:
    assert on(MID_RUN, "q").matches(snap_compare, SMALL)


def test_the_delete_dialog(snap_compare: Compare) -> None:
    assert Lab(keys=("h", "down", "d")).matches(snap_compare, SMALL)


def test_the_presets(snap_compare: Compare) -> None:
    assert on(TURNED, "p").matches(snap_compare, NORMAL)


@pytest.mark.parametrize("theme", ["light", "ansi"])
def test_other_themes(snap_compare: Compare, theme: Any) -> None:
    assert on(MID_RUN, settings=Settings(theme=theme)).matches(snap_compare, SMALL)


def test_without_colour(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert on(MID_RUN).matches(snap_compare, SMALL)


def test_in_ascii(snap_compare: Compare) -> None:
    assert on(MID_RUN, settings=Settings(marker="ascii")).matches(snap_compare, SMALL)


def test_a_terminal_too_small(snap_compare: Compare) -> None:
    assert on(MID_RUN).matches(snap_compare, TOO_SMALL)


@pytest.mark.parametrize("size", BOTH)
@pytest.mark.parametrize("name", sorted(SHORT))
def test_every_other_experiment(snap_compare: Compare, name: str, size: Size) -> None:
    """The pictures of a short recorded run; of a deep network, the gradients of its layers."""
    tab = "1" if name == "gradient-flow" else "3"
    assert on(Recorded(name, 1), tab).matches(snap_compare, size)
