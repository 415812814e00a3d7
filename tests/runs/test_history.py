"""Protects the opening of long runs: what is kept beside a log gives the very view that the whole
log gives, and is never believed when it is damaged or of another log."""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest

from tests.commandline.scripted_run import started
from tui_lab import history
from tui_lab.events import (
    AlarmRaised,
    HyperparameterChanged,
    MetricsLogged,
    RunEvent,
    RunFinished,
)
from tui_lab.history import History, folded
from tui_lab.run import RunStatus
from tui_lab.runs import kept
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.encoding import dumps
from tui_lab.runs.kept import Kept, kept_path, read_kept, write_kept
from tui_lab.runs.log import RunLog
from tui_lab.runs.tail import RunTail, read_events
from tui_lab.view_models.memory import remembered
from tui_lab.view_models.run import RunView

RECORDINGS = sorted((Path(__file__).parent.parent / "data" / "recordings").iterdir())
NewRun = Callable[..., RunDirectory]


@pytest.fixture(autouse=True)
def short_logs_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else every test would have to write megabytes."""
    monkeypatch.setattr(history, "LEAST", 1)
    monkeypatch.setattr(history, "_STRIDE", 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def write(path: Path, events: Iterable[RunEvent]) -> None:
    log = RunLog(path)
    for event in events:
        log.append(event)
    log.close()


def state(view: RunView) -> tuple[bytes, list[bytes]]:
    """All that a view holds, comparable where there are NaN too."""
    data, points = remembered(view)
    return dumps(data), [rows.tobytes() for rows in points]


def whole(path: Path) -> RunView:
    """The log folded from its beginning."""
    view, tail = RunView(), RunTail(path)
    for event in tail:
        view.fold(event)
    return view


def opened(path: Path, *, keep: bool = True) -> RunView:
    """The log folded as the lab folds it."""
    log = History(path)
    view = log.view(None)
    for event in log:
        view.fold(event)
    if keep:
        log.keep(view)
    return view


def long_run(steps: int = 150_000) -> list[RunEvent]:
    """A run with spikes, gaps, alarms and changes; some series are thinned more than once."""
    chance = np.random.default_rng(0)
    events: list[RunEvent] = [started(steps, 100)]
    for first in range(1, steps, 1000):
        losses = chance.standard_normal(1000)
        losses[[3, 4]] = np.nan, 1e9 * first
        columns = {"train/loss": losses, "norm/w": chance.random(1000, np.float32)}
        t, last = first / 1000, first + 999
        events.append(MetricsLogged(t=t, kind="step", first=first, columns=columns))
        epoch = {"train/loss": [float(first)]}
        events.append(MetricsLogged(t=t, kind="epoch", steps=[last], epochs=[first], columns=epoch))
        if first % 10_000 == 1:
            events.append(HyperparameterChanged(t=t, step=first, name="lr", old=0.1, new=0.1 * t))
            events.append(AlarmRaised(t=t, step=first, kind="step/first_nan", message="It is NaN."))
    events.append(RunFinished(t=steps / 1000, step=steps, epoch=9, metrics={"a": np.inf, "n": 3}))
    return events


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.name)
def test_a_kept_view_and_the_rest_are_the_whole(recording: Path, path: Path) -> None:
    events = list(read_events(recording / "events.jsonl"))
    for place in (1, len(events) // 2, len(events) - 1, len(events)):
        path.unlink(missing_ok=True)
        kept_path(path).unlink(missing_ok=True)
        write(path, events[:place])
        opened(path)
        assert read_kept(path) is not None
        write(path, events[place:])
        assert state(opened(path, keep=False)) == state(whole(path))


def test_a_long_run_is_kept_as_it_goes(path: Path) -> None:
    events = long_run()
    for start in range(0, len(events), 40):
        write(path, events[start : start + 40])
        opened(path)
    view, full = opened(path), whole(path)
    assert state(view) == state(full)
    losses = view.series["step", "train/loss"]
    assert (losses.total, losses.nonfinite, losses.first_nonfinite) == (150_000, 150, 4)
    assert np.nanmax(losses.values) == 1e9 * 149_001
    assert len(view.marks) == len(view.alarms) == 15
    assert view.metrics["train/loss"] == 149_001.0
    assert view.ended == full.ended


def test_opening_reads_nothing_of_what_is_kept(path: Path) -> None:
    write(path, long_run(20_000))
    full = state(opened(path))
    log = History(path)
    assert state(log.view(None)) == full
    assert log.read() == []


def test_a_damaged_file_is_never_believed(path: Path) -> None:
    write(path, long_run(3000))
    full = state(opened(path))
    content = kept_path(path).read_bytes()
    for seed in range(200):
        chance = random.Random(seed)
        place = chance.randrange(len(content))
        flipped = content[:place] + bytes([content[place] ^ 1 << chance.randrange(8)])
        harmed = chance.choice((flipped + content[place + 1 :], content[:place], b"", content * 2))
        kept_path(path).write_bytes(harmed)
        assert read_kept(path) is None, seed
        assert state(opened(path, keep=False)) == full
    kept_path(path).unlink()
    os.mkfifo(kept_path(path))
    assert read_kept(path) is None


@pytest.mark.parametrize(
    "data",
    [
        {},
        [],
        None,
        {"started": {"type": "alarm"}},
        {"now": "x"},
        {"measurements": {"series": [["step", "a", {}]]}},
        {"marks": [{}]},
        {"pictures": {"a": {"b": 3}}},
        {"alarms": [None]},
    ],
)
def test_what_is_no_view_is_folded_anew(path: Path, data: object) -> None:
    """Its checksum may be right."""
    write(path, long_run(3000))
    full = state(opened(path))
    good = read_kept(path)
    assert good is not None
    content = {**good.data, **data} if isinstance(data, dict) and data else data
    for arrays in (good.arrays, [b""], [b"1234567"], [bytes(24)] * 3):
        write_kept(path, Kept(good.place, content, arrays))  # type: ignore[arg-type]
        assert state(opened(path, keep=False)) == full


def test_another_log_s_file_is_not_believed(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    write(path, long_run(3000))
    later = AlarmRaised(t=4.0, step=7, kind="k", message="m" * 5000)  # one that has grown
    write(other, [*long_run(3000)[:-1], RunFinished(t=3.0, step=7, epoch=9), later])
    opened(path)
    kept_path(path).rename(kept_path(other))
    assert state(opened(other, keep=False)) == state(whole(other))


def test_a_log_that_was_touched_is_read_again(path: Path) -> None:
    """One byte of it may be another, and that is to be said."""
    write(path, long_run(30_000))
    opened(path)
    content = path.read_bytes()
    place = content.index(b'"first":9001')
    path.write_bytes(content[:place] + b"X" + content[place + 1 :])
    os.utime(path, ns=(0, 0))
    log = History(path)
    view = log.view(None)
    assert view.step == 0
    for event in log:
        view.fold(event)
    assert log.damage == {"altered": 1}


def test_a_shorter_log_is_read_again(path: Path) -> None:
    write(path, long_run(3000))
    opened(path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))
    assert state(opened(path, keep=False)) == state(whole(path))


def test_damage_that_was_met_is_said_again(new_run: NewRun) -> None:
    run = new_run(RunStatus.FINISHED)
    write(run.events_path, long_run(3000))
    lines = run.events_path.read_bytes().splitlines(keepends=True)
    run.events_path.write_bytes(b"".join([lines[0], *lines[2:]]))
    for _ in range(2):
        view = folded(run, None)
        assert view.damage == {"missing": 1}
        assert sum("damaged" in line for line in view.lines) == 1
        assert read_kept(run.events_path) is not None


def test_a_hole_that_may_be_filled_is_not_kept(path: Path) -> None:
    write(path, long_run(3000)[:-1])
    content = path.read_bytes()
    start = content.index(b"\n") + 1
    path.write_bytes(content[:start] + bytes(40) + content[start + 40 :])
    log = History(path, settled=True)
    view = log.view(None)
    for event in log:
        view.fold(event)
    log.keep(view)
    assert log.damage == {"altered": 1}
    assert not kept_path(path).exists()


def test_a_home_that_can_not_be_written_opens_all_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(log: Path, kept: Kept) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(history, "write_kept", refuse)
    write(path, long_run(3000))
    assert state(opened(path)) == state(whole(path))


def test_the_last_room_on_a_disk_is_not_taken(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(path, long_run(3000))
    monkeypatch.setattr(kept, "_ROOM", 1 << 60)
    opened(path)
    assert not kept_path(path).exists()


def test_a_short_log_needs_nothing_beside_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "LEAST", 1 << 22)
    write(path, long_run(3000))
    opened(path)
    assert not kept_path(path).exists()


def test_it_is_not_written_again_for_every_event(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "_STRIDE", 1 << 20)
    write(path, long_run(40_000))
    opened(path)
    before = kept_path(path).stat().st_mtime_ns
    write(path, [AlarmRaised(t=1.0, step=1, kind="k", message="m")])
    opened(path)
    assert kept_path(path).stat().st_mtime_ns == before
