"""A window is a lab of its own: it is told what is typed and how large it is, and lab and window
end with each other, by force where they must."""

from __future__ import annotations

import asyncio
import json
import os

import pytest
from aiohttp import WSMsgType

from tests.browser.windows import LAB, pid_of, serving, window
from tui_lab.browser import lab


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def gone(pid: int) -> None:
    async with asyncio.timeout(20):
        while is_there(pid):
            await asyncio.sleep(0.01)


async def test_what_is_typed_and_the_size_reach_the_lab() -> None:
    async with serving() as server, window(server, "width=90&height=30") as opened:
        assert (await opened.receive_bytes()).endswith(b"of 90x30")
        await opened.send_json(["stdin", "λ"])
        assert await opened.receive_bytes() == "D λ".encode()
        await opened.send_json(["resize", {"width": 10_000_000, "height": 40}])
        said = json.loads((await opened.receive_bytes()).removeprefix(b"M "))
        assert said == {"type": "resize", "width": 1000, "height": 40}
        await opened.send_json(["ping", 7])
        assert await opened.receive_json() == ["pong", 7]


@pytest.mark.parametrize("size", ["", "width=x&height=-1", "width=²&height=99999999999"])
async def test_a_size_that_is_none_is_the_usual_one(size: str) -> None:
    async with serving() as server, window(server, size) as opened:
        assert (await opened.receive_bytes()).endswith(b"of 80x24")


async def test_what_makes_no_sense_is_passed_over() -> None:
    async with serving() as server, window(server) as opened:
        await pid_of(opened)
        for nonsense in ("{", "[]", '["stdin"]', '["stdin", 1]', '["resize", {"width": "x"}]', "0"):
            await opened.send_str(nonsense)
        await opened.send_str("[" * 100_000)
        await opened.send_bytes(b"x")
        await opened.send_json(["stdin", "still there"])
        assert await opened.receive_bytes() == b"D still there"


async def test_two_windows_are_two_labs() -> None:
    async with serving() as server, window(server) as one, window(server) as other:
        assert await pid_of(one) != await pid_of(other)


async def test_the_lab_ends_with_its_window() -> None:
    async with serving() as server:
        async with window(server) as opened:
            pid = await pid_of(opened)
        await gone(pid)


async def test_the_window_ends_with_its_lab() -> None:
    async with serving() as server, window(server) as opened:
        await pid_of(opened)
        await opened.send_json(["stdin", "q"])
        assert (await opened.receive()).type is WSMsgType.CLOSE


async def test_a_lab_that_can_not_begin_closes_its_window() -> None:
    words = (LAB[0], "-S", "-c", "raise SystemExit(3)")
    async with serving(*words) as server, window(server) as opened:
        assert (await opened.receive()).type is WSMsgType.CLOSE


async def test_the_server_ends_all_labs() -> None:
    async with serving() as server:
        address = window(server)
        opened = await address.__aenter__()
        pid = await pid_of(opened)
    assert not is_there(pid)
    await address.__aexit__(None, None, None)


async def test_a_lab_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab, "GRACE", 0.1)
    async with serving(*LAB, "STUBBORN") as server:
        async with window(server) as opened:
            pid = await pid_of(opened)
        await gone(pid)
