"""Protects every file that is replaced: a reader never sees half of one, and a failure leaves the
old one and no litter."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tui_lab.runs.replacement import replacing


def test_the_new_file_appears_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with replacing(path, durable=True) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def fail_midway(path: Path) -> None:
    with replacing(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        fail_midway(path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
