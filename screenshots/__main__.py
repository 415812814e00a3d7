"""`python -m screenshots [NAME…]`: record the runs, draw the screens, SVG and PNG beside this."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from screenshots.chromium import draw_png, find_chromium
from screenshots.scenes import Scene, scenes
from screenshots.studio import Studio

HERE = Path(__file__).parent


def main(words: Sequence[str]) -> int:
    """Draw the named pictures, all without names; 2 for a name that there is none of."""
    known = scenes()
    parser = ArgumentParser(prog="python -m screenshots", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    names = parser.parse_args(words).names or list(known)
    if unknown := [name for name in names if name not in known]:
        parser.error(f"there is no picture {unknown[0]!r}; there are {', '.join(known)}.")
    chromium = find_chromium()
    if chromium is None:
        print("Without chromium the pictures are drawn as SVG only.", file=sys.stderr)
    asyncio.run(_draw({name: known[name] for name in names}, chromium))
    return 0


async def _draw(wanted: dict[str, Scene], chromium: str | None) -> None:
    with tempfile.TemporaryDirectory(prefix="tui-lab-screenshots-") as home:
        os.environ.update(TUI_LAB_HOME=home, CUDA_VISIBLE_DEVICES="")
        runs = Path(home) / "runs"
        runs.mkdir()
        studio = Studio(runs)
        try:
            for name, scene in wanted.items():
                svg = HERE / f"{name}.svg"
                svg.write_text(await scene(studio, name), "utf-8")
                if chromium is not None:
                    draw_png(chromium, svg, svg.with_suffix(".png"))
                print(svg.with_suffix("").name, file=sys.stderr)
        finally:
            studio.recorder.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
