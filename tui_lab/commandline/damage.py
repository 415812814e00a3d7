"""Saying that numbers of a run are missing, wherever a command shows others of it."""

from __future__ import annotations

from collections.abc import Mapping

from tui_lab.commandline.console import Console
from tui_lab.events import RunEnded
from tui_lab.run import RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import last_event
from tui_lab.view_models.damage import damaged_lines


def say_damage(run: RunDirectory, damage: Mapping[str, int], console: Console) -> bool:
    """Says on stderr what a reader of the log passed over, and what an ended run's log lacks;
    whether it lacks its end."""
    if sentence := damaged_lines(damage):
        console.say(sentence)
    if lost := _lost_end(run):
        console.say(lost)
    return bool(lost)


def _lost_end(run: RunDirectory) -> str:
    record = run.status_record()
    has_begun = record.pid > 0 or record.status is not RunStatus.STOPPED
    if not (record.status.is_finished and has_begun):
        return ""
    path, said = run.events_path, f"{run.id} is {record.status}, but its log"
    if not path.exists():
        return f"{said} is missing: nothing that it measured is left."
    if isinstance(last_event(path), RunEnded):
        return ""
    if not path.stat().st_size:
        return f"{said} is empty: nothing that it measured is left."
    return f"{said} lacks its last event: what it measured towards its end may be missing here."
