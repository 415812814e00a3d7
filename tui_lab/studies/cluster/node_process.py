"""A node of a cluster that the lab starts: `python -m tui_lab.studies.cluster.node_process
SCHEDULER`.

Its certificate is the first line on standard input, with whose end it ends, or for a job of Slurm
in a file of the user's own. The runs that it has begun go on without it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from distributed import Worker

from tui_lab.runs.directory import host_name
from tui_lab.studies.cluster.attempts import Attempts
from tui_lab.studies.cluster.keys import security, told
from tui_lab.studies.cluster.leash import leash
from tui_lab.studies.cluster.silence import Silent, silence

_DEATH = "60"
"""Seconds without a scheduler after which a node gives up."""
_PATIENCE = 5.0
"""Seconds between two looks at runs that go on without a scheduler."""


class _Worker(Silent, Worker):
    pass


def read_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """What is asked for; dask-jobqueue gives some words that mean nothing here."""
    parser = argparse.ArgumentParser(prog="tui_lab.studies.cluster.node_process")
    parser.add_argument("scheduler")
    parser.add_argument("--name")
    parser.add_argument("--nthreads", type=int, default=1)
    parser.add_argument("--keys", type=Path)
    parser.add_argument("--back", action="store_true", help="the scheduler is where SSH comes from")
    parser.add_argument("--death-timeout", default=_DEATH)
    parser.add_argument("--memory-limit")
    return parser.parse_args(arguments)


async def main(asked: argparse.Namespace) -> None:
    """Be the node that is asked for; a job stays until its runs are over, as it would take them
    with it."""
    keys = told() if asked.keys is None else json.loads(asked.keys.read_bytes())
    here, there = ssh_ends(os.environ)
    async with _Worker(
        _scheduler(asked, there),
        host=here,
        nthreads=asked.nthreads,
        name=asked.name,
        security=security(keys),
        memory_limit=0,  # trials are processes of their own
        death_timeout=asked.death_timeout,
        dashboard=False,
    ) as worker:
        ends = [asyncio.ensure_future(worker.finished())]
        if asked.keys is None:
            ends.append(asyncio.ensure_future(leash()))
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    if asked.keys is not None:
        await _stay(Attempts.here())


async def _stay(attempts: Attempts) -> None:
    while any(attempts.is_under_way(name, host_name()) for name in attempts.listed()):
        await asyncio.sleep(_PATIENCE)


def _scheduler(asked: argparse.Namespace, there: str | None) -> str:
    if not asked.back or there is None:
        return str(asked.scheduler)
    host = f"[{there}]" if ":" in there else there
    return f"tls://{host}:{urlsplit(asked.scheduler).port}"


def ssh_ends(environ: Mapping[str, str]) -> tuple[str | None, str | None]:
    """The addresses of this machine and of the lab's, as an SSH connection between them knows
    them; None and None where there is none."""
    ends = environ.get("SSH_CONNECTION", "").split()
    return (ends[2], ends[0]) if len(ends) == 4 else (None, None)


if __name__ == "__main__":
    silence()
    asyncio.run(main(read_arguments()))
