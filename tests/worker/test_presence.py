"""A worker stays within reach: its directory is renamed or removed, its lock and socket are swept
away, and it notices; a directory that a live worker writes to is not deleted meanwhile."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.worker.walker import DEADLINE, LONG, Until, Walk
from tui_lab.commands import Pause
from tui_lab.errors import RunError
from tui_lab.run import RunRequest, RunStatus
from tui_lab.runs.catalogue import Catalogue
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.lock import RunLock, holder, is_held, lock_path, socket_path
from tui_lab.worker.client import RunClient, stop_run
from tui_lab.worker.control import Control
from tui_lab.worker.presence import Presence


class Post:
    """A worker's lock and socket without a worker."""

    def __init__(self, directory: RunDirectory) -> None:
        self.directory = directory
        directory.events_path.touch()
        self.lock = RunLock(directory.path)
        self.lock.acquire()
        self.control = Control(socket_path(directory.path))
        self.control.start()
        self.left: list[int] = []
        self.presence = Presence(directory, self.lock, self.control, self.left.append)

    def answers(self, run_path: Path) -> bool:
        """Whether a command to the run in `run_path` reaches this worker."""
        thread = threading.Thread(target=RunClient(run_path).send, args=(Pause(),))
        thread.start()
        request = self.control.take(timeout=DEADLINE)
        self.control.close()
        thread.join()
        return request is not None


@pytest.fixture
def post(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    request = RunRequest(experiment="toy", program="toy:Toy", hyperparameters={})
    post = Post(RunDirectory.create(tmp_path, request, datetime(2026, 1, 1)))
    yield post
    post.control.close()
    post.lock.release()


def test_nothing_is_touched_while_all_is_in_place(post: Post) -> None:
    path = post.directory.path
    before = lock_path(path).stat().st_ino, socket_path(path).stat().st_ino
    post.presence.check()
    assert (lock_path(path).stat().st_ino, socket_path(path).stat().st_ino) == before


def test_what_a_cleaner_swept_away_is_made_again(post: Post) -> None:
    path = post.directory.path
    lock_path(path).unlink()
    socket_path(path).unlink()
    assert not is_held(path)
    post.presence.check()
    assert is_held(path)
    assert holder(path) > 0
    assert post.answers(path)


def test_it_follows_its_directory_to_a_new_name(post: Post) -> None:
    before = post.directory.path
    after = before.rename(before.with_name("toy-20260101-000000-beef"))
    post.presence.check()
    assert post.directory.path == after
    assert is_held(after)
    assert not lock_path(before).exists()
    assert not socket_path(before).exists()
    assert post.answers(after)


def test_without_its_directory_it_leaves_and_nothing_stays_behind(post: Post) -> None:
    path = post.directory.path
    for file in path.iterdir():
        file.unlink()
    path.rmdir()
    post.presence.check()
    assert post.left == [1]
    assert not lock_path(path).exists()
    assert not socket_path(path).exists()


def test_without_its_log_it_leaves_too(post: Post) -> None:
    post.directory.events_path.unlink()
    post.presence.check()
    assert post.left == [1]
    assert not is_held(post.directory.path)


def test_a_directory_that_took_the_old_name_is_not_mistaken_for_it(post: Post) -> None:
    before = post.directory.path
    after = before.rename(before.with_name("toy-20260101-000000-beef"))
    before.mkdir()
    post.presence.check()
    assert post.directory.path == after


def test_a_renamed_run_is_not_deleted_while_it_trains(walk: Walk, until: Until) -> None:
    walker = walk(**LONG)
    walker.wait_for_step(5)
    until(lambda: walker.directory.status_record().inode)
    before = walker.directory.path
    after = before.rename(before.with_name("walking-20260101-000000-beef"))
    with pytest.raises(RunError, match="still running"):
        Catalogue(after.parent).delete(after.name)
    until(lambda: is_held(after))
    with pytest.raises(RunError, match="still running"):
        Catalogue(after.parent).delete(after.name)
    assert stop_run(RunDirectory(after)) is RunStatus.STOPPED


def test_a_worker_whose_directory_is_removed_ends(walk: Walk, until: Until) -> None:
    walker = walk(**LONG)
    walker.wait_for_step(5)
    path = walker.directory.path
    until(lambda: not _left_in(path))
    path.rmdir()
    assert walker.worker.wait(DEADLINE) == 1


def _left_in(path: Path) -> bool:
    """Remove what is there; whether there is more, for the worker goes on writing."""
    for file in path.iterdir():
        if file.is_dir():
            shutil.rmtree(file, ignore_errors=True)
        else:
            file.unlink(missing_ok=True)
    return any(path.iterdir())
