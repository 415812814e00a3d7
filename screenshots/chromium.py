"""SVG to PNG by a headless Chromium, which keeps every column where the SVG says it is."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")
LONGEST = 120.0
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Of a browser that shows no window, keeps nothing and calls nobody."""
_PICTURE = ("--hide-scrollbars", "--default-background-color=00000000")
_VIEW_BOX = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')


def find_chromium() -> str | None:
    """Its path; None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def draw_png(chromium: str, svg: Path, png: Path) -> None:
    """Draw a picture at the size its SVG asks for."""
    width, height = _size(svg.read_text("utf-8"))
    with tempfile.TemporaryDirectory(prefix="tui-lab-chromium-") as profile:
        subprocess.run(
            [
                chromium,
                *OPTIONS,
                *_PICTURE,
                f"--user-data-dir={profile}",
                f"--window-size={width},{height}",
                f"--screenshot={png.absolute()}",
                svg.absolute().as_uri(),
            ],
            check=True,
            capture_output=True,
            timeout=LONGEST,
        )


def _size(svg: str) -> tuple[int, int]:
    """Width and height in pixels, nothing of the picture cut off."""
    found = _VIEW_BOX.search(svg)
    if found is None:
        raise ValueError("The SVG has no viewBox.")
    width, height = (-(-float(number) // 1) for number in found.groups())
    return int(width), int(height)
