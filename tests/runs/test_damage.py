"""Protects the numbers of a run whose log was damaged: whatever happens to the file, a reader hands
out nothing but what was written, in order, and counts what it passed over."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.runs.harm import HARM, shorten
from tui_lab.errors import RunUnreadable
from tui_lab.event_encoding import to_json
from tui_lab.events import RunEvent, RunPaused, UnknownEvent
from tui_lab.runs import tail as tail_module
from tui_lab.runs.encoding import dumps
from tui_lab.runs.log import RunLog
from tui_lab.runs.seal import number_of
from tui_lab.runs.tail import Place, RunTail, last_event, read_events

RECORDED = Path(__file__).parent.parent / "data" / "recordings" / "diverged" / "events.jsonl"
TRIES = 150
"""Of each kind of damage: a few seconds; no seed of thousands has failed."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The first events of a recorded run, in the present format."""
    path = tmp_path_factory.mktemp("log") / "events.jsonl"
    log = RunLog(path)
    for event, _ in zip(read_events(RECORDED), range(40), strict=False):
        log.append(event)
    log.close()
    return path.read_bytes()


def texts(events: Iterator[RunEvent]) -> list[bytes]:
    return [dumps(to_json(event)) for event in events]


def is_in_order(some: list[bytes], among: list[bytes]) -> bool:
    rest = iter(among)
    return all(event in rest for event in some)


