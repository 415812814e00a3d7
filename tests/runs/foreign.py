"""Directories that anyone may have written, and everything that reads one."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tests.commandline.scripted_run import Screen
from tui_lab.cli import perform
from tui_lab.config import Settings
from tui_lab.errors import TuiLabError
from tui_lab.experiment import Curve, Heatmap, Images, KeyFigures, Picture, Table
from tui_lab.lineage import run_card
from tui_lab.plugins import load_experiment
from tui_lab.runs.catalogue import Catalogue
from tui_lab.runs.directory import RunDirectory
from tui_lab.search.match import condition
from tui_lab.search.parser import parsed
from tui_lab.tui.experiment.run_feed import RunFeed
from tui_lab.tui.experiment.run_overlays import RunOverlays
from tui_lab.tui.runs.row import run_row
from tui_lab.tui.session.lab_session import LabSession
from tui_lab.view_models.curves import curve_figure, legend, nonfinite_note
from tui_lab.view_models.key_figures import key_figures
from tui_lab.view_models.picture_data import heatmap_cells, image_grid, text_table
from tui_lab.view_models.pictures import picture_figure, picture_legend
from tui_lab.view_models.run import RunView

RECORDED = Path(__file__).parents[1] / "data" / "run-v1"
RUN = "linear-regression-20261120-234755-7f3a"
EXPERIMENT = load_experiment("linear-regression")
EVENTS = [json.loads(line) for line in (RECORDED / "events.jsonl").read_bytes().splitlines()]
DOCUMENTS: Mapping[str, Any] = {
    name: json.loads((RECORDED / name).read_bytes()) for name in ("run.json", "status.json")
}
FILES = ("run.json", "status.json", "events.jsonl", "events.kept", "worker.log", "exit.json")

_WORDS = ("NaN", "Infinity", "x", "\x1b[31m\x07", "[red]", "‮", "a" * 20_000, "2125-01-01T00:00:00")
_NUMBERS = (0, -1, 1, 2**31, 2**53 + 1, 2**64 - 1, 10**30, -(2**63), 0.5, -0.0, 1e308, 99999999999)
_TIMES = ("0001-01-01T00:00:00", "9999-12-31T23:59:59.999999+00:00", "now", "")
_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from((*_WORDS, *_NUMBERS, *_TIMES)),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
)
VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
"""JSON values, those that readers have stumbled over among them."""


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else ()
    for key, item in enumerate(value) if isinstance(value, list) else items:
        yield from _places(item, (*path, key))


@st.composite
def altered(draw: Callable[..., Any], document: Any) -> Any:
    """The document with a few values replaced, taken away, wrapped or repeated."""
    document = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        paths = list(_places(document))
        if not paths:
            return document
        *above, last = draw(st.sampled_from(paths))
        holder = document
        for key in above:
            holder = holder[key]
        _alter(holder, last, draw(st.sampled_from(["replace", "drop", "wrap", "repeat"])), draw)
    return document


def _alter(holder: Any, key: Any, how: str, draw: Callable[..., Any]) -> None:
    if how == "drop":
        del holder[key]
    elif how == "repeat" and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    else:
        holder[key] = [holder[key]] if how == "wrap" else draw(VALUES)


@st.composite
def damaged(draw: Callable[..., Any], content: bytes) -> bytes:
    """The bytes with a piece overwritten, cut out or put in."""
    start = draw(st.integers(0, len(content)))
    stop = min(len(content), start + draw(st.integers(0, 200)))
    piece: bytes = draw(st.binary(max_size=40))
    return content[:start] + piece + content[stop:]


def _encoded(value: object) -> bytes:
    return json.dumps(value).encode()


def _lines(events: Any) -> bytes:
    return b"".join(_encoded(event) + b"\n" for event in events) if events else b""


def _contents(name: str) -> st.SearchStrategy[bytes | None]:
    """What may stand in a file; None where there is none."""
    recorded = (RECORDED / name).read_bytes() if (RECORDED / name).exists() else b'{"code":-9}'
    others = [st.just(recorded), st.none(), st.binary(max_size=60), damaged(recorded)]
    if name in DOCUMENTS:
        others += [VALUES.map(_encoded), altered(DOCUMENTS[name]).map(_encoded)] * 2
    if name == "events.jsonl":
        others += [altered(EVENTS).map(_lines)] * 4 + [st.lists(VALUES, max_size=4).map(_lines)]
    if name == "exit.json":
        others += [VALUES.map(lambda value: _encoded({"code": value}))]
    return st.one_of(others)


DIRECTORIES = st.fixed_dictionaries({name: _contents(name) for name in FILES})
"""A content, or None, by the names of the files."""


def write(runs: Path, contents: Mapping[str, bytes | None]) -> Path:
    """A run's directory with these files, alone in `runs`."""
    shutil.rmtree(runs, ignore_errors=True)
    (runs / RUN).mkdir(parents=True)
    for name, content in contents.items():
        if content is not None:
            (runs / RUN / name).write_bytes(content)
    return runs / RUN


