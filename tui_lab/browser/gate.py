"""Who may come in: whoever has the token, from a page that was served here."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import hdrs, web

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_NAMES = frozenset(("127.0.0.1", "localhost", "::1"))
"""What this machine may be called; any other name is one that someone made lead here."""
_REFUSAL = "tui-lab serve printed the whole address; this is not it."


def is_allowed(request: web.Request, token: str) -> bool:
    """Whether a request is for this machine by its name, carries the token as the first part of its
    path, and comes from no page of elsewhere."""
    given = request.path.split("/")[1]
    has_token = hmac.compare_digest(given.encode(), token.encode())
    return has_token and is_here(request.host) and _is_from_here(request)


def is_here(host: str) -> bool:
    """Whether a Host header names this machine. The port may be another: that of a tunnel."""
    try:
        return urlsplit(f"//{host}").hostname in _NAMES
    except ValueError:
        return False


def _is_from_here(request: web.Request) -> bool:
    """A browser names the page that a request comes from, and always that of a websocket."""
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is None:
        return hdrs.UPGRADE not in request.headers
    return origin in (f"http://{request.host}", f"https://{request.host}")


def gate(token: str) -> Middleware:
    """The middleware that answers 403 to everyone else, and has nothing kept, framed or fetched
    from elsewhere."""

    @web.middleware
    async def let_in(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not is_allowed(request, token):
            raise web.HTTPForbidden(text=_REFUSAL, headers=_HEADERS)
        return await handler(request)

    return let_in


async def guard_answer(request: web.Request, response: web.StreamResponse) -> None:
    """Say in every answer what its page may do: nothing but what is served here."""
    sources = f"'self' ws://{request.host} wss://{request.host}"
    response.headers.update(_HEADERS)
    response.headers["Content-Security-Policy"] = f"{_POLICY}; connect-src {sources}"


_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the address is the key
    "X-Content-Type-Options": "nosniff",
}
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # the terminal writes its own
        "font-src 'self'",
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
