"""Protects every reader from what stands in a run's directory: whatever it is, there is a row or a
sentence, and no exception, no wait, no code run.

`TUI_LAB_FOREIGN_EXAMPLES` is how many directories are made up; with `-s` the longest wait is told.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings

from tests.commandline.scripted_run import Screen
from tests.runs.conftest import HANGS
from tests.runs.foreign import (
    DIRECTORIES,
    FILES,
    RECORDED,
    RUN,
    attempt,
    readers,
    write,
)
from tests.runs.kinds import (
    deep,
    endless,
    folder,
    huge,
    listening,
    loop,
    many_short_lines,
    one_long_line,
    pipe,
)
from tui_lab.cli import perform
from tui_lab.config import Settings
from tui_lab.errors import ExperimentNotFound
from tui_lab.tui.session.lab_session import LabSession

EXAMPLES = int(os.environ.get("TUI_LAB_FOREIGN_EXAMPLES", "200"))

pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where runs are kept, with locks and sockets beside."""
    place = tmp_path_factory.mktemp("foreign")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUI_LAB_HOME", str(place))
        patch.setattr(tempfile, "tempdir", str(place))
        yield place / "runs"


class Longest:
    """The longest wait so far, and for whom."""

    seconds = 0.0
    reader = ""
    read = 0

    def all_of(self, runs: Path) -> None:
        self.read += 1
        for name, read in readers(runs):
            signal.alarm(HANGS)
            begun = time.perf_counter()
            attempt(read)
            self.seconds, self.reader = max(
                (self.seconds, self.reader), (time.perf_counter() - begun, name)
            )


@pytest.fixture(scope="module")
def longest() -> Iterator[Longest]:
    measured = Longest()
    yield measured
    print(f"\n{measured.read} directories, longest {measured.seconds:.3f} s: {measured.reader}")


@settings(max_examples=EXAMPLES)
@given(contents=DIRECTORIES)
def test_whatever_is_written_there(
    runs: Path, longest: Longest, contents: dict[str, bytes | None]
) -> None:
    write(runs, contents)
    longest.all_of(runs)


KINDS = (pipe, folder, loop, endless, listening, huge, one_long_line, many_short_lines, deep)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("name", FILES)
def test_whatever_stands_in_place_of_a_file(
    runs: Path, longest: Longest, name: str, kind: Callable[[Path], None]
) -> None:
    recorded = {file: (RECORDED / file) for file in FILES if file != name}
    path = write(runs, {n: f.read_bytes() for n, f in recorded.items() if f.exists()})
    kind(path / name)
    longest.all_of(runs)
    row = Screen()
    assert perform(["runs"], row) == 0
    assert [line.split()[0] for line in row.out.splitlines()] == ["run", RUN]


@pytest.mark.parametrize("kind", [pipe, loop, endless, one_long_line], ids=lambda k: k.__name__)
def test_whatever_stands_in_place_of_the_directory(
    runs: Path, longest: Longest, kind: Callable[[Path], None]
) -> None:
    shutil.rmtree(write(runs, {}))
    kind(runs / RUN)
    longest.all_of(runs)
    (runs / RUN).unlink()


def test_a_file_that_a_run_names_is_run_by_none_of_them(
    runs: Path, longest: Longest, tmp_path: Path
) -> None:
    plugin = tmp_path / "mine.py"
    plugin.write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nEXPERIMENT = None\n")
    text = (RECORDED / "run.json").read_text()
    for name in ("linear-regression", "mine"):
        run = text.replace('"plugin": ""', f'"plugin": "{plugin}"')
        run = run.replace('"experiment": "linear-regression"', f'"experiment": "{name}"')
        events = (RECORDED / "events.jsonl").read_bytes()
        write(runs, {"run.json": run.encode(), "events.jsonl": events})
        longest.all_of(runs)
        with pytest.raises(ExperimentNotFound, match="a file of yours"):
            LabSession(runs, Settings()).experiment("mine")
    assert not (tmp_path / "ran").exists()
    asked = Screen()
    assert perform(["attach", RUN], asked) == 2
    assert asked.err == (
        f"{RUN} was made from a file, {plugin}, which is not run unasked; "
        f"tui-lab attach {RUN} FILE.py names it.\n"
    )
