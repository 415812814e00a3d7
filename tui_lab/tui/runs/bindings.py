"""The keys of the list of runs."""

from __future__ import annotations

from textual.binding import Binding, BindingType


def _hidden(key: str, action: str, description: str, tooltip: str, name: str) -> Binding:
    """A key for which the last line has no room."""
    return Binding(key, action, description, tooltip=tooltip, id=name, show=False)


LISTING: list[BindingType] = [
    Binding("slash", "filter", "filter", key_display="/", tooltip="Search", id="runs.filter"),
    Binding("space", "select", "select", tooltip="Mark the run, or not", id="runs.select"),
    _hidden("a", "select_all", "select all", "Mark every run that is shown", "runs.select_all"),
    _hidden("i", "invert", "invert", "Mark what is not, among those shown", "runs.invert"),
    _hidden("left", "fold", "fold", "Fold the group or the branches away", "runs.fold"),
    _hidden("right", "unfold", "unfold", "Show what is folded away", "runs.unfold"),
    Binding(
        "escape",
        "back",
        "back",
        key_display="esc",
        tooltip="Leave the filter, the marks, the screen",
        id="runs.back",
        show=False,
    ),
]
"""What lists and selects."""

ACTING: list[BindingType] = [
    Binding(
        "o",
        "overlay",
        "overlay",
        tooltip="Lay the curves of the runs over their experiment's charts",
        id="runs.overlay",
    ),
    Binding(
        "v",
        "compare",
        "compare",
        tooltip="Show the selected runs side by side: what differs, what came of it",
        id="runs.compare",
    ),
    Binding("d,delete", "delete", "delete", tooltip="Delete for good", id="runs.delete"),
    Binding(
        "s",
        "sort",
        "sort",
        tooltip="Sort by a column; once more by the same: the other way round",
        id="runs.sort",
    ),
    Binding("G", "group", "group", tooltip="Group by what runs have in common", id="runs.group"),
    Binding(
        "c",
        "columns",
        "columns",
        tooltip="Choose the columns: any metric, any hyperparameter",
        id="runs.columns",
    ),
    Binding("w", "write", "write on", tooltip="Name, note and tags of the runs", id="runs.write"),
    _hidden("b", "tree", "branches", "Branches below their parents, or not", "runs.tree"),
    _hidden("e", "export", "export", "Write the runs to files for other programs", "runs.export"),
    _hidden("t", "stop", "stop", "End a live run", "runs.stop"),
    _hidden("y", "copy", "copy", "Copy the command that makes the run again", "runs.copy"),
]
"""What can be done with the runs."""
