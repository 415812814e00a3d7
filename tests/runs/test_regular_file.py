"""Protects readers from what is no file: nothing is waited for, followed or read without end, and
the reason says what stands there."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.runs.kinds import endless, folder, listening, loop, pipe
from tui_lab.runs.regular_file import open_regular, read_end, read_regular

pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file"


def linked(path: Path) -> None:
    path.with_name("other").write_text("{}")
    path.symlink_to(path.with_name("other"))


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (pipe, "it is a pipe, not a file"),
        (listening, "it is a socket, not a file"),
        (folder, "Is a directory"),
        (loop, "it is a link, not a file"),
        (endless, "it is a link, not a file"),
        (linked, "it is a link, not a file"),
    ],
)
def test_what_is_no_file_is_named(path: Path, kind: Callable[[Path], None], reason: str) -> None:
    kind(path)
    for read in (open_regular, lambda p: read_regular(p, 100), lambda p: read_end(p, 100)):
        with pytest.raises(OSError, match=reason):
            read(path)


def test_a_device_is_named() -> None:
    with pytest.raises(OSError, match="it is a device, not a file"):
        open_regular(Path("/dev/zero"))


def test_nothing_stays_open(path: Path) -> None:
    folder(path)
    before = os.listdir("/dev/fd")
    with pytest.raises(OSError, match="Is a directory"):
        open_regular(path)
    assert os.listdir("/dev/fd") == before


def test_a_missing_file_is_missing(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_regular(path)
    with pytest.raises(NotADirectoryError):
        open_regular(Path(__file__) / "file")


def test_a_file_is_read_whole_up_to_its_bound(path: Path) -> None:
    path.write_bytes(b"x" * (1 << 20))
    assert read_regular(path, 1 << 20) == b"x" * (1 << 20)
    with path.open("ab") as file:
        file.write(b"y")
    with pytest.raises(OSError, match="it is larger than 1 MiB"):
        read_regular(path, 1 << 20)


def test_the_end_of_a_file(path: Path) -> None:
    path.write_bytes(b"0123456789")
    assert read_end(path, 4) == (b"6789", True)
    assert read_end(path, 10) == (b"0123456789", False)
