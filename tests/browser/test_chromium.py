"""The lab in a real browser: it is drawn, keys reach it, nothing is asked for from elsewhere, and
the page says when it has ended."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from screenshots.chromium import find_chromium
from tests.browser.chromium import LONGEST, browser
from tests.browser.windows import serving

_LAB = (sys.executable, "-P", "-m", "tui_lab", "weight-decay", "epochs=2")


async def finished(runs: Path) -> None:
    """Wait for a run there that has ended."""
    async with asyncio.timeout(LONGEST):
        while not any('"finished"' in path.read_text() for path in runs.glob("*/status.json")):
            await asyncio.sleep(0.05)


async def test_the_lab_in_a_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chromium = find_chromium()
    if chromium is None:
        pytest.skip("there is no Chromium: make browser installs it on Debian")
    monkeypatch.setenv("TUI_LAB_HOME", str(tmp_path / "home"))
    async with serving(*_LAB) as server, browser(chromium, tmp_path / "profile") as page:
        await page.go_to(server.address)
        await page.until("document.body.classList.contains('-first-byte')")
        await page.click(600, 300)
        await page.type("r")
        await finished(tmp_path / "home" / "runs")
        (tmp_path / "lab.png").write_bytes(await page.picture())
        asked = [urlsplit(url) for url in page.requested if not url.startswith("data:")]
        assert {url.hostname for url in asked} == {"127.0.0.1"}
        assert {url.path.split("/")[1] for url in asked} == {server.token}
        assert {url.scheme for url in asked} == {"http", "ws"}
        await page.type("q")
        await page.until("document.body.classList.contains('-closed')")
        said = "getComputedStyle(document.querySelector('#ended')).display"
        assert await page.value(said) == "flex"
