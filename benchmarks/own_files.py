"""What a file of one's own that imports torch costs the command line, and the screen that opens on
it: `run FILE --help` against that of an experiment that is built in, the first time, when a child
has to load the file, and after that."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measurement import Measurement, scatter

_ROUNDS = 7
_FILE = Path(__file__).parents[1] / "tests/data/own/own_gpt.py"


def measure() -> Iterator[Measurement]:
    """A ratio, and the seconds of the first time."""
    with TemporaryDirectory() as home:
        environ = {**os.environ, "TUI_LAB_HOME": home}
        own = str(shutil.copy(_FILE, home))
        first = _seconds(own, environ)
        pairs = [(_seconds(own, environ), _seconds("mlp", environ)) for _ in range(_ROUNDS)]
        ratios = [own / built_in for own, built_in in pairs]
        yield Measurement(
            "--help of an own file ÷ of a built-in experiment",
            statistics.median(ratios),
            1.5,
            note=scatter(ratios),
        )
        yield Measurement(
            "the same the first time, when a child loads it", first, 10.0, "s", note="once"
        )


def _seconds(experiment: str, environ: Mapping[str, str]) -> float:
    command = [sys.executable, "-m", "tui_lab", "run", experiment, "--help"]
    begun = time.perf_counter()
    subprocess.run(command, env=environ, check=True, capture_output=True)
    return time.perf_counter() - begun


if __name__ == "__main__":
    print(*measure(), sep="\n")
