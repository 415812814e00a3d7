"""The rooms of the lab: the screen of each place, imported when it is first needed, and the ways
there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from tui_lab.errors import TuiLabError
from tui_lab.tui.navigation import COMPARE, HOME, RUNS
from tui_lab.tui.notification import notify
from tui_lab.tui.study.places import StudyPlaces

if TYPE_CHECKING:
    from tui_lab.tui.compare.screen import CompareScreen
    from tui_lab.tui.experiment.screen import ExperimentScreen
    from tui_lab.tui.runs.screen import RunsScreen


class Rooms(StudyPlaces):
    """An app with these places."""

    def open_experiment(
        self,
        name: str,
        *,
        values: Mapping[str, Any] | None = None,
        run_id: str = "",
        overlays: Sequence[str] = (),
    ) -> None:
        try:
            screen = self.experiment_screen(name)
        except TuiLabError as error:
            notify(self, str(error), error=True)
            return
        tune(screen, values or {}, run_id, overlays)
        self.go_to(name)

    def open_run(self, run_id: str) -> None:
        try:
            run = self.session.runs.summary(run_id)
        except TuiLabError as error:
            notify(self, str(error), error=True)
            return
        if run.readable:
            self.open_experiment(self.session.place_of(run), run_id=run.id)
        else:
            notify(self, run.error, error=True)

    def open_runs(self, filter_text: str = "") -> None:
        """Go to the runs; with a filter, to those it leaves."""
        self._runs_screen().filter_text = filter_text
        self.go_to(RUNS)

    def open_comparison(self, run_ids: Sequence[str]) -> None:
        self._compare_screen().compare(run_ids)
        self.go_to(COMPARE)

    def make_place(self, name: str) -> Screen[Any]:
        """The screen of a place, imported when it is first needed."""
        if name in self._places:
            return self._places[name]
        if name == HOME:
            from tui_lab.tui.home.screen import HomeScreen  # on demand

            return self.keep(HOME, lambda: HomeScreen(self.session))
        if name == RUNS:
            return self._runs_screen()
        if name == COMPARE:
            return self._compare_screen()
        return self.experiment_screen(name)

    def experiment_screen(self, name: str) -> ExperimentScreen:
        """The screen of an experiment; raises `TuiLabError` where there is none of that name."""
        from tui_lab.tui.experiment.screen import ExperimentScreen  # on demand

        experiment = self.session.experiment(name)
        return self.keep(name, lambda: ExperimentScreen(self.session, experiment))

    def _runs_screen(self) -> RunsScreen:
        from tui_lab.tui.runs.screen import RunsScreen  # on demand

        return self.keep(RUNS, lambda: RunsScreen(self.session))

    def _compare_screen(self) -> CompareScreen:
        from tui_lab.tui.compare.screen import CompareScreen  # on demand

        return self.keep(COMPARE, lambda: CompareScreen(self.session))


def tune(
    screen: ExperimentScreen, values: Mapping[str, Any], run_id: str, overlays: Sequence[str]
) -> None:
    """Turn an experiment's screen to what was asked for."""
    if values:
        screen.set_values(values)
    if run_id:
        screen.open_run(run_id)
    if overlays:
        screen.overlay(overlays)
