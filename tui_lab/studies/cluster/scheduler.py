"""The scheduler of a cluster that the lab starts: `python -m tui_lab.studies.cluster.scheduler`.

The first line on standard input says where to listen and with which certificate; the address comes
back as one line. It ends with standard input, that is, with the coordinator.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import dask
from distributed import Scheduler

from tui_lab.studies.cluster.keys import security, told
from tui_lab.studies.cluster.leash import leash

QUIET = {
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.admin.low-level-log-length": 100,
}
"""No dashboard, nothing else by HTTP, and few notices kept."""


async def serve(asked: dict[str, Any]) -> None:
    """Be the scheduler until nobody is there any more."""
    scheduler = Scheduler(
        host=asked["host"],
        port=0,
        protocol="tls",
        security=security(asked["keys"]),
        dashboard=False,
        dashboard_address="127.0.0.1:0",
        allowed_failures=1_000_000,  # what becomes of a run is the coordinator's business
    )
    async with scheduler:
        print(json.dumps({"address": scheduler.address}), flush=True)
        await leash()


if __name__ == "__main__":
    with dask.config.set(QUIET):
        asyncio.run(serve(told()))
