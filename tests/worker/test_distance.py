"""Protects that measuring a branch against its parent costs no look at the disk at every step."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.worker.kept import Clock, Keeping
from tui_lab.runs.checkpoints import read_manifest
from tui_lab.worker import distance
from tui_lab.worker.distance import ParentDistance


def test_what_a_parent_keeps_is_looked_at_once_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent, clock, looks = Keeping(tmp_path), Clock(), 0
    parent.take_all(0, 4)

    def counted(run: Path) -> object:
        nonlocal looks
        looks += 1
        return read_manifest(run)

    monkeypatch.setattr(distance, "read_manifest", counted)
    apart = ParentDistance(tmp_path, lambda: parent.program, clock)
    assert [apart.next_due(step) for step in (0, 3, 4, 5, 6)] == [4, 4, None, None, None]
    assert looks == 1
    parent.take_all(9)
    assert apart.next_due(6) is None
    clock.now += 1.5
    assert [apart.next_due(step) for step in (6, 7)] == [9, 9]
    assert looks == 2
    parent.checkpoints.close()