def readers(runs: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """Everything that reads the run in `runs`, by name; $TUI_LAB_HOME names their parent."""
    for words in (
        ["runs"], ["runs", "--json"], ["runs", "lr<1", "error"], ["show", RUN],
        ["show", RUN, "--json"], ["attach", RUN], ["attach"],
        ["export", RUN, "--to", str(runs.parent / "out.csv")],
        ["export", RUN, "--to", str(runs.parent / "out.jsonl")],
        ["branch", RUN, "--step", "1", "lr=0.2", "--dry-run"],
    ):  # fmt: skip
        yield " ".join(words), lambda words=words: _command(words)  # type: ignore[misc]
    session = LabSession(runs, Settings())
    yield "live", lambda: Catalogue(runs).live()
    yield "row", lambda: _row(session)
    yield "status", lambda: session.runs.status(RUN)
    yield "output", lambda: session.runs.worker_output(RUN)
    yield "overlay", lambda: _overlay(session)
    yield "card", lambda: run_card(RunDirectory(runs / RUN), EXPERIMENT)
    yield "screen", lambda: _follow(session)


def _command(words: list[str]) -> None:
    """Carry a command out; it may refuse, in one sentence, and let nothing through to a terminal
    that it would obey."""
    console = Screen()
    status = perform(words, console)
    said = console.out + console.err
    assert not any(control in said for control in "\x1b\x07\x9b‮")
    assert status in (0, 1, 2)
    assert status == 0 or console.err


def _row(session: LabSession) -> None:
    run = session.runs.summary(RUN)
    assert not (run.live and run.created.year in (1, 9999))
    now = datetime.now(UTC)
    condition(parsed("lr<1 x=2 -test/loss>0 created>today or word"), now)(run)
    for experiment in (EXPERIMENT, None):
        row = run_row(run, experiment, now)
        assert all(len(text) <= 2000 and "\x1b" not in text for text in (row.values, row.error))


def _overlay(session: LabSession) -> None:
    overlays = RunOverlays(session, EXPERIMENT)
    overlays.add([RUN])
    overlays.read()
    overlays.named("", {"lr": 0.1, "seed": 1})


def _follow(session: LabSession) -> None:
    """Read a run as its screen does, and make all that it shows."""
    feed = RunFeed(RUN, session.runs.tail(RUN), EXPERIMENT)
    feed.inquire(session)
    feed.read()
    view = feed.view
    assert not any("\x1b" in line for line in view.lines)
    _ = view.gradients, view.time_left, view.steps_per_second, feed.standing
    for picture in EXPERIMENT.pictures:
        _show(picture, view)


def _show(picture: Picture, view: RunView) -> None:
    match picture:
        case Curve():
            for across in ("step", "epoch", "time"):
                legend(curve_figure(view, picture, x=across, smoothing=0.6))
            nonfinite_note(view, picture, log=True)
        case Heatmap():
            heatmap_cells(picture, view)
        case Images():
            image_grid(picture, view)
        case Table():
            text_table(picture, view)
        case KeyFigures():
            key_figures(view)
        case _:
            picture_legend(picture_figure(picture, view))


def attempt(read: Callable[[], object]) -> None:
    """Read; a sentence meant for a person is an answer too."""
    said = ""
    try:
        read()
    except TuiLabError as error:
        said = str(error)
    assert "\n" not in said
