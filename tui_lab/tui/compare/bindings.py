"""What can be done with runs that stand side by side."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tui_lab.tui.panes.bindings import ZOOM

ALL: list[BindingType] = [
    Binding("m", "metric(1)", "metric", tooltip="The next metric", id="compare.metric"),
    Binding(
        "M",
        "metric(-1)",
        "metric before",
        tooltip="The metric before",
        id="compare.metric_before",
        show=False,
    ),
    Binding(
        "r",
        "reference",
        "reference",
        tooltip="Hold the others against the run under the cursor",
        id="compare.reference",
    ),
    Binding(
        "S",
        "sort",
        "sort",
        tooltip="Sort by a column; once more by the same: the other way round",
        id="compare.sort",
    ),
    Binding(
        "x",
        "curves('across')",
        "x axis",
        tooltip="Steps, epochs or seconds along the x axis",
        id="chart.across",
    ),
    Binding(
        "l",
        "curves('log')",
        "log y",
        tooltip="Logarithmic axis or not",
        id="chart.log",
        show=False,
    ),
    Binding(
        "s",
        "curves('smoothing')",
        "smooth",
        tooltip="Smooth the curves more, then not at all",
        id="chart.smoothing",
        show=False,
    ),
    Binding(
        "b",
        "curves('band')",
        "band",
        tooltip="Draw the band of the reference or not",
        id="compare.band",
        show=False,
    ),
    Binding(
        "c",
        "curves('front')",
        "in front",
        tooltip="Bring the next run's curve to the front, and dim the others",
        id="chart.front",
        show=False,
    ),
    ZOOM,
    Binding(
        "1",
        "open_pane('differing')",
        "what differs",
        tooltip="What differs between the runs",
        id="pane.differing",
        show=False,
    ),
    Binding(
        "2",
        "open_pane('results')",
        "results",
        tooltip="What came of each run",
        id="pane.results",
        show=False,
    ),
    Binding(
        "3",
        "open_pane('remarks')",
        "remarks",
        tooltip="What the runs share, and what the band is",
        id="pane.remarks",
        show=False,
    ),
    Binding(
        "y",
        "copy",
        "copy",
        tooltip="Copy the command that prints this comparison",
        id="compare.copy",
        show=False,
    ),
    Binding(
        "P",
        "export_picture",
        "write picture",
        key_display="P",
        tooltip="Write the curves to a file, SVG or PNG",
        id="chart.export",
        show=False,
    ),
    Binding(
        "escape",
        "back",
        "back",
        key_display="esc",
        tooltip="Back to where one was",
        id="compare.back",
        show=False,
    ),
]
