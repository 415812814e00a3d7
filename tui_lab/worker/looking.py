"""Orders that change nothing: what one wants to see of a step."""

from __future__ import annotations

from tui_lab.commands import Acknowledgement, Show, ShowGraph
from tui_lab.worker.watch import StepWatch


def look(order: Show | ShowGraph, watched: StepWatch, step: int) -> Acknowledgement:
    """Have shown what is asked for, inside `step` or after it, and from now on."""
    match order:
        case Show(parameter):
            complaint = watched.open(parameter, step)
        case ShowGraph(is_open):
            complaint = watched.open_graph(step, is_open=is_open)
    return Acknowledgement(not complaint, step, complaint)
