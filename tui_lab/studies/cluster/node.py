"""What the lab has dask call on a node: one task for each attempt, which starts its worker, passes
on what it writes and says how it ended; and short calls beside it.

The calls run on the event loop of dask's worker, so they wait for nothing there. The attempt is a
process of its own: it goes on whatever becomes of dask.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import tui_lab
from tui_lab.commands import Acknowledgement
from tui_lab.errors import TuiLabError
from tui_lab.runs.directory import host_name
from tui_lab.runs.encoding import dumps
from tui_lab.runs.lock import socket_path
from tui_lab.studies.cluster.attempts import Attempts
from tui_lab.studies.cluster.cards import cards
from tui_lab.studies.cluster.outgoing import Outgoing, read_part, sums
from tui_lab.worker.process import WorkerProcess

TICK = 0.1
"""Seconds between two looks at what an attempt wrote."""
_LONGEST_ANSWER = 64 << 10
_ANSWER = 10.0
"""Seconds that a worker has for its answer to a command."""
_NEVER_STARTED = "There is no such attempt here."

Report = dict[str, Any]
"""How an attempt ended: `code` of its process (None where nobody saw), `sums` of its files; or
`error`, a sentence, when it could not be begun."""


def attend(
    run_id: str,
    topic: str,
    files: Mapping[str, bytes] | None,
    environment: Mapping[str, str],
    lengths: Mapping[str, int],
) -> Report:
    """The task: begin an attempt of `files`, or with None take up one that is here, and pass on
    what comes to it under `topic` until it is over."""
    from distributed import get_worker, secede  # the extra's, and slow to import

    secede()  # whoever gave the task counts the places himself
    worker = get_worker()
    attempts = Attempts.here()
    try:
        process = None if files is None else attempts.begin(run_id, files, environment)
    except TuiLabError as error:
        return {"error": str(error)}
    outgoing = Outgoing(attempts.of(run_id), lengths)
    over = False
    while not over:
        over = _is_over(attempts, run_id, process)
        _pass_on(worker, topic, outgoing)
        if worker.status.name not in ("init", "running", "paused"):
            raise RuntimeError(f"{worker.address} is closing; {run_id} goes on without it.")
        time.sleep(0.0 if over else TICK)
    return _report(attempts, run_id, process)


def _is_over(attempts: Attempts, run_id: str, process: WorkerProcess | None) -> bool:
    return not attempts.is_under_way(run_id) if process is None else process.poll() is not None


def _pass_on(worker: Any, topic: str, notices: Iterable[Mapping[str, Any]]) -> None:
    for notice in notices:
        worker.log_event(topic, notice)


def _report(attempts: Attempts, run_id: str, process: WorkerProcess | None) -> Report:
    directory = attempts.of(run_id)
    if not directory.path.exists():
        return {"error": _NEVER_STARTED}
    code = directory.exit_status() if process is None else process.poll()
    return {"code": code, "sums": sums(directory)}


async def facts(dask_worker: Any) -> dict[str, Any]:
    """What this node is, and which attempts are on it."""
    return {
        "host": host_name(),
        "name": str(dask_worker.name),
        "version": tui_lab.__version__,
        "threads": dask_worker.state.nthreads,
        "cards": cards(os.environ),
        "attempts": Attempts.here().listed(),
    }


async def sees(run_id: str) -> str:
    """ "under way", "over", or empty where that attempt is not here."""
    attempts = Attempts.here()
    directory = attempts.of(run_id)
    if not (directory.path / "run.json").exists():
        return ""
    return "under way" if attempts.is_under_way(run_id) else "over"


async def part(run_id: str, file: str, offset: int, most: int) -> bytes:
    """At most so many bytes of one of its files."""
    return read_part(Attempts.here().of(run_id), file, offset, most)


async def small(run_id: str, lengths: Mapping[str, int]) -> list[dict[str, Any]]:
    """The small files of an attempt, and what came to its logs, as notices."""
    return list(Outgoing(Attempts.here().of(run_id), lengths))


async def relay(run_id: str, line: bytes) -> bytes:
    """The answer of its worker to one line on its socket; a refusal where none comes."""
    path = socket_path(Attempts.here().of(run_id).path)
    try:
        async with asyncio.timeout(_ANSWER):
            reader, writer = await asyncio.open_unix_connection(path, limit=_LONGEST_ANSWER)
            try:
                writer.write(line)
                answer = await reader.readline()
            finally:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()
    except (OSError, ValueError) as error:
        return refusal(f"{run_id} takes no commands on {host_name()} ({error or 'no answer'}).")
    return answer or refusal(f"{run_id} has ended: no worker is driving it.")


async def stop(run_id: str, reason: str) -> str:
    """End it, by force if need be; gives its status then."""
    return await asyncio.to_thread(Attempts.here().stop, run_id, reason)


async def forget(run_id: str) -> None:
    """Remove an attempt that is over."""
    await asyncio.to_thread(Attempts.here().remove, run_id)


def refusal(message: str) -> bytes:
    """A line that says no."""
    return dumps(Acknowledgement(ok=False, message=message).to_json()) + b"\n"
