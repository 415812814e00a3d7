"""Protects what survives a power cut: a log is synced when it closes, a file that is replaced
durably before its new name is there, and the name after."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tui_lab.events import RunPaused
from tui_lab.runs import log as log_module
from tui_lab.runs.log import RunLog
from tui_lab.runs.replacement import replacing


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked of the operating system, in order: `sync file`, `sync directory`, `replace`."""
    made: list[str] = []
    fsync, replace = os.fsync, os.replace

    def synced(descriptor: int) -> None:
        is_directory = Path(f"/proc/self/fd/{descriptor}").resolve().is_dir()
        made.append(f"sync {'directory' if is_directory else 'file'}")
        fsync(descriptor)

    def replaced(*paths: Any) -> None:
        made.append("replace")
        replace(*paths)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(log_module, "_sync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    return made


def test_a_log_is_on_the_disk_once_it_is_closed(tmp_path: Path, calls: list[str]) -> None:
    log = RunLog(tmp_path / "events.jsonl")
    log.append(RunPaused(t=0.0, step=1))
    log.flush()
    assert calls == []  # the operating system has it: kill -9 is survived
    log.close()
    assert calls == ["sync file"]


def test_content_before_name_and_name_before_going_on(tmp_path: Path, calls: list[str]) -> None:
    with replacing(tmp_path / "run.json", durable=True) as file:
        file.write(b"{}")
    assert calls == ["sync file", "replace", "sync directory"]


def test_what_need_not_last_waits_for_nothing(tmp_path: Path, calls: list[str]) -> None:
    with replacing(tmp_path / "status.json") as file:
        file.write(b"{}")
    assert calls == ["replace"]
