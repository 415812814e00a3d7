"""A worker's words: all of them go to its log, and a log that takes no more is no error."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tui_lab.worker.output import printing_stream

SCRIPT = """
import os, sys
from pathlib import Path
from tui_lab.worker.output import redirect_output
print("before")
redirect_output(Path(sys.argv[1]))
print("printed \\udc80 \\u03bb")
print("complained", file=sys.stderr)
os.system("echo from a child")
print(repr(sys.stdin.read()))
1 / 0
"""


def test_everything_goes_to_the_log(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    log.write_text("earlier\n")
    environment = {**os.environ, "LANG": "C", "LC_ALL": "C"}
    command = [sys.executable, "-c", SCRIPT, str(log)]
    ended = subprocess.run(
        command, input="typed", capture_output=True, text=True, env=environment, check=False
    )
    assert (ended.stdout, ended.stderr) == ("before\n", "")
    lines = log.read_text("utf-8").splitlines()
    assert lines[:5] == ["earlier", "printed \\udc80 λ", "complained", "from a child", "''"]
    assert lines[-1] == "ZeroDivisionError: division by zero"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_words_that_find_no_room_are_dropped() -> None:
    descriptor = os.open("/dev/full", os.O_WRONLY)
    with pytest.raises(OSError, match="No space left"):
        os.write(descriptor, b"x")
    stream = printing_stream(descriptor)
    print("word", file=stream, flush=True)
    assert stream.write("words" * 10_000) == 50_000
    stream.close()
    os.close(descriptor)
