"""Nobody comes in without the token, by another name of this machine, or from a page of elsewhere;
and a page that is served can fetch nothing from outside."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from aiohttp import ClientSession

from tests.browser.windows import serving, window
from tui_lab.browser.gate import is_here
from tui_lab.browser.server import LabServer

WINDOW = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


async def status(server: LabServer, path: str, headers: Mapping[str, str] | None = None) -> int:
    """What is answered to a request, as it is written."""
    address = f"http://127.0.0.1:{server.port}/{path}"
    async with ClientSession() as session, session.get(address, headers=headers) as answer:
        return answer.status


@pytest.mark.parametrize("place", ["", "window", "static/js/textual.js", "nothing"])
async def test_without_the_token_everything_is_refused(place: str) -> None:
    async with serving() as server:
        origin = {"Origin": f"http://127.0.0.1:{server.port}"}
        for given in ("", "x/", f"{server.token[:-1]}/", f"{server.token}x/", "%00/", "ü/"):
            assert await status(server, f"{given}{place}") == 403
            assert await status(server, f"{given}{place}", {**WINDOW, **origin}) == 403


async def test_with_the_token_there_is_the_page_and_what_it_needs() -> None:
    async with serving() as server:
        assert await status(server, f"{server.token}/") == 200
        for name in ("js/textual.js", "css/xterm.css", "fonts/RobotoMono-VariableFont_wght.ttf"):
            assert await status(server, f"{server.token}/static/{name}") == 200
        for name in ("", "js/", "../server.py", "%2e%2e/server.py", "images/background.png"):
            assert await status(server, f"{server.token}/static/{name}") == 404


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1", "http://localhost:{port}", None]
)
async def test_a_window_opens_from_the_page_served_here_alone(origin: str | None) -> None:
    async with serving() as server:
        named = {"Origin": origin.format(port=server.port)} if origin else {}
        assert await status(server, f"{server.token}/window", {**WINDOW, **named}) == 403
        async with window(server) as opened:
            assert (await opened.receive_bytes()).startswith(b"a lab")


async def test_a_name_that_someone_made_lead_here_is_refused() -> None:
    async with serving() as server:
        path = f"{server.token}/"
        assert await status(server, path, {"Host": f"evil.example:{server.port}"}) == 403
        assert await status(server, path, {"Host": "localhost:9000"}) == 200  # through a tunnel


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1:80", True),
        ("localhost", True),
        ("[::1]:80", True),
        ("127.0.0.1.evil.example", False),
        ("evil.example", False),
        ("", False),
        ("[", False),
    ],
)
def test_which_names_are_this_machine(host: str, here: bool) -> None:
    assert is_here(host) is here


async def test_nothing_is_fetched_from_elsewhere() -> None:
    async with serving() as server, ClientSession() as session:
        async with session.get(server.address) as answer:
            page, policy = await answer.text(), answer.headers["Content-Security-Policy"]
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["Cache-Control"] == "no-store"
        addresses = re.findall(r"\b\w+://[^\"')]+", page)
        assert addresses == [f"ws://127.0.0.1:{server.port}/{server.token}/window"]
        assert "default-src 'none'" in policy
        assert f"connect-src 'self' ws://127.0.0.1:{server.port}" in policy


async def test_it_listens_on_loopback_and_no_two_tokens_are_alike() -> None:
    async with serving() as one, serving() as other:
        assert one._socket.getsockname()[0] == "127.0.0.1"
        assert one.port != other.port
        assert one.token != other.token
        assert len(one.token) >= 32
