"""Drawing into a window of a browser, by way of the server that started this lab."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from textual.drivers.web_driver import WebDriver


class WindowDriver(WebDriver):
    """Writes to the server; once that is gone there is nobody to draw for, and the lab ends."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._write = self._pass_on  # type: ignore[assignment]

    def _pass_on(self, data: bytes) -> int:
        with suppress(BrokenPipeError):
            return os.write(self.fileno, data)
        return 0
