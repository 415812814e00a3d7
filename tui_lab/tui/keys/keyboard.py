"""Every key of the lab by its binding id, where keys meet, and what a person's own get wrong."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from textual.binding import Binding
from textual.dom import DOMNode

from tui_lab.tui.compare.rows import RunRows
from tui_lab.tui.compare.screen import CompareScreen
from tui_lab.tui.dialogs.again import AgainDialog
from tui_lab.tui.dialogs.branch import BranchDialog
from tui_lab.tui.dialogs.graph import GraphDialog
from tui_lab.tui.dialogs.mistake import MistakeDialog
from tui_lab.tui.dialogs.number import NumberDialog
from tui_lab.tui.dialogs.picture import PictureDialog
from tui_lab.tui.dialogs.prediction import PredictionDialog
from tui_lab.tui.dialogs.preset import PresetDialog
from tui_lab.tui.dialogs.quit import QuitDialog
from tui_lab.tui.dialogs.rescue import RescueDialog
from tui_lab.tui.experiment.screen import ExperimentScreen
from tui_lab.tui.home.experiment_list import ExperimentList
from tui_lab.tui.home.screen import HomeScreen
from tui_lab.tui.keys.bindings import EVERYWHERE
from tui_lab.tui.keys.help import HelpScreen
from tui_lab.tui.knobs.knob import Knob
from tui_lab.tui.knobs.list import KnobList
from tui_lab.tui.panes.gradient_table import GradientTable
from tui_lab.tui.runs.column_dialogs import ColumnsDialog, GroupDialog, SortDialog
from tui_lab.tui.runs.delete_dialog import DeleteDialog
from tui_lab.tui.runs.export_dialog import ExportDialog
from tui_lab.tui.runs.filter_input import FilterInput
from tui_lab.tui.runs.screen import RunsScreen
from tui_lab.tui.runs.table import RunTable
from tui_lab.tui.runs.write_dialog import WriteDialog
from tui_lab.tui.study.dialogs import StopStudyDialog, StudiesDialog
from tui_lab.tui.study.form_screen import StudyFormScreen
from tui_lab.tui.study.range_knob import RangeKnob
from tui_lab.tui.study.screen import StudyScreen
from tui_lab.tui.study.table import TrialTable

PLACES: tuple[tuple[type[DOMNode], ...], ...] = (
    (ExperimentList, HomeScreen),
    (RunTable, HomeScreen),
    (RunTable, RunsScreen),
    (FilterInput, RunsScreen),
    (Knob, KnobList, ExperimentScreen),
    (GradientTable, ExperimentScreen),
    (RunRows, CompareScreen),
    (RangeKnob, KnobList, StudyFormScreen),
    (Knob, KnobList, StudyFormScreen),
    (TrialTable, StudyScreen),
)
"""Who is asked about a key one after another, from the focus to the screen; then the app is."""
DIALOGS: tuple[type[DOMNode], ...] = (
    AgainDialog,
    BranchDialog,
    ColumnsDialog,
    DeleteDialog,
    ExportDialog,
    PictureDialog,
    GraphDialog,
    GroupDialog,
    HelpScreen,
    MistakeDialog,
    NumberDialog,
    PredictionDialog,
    PresetDialog,
    QuitDialog,
    RescueDialog,
    SortDialog,
    WriteDialog,
    StopStudyDialog,
    StudiesDialog,
)
"""Under which nobody else is asked."""


class BoundKeys(NamedTuple):
    """What a binding does, and the keys it has."""

    label: str
    keys: frozenset[str]


Bound = Mapping[str, BoundKeys]
"""By binding id."""


def usual_keys() -> dict[str, BoundKeys]:
    """Every binding of the lab, by its id."""
    return {name: bound for chain in _chains() for name, bound in chain.items()}


def complaints(keymap: Mapping[str, str]) -> list[str]:
    """A sentence for each id that is none, and for each key that means two things at once."""
    return [*_unknown(keymap), *_clashes(keymap)]


def _unknown(keymap: Mapping[str, str]) -> Iterator[str]:
    known = usual_keys()
    for name in keymap:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            advice = f"did you mean {near[0]}?" if near else "tui-lab doctor lists them."
            yield f"keys.json: there is no binding {name!r}; {advice}"


def _clashes(keymap: Mapping[str, str]) -> list[str]:
    """Where two bindings that meet have the same key by the person's own choice."""
    found: dict[str, None] = {}
    for chain in _chains():
        now = {name: _chosen(name, bound, keymap) for name, bound in chain.items()}
        for one, other in combinations(now, 2):
            if one not in keymap and other not in keymap:
                continue  # the usual keys of both
            usual = chain[one].keys & chain[other].keys
            for key in sorted((now[one].keys & now[other].keys) - usual):
                found[_sentence(key, (one, now[one]), (other, now[other]))] = None
    return list(found)


def _chosen(name: str, bound: BoundKeys, keymap: Mapping[str, str]) -> BoundKeys:
    keys = keymap.get(name)
    return BoundKeys(bound.label, frozenset(keys.split(","))) if keys else bound


def _sentence(key: str, *bindings: tuple[str, BoundKeys]) -> str:
    both = " and ".join(f"{name} ({bound.label})" for name, bound in bindings)
    return f"keys.json: {key} is the key of {both}; give one of them another."


def _chains() -> list[Bound]:
    """The bindings that meet each other: in each place those of the app too."""
    everywhere = _bound(EVERYWHERE)
    return [
        *({**_declared(chain), **everywhere} for chain in PLACES),
        *(_declared((dialog,)) for dialog in DIALOGS),
    ]


def _declared(nodes: Sequence[type[DOMNode]]) -> dict[str, BoundKeys]:
    classes = [each for node in nodes for each in node.__mro__]
    return {n: b for each in classes for n, b in _bound(vars(each).get("BINDINGS", ())).items()}


def _bound(bindings: Sequence[object]) -> dict[str, BoundKeys]:
    """Only bindings with an id are the lab's own."""
    return {
        binding.id: BoundKeys(
            binding.description or binding.action,
            frozenset(each.key for each in Binding.make_bindings([binding])),
        )
        for binding in bindings
        if isinstance(binding, Binding) and binding.id
    }
