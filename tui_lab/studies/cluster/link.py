"""The connection to a scheduler of dask: who is there, calls and tasks on one node, and what the
nodes have to tell. Whatever dask or asyncio dislikes comes out of it as one `LinkError`.

Its methods belong to one event loop.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from typing import Any, TypeVar

from tui_lab.errors import TuiLabError
from tui_lab.studies.cluster.outgoing import Notice

T = TypeVar("T")
Hear = Callable[[Notice], object]

_PATIENCE = 10.0
"""Seconds for an answer from a scheduler or a node."""
_OPENING, _CLOSING = 10.0, 3.0


class LinkError(TuiLabError):
    """The scheduler or a node does not answer, or is gone."""


class Link:
    """A connection to the scheduler at `address`; `hear` is given each notice of a node. It is down
    until `open`, and after any time that the scheduler did not answer."""

    def __init__(self, address: str, security: Any, hear: Hear) -> None:
        self.address = address
        self.topic = f"tui-lab-{os.urandom(4).hex()}"
        """What nodes tell their notices under."""
        self._security = security
        self._hear = hear
        self._client: Any = None

    @property
    def is_up(self) -> bool:
        """Whether the scheduler answered the last time."""
        return self._client is not None and self._client.status == "running"

    async def open(self) -> None:
        """Connect, in place of what there was before; raises `LinkError`."""
        from distributed import Client  # the extra's, and slow to import

        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters is said here
        await self.close()
        client = Client(
            self.address,
            asynchronous=True,
            security=self._security,
            set_as_default=False,
            timeout=_OPENING,
        )
        try:
            await _answered(client, f"{self.address} does not answer", _OPENING)
        except BaseException:
            await _let_go(client)
            raise
        self._client = client
        client.subscribe_topic(self.topic, self._take)

    async def close(self) -> None:
        """Let go of the scheduler."""
        client, self._client = self._client, None
        if client is not None:
            await _let_go(client)

    async def nodes(self) -> Collection[str]:
        """The addresses of the nodes that are there; a scheduler that does not answer is down."""
        try:
            found = await _answered(self._up().nthreads(), f"{self.address} does not answer")
        except LinkError:
            await self.close()
            raise
        addresses: Mapping[str, int] = found
        return addresses.keys()

    async def call(
        self, node: str, function: Callable[..., Any], *arguments: Any, patience: float = _PATIENCE
    ) -> Any:
        """What a function gives on a node, called beside its tasks; raises `LinkError`."""
        asked = self._up().run(function, *arguments, workers=[node])
        return (await _answered(asked, f"{node} does not answer", patience))[node]

    async def task(self, node: str, function: Callable[..., T], *arguments: Any) -> T:
        """What a task gives that runs on this node and on no other; raises `LinkError` when the
        task, not the function's own result, comes to nothing."""
        future = self._up().submit(
            function,
            *arguments,
            workers=[node],
            allow_other_workers=False,
            pure=False,
            retries=0,
        )
        try:
            result: T = await future.result()
        except asyncio.CancelledError:
            if _is_cancelled_itself():
                raise
            raise LinkError(f"{node} was let go of.") from None  # dask's word for a lost scheduler
        except Exception as error:
            raise LinkError(f"{node} can't go on ({error}).") from error
        finally:
            with suppress(Exception):  # the connection may be gone already
                future.release()
        return result

    def _up(self) -> Any:
        if not self.is_up:
            raise LinkError(f"{self.address} does not answer.")
        return self._client

    def _take(self, event: tuple[float, Notice]) -> None:
        self._hear(event[1])


async def _let_go(client: Any) -> None:
    try:
        with suppress(Exception):  # dask's own, of a connection that is not wanted any more
            await asyncio.wait_for(client.close(timeout=_CLOSING), 2 * _CLOSING)
    finally:
        # One that is not closed calls a coroutine of its own when it is collected, which nobody
        # awaits.
        client.status = "closed"


async def _answered(asked: Awaitable[Any], sentence: str, patience: float = _PATIENCE) -> Any:
    try:
        async with asyncio.timeout(patience):
            return await asked
    except asyncio.CancelledError:
        if _is_cancelled_itself():
            raise
        raise LinkError(f"{sentence}.") from None
    except Exception as error:
        reason = f" ({error})" if str(error) else ""
        raise LinkError(f"{sentence}{reason}.") from error


def _is_cancelled_itself() -> bool:
    """Whether it is this task that is to end, and not something that it waited for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
