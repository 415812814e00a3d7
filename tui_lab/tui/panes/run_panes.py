"""The lower box of a run's screen: gradients, code, pictures, notes and log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from tui_lab.config import Marker
from tui_lab.experiment import Experiment
from tui_lab.tui.panes.code_view import CodeView
from tui_lab.tui.panes.gradient_rows import UNWATCHED, WAITING
from tui_lab.tui.panes.gradient_table import GradientTable
from tui_lab.tui.panes.log_view import LogView
from tui_lab.tui.panes.notes_view import NotesView
from tui_lab.tui.panes.pane_box import PaneBox
from tui_lab.tui.panes.picture_pane import PicturePane
from tui_lab.view_models.plain_text import plain

if TYPE_CHECKING:  # the view models need numpy, which is imported after the first paint
    from tui_lab.events import GradientsLogged
    from tui_lab.view_models.run import RunView

_AROUND = 3
"""Rows of the pane of gradients besides those of its parameters: border and heading."""
_LEAST = 7
NAMES = ("gradients", "code", "pictures", "notes", "log")
NUMBERS = {name: number for number, name in enumerate(NAMES, 1)}
"""Their keys; those of a screen that lacks one of them keep theirs."""


class RunPanes(PaneBox):
    """Shows one side of a run at a time; the others cost nothing until they are looked at."""

    def __init__(
        self,
        experiment: Experiment,
        lesson: Callable[[], str],
        marker: Marker,
        *,
        id: str,  # noqa: A002
    ) -> None:
        self.gradients = GradientTable()
        self.code = CodeView()
        self.pictures = PicturePane(experiment, marker)
        self.notes = NotesView(lesson)
        self.log_view = LogView()
        views = (self.gradients, self.code, self.pictures, self.notes, self.log_view)
        panes = dict(zip(NAMES, views, strict=True))
        if experiment.demonstration:  # it trains nothing
            del panes["gradients"]
        super().__init__(panes, NUMBERS, id=id)
        self._drawn: tuple[object, ...] = ()
        self._table_rows = 0

    @property
    def most_rows(self) -> int:
        """Rows that the view in front has a use for; 0 for as many as there are."""
        return max(self._table_rows, _LEAST) if self.current == "gradients" else 0

    async def open(self, name: str) -> None:
        """Show the view of that name, up to date the next time a run is shown."""
        self._drawn = ()
        await super().open(name)

    def forget(self) -> None:
        """Another run comes."""
        self._drawn = ()
        self.code.forget()
        self.log_view.clear()
        self.pictures.forget()

    def show(self, view: RunView, *, frozen: bool = False) -> None:
        """Bring the view in front up to date, if anything changed."""
        sizes = self.size, self.pictures.size  # what is inside finds its size a moment later
        state = (id(view), view.revision, self.current, self.pictures.chosen, frozen, sizes)
        if state != self._drawn:
            self._drawn = state
            self._show(view, frozen)

    def _show(self, view: RunView, frozen: bool) -> None:
        remark = ""
        if self.current == "gradients":
            remark = self._show_gradients(view)
        elif self.current == "code" and view.started is not None:
            self.code.show(view.started.source, view.started.source_line, view.line)
            remark = f"{view.phase} of step {view.phase_step}" if view.phase else "running free"
        elif self.current == "pictures":
            if frozen:
                return
            remark = self.pictures.show(view)
        elif self.current == "notes":
            remark = "p presets"
        elif self.current == "log":
            self.log_view.show(view.log.lines, view.log.count)
        self.say(remark)

    def _show_gradients(self, view: RunView) -> str:
        from tui_lab.view_models.contents import contents, most_contents  # with numpy, as above
        from tui_lab.view_models.units import units

        states = tuple(view.gradients.values())
        before = view.gradient_history.before if view.paused else None
        open_name = view.opened.parameter.parameter if view.opened.parameter else ""
        opened = view.opened.lines()
        shares = units(view.snapshot)
        below = [*shares, *contents(view.snapshot, before)]
        asked = view.started.request if view.started else {}
        self.gradients.empty = UNWATCHED if asked.get("population") else WAITING
        self.gradients.show(states, below, plain(open_name), opened)
        rows = _AROUND + len(states) + len(shares) + most_contents(view.started)
        self._table_rows = rows + len(opened)
        return recording(view.snapshot, view.opened.altered)


def recording(snapshot: GradientsLogged | None, altered: Mapping[int, Sequence[str]]) -> str:
    """`backward-twice · graph recorded · grad enabled · after backward of step 12`; `altered` is
    what was done besides, by steps."""
    if snapshot is None:
        return ""
    done = altered.get(snapshot.step, ())
    graph = "graph recorded" if snapshot.graph else "no graph"
    enabled = "grad enabled" if snapshot.grad_enabled else "grad disabled"
    at = f"{snapshot.phase} of step" if snapshot.phase else "step"
    return " · ".join((*done, graph, enabled, f"after {at} {snapshot.step:,}"))
