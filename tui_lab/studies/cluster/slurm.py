"""Nodes that are jobs of Slurm, handed in by dask-jobqueue, so that its configuration counts. The
home directory is taken to be the same on all machines, as it is where there is Slurm."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Any

from tui_lab.config import home_directory
from tui_lab.errors import UsageError
from tui_lab.studies.cluster.keys import new_keys
from tui_lab.studies.cluster.places import OverSlurm, quoted
from tui_lab.studies.cluster.supply import OwnScheduler

NODE = "tui_lab.studies.cluster.node_process"
_TRIES = 3
"""Jobs that may end before their node ever came, until it is given up."""
_PAUSE = 10.0
"""Seconds between two questions to Slurm."""
_ANYWHERE = "0.0.0.0"


def require_slurm() -> None:
    """Raises `UsageError` where jobs can't be handed in."""
    if shutil.which("sbatch") is None:
        raise UsageError(
            "There is no sbatch here; start this on a machine that hands jobs to Slurm."
        )


class SlurmSupply:
    """So many jobs with a node each; one that ends is followed by another."""

    def __init__(
        self,
        place: OverSlurm,
        slots: int,
        say: Callable[[str], object],
        pause: float = _PAUSE,
    ) -> None:
        self._place = place
        self._new_job = _job_class()  # here, as its modules want the main thread
        self._count = place.jobs or slots
        self._say = say
        self._pause = pause
        self._scheduler = OwnScheduler(new_keys())
        self.security = self._scheduler.security
        self.complaints: Mapping[str, str] = {}
        self._directory = home_directory() / "cluster"
        self._keys = self._directory / f"{os.urandom(8).hex()}.json"
        self._address = ""
        self._jobs: dict[str, Any] = {}
        """Those that wait or run, by the names of their nodes."""
        self._came: set[str] = set()
        self._number = 0
        self._failures = 0
        self._next = 0.0

    async def tend(self, there: Collection[str]) -> str:
        address = await self._scheduler.keep(self._place.host or _ANYWHERE)
        if address != self._address:  # the jobs of the former stay until their runs are over
            self._address = address
            self._jobs.clear()
        self._came |= self._jobs.keys() & set(there)
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + self._pause
            await self._forget_ended(there)
            await self._hand_in()
        return address

    def is_settled(self, there: Collection[str]) -> bool:
        return bool(self.complaints) or self._jobs.keys() <= set(there)

    async def close(self, busy: Collection[str]) -> None:
        for name, job in self._jobs.items():
            if name not in busy:
                await job.close()
        self._keys.unlink(missing_ok=True)
        await self._scheduler.close()

    async def _forget_ended(self, there: Collection[str]) -> None:
        absent = self._jobs.keys() - set(there)
        if not absent:
            return
        listed = await self._listed()
        for name in absent:
            if self._jobs[name].job_id not in listed:
                del self._jobs[name]
                sentence = f"The job of {name} ended; its output is in {self._directory}."
                if name in self._came:
                    self._failures = 0
                    self._say(sentence)
                else:
                    self._fail(sentence)

    async def _listed(self) -> Collection[str]:
        """The jobs that Slurm knows of, all of them where it does not answer."""
        numbers = [job.job_id for job in self._jobs.values()]
        with suppress(RuntimeError, OSError):
            command = ["squeue", "--noheader", "--format=%i", "--me"]
            return str(await self._new_job._call(command)).split()
        return numbers

    async def _hand_in(self) -> None:
        while len(self._jobs) < self._count and not self.complaints:
            self._number += 1
            name = f"slurm-{self._number}"
            try:
                job = self._job(name)
                await job.start()
            except (RuntimeError, ValueError, OSError) as error:
                why = str(error).strip().splitlines()[-1][:200].rstrip(".")
                self._fail(f"Slurm does not take a job: {why}.")
                return
            self._jobs[name] = job
            self._say(f"{name} is job {job.job_id}.")

    def _fail(self, why: str) -> None:
        self._failures += 1
        self._say(why)
        if self._failures >= _TRIES:
            self.complaints = {"slurm": why}

    def _job(self, name: str) -> Any:
        """A job that is to be the node `name`."""
        self._write_keys()
        place = self._place
        return self._new_job(
            scheduler=self._address,
            name=name,
            cores=place.cores,
            memory=place.memory,
            processes=1,
            python=f"{quoted(place.python or sys.executable)} -P",
            worker_command=NODE,
            worker_extra_args=["--keys", shlex.quote(str(self._keys))],
            job_extra_directives=[f"--{key}={value}" for key, value in place.directives.items()],
            log_directory=str(self._directory),
            job_name="tui-lab",
            job_directives_skip=_skipped(place),
            death_timeout=60,
        )

    def _write_keys(self) -> None:
        """For their owner alone."""
        if not self._keys.exists():
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._keys, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "w") as file:
                json.dump(dict(self._scheduler.keys), file)


def _skipped(place: OverSlurm) -> list[str]:
    """What is left out of a job's script: the half hour that dask-jobqueue ends jobs after, unless
    somebody's own configuration says how long they last, and the place does not."""
    import dask

    skipped = list(dask.config.get("jobqueue.slurm.job-directives-skip", None) or ())
    own = dask.config.get("jobqueue.slurm.walltime", None, config=dask.config.collect())
    return skipped if own and "time" not in place.directives else [*skipped, "#SBATCH -t "]


def _job_class() -> Any:
    from dask_jobqueue.slurm import SLURMJob  # the extra's, and slow to import

    return SLURMJob
