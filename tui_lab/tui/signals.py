"""Ending on a signal, or because the terminal is gone: it is restored where it is still there, and
runs go on."""

from __future__ import annotations

import asyncio
import functools
import os
import select
import signal
import sys
import threading
from collections.abc import Callable

from textual.app import App

HANG_UP = 128 + signal.SIGHUP
GRACE = 1.5
"""Seconds that a lab whose terminal is gone, or that is told to end, may take to end by itself."""


def end_on_signals(app: App[int], close: Callable[[], None]) -> None:
    """End `app` on SIGTERM, and quietly on SIGHUP or when its terminal, or the server of its window
    in a browser, vanishes without one, after calling `close`."""
    if threading.current_thread() is not threading.main_thread():
        return

    loop = asyncio.get_running_loop()

    def end(code: int) -> None:
        if code == HANG_UP:
            close()
        app.exit(code, return_code=code)

    def end_in_any_case(code: int) -> None:
        if not app.is_headless:  # where a test runs it, this process is the test's
            _force_after(GRACE, code)
        loop.call_soon_threadsafe(end, code)

    loop.add_signal_handler(signal.SIGTERM, end_in_any_case, 0)
    loop.add_signal_handler(signal.SIGHUP, end_in_any_case, HANG_UP)
    if not app.is_headless and sys.__stdin__ is not None and (sys.__stdin__.isatty() or app.is_web):
        watch_terminal(sys.__stdin__.fileno(), functools.partial(end_in_any_case, HANG_UP))


def watch_terminal(descriptor: int, gone: Callable[[], None]) -> threading.Thread:
    """Call `gone`, on a thread of its own, once the other end of a terminal has been closed.

    Reading says so only by giving nothing, again and again; the system says it once.
    """

    def wait() -> None:
        watch = select.poll()
        watch.register(descriptor, 0)  # hang-ups and errors are reported in any case
        watch.poll()
        gone()

    thread = threading.Thread(target=wait, name="terminal", daemon=True)
    thread.start()
    return thread


def _force_after(seconds: float, code: int) -> None:
    """End this process then, whatever it does: restoring a terminal that is gone may hang."""
    last_resort = threading.Timer(seconds, os._exit, (code,))
    last_resort.daemon = True
    last_resort.start()
