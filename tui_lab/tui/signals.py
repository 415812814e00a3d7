"""Ending on a signal: the terminal is restored where it is still there, and runs go on."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable

from textual.app import App

HANG_UP = 128 + signal.SIGHUP
GRACE = 2.0
"""Seconds that a lab whose terminal is gone may take to end by itself."""


def end_on_signals(app: App[int], close: Callable[[], None]) -> None:
    """End `app` on SIGTERM, and quietly on SIGHUP, after calling `close`."""
    if threading.current_thread() is not threading.main_thread():
        return

    def hang_up() -> None:
        close()
        last_resort = threading.Timer(GRACE, os._exit, (HANG_UP,))
        last_resort.daemon = True
        last_resort.start()  # restoring a terminal that is gone may hang
        app.exit(return_code=HANG_UP)

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, app.exit, 0)
    loop.add_signal_handler(signal.SIGHUP, hang_up)
