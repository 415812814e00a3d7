"""Protects `--on slurm`: nodes are jobs, handed in by dask-jobqueue to a stand-in of Slurm that
runs them on this machine; a job that ends is followed by another, one with a run stays."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import dask
import pytest

from tests.studies.cluster.conftest import (
    LONG,
    Execute,
    MakeRun,
    Until,
    begun,
    processes_with,
    told_of,
    under_way,
)
from tui_lab.errors import UsageError
from tui_lab.runs.directory import RunDirectory
from tui_lab.studies.cluster.opening import checked
from tui_lab.studies.cluster.places import OverSlurm, place
from tui_lab.studies.cluster.slurm import NODE, SlurmSupply
from tui_lab.worker.client import stop_run

SBATCH = """#!/bin/sh
number=$(($(ls {jobs} | grep -c script) + 1))
cp "$1" {jobs}/$number.script
setsid sh {jobs}/$number.script >/dev/null 2>&1 &
echo $! >{jobs}/$number.pid
echo Submitted batch job $number
"""
SQUEUE = """#!/bin/sh
for file in {jobs}/*.pid; do
    if kill -0 "$(cat "$file")" 2>/dev/null; then basename "$file" .pid; fi
done
"""
SCANCEL = """#!/bin/sh
kill -9 -- -"$(cat {jobs}/"$1".pid)"
"""
REFUSING = """#!/bin/sh
echo 'sbatch: error: invalid partition specified: gpu' >&2
exit 1
"""


class Slurm:
    """What stands in for it, and the lab's part in it."""

    def __init__(self, path: Path) -> None:
        self.jobs, self.programs, self.home = (path / name for name in ("jobs", "bin", "home"))
        self.jobs.mkdir()
        self.programs.mkdir()
        self.said: list[str] = []
        for name, text in (("sbatch", SBATCH), ("squeue", SQUEUE), ("scancel", SCANCEL)):
            self.install(name, text)

    def install(self, name: str, text: str) -> None:
        path = self.programs / name
        path.write_text(text.format(jobs=self.jobs))
        path.chmod(0o755)

    def supply(self, options: str = "", most: int = 1) -> SlurmSupply:
        found = place(f"slurm:{options}host=127.0.0.1")
        assert isinstance(found, OverSlurm)
        return SlurmSupply(found, most, self.said.append, pause=0.1)

    def nodes(self) -> list[int]:
        return processes_with(NODE, str(self.home))

    def workers(self) -> list[int]:
        return processes_with("tui_lab.worker", f"{self.home}/")


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Slurm]:
    slurm = Slurm(tmp_path)
    monkeypatch.setenv("PATH", f"{slurm.programs}:{os.environ['PATH']}")
    monkeypatch.setenv("TUI_LAB_HOME", str(slurm.home))
    yield slurm
    for pid in (*slurm.workers(), *slurm.nodes()):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_runs_go_on_in_jobs_and_the_jobs_are_cancelled_in_the_end(
    slurm: Slurm, execute: Execute, make_run: MakeRun, until: Until
) -> None:
    lab = execute(slurm.supply("partition=gpu,gres=gpu:1,memory=2GB,", most=2))
    until(lambda: len(lab.free()) == 2)
    for script in slurm.jobs.glob("*.script"):
        lines = script.read_text().splitlines()
        assert {"#SBATCH --partition=gpu", "#SBATCH --gres=gpu:1", "#SBATCH --mem=2G"} <= {*lines}
        assert not [line for line in lines if line.startswith("#SBATCH -t")], "nobody asked"
    (keys,) = (slurm.home / "cluster").glob("*.json")
    assert keys.stat().st_mode & 0o777 == 0o600
    runs = [begun(lab, make_run(), until), begun(lab, make_run(), until)]
    for run in runs:
        assert until(partial(lab.end_of, run)).how == 0
    lab.executor.close()
    until(lambda: not slurm.nodes() and not slurm.workers())
    assert not keys.exists()


def test_a_job_that_ends_is_followed_by_another(
    slurm: Slurm, execute: Execute, until: Until
) -> None:
    lab = execute(slurm.supply())
    assert until(lab.free)[0].name == "slurm-1 core 0"
    (node,) = slurm.nodes()
    os.kill(node, signal.SIGKILL)
    until(lambda: [slot.name for slot in lab.free()] == ["slurm-2 core 0"])
    assert any("The job of slurm-1 ended" in sentence for sentence in slurm.said)


def test_a_job_stays_until_its_run_is_over(
    slurm: Slurm, execute: Execute, make_run: MakeRun, until: Until
) -> None:
    lab = execute(slurm.supply())
    run = under_way(lab, make_run(LONG), until)
    (node,), (worker,) = slurm.nodes(), slurm.workers()
    lab.executor.close()
    assert (slurm.nodes(), slurm.workers()) == ([node], [worker])
    stop_run(RunDirectory(slurm.home / "attempts" / run.id))
    until(lambda: not slurm.nodes())


def scripted(slurm: Slurm, options: str) -> list[str]:
    """The lines of a job with these options."""
    job = slurm.supply(options)._job("slurm-1")
    lines: list[str] = job.job_script().splitlines()
    return lines


def test_how_long_a_job_lasts_is_what_was_asked(
    slurm: Slurm, monkeypatch: pytest.MonkeyPatch
) -> None:
    def limits(options: str = "") -> list[str]:
        return [line for line in scripted(slurm, options) if " -t " in line or "--time" in line]

    assert limits() == []
    assert limits("time=2:00:00,") == ["#SBATCH --time=2:00:00"]
    monkeypatch.setenv("DASK_JOBQUEUE__SLURM__WALLTIME", "09:00:00")
    with dask.config.set({"jobqueue.slurm.walltime": "09:00:00"}):  # as where it is read at first
        assert limits() == ["#SBATCH -t 09:00:00"]
        assert limits("time=2:00:00,") == ["#SBATCH --time=2:00:00"]


def test_where_no_job_is_taken_the_study_is_told_why(
    slurm: Slurm, execute: Execute, until: Until
) -> None:
    slurm.install("sbatch", REFUSING)
    lab = execute(slurm.supply("partition=gpu,"))
    assert "invalid partition specified: gpu" in until(lambda: told_of(lab))


def test_where_there_is_no_sbatch_it_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(UsageError, match="There is no sbatch here"):
        checked("slurm")
