"""A person's own keys: whatever is wrong with them is said, and every sentence that names a key
names theirs."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from itertools import permutations
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.dom import DOMNode
from textual.widgets import OptionList, Static

import tui_lab.tui
from tests.tui.fakes import FakeSession
from tests.tui.places import LIVE, told, until
from tui_lab.errors import UsageError
from tui_lab.tui.app import Opening, TuiLabApp
from tui_lab.tui.dialogs.quit import QuitDialog
from tui_lab.tui.experiment.status_line import StatusLine
from tui_lab.tui.key_names import NAMED, shown
from tui_lab.tui.keys.bindings import EVERYWHERE
from tui_lab.tui.keys.help import HelpScreen
from tui_lab.tui.keys.keyboard import DIALOGS, PLACES, complaints, usual_keys
from tui_lab.tui.keys.keymap import canonical, read_keymap
from tui_lab.tui.knobs.help import KnobHelp
from tui_lab.tui.runs.screen import RunsScreen

ROOT = Path(tui_lab.tui.__file__).parent


def declaring() -> dict[str, type[DOMNode]]:
    """Every class of the lab that declares bindings with ids, found without the program."""
    found = {}
    for module in pkgutil.walk_packages([str(ROOT)], "tui_lab.tui."):
        for each in vars(importlib.import_module(module.name)).values():
            if isinstance(each, type) and issubclass(each, DOMNode):
                own = vars(each).get("BINDINGS", ())
                if any(isinstance(one, Binding) and one.id for one in own):
                    found[each.__qualname__] = each
    return found


def test_every_class_with_keys_has_its_place() -> None:
    placed = {base for nodes in (*PLACES, DIALOGS) for each in nodes for base in each.__mro__}
    missing = {name for name, each in declaring().items() if each not in placed}
    assert missing == {"TuiLabApp"}


def test_the_usual_keys_have_no_complaint() -> None:
    assert complaints({}) == []
    usual = {name: ",".join(bound.keys) for name, bound in usual_keys().items()}
    assert complaints(usual) == []


@pytest.mark.parametrize("nodes", [*PLACES, *((dialog,) for dialog in DIALOGS)])
def test_any_key_of_a_neighbour_is_a_clash(nodes: tuple[type[DOMNode], ...]) -> None:
    classes = [base for node in nodes for base in node.__mro__]
    declared = [one for base in classes for one in vars(base).get("BINDINGS", ())]
    declared += EVERYWHERE if nodes in PLACES else []
    bindings = {one.id: one for one in declared if isinstance(one, Binding) and one.id}
    for chosen, other in permutations(bindings, 2):
        key = next(iter(Binding.make_bindings([bindings[other]]))).key
        if key not in {one.key for one in Binding.make_bindings([bindings[chosen]])}:
            said = complaints({chosen: key})
            assert any(chosen in s and other in s and f" {key} " in s for s in said), (chosen, key)


def test_a_wrong_id_is_told_with_the_nearest() -> None:
    assert complaints({"run.strat": "f5"}) == [
        "keys.json: there is no binding 'run.strat'; did you mean run.start?"
    ]
    assert complaints({"x": "f5"}) == [
        "keys.json: there is no binding 'x'; tui-lab doctor lists them."
    ]


async def test_complaints_are_told_at_the_start(session: FakeSession) -> None:
    app = TuiLabApp(session, keymap={"run.pause": "q", "app.rnus": "f5"})
    async with app.run_test() as pilot:
        await until(pilot, lambda: len(told(app)) == 2)
        assert told(app) == complaints(app.keymap)
        assert "q is the key of run.pause (pause) and app.quit (quit)" in told(app)[1]


def test_a_keymap_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    assert read_keymap(path) == {}
    path.write_text(json.dumps({"app.runs": "f5, ?", "run.phase": ".", "run.stop": "^k"}))
    assert read_keymap(path) == {
        "app.runs": "f5,question_mark",
        "run.phase": "full_stop",
        "run.stop": "ctrl+k",
    }


@pytest.mark.parametrize(
    "text",
    [
        *("{", "[]", '{"app.runs": 3}', '{"app.runs": ""}', "\xff", '{"app.runs": "foo"}'),
        *('{"app.runs": "x,"}', '{"app.runs": "hold+x"}', '{"app.runs": "F5x"}'),
    ],
)
def test_a_bad_keymap_is_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError, match=r"keys\.json.*the usual keys stay\.$"):
        read_keymap(path)


def test_every_usual_key_is_a_key_and_can_be_typed_as_it_is_shown() -> None:
    for bound in usual_keys().values():
        for key in bound.keys:
            assert canonical(key) == key
            assert canonical(shown(key)) == key


def test_the_keys_in_sentences_are_the_usual_ones() -> None:
    usual = usual_keys()
    sources = "".join(
        path.read_text() for path in ROOT.rglob("*.py") if "key_names" not in str(path)
    )
    named = NAMED.findall(sources)
    named += re.findall(r"key_name\([\w.]+, [\"'](\w+\.\w+)[\"'], [\"'](\S+)[\"']\)", sources)
    assert len(named) > 12
    for binding_id, key in named:
        assert canonical(key) in usual[binding_id].keys, binding_id


CHOSEN = {
    "run.start": "f5",
    "app.runs": "f6",
    "app.home": "f7",
    "app.help": "f8",
    "help.close": "x",
    "quit.leave": "f9",
    "pane.notes": "f10",
    "runs.overlay": "f11",
    "knobs.preset": "f12",
}


async def test_lines_name_the_keys_that_were_chosen(session: FakeSession) -> None:
    app = TuiLabApp(session, Opening("toy"), keymap=CHOSEN)
    async with app.run_test(size=(120, 40)) as pilot:
        line = "f5 starts a run with these values, f12 lists presets, f8 every key"
        await until(pilot, lambda: bool(app.screen.query(StatusLine)))
        status = app.screen.query_one(StatusLine)
        await until(pilot, lambda: line in str(status.render()))
        assert "f5 run  f12 presets" in str(app.screen.query_one(KnobHelp).content)
        assert "f10 notes" in str(app.screen.query_one("#panes").border_title)
        await pilot.press("f6")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.is_listed)
        empty = "No runs yet: f7 goes home, open an experiment and press f5."
        assert str(app.screen.query_one("#empty", Static).content) == empty
        await pilot.press("f8")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        assert str(app.screen.query_one("#help").border_subtitle) == "x closes"
        assert "f11 lays those of one experiment" in str(
            app.screen.query_one("#subject", Static).content
        )


async def test_answers_name_the_keys_that_were_chosen(session: FakeSession) -> None:
    session.put(LIVE)
    session.own.add(LIVE.id)
    app = TuiLabApp(session, keymap=CHOSEN)
    async with app.run_test() as pilot:
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, QuitDialog))
        first = app.screen.query_one(OptionList).get_option_at_index(0)
        assert str(first.prompt).startswith("f9  leave them running")