@pytest.mark.parametrize("settled", [True, False])
@pytest.mark.parametrize("damage", HARM)
def test_damage_is_counted_and_no_altered_event_comes_out(
    whole: bytes,
    tmp_path: Path,
    damage: Callable[[bytes, random.Random], bytes],
    settled: bool,
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(whole)
    originals = texts(read_events(path))
    for seed in range(TRIES):
        path.write_bytes(damage(whole, random.Random(seed)))
        tail = RunTail(path, settled=settled)
        events = texts(iter(tail))
        assert is_in_order(events, originals), seed
        # What may still be filled or completed is no damage yet, and nothing comes after it.
        unfinished = not settled and events == originals[: len(events)]
        assert unfinished or sum(tail.damage.values()) > 0, seed
        last = last_event(path)
        assert last is None or dumps(to_json(last)) in originals, seed


def test_a_missing_end_is_clean_or_torn(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(whole)
    originals = texts(read_events(path))
    for seed in range(TRIES):
        short = shorten(whole, random.Random(seed))
        path.write_bytes(short)
        tail = RunTail(path, settled=True)
        events = texts(iter(tail))
        assert events == originals[: len(events)]
        assert tail.damage == ({} if not short or short.endswith(b"\n") else {"torn": 1})


def write(path: Path, *steps: int) -> list[bytes]:
    log = RunLog(path)
    for step in steps:
        log.append(RunPaused(t=0.0, step=step))
    log.close()
    return path.read_bytes().splitlines(keepends=True)


def steps(tail: RunTail) -> list[int]:
    return [event.step for event in tail if isinstance(event, RunPaused)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


@pytest.mark.parametrize(
    ("order", "kept", "damage"),
    [
        ([1, 2, 2, 3, 4], [1, 2, 3, 4], {"repeated": 1}),
        ([1, 4], [1, 4], {"missing": 2}),
        ([4], [4], {"missing": 3}),
        ([1, 2, 0, 4], [1, 2, 4], {"altered": 1}),
        ([1, 0, 0, 3, 4], [1, 3, 4], {"altered": 1}),
        ([1, 0, 4], [1, 4], {"altered": 1, "missing": 1}),
        ([1, 2, 3, 4, 0], [1, 2, 3, 4], {"altered": 1}),
        ([1, 2, 3, 4, 1], [1, 2, 3, 4], {"repeated": 1}),
        ([1, 3, 2, 4], [1, 3, 4], {"missing": 1, "repeated": 1}),
        ([1, 2, 0, 3, 4], [1, 2, 3, 4], {"altered": 1}),
    ],
)
def test_what_was_wrong(
    path: Path, order: list[int], kept: list[int], damage: dict[str, int]
) -> None:
    lines = [b'{"type":"run_paused","t":0,"step":99}\n', *write(path, 1, 2, 3, 4)]
    path.write_bytes(b"".join(lines[place] for place in order))
    tail = RunTail(path)
    assert (steps(tail), tail.damage) == (kept, damage)
    by_pieces = RunTail(path)
    while by_pieces.read(1):
        pass
    assert by_pieces.damage == damage


def test_a_writer_goes_on_counting(path: Path) -> None:
    write(path, 1, 2)
    with path.open("ab") as file:
        file.write(b'{"type":"run_paused","t":0,"step":3,"n":3,"crc":"0')
    lines = write(path, 3, 4)
    assert [number_of(line[:-1]) for line in lines] == [1, 2, 3, 4]
    tail = RunTail(path, settled=True)
    assert (steps(tail), tail.damage) == ([1, 2, 3, 4], {})


def test_an_altered_last_line_is_not_gone_on_from(path: Path) -> None:
    lines = write(path, 1, 2)
    path.write_bytes(lines[0] + lines[1].replace(b'"step":2', b'"step":7'))
    write(path, 3)
    tail = RunTail(path)
    assert (steps(tail), tail.damage) == ([1, 3], {})


def test_what_is_written_after_a_repeated_line_is_not_taken_for_another(path: Path) -> None:
    lines = write(path, 1, 2, 3)
    path.write_bytes(b"".join([*lines, lines[0]]))
    write(path, 4, 5)
    tail = RunTail(path)
    assert (steps(tail), tail.damage) == ([1, 2, 3, 4, 5], {"repeated": 1})


def test_a_log_without_seals_goes_on_without(path: Path) -> None:
    path.write_bytes(b'{"type":"run_paused","t":0.0,"step":1}\n')
    assert write(path, 2)[1] == b'{"type":"run_paused","t":0.0,"step":2,"reason":""}\n'
    tail = RunTail(path)
    assert (steps(tail), tail.damage) == ([1, 2], {})


def test_a_torn_last_line_is_damage_only_when_nobody_will_complete_it(path: Path) -> None:
    lines = write(path, 1, 2)
    path.write_bytes(lines[0] + lines[1][:-1])
    live, settled = RunTail(path), RunTail(path, settled=True)
    assert (steps(live), live.damage) == ([1], {})
    assert (steps(settled), settled.damage) == ([1], {"torn": 1})
    path.write_bytes(b"".join(lines))
    assert (steps(live), live.damage) == ([2], {})


def test_a_hole_stops_a_reader_until_nobody_will_fill_it(path: Path) -> None:
    lines = write(path, 1, 2, 3)
    path.write_bytes(lines[0] + bytes(len(lines[1])) + lines[2])
    live, settled = RunTail(path), RunTail(path, settled=True)
    assert (steps(live), live.damage) == ([1], {})
    assert (steps(settled), settled.damage) == ([1], {"altered": 1})


@pytest.mark.parametrize("junk", [b"junk\n" * 60, b"j" * 300 + b"\n"], ids=["lines", "one line"])
def test_no_amount_of_junk_is_held_in_memory(
    path: Path, junk: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []

    def pread(
        descriptor: int, size: int, offset: int, real: Callable[..., bytes] = os.pread
    ) -> bytes:
        sizes.append(size)
        return real(descriptor, size, offset)

    lines = write(path, 1, 2)
    path.write_bytes(lines[0] + junk + lines[1])
    for limit in ("_MUCH", "_LONGEST"):
        monkeypatch.setattr(tail_module, limit, 256)
    monkeypatch.setattr(os, "pread", pread)
    tail = RunTail(path)
    by_pieces = [event for _ in range(3) for event in tail.read(64)]
    assert [event.step for event in by_pieces if isinstance(event, RunPaused)] == [1, 2]
    assert tail.damage.keys() == {"altered"}
    assert max(sizes) <= 256


@pytest.mark.parametrize("junk", [b"junk\n" * 1000, b"j" * 5000 + b"\n"], ids=["lines", "one line"])
def test_more_than_that_is_no_log_and_is_not_read_on(
    path: Path, junk: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = write(path, 1, 2)
    path.write_bytes(lines[0] + junk + lines[1])
    for limit in ("_MUCH", "_LONGEST"):
        monkeypatch.setattr(tail_module, limit, 256)
    tail = RunTail(path)

    def read_on() -> None:
        for _ in range(3):
            tail.read(64)

    with pytest.raises(RunUnreadable, match="bytes that are no event"):
        read_on()


def test_the_seal_is_no_part_of_an_event(path: Path) -> None:
    event = UnknownEvent(type="comet_seen", data={"t": 3.0})
    log = RunLog(path)
    log.append(event)
    log.close()
    assert list(read_events(path)) == [event]
    assert last_event(path) == event


def test_reading_goes_on_from_a_place(path: Path) -> None:
    lines = write(path, 1, 2, 3, 4)
    path.write_bytes(b"".join([lines[0], lines[2]]))
    before = RunTail(path)
    assert steps(before) == [1, 3]
    path.write_bytes(b"".join([lines[0], lines[2], lines[3]]))
    after = RunTail(path, place=before.place)
    assert (steps(after), after.damage) == ([4], {"missing": 1})
    assert after.place == Place(path.stat().st_size, 4, {"missing": 1})


def test_lines_nobody_wants_are_checked_all_the_same(path: Path) -> None:
    lines = write(path, 1, 2, 3)
    path.write_bytes(lines[0] + lines[1].replace(b'"step":2', b'"step":7') + lines[2])
    tail = RunTail(path, wanted=lambda line: b'"step":3' in line)
    assert (steps(tail), tail.damage) == ([3], {"altered": 1})


def test_a_pipe_is_not_waited_for(path: Path) -> None:
    os.mkfifo(path)
    assert last_event(path) is None
    with pytest.raises(RunUnreadable, match="can't be read"):
        RunTail(path).read()


def test_a_single_line_that_lost_its_checksum_is_not_of_format_1(path: Path) -> None:
    (line,) = write(path, 1)
    path.write_bytes(line.rpartition(b',"crc"')[0] + b"}\n")
    tail = RunTail(path)
    assert (steps(tail), tail.damage) == ([], {"altered": 1})
    assert last_event(path) is None
