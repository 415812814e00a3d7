"""All runs in one directory, read from their own files: there is no index that could disagree."""

from __future__ import annotations

import difflib
import math
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from tui_lab.errors import HomeError, RunError, RunNotFound, RunUnreadable
from tui_lab.run import is_run_id
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.lock import is_held, lock_path, socket_path
from tui_lab.runs.summary import RunSummary, summarized, unreadable

__all__ = ["Catalogue", "RunSummary"]

SLICE = 0.03
"""Seconds of reading at a time, for who shows what there is while the rest is read."""

_Stamp = tuple[int, ...]
"""Inode, time and size of a status.json, and the time of its directory, in which files that are
written whole are replaced: another one means another content."""


class Catalogue:
    """The runs in the directory `runs`. Entries whose name is not a run's are none of its business.

    What it read of an ended run it keeps, so that asking again every second costs little. Two
    threads may ask at once: what both write is the same.
    """

    def __init__(self, runs: Path) -> None:
        self.runs = runs
        self._ended: dict[str, tuple[_Stamp, RunSummary | None]] = {}
        """Without a summary where no more than the end was asked about."""

    def slices(
        self, seconds: float = SLICE, *, trusting: bool = False
    ) -> Iterator[list[RunSummary]]:
        """Every run, the newest first, in lists that take about so long to read; `trusting`, ended
        ones that were read before are given as they were, without a look at the disk.

        One that can't be read comes with `error` set. Raises `HomeError` when the directory itself
        can't be read.
        """
        ids = self._ids()
        for gone in self._ended.copy().keys() - ids:
            self._ended.pop(gone, None)
        some, begun = list[RunSummary](), time.monotonic()
        for run_id in _newest_first(ids):
            some.append(self._summary(run_id, trusting=trusting))
            if time.monotonic() - begun >= seconds:
                yield some
                some, begun = [], time.monotonic()
        yield some

    def summaries(self) -> list[RunSummary]:
        """Every run, newest first, as `slices` gives them."""
        return _by_time(run for some in self.slices(math.inf) for run in some)

    def summary(self, text: str) -> RunSummary:
        """The run that `find` finds; nothing of the others is read."""
        return self._summary(self.find(text).id)

    def live(self) -> list[RunSummary]:
        """The runs that a worker drives now, or is about to, newest first. Of an ended one no more
        is read than that it has ended, and that once."""
        going_on = (self._summary(run) for run in self._ids() if not self._has_ended(run))
        return _by_time(run for run in going_on if run.live)

    def find(self, text: str) -> RunDirectory:
        """The run with this name, or whose name alone begins so; else raises `RunNotFound`."""
        if is_run_id(text) and os.path.lexists(self.runs / text):
            return RunDirectory(self.runs / text)
        ids = self._ids()
        matches = sorted(run for run in ids if text and run.startswith(text))
        if len(matches) == 1:
            return RunDirectory(self.runs / matches[0])
        raise RunNotFound(_ambiguous(text, matches) if matches else _not_found(text, ids))

    def worker_pid(self, text: str) -> int:
        """The process of a run's worker as its record names it; 0 when there is no saying."""
        try:
            return self.find(text).status_record().pid
        except RunError:
            return 0

    def delete(self, run_id: str) -> None:
        """Remove a run from the disk for good; raises `RunError` when it is live or can't be
        removed, `RunNotFound` when it is not there. Of a link only the link is removed."""
        if run_id not in self._ids():
            raise RunNotFound(_not_found(run_id, self._ids()))
        path = self.runs / run_id
        if _is_live(path):
            raise RunError(f"{run_id} is still running; stop it before deleting it.")
        try:
            for beside in (lock_path(path), socket_path(path)):
                beside.unlink(missing_ok=True)
            _remove(path)
        except OSError as error:
            reason = error.strerror or str(error)
            raise RunError(f"{run_id} can't be deleted ({reason}).") from error

    def _ids(self) -> set[str]:
        try:
            return {name for name in os.listdir(self.runs) if is_run_id(name)}
        except FileNotFoundError:
            return set()
        except OSError as error:
            reason = error.strerror or str(error)
            raise HomeError(f"The runs in {self.runs} can't be listed ({reason}).") from error

    @property
    def known(self) -> int:
        """How many ended runs were read."""
        return len(self._ended)

    def forget(self, run_id: str) -> None:
        """Read this one again, whoever is trusting."""
        self._ended.pop(run_id, None)

    def _summary(self, run_id: str, *, trusting: bool = False) -> RunSummary:
        kept, summary = self._ended.get(run_id, (None, None))
        if summary is not None and trusting:
            return summary
        stamp = self._stamp(run_id)
        if summary is not None and kept == stamp:
            return summary
        path = self.runs / run_id
        try:
            summary = summarized(RunDirectory(path))
        except RunUnreadable as error:
            return unreadable(path, str(error))
        if stamp is not None and summary.status.is_finished:
            self._ended[run_id] = (stamp, summary)
        return summary

    def _has_ended(self, run_id: str) -> bool:
        """Whether the run says itself that it has ended, or says nothing that can be read."""
        stamp = self._stamp(run_id)
        if stamp is not None and self._ended.get(run_id, (None, None))[0] == stamp:
            return True
        try:
            ended = RunDirectory(self.runs / run_id).status_record().status.is_finished
        except RunUnreadable:
            return True
        if ended and stamp is not None:
            self._ended[run_id] = (stamp, None)
        return ended

    def _stamp(self, run_id: str) -> _Stamp | None:
        """None where the run has written no status yet."""
        try:
            status = os.stat(f"{self.runs}/{run_id}/status.json")
            directory = os.stat(f"{self.runs}/{run_id}")
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size, directory.st_mtime_ns


def _newest_first(ids: Iterable[str]) -> list[str]:
    """In the order of the times in their names."""
    return sorted(ids, key=lambda run: run.rsplit("-", 3)[1:], reverse=True)


def _by_time(runs: Iterable[RunSummary]) -> list[RunSummary]:
    """In the order in which they were made by their own word, newest first."""
    return sorted(runs, key=lambda run: (run.created, run.id), reverse=True)


def _is_live(path: Path) -> bool:
    """Whether a worker drives the run, or is about to. Where the run can't be read, its lock tells;
    so it does while the worker of an ended one still has to leave."""
    try:
        return is_held(path) or not RunDirectory(path).status().is_finished
    except RunUnreadable:
        return False


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _ambiguous(text: str, matches: list[str]) -> str:
    shown = ", ".join(matches[:4]) + (", …" if len(matches) > 4 else "")
    return f"{len(matches)} runs begin with {text!r} ({shown}); type more of the name."


def _not_found(text: str, ids: set[str]) -> str:
    near = difflib.get_close_matches(text, ids, n=3, cutoff=0.6)
    if near:
        return f"There is no run {text!r}; did you mean {' or '.join(near)}?"
    newest = _newest_first(ids)[:3]
    return f"There is no run {text!r}; " + (
        f"the newest are {', '.join(newest)}." if newest else "none was made yet."
    )
