"""What one looks into while a run is stepped; and the mistakes that are made on purpose."""

from __future__ import annotations

from collections.abc import Callable

from tui_lab.commands import Mistake, MistakeKind, Show, ShowGraph
from tui_lab.inspection import GraphShown
from tui_lab.tui.dialogs.graph import GraphDialog
from tui_lab.tui.dialogs.mistake import MistakeDialog
from tui_lab.tui.experiment.follower import RunFollower
from tui_lab.tui.experiment.host import Host
from tui_lab.tui.experiment.steering import Steering


class Insight:
    """Asks the run that is steered for more than it shows by itself."""

    def __init__(
        self, steering: Steering, host: Host, graph: Callable[[], GraphShown | None]
    ) -> None:
        self._steering = steering
        self._host = host
        self._graph = graph

    @property
    def can_look(self) -> bool:
        """Whether there is a live run that takes steps."""
        return self._steering.can("evaluate")

    def open(self, parameter: str) -> None:
        """Have a parameter shown, an empty name: none any more."""
        if self.can_look:
            self._steering.send(Show(parameter))
        else:
            self._host.post(RunFollower.Failed("Only a run that goes on can be looked into."))

    def show_graph(self) -> None:
        """Show the graph behind the loss until the dialog is closed."""
        self._steering.send(ShowGraph())
        dialog = GraphDialog(self._graph, lambda: self._steering.give("phase"))
        self._host.ask(dialog, lambda _: self._steering.send(ShowGraph(open=False)))

    def choose_mistake(self) -> None:
        """Ask for a mistake, and make it."""
        self._host.ask(MistakeDialog(), self._make)

    def _make(self, kind: MistakeKind | None) -> None:
        if kind is not None:
            self._steering.send(Mistake(kind))
