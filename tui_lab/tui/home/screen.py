"""Where one starts: the experiments by chapter, the live runs and the latest ones."""

from __future__ import annotations

import asyncio
import textwrap
from collections.abc import Collection, Sequence
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Input, OptionList, Static

from tui_lab.errors import ExperimentError, TuiLabError
from tui_lab.experiment import Experiment
from tui_lab.study import StudySummary
from tui_lab.tui.home.experiment_list import ExperimentList, matching
from tui_lab.tui.key_names import with_keys
from tui_lab.tui.navigation import Navigation
from tui_lab.tui.notification import notify
from tui_lab.tui.runs.history import RunHistory
from tui_lab.tui.runs.lines import Line, Lines
from tui_lab.tui.runs.row import RunRow, run_row
from tui_lab.tui.runs.rows import RunRows
from tui_lab.tui.runs.table import RunTable
from tui_lab.tui.session.protocol import Session
from tui_lab.tui.study.listing import list_studies, studies_in_words
from tui_lab.tui.widgets.key_line import KeyLine
from tui_lab.view_models.plain_text import plain

RECENT = 40
"""Ended runs on the list; the runs screen has all of them."""
REFRESH = 1.0
_WIDE = 100
"""Columns from which on a line has room for what its experiment is about."""
_WELCOME = Content.assemble(
    ("tui-lab", "bold $accent"), ("  deep learning you can hold in your hands", "$text-muted")
)
_NO_MATCH = "No experiment matches; {home.all=esc} shows all."
_MARGIN = 2
"""Columns beside what an experiment is about."""
_NO_RUNS = "No runs yet: open an experiment and press {run.start=r}."


