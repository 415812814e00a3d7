"""Protects that a scheduler which does not answer costs a sentence and leaves nothing behind: no
connection that is let go of only when it is collected, in the middle of something else."""

from __future__ import annotations

import asyncio
import gc
import socket
import warnings
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tui_lab.studies.cluster import link
from tui_lab.studies.cluster.link import Link, LinkError


async def refused(address: str) -> None:
    connection = Link(address, None, print)
    with pytest.raises(LinkError, match="does not answer"):
        await connection.open()
    assert not connection.is_up


async def given_up(address: str) -> None:
    connection = Link(address, None, print)
    opening = asyncio.create_task(connection.open())
    await asyncio.sleep(0.05)  # until it is on its way
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening


@pytest.mark.parametrize("course", [refused, given_up])
def test_a_scheduler_that_does_not_answer_leaves_nothing_behind(
    course: Callable[[str], Coroutine[Any, Any, None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "_OPENING", 0.3)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        warnings.catch_warnings(record=True) as told,
    ):
        warnings.simplefilter("always")
        asyncio.run(course(f"tcp://127.0.0.1:{silent.getsockname()[1]}"))
        gc.collect()
    assert [str(each.message) for each in told] == []
