"""Where one starts: the experiments by chapter, the live runs and the latest ones."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tui_lab.errors import ExperimentError, TuiLabError
from tui_lab.experiment import Experiment, by_chapter
from tui_lab.tui.key_names import with_keys
from tui_lab.tui.navigation import Navigation
from tui_lab.tui.notification import notify
from tui_lab.tui.runs.history import RunHistory
from tui_lab.tui.runs.row import run_row
from tui_lab.tui.runs.table import RunTable
from tui_lab.tui.session.protocol import Session
from tui_lab.tui.widgets.key_line import KeyLine
from tui_lab.view_models.plain_text import plain

RECENT = 40
"""Ended runs on the list; the runs screen has all of them."""
REFRESH = 1.0
_TITLE, _NAME = 24, 20
"""Least columns of an experiment's title and name."""
_WIDE = 100
"""Columns from which on a line has room for what its experiment is about."""
_WELCOME = Content.assemble(
    ("tui-lab", "bold $accent"), ("  deep learning you can hold in your hands", "$text-muted")
)
_NO_RUNS = "No runs yet: open an experiment and press {run.start=r}."


class ChoiceList(OptionList):
    """A list whose cursor also moves with j and k."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "select",
            "open",
            key_display="↵",
            tooltip="Open what is under the cursor",
            id="home.open",
        ),
        Binding("down,j", "cursor_down", "down", tooltip="Next", id="home.down", show=False),
        Binding("up,k", "cursor_up", "up", tooltip="Previous", id="home.up", show=False),
    ]


class HomeScreen(Screen[None]):
    """Experiments above, runs below; enter opens either."""

    TITLE = "Home"
    CSS_PATH = "home.tcss"
    HELP = (
        "Choose an experiment, or a run to look at again. A live run shows ● and goes on by itself."
    )
    AUTO_FOCUS = "#experiments"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (_WIDE, "-wide")]
    lab = getters.app(Navigation)
    experiments = getters.query_one("#experiments", ChoiceList)
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

    def compose(self) -> ComposeResult:
        loaded = self._session.experiments()
        self._declared = {e.name: e for e in loaded if isinstance(e, Experiment)}
        broken = [error for error in loaded if isinstance(error, ExperimentError)]
        yield Static(_WELCOME, id="welcome")
        with Vertical(id="catalogue") as catalogue:
            catalogue.border_title = "Experiments"
            yield ChoiceList(*_experiment_options(self._declared.values()), id="experiments")
        yield Static(id="about")
        yield Static(_notices(broken), id="notices", classes="-shown" if broken else "")
        runs = RunTable(id="runs")
        runs.border_title = "Runs"
        yield runs
        yield Static(Content.styled(with_keys(self.app, _NO_RUNS), "$text-muted"), id="empty")
        yield KeyLine()

    def on_mount(self) -> None:
        self.set_interval(REFRESH, self.refresh_runs)

    def on_screen_resume(self) -> None:
        # The first paint does not wait for a look at every run.
        self.call_after_refresh(self.refresh_runs)

    def on_resize(self, event: Resize) -> None:
        lines = _experiment_lines(self._declared.values(), event.size.width >= _WIDE)
        for name, line in lines.items():
            self.experiments.replace_option_prompt(name, line)

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
        except TuiLabError as error:
            notify(self, str(error), error=True)

    def _show_runs(self) -> None:
        """Show what the runs are now; only lines that read differently are drawn."""
        runs = self._history.runs.values()
        live = [run for run in runs if run.live]
        ended = [run for run in runs if not run.live]
        now, rows = self._session.now(), []
        for run in [*live, *ended[:RECENT]]:
            rows.append(run_row(run, self._declared.get(run.experiment), now))
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


def _experiment_options(experiments: Collection[Experiment]) -> Iterator[Option]:
    """A heading per chapter, then its experiments."""
    lines = _experiment_lines(experiments, False)
    for chapter, members in by_chapter(experiments):
        yield Option(Content.styled(plain(chapter), "bold $primary"), disabled=True)
        for experiment in members:
            yield Option(lines[experiment.name], id=experiment.name)


def _experiment_lines(experiments: Collection[Experiment], wide: bool) -> dict[str, Content]:
    """Title, name and, where there is room, summary of each, in columns."""
    title = max([_TITLE, *(cell_len(plain(e.title)) for e in experiments)])
    name = max([_NAME, *(cell_len(plain(e.name)) for e in experiments)])
    return {
        e.name: Content.assemble(
            f"  {plain(e.title):<{title}} ",
            (f"{plain(e.name):<{name}} ", "$text-muted"),
            (plain(e.summary) if wide else "", "$text-muted"),
        )
        for e in experiments
    }


def _notices(broken: Sequence[ExperimentError]) -> Content:
    return Content("\n".join(f"! {plain(str(error))}" for error in broken))