class HomeScreen(Screen[None]):
    """Experiments above, runs below; enter opens either."""

    TITLE = "Home"
    CSS_PATH = "home.tcss"
    HELP = (
        "Choose an experiment, or a run to look at again. A live run shows ● and goes on by "
        "itself. {home.filter=/} leaves the experiments of which all the words typed are said."
    )
    AUTO_FOCUS = "#experiments"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (_WIDE, "-wide")]
    lab = getters.app(Navigation)
    experiments = getters.query_one(ExperimentList)
    filter_input = getters.query_one("#filter", Input)
    runs = getters.query_one(RunTable)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "tab",
            "app.focus_next",
            "other list",
            tooltip="Between experiments and runs",
            id="home.next",
        ),
        Binding(
            "slash",
            "filter",
            "filter",
            key_display="/",
            tooltip="Search the experiments",
            id="home.filter",
        ),
        Binding(
            "S",
            "list_studies",
            "studies",
            key_display="S",
            tooltip="Every study ever made, to look at again",
            id="study.list",
            show=False,
        ),
        Binding(
            "escape",
            "show_all",
            "all",
            key_display="esc",
            tooltip="Leave the filter",
            id="home.all",
            show=False,
        ),
        Binding(
            "shift+tab",
            "app.focus_previous",
            "other list",
            tooltip="Between runs and experiments",
            id="home.previous",
            show=False,
        ),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._history = RunHistory(session)
        self._declared: dict[str, Experiment] = {}
        self.is_wide = False
        """Whether a line has room for what its experiment is about."""

    def compose(self) -> ComposeResult:
        loaded = self._session.experiments()
        self._declared = {e.name: e for e in loaded if isinstance(e, Experiment)}
        broken = [error for error in loaded if isinstance(error, ExperimentError)]
        yield Static(_WELCOME, id="welcome")
        with Vertical(id="catalogue") as catalogue:
            catalogue.border_title = "Experiments"
            yield Input(id="filter", placeholder="filter", select_on_focus=False, compact=True)
            yield ExperimentList(self._declared.values(), id="experiments")
            yield Static(Content(with_keys(self.app, _NO_MATCH)), id="unmatched")
        yield Static(id="about")
        yield Static(_notices(broken), id="notices", classes="-shown" if broken else "")
        runs = RunTable(id="runs")
        runs.border_title = "Runs"
        yield runs
        yield Static(Content.styled(with_keys(self.app, _NO_RUNS), "$text-muted"), id="empty")
        yield Static(id="studies")
        yield KeyLine()

    def on_mount(self) -> None:
        self.set_interval(REFRESH, self.refresh_runs)

    def on_screen_resume(self) -> None:
        # The first paint does not wait for a look at every run.
        self.call_after_refresh(self.refresh_runs)

    def on_resize(self, event: Resize) -> None:
        width, height = event.size
        was_wide, self.is_wide = self.is_wide, width >= _WIDE
        # As many rows as the longest needs, so that nothing moves with the cursor.
        rows = _tallest(self._declared.values(), width - 2 * _MARGIN)
        self.query_one("#about", Static).styles.height = min(rows, max(2, height // 6))
        if self.is_wide != was_wide:
            self.list_experiments()

    def list_experiments(self) -> None:
        """List those that the filter leaves."""
        found = matching(self._declared.values(), self.filter_input.value)
        self.experiments.show(found, wide=self.is_wide)
        self.set_class(not found, "-unmatched")
        self.set_class(bool(self.filter_input.value) or self.filter_input.has_focus, "-filtered")
        if not found:
            self.query_one("#about", Static).update("")

    @on(Input.Changed, "#filter")
    def apply_filter(self) -> None:
        """Narrow the list with every letter."""
        self.list_experiments()

    @on(Input.Submitted, "#filter")
    def leave_filter(self) -> None:
        """To what the filter left."""
        if self.experiments.option_count:
            self.experiments.focus()

    def action_filter(self) -> None:
        """Go to the filter."""
        self.add_class("-filtered")
        self.filter_input.focus()

    def action_show_all(self) -> None:
        """Take the filter away."""
        self.filter_input.value = ""
        self.experiments.focus()
        self.list_experiments()

    def action_list_studies(self) -> None:
        """Ask which study is looked at, and go there."""
        list_studies(self, self._session)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "show_all":
            return self.has_class("-filtered")
        return True

    @on(OptionList.OptionHighlighted, "#experiments")
    def describe_experiment(self, event: OptionList.OptionHighlighted) -> None:
        """Say below the list what the experiment under the cursor is about."""
        experiment = self._declared[str(event.option_id)]
        self.query_one("#about", Static).update(Content(plain(experiment.summary)))

    def refresh_runs(self) -> None:
        """Look at the runs, and show them as they are read."""
        if self.is_current and self.is_mounted:
            self._read_runs()

    @work(group="runs", exclusive=False, exit_on_error=True)
    async def _read_runs(self) -> None:
        try:
            async for _ in self._history.read():
                self._show_runs()
            studies = await asyncio.to_thread(self._session.studies.listed)
        except TuiLabError as error:
            notify(self, str(error), error=True)
        else:
            self._show_studies(studies)

    def _show_studies(self, studies: Sequence[StudySummary]) -> None:
        """Say how many there are, and how the newest stands."""
        words = studies_in_words(studies)
        self.set_class(bool(words), "-studied")
        shown = with_keys(self.app, f"{words}  {{study.list=S}} studies") if words else ""
        for line in self.query("#studies").results(Static):  # none in a screen that is going
            if str(line.content) != shown:
                line.update(Content(shown))

    def _show_runs(self) -> None:
        """Show what the runs are now; only lines that read differently are drawn."""
        runs = self._history.runs.values()
        live = [run for run in runs if run.live]
        ended = [run for run in runs if not run.live]
        now = self._session.now()
        shown = {run.id: run for run in (*live, *ended[:RECENT])}

        def row(line: Line) -> RunRow:
            run = shown[line.id]
            return run_row(run, self._declared.get(run.experiment), now)

        rows = RunRows(Lines(list(shown)), row)
        self.runs.show(rows)
        self.set_class(not rows, "-empty")
        title = f"Runs · {len(live)} live · {len(runs)} in all"
        if self.runs.border_title != title:  # the border is drawn again even for the same one
            self.runs.border_title = title

    @on(OptionList.OptionSelected, "#experiments")
    def open_experiment(self, event: OptionList.OptionSelected) -> None:
        """Go to the chosen experiment."""
        self.lab.open_experiment(str(event.option_id))

    @on(RunTable.Opened)
    def open_run(self, event: RunTable.Opened) -> None:
        """Go to the chosen run, in its experiment."""
        self.lab.open_run(event.run_id)


def _tallest(experiments: Collection[Experiment], width: int) -> int:
    """Rows of the longest summary in so many columns."""
    texts = (
        textwrap.wrap(plain(e.summary), max(1, width), break_on_hyphens=False) for e in experiments
    )
    return max(map(len, texts), default=0)


def _notices(broken: Sequence[ExperimentError]) -> Content:
    return Content("\n".join(f"! {plain(str(error))}" for error in broken))
