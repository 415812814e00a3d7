"""Protects the readers of a log: whatever a crash, a power cut or a network file system leaves at
its end, no reader yields a wrong event or loses a whole one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_lab.errors import RunUnreadable
from tui_lab.event_encoding import to_json
from tui_lab.events import (
    AlarmRaised,
    MetricsLogged,
    RunEvent,
    RunPaused,
    UnknownEvent,
)
from tui_lab.runs.encoding import dumps
from tui_lab.runs.log import RunLog
from tui_lab.runs.tail import RunTail, last_event, read_events

STEPS = st.integers(0, 10**9)
EVENTS = st.one_of(
    st.builds(RunPaused, t=st.floats(0, 1e6), step=STEPS, reason=st.text(max_size=20)),
    st.builds(
        MetricsLogged,
        t=st.floats(0, 1e6),
        kind=st.just("step"),
        first=STEPS,
        columns=st.dictionaries(st.sampled_from(["train/loss", "norm/w"]), st.lists(st.floats())),
    ),
    st.builds(UnknownEvent, type=st.just("comet_seen"), data=st.just({"tail": "long"})),
)
LOGS = st.lists(EVENTS, max_size=8)
# A brace could end a torn line in a way that makes sense, which is then no damage.
GARBAGE = st.binary(min_size=1, max_size=60).filter(lambda data: b"}" not in data)
DAMAGE = st.one_of(st.just(b""), st.integers(1, 9000).map(bytes), GARBAGE)


def encoded(events: Iterable[RunEvent]) -> list[bytes]:
    """Events as lines: comparing those also compares NaN."""
    return [dumps(to_json(event)) + b"\n" for event in events]


def write(path: Path, events: Iterable[RunEvent]) -> None:
    log = RunLog(path)
    for event in events:
        log.append(event)
    log.close()


def drain(tail: RunTail, most_bytes: int = 1 << 22) -> list[bytes]:
    lines: list[bytes] = []
    while events := tail.read(most_bytes):
        lines += encoded(events)
    return lines


@given(LOGS, LOGS, st.data(), DAMAGE)
def test_damage_at_the_end_and_a_writer_that_goes_on(
    before: list[RunEvent], after: list[RunEvent], data: st.DataObject, damage: bytes
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "events.jsonl"
        write(path, before)
        whole = path.read_bytes()
        cut = data.draw(st.integers(0, len(whole)))
        path.write_bytes(whole[:cut] + damage)
        lines = encoded(before)
        kept = whole[:cut].count(b"\n")
        early = RunTail(path)
        seen = drain(early)
        # Garbage may begin with the very newline that was cut off.
        assert seen in (lines[:kept], lines[: kept + 1])
        assert encoded(filter(None, [last_event(path)])) == seen[-1:]
        write(path, after)
        seen += drain(early)
        assert seen == drain(RunTail(path))
        assert seen in (lines[:kept] + encoded(after), lines[: kept + 1] + encoded(after))


@given(LOGS, st.data())
def test_a_log_that_grows_in_torn_pieces(events: list[RunEvent], data: st.DataObject) -> None:
    lines = encoded(events)
    whole = b"".join(lines)
    cuts = data.draw(st.lists(st.integers(0, len(whole)), max_size=5).map(sorted))
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "events.jsonl"
        quick, slow = RunTail(path), RunTail(path)
        seen: list[bytes] = []
        for cut in [*cuts, len(whole)]:
            path.write_bytes(whole[:cut])
            seen += drain(quick, data.draw(st.integers(1, 200)))
            assert seen == lines[: whole[:cut].count(b"\n")]
        assert drain(slow) == lines


@given(LOGS, st.data())
def test_a_hole_that_is_filled_later(events: list[RunEvent], data: st.DataObject) -> None:
    lines = encoded(events)
    whole = b"".join(lines)
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "events.jsonl"
        path.write_bytes(whole[:start] + bytes(end - start) + whole[end:])
        tail = RunTail(path)
        seen = drain(tail)
        assert seen == (lines if start == end else lines[: whole[:start].count(b"\n")])
        path.write_bytes(whole)
        assert seen + drain(tail) == lines


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def paused(step: int) -> RunPaused:
    return RunPaused(t=0.0, step=step)


def test_a_log_that_is_not_there_yet(path: Path) -> None:
    tail = RunTail(path)
    assert tail.read() == []
    assert last_event(path) is None
    write(path, [paused(1)])
    assert tail.read() == [paused(1)]
    assert tail.read() == []


def test_readers_have_places_of_their_own(path: Path) -> None:
    write(path, [paused(1), paused(2)])
    first, second = RunTail(path), RunTail(path)
    assert first.read() == [paused(1), paused(2)]
    write(path, [paused(3)])
    assert second.read() == [paused(1), paused(2), paused(3)]
    assert first.read() == [paused(3)]
    assert first.offset == second.offset == path.stat().st_size


def test_a_long_log_comes_in_slices(path: Path) -> None:
    write(path, map(paused, range(1000)))
    tail = RunTail(path)
    assert tail.read(150) == [paused(0), paused(1)]
    assert tail.offset <= 150
    assert list(read_events(path)) == [paused(step) for step in range(1000)]


def test_a_line_longer_than_a_slice_comes_whole(path: Path) -> None:
    event = AlarmRaised(t=0.0, step=1, kind="k", message="x" * 10_000)
    write(path, [event, paused(2)])
    tail = RunTail(path)
    assert tail.read(10)[0] == event
    assert tail.offset > 10_000


def test_a_garbage_line_is_passed_over_once_a_good_one_follows(path: Path) -> None:
    (good, later) = encoded([paused(1), paused(2)])
    for garbage in (
        b"junk\n",
        b"3\n",
        b"\xff\xfe\n",
        b'{"no":"type"}\n',
        b"\n",
        b"[" * 3000 + b"\n",
    ):
        path.write_bytes(good + garbage)
        tail = RunTail(path)
        assert tail.read() == [paused(1)]
        assert tail.offset == len(good)
        path.write_bytes(good + garbage + later)
        assert tail.read() == [paused(2)]
        assert last_event(path) == paused(2)


def test_much_garbage_does_not_hold_a_reader_up(path: Path) -> None:
    (good,) = encoded([paused(1)])
    path.write_bytes(b"junk\n" * 5000 + good)
    assert RunTail(path).read(100) == [paused(1)]


def test_an_unknown_event_is_kept(path: Path) -> None:
    path.write_bytes(b'{"type":"comet_seen","t":3.0,"tail":[1,2]}\n')
    (event,) = RunTail(path).read()
    assert event == UnknownEvent(type="comet_seen", data={"t": 3.0, "tail": [1, 2]})


def test_a_log_that_can_not_be_opened_is_one_sentence(path: Path) -> None:
    path.mkdir()
    with pytest.raises(RunUnreadable, match=r"events\.jsonl can't be read \(Is a directory\)\."):
        RunTail(path).read()


def test_the_last_event_is_found_beyond_the_first_look(path: Path) -> None:
    event = AlarmRaised(t=0.0, step=1, kind="k", message="x" * 100_000)
    write(path, [paused(1), event])
    with path.open("ab") as file:
        file.write(b"\0" * 50_000)
    assert last_event(path) == event
