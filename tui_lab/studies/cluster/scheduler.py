"""The scheduler of a cluster that the lab starts: `python -m tui_lab.studies.cluster.scheduler`.

The first line on standard input says where to listen and with which certificate; the address comes
back as one line. It ends with standard input, that is, with the coordinator.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from distributed import Scheduler

from tui_lab.studies.cluster.keys import security, told
from tui_lab.studies.cluster.leash import leash
from tui_lab.studies.cluster.silence import Silent, silence


class _Scheduler(Silent, Scheduler):
    pass


async def serve(asked: dict[str, Any]) -> None:
    """Be the scheduler until nobody is there any more."""
    scheduler = _Scheduler(
        host=asked["host"],
        port=0,
        protocol="tls",
        security=security(asked["keys"]),
        dashboard=False,
        allowed_failures=1_000_000,  # what becomes of a run is the coordinator's business
    )
    async with scheduler:
        print(json.dumps({"address": scheduler.address}), flush=True)
        await leash()


if __name__ == "__main__":
    silence()
    asyncio.run(serve(told()))
