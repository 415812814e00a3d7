"""The keys of an experiment's screen, by the part that does what they ask for."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tui_lab.tui.experiment.detour_bindings import BACK, DETOURS
from tui_lab.tui.panes.bindings import ZOOM
from tui_lab.tui.panes.run_panes import NAMES


def _tab(number: int, name: str) -> Binding:
    """A pane's key; the footer names them all at the first."""
    return Binding(
        str(number),
        f"open_pane('{name}')",
        "tabs" if number == 1 else name,
        key_display="1-5" if number == 1 else None,
        tooltip=f"Show the {name}",
        id=f"pane.{name}",
        show=number == 1,
    )


LEAVING: list[BindingType] = [
    Binding(
        "escape",
        "go_back",
        "back",
        key_display="esc",
        tooltip="Back to the study or the comparison that the run was opened in",
        id="experiment.back",
    ),
]
STEERING: list[BindingType] = [
    Binding(
        "r",
        "run",
        "run",
        key_display="r",
        tooltip="Start a run with these values",
        id="run.start",
    ),
    Binding(
        "R",
        "run(True)",
        "run, new seed",
        key_display="R",
        tooltip="Start a run with the next seed",
        id="run.reseed",
        show=False,
    ),
    Binding(
        "space",
        "steer('pause')",
        "pause",
        tooltip="Hold the run still, or let it go on",
        id="run.pause",
    ),
    Binding(
        "full_stop",
        "steer('phase')",
        "phase",
        key_display=".",
        tooltip="Go on to the next phase of a step: forward, backward, update, zero_grad",
        id="run.phase",
    ),
    Binding("n", "steer('step')", "step", tooltip="Take one optimizer step", id="run.step"),
    Binding(
        "e",
        "steer('epoch')",
        "epoch",
        tooltip="Go on to the end of the epoch",
        id="run.epoch",
    ),
    Binding(
        "E",
        "steer('evaluate')",
        "evaluate",
        key_display="E",
        tooltip="Measure the whole-set metrics now",
        id="run.evaluate",
        show=False,
    ),
    Binding(
        "m",
        "choose_mistake",
        "mistake",
        tooltip="Make a classic mistake for one step: forget zero_grad, …",
        id="run.mistake",
        show=False,
    ),
    Binding(
        "G",
        "show_graph",
        "graph",
        key_display="G",
        tooltip="Unfold the graph behind the loss: its grad_fn, as a tree",
        id="run.graph",
        show=False,
    ),
    Binding("t", "steer('stop')", "stop", tooltip="End the run", id="run.stop", show=False),
]
KNOBS: list[BindingType] = [
    Binding(
        "S",
        "open_study",
        "study",
        key_display="S",
        tooltip="Look for the best values in many runs: a study",
        id="study.form",
        show=False,
    ),
    Binding(
        "p",
        "choose_preset",
        "presets",
        tooltip="Settings worth trying",
        id="knobs.preset",
        show=False,
    ),
    Binding(
        "y",
        "copy",
        "copy",
        tooltip="Copy the run as one command line",
        id="run.copy",
        show=False,
    ),
    Binding(
        "down,j,up,k",
        "focus_knobs",
        "knobs",
        key_display="↑ ↓",
        tooltip="To the knobs",
        id="knobs.focus",
        show=False,
    ),
    Binding(
        "left_square_bracket",
        "nudge(-1)",
        "nudge",
        key_display="[ ]",
        tooltip="Turn the last knob",
        id="knobs.down",
    ),
    Binding(
        "right_square_bracket",
        "nudge(1)",
        "nudge up",
        tooltip="Turn the last knob",
        id="knobs.up",
        show=False,
    ),
]
LAYOUT: list[BindingType] = [
    *(_tab(number, name) for number, name in enumerate(NAMES, 1)),
    Binding(
        "0",
        "open_pane('charts')",
        "charts",
        tooltip="Show the charts, or those that had no room",
        id="pane.charts",
        show=False,
    ),
    ZOOM,
    Binding(
        "tab",
        "focus_pane(1)",
        "next pane",
        tooltip="To the next pane",
        id="pane.next",
        show=False,
    ),
    Binding(
        "shift+tab",
        "focus_pane(-1)",
        "previous pane",
        tooltip="To the pane before",
        id="pane.previous",
        show=False,
    ),
]
PICTURES: list[BindingType] = [
    Binding(
        "v",
        "chart('picture')",
        "picture",
        tooltip="The next picture, or the next view of it",
        id="pane.picture",
        show=False,
    ),
    Binding(
        "l",
        "chart('log')",
        "log y",
        tooltip="Logarithmic axis of the focused chart, else of the first",
        id="chart.log",
        show=False,
    ),
    Binding(
        "s",
        "chart('smoothing')",
        "smooth",
        tooltip="Smooth the curves more, then not at all",
        id="chart.smoothing",
        show=False,
    ),
    Binding(
        "x",
        "chart('across')",
        "x axis",
        tooltip="Steps, epochs or seconds along the x axis",
        id="chart.across",
        show=False,
    ),
    Binding(
        "w",
        "pick_metrics",
        "which metrics",
        tooltip="Pick metrics for a chart of their own, out of all that the run has",
        id="chart.metrics",
        show=False,
    ),
    Binding(
        "c",
        "chart('front')",
        "in front",
        tooltip="Bring the next line of the focused chart to the front, and dim the others",
        id="chart.front",
        show=False,
    ),
    Binding(
        "B",
        "chart('band')",
        "band",
        key_display="B",
        tooltip="The median and the 5-95 % band of the runs that train with this one, or it alone",
        id="chart.band",
        show=False,
    ),
    Binding(
        "P",
        "export_picture",
        "write picture",
        key_display="P",
        tooltip="Write the focused chart or picture to a file, SVG or PNG",
        id="chart.export",
        show=False,
    ),
    Binding(
        "O",
        "chart('clear')",
        "no overlay",
        tooltip="Take the other runs' curves away",
        id="chart.clear",
        show=False,
    ),
    Binding(
        "f",
        "chart('freeze')",
        "freeze",
        tooltip="Hold the pictures still while the run goes on",
        id="chart.freeze",
        show=False,
    ),
]
ALL: list[BindingType] = [*LEAVING, *STEERING, *DETOURS, *BACK, *KNOBS, *LAYOUT, *PICTURES]
