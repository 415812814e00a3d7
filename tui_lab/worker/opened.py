"""What someone has opened to look at: a parameter, or the graph behind the loss."""

from __future__ import annotations

from tui_lab.inspection import GraphShown, ParameterShown
from tui_lab.worker.inspection import graph_nodes, parameter_shown
from tui_lab.worker.probe import GradientProbe


class Opened:
    """Takes it from the program as things stand, with the place where they do."""

    def __init__(self, probe: GradientProbe) -> None:
        self._probe = probe
        self.parameter = ""
        """The name of the one that is open; empty for none."""
        self.graph = False
        """Whether the graph is to be seen after each forward pass that is held."""

    def lacks(self, parameter: str) -> bool:
        """Whether the program has no parameter of that name."""
        return parameter not in self._probe.parameters()

    def show(self, t: float, step: int, phase: str) -> ParameterShown:
        """What the open parameter holds; one that is gone is closed."""
        parameter = self._probe.parameters().get(self.parameter)
        if parameter is None:
            self.parameter = ""
            return ParameterShown(t=t, step=step, phase=phase, parameter="")
        fields = parameter_shown(parameter, self._probe.before.get(self.parameter))
        return ParameterShown(t=t, step=step, phase=phase, parameter=self.parameter, **fields)

    def show_graph(self, t: float, step: int, phase: str) -> GraphShown:
        """The graph behind the loss; without nodes where it hangs on none."""
        names = {id(parameter): name for name, parameter in self._probe.parameters().items()}
        nodes = graph_nodes(self._probe.program.loss, names)
        return GraphShown(t=t, step=step, phase=phase, nodes=nodes)
