"""Starting and reaping workers: detached from this process in every way, its end noticed and
written down, and a spare that makes a start quick but is never needed for one."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.worker.conftest import facts
from tui_lab.errors import RunError
from tui_lab.run import RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.worker.process import WarmWorker, start_run

Behave = Callable[[str], RunDirectory]
Until = Callable[[Callable[[], object]], None]
Command = tuple[str, ...]

DEADLINE = 60.0


def is_running(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_worker_is_detached(behave: Behave, stand_in: Command) -> None:
    directory = behave("report")
    worker = start_run(directory, command=stand_in)
    assert worker.wait(DEADLINE) == 0
    seen = facts(directory)
    assert seen["pid"] == seen["session"] == seen["group"] == worker.pid
    assert seen["session"] != os.getsid(0)
    assert seen["directory"] == "/"
    assert seen["safe_path"]
    assert seen["unbuffered"] == "1"


def test_a_worker_has_no_descriptor_of_its_parent(behave: Behave, stand_in: Command) -> None:
    directory = behave("report")
    with (directory.path / "open here").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        start_run(directory, command=stand_in).wait(DEADLINE)
    descriptors = facts(directory)["descriptors"]
    log = str(directory.log_path.resolve())
    assert [descriptors[key] for key in "012"] == [os.devnull, log, log]
    assert not [target for target in descriptors.values() if target.endswith("open here")]


def test_what_a_worker_prints_is_kept_for_its_owner(behave: Behave, stand_in: Command) -> None:
    directory = behave("report")
    directory.log_path.write_text("from before\n")
    directory.log_path.chmod(0o600)
    start_run(directory, command=stand_in).wait(DEADLINE)
    assert directory.log_path.read_text() == "from before\nprinted\ncomplained\n"
    assert stat.S_IMODE(directory.log_path.stat().st_mode) == 0o600


def test_relative_entries_of_the_python_path_still_mean_the_same(
    behave: Behave, stand_in: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["plugins", "/elsewhere"]))
    directory = behave("report")
    start_run(directory, command=stand_in).wait(DEADLINE)
    expected = os.pathsep.join([str(Path.cwd() / "plugins"), "/elsewhere"])
    assert facts(directory)["python_path"] == expected


def test_it_starts_where_standard_error_is_no_file(
    behave: Behave, spare: WarmWorker, stand_in: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Captured:
        """As an app that owns the terminal puts it in the place of sys.stderr."""

        def fileno(self) -> int:
            return -1

    monkeypatch.setattr(sys, "stderr", Captured())
    monkeypatch.setattr(sys, "stdout", Captured())
    spare.start()
    assert start_run(behave("finish"), spare).wait(DEADLINE) == 0
    assert start_run(behave("finish"), command=stand_in).wait(DEADLINE) == 0


def test_a_worker_that_runs_has_no_exit_status(
    behave: Behave, stand_in: Command, until: Until
) -> None:
    directory = behave("finish on signal")
    worker = start_run(directory, command=stand_in)
    until(directory.is_live)
    assert worker.poll() is None
    assert worker.wait(0.01) is None
    (directory.path / "go").touch()
    assert worker.wait(DEADLINE) == 0
    assert worker.poll() == 0


def test_an_end_that_is_in_the_log_needs_no_exit_status(behave: Behave, stand_in: Command) -> None:
    directory = behave("finish")
    start_run(directory, command=stand_in).wait(DEADLINE)
    assert directory.exit_status() is None
    assert directory.status() is RunStatus.FINISHED


def test_an_end_that_is_not_in_the_log_is_written_down(behave: Behave, stand_in: Command) -> None:
    directory = behave("vanish")
    assert start_run(directory, command=stand_in).wait(DEADLINE) == 7
    assert directory.exit_status() == 7
    assert directory.status() is RunStatus.CRASHED


def test_a_killed_worker_is_reaped_and_its_signal_known(
    behave: Behave, stand_in: Command, until: Until
) -> None:
    directory = behave("sleep")
    worker = start_run(directory, command=stand_in)
    until(directory.is_live)
    os.kill(worker.pid, signal.SIGKILL)
    until(lambda: worker.poll() is not None)
    assert worker.poll() == -9
    assert directory.exit_status() == -9
    assert directory.status() is RunStatus.CRASHED
    assert not Path(f"/proc/{worker.pid}").exists()


def test_a_run_deleted_under_its_worker_is_reaped_all_the_same(
    behave: Behave, stand_in: Command, until: Until
) -> None:
    directory = behave("sleep")
    worker = start_run(directory, command=stand_in)
    until(directory.is_live)
    os.kill(worker.pid, signal.SIGKILL)
    shutil.rmtree(directory.path)
    assert worker.wait(DEADLINE) == -9


def test_a_run_that_is_not_there_can_not_be_started(tmp_path: Path, stand_in: Command) -> None:
    with pytest.raises(RunError, match=r"^No worker could be started for gone \(No such file"):
        start_run(RunDirectory(tmp_path / "gone"), command=stand_in)


def test_a_python_that_is_not_there_is_one_sentence(behave: Behave) -> None:
    with pytest.raises(RunError, match="No worker could be started for stand-in-"):
        start_run(behave("finish"), command=("/nowhere/python",))


PARENT = """
import sys
from pathlib import Path
from tui_lab.runs.directory import RunDirectory
from tui_lab.worker.process import WarmWorker, start_run
command, directories = tuple(sys.argv[1:4]), [RunDirectory(Path(path)) for path in sys.argv[4:]]
spare = WarmWorker(command)
spare.start()
workers = [start_run(directories[0], command=command), start_run(directories[1], spare)]
spare.start()
print(*[worker.pid for worker in workers], spare._process.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def parent(stand_in: Command, behave: Behave) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """A process that has started a cold worker, a warm one and a spare, and their numbers; it
    ends when its standard input does."""
    paths = [str(behave("sleep").path) for _ in range(2)]
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", PARENT, *stand_in, *paths]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        pids = [int(pid) for pid in process.stdout.readline().split()]
        yield process, pids
        process.kill()
    for pid in filter(is_running, pids):
        os.killpg(pid, signal.SIGKILL)


def test_a_parent_leaves_its_workers_behind_without_a_word(
    parent: tuple[subprocess.Popen[str], list[int]], until: Until
) -> None:
    process, (cold, warm, spare) = parent
    _, complaints = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0
    assert complaints == ""
    until(lambda: not is_running(spare))
    assert is_running(cold)
    assert is_running(warm)


def test_a_parent_that_is_killed_takes_the_spare_alone_with_it(
    parent: tuple[subprocess.Popen[str], list[int]], until: Until
) -> None:
    process, (cold, warm, spare) = parent
    process.kill()
    process.wait(DEADLINE)
    until(lambda: not is_running(spare))
    assert is_running(cold)
    assert is_running(warm)
