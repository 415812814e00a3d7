"""Protects the handle on a replay: what it says is handed on, what went wrong is one sentence, and
no process stays."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tui_lab.errors import RunError
from tui_lab.runs.directory import RunDirectory
from tui_lab.worker.repetition import replaying

RUN = RunDirectory(Path("/nowhere/toy-20260101-000000-abcd"))
END = '{"steps": 9, "difference": "", "remarks": []}'


def command(script: str) -> tuple[str, ...]:
    """A process in the place of a replay."""
    return (sys.executable, "-S", "-c", f"import sys, os\n{script}")


def test_all_it_says_is_handed_on() -> None:
    script = f"print('{{\"step\": 4}}')\nprint('{END}')\nprint(sys.argv[1:], file=sys.stderr)"
    with replaying(RUN, ("norm/w",), command=command(script)) as said:
        first, last = list(said)
    assert first == {"step": 4}
    assert last == {"steps": 9, "difference": "", "remarks": []}


def test_it_is_told_which_run_and_which_curves() -> None:
    script = "import json\nprint(json.dumps({'difference': '', 'told': sys.argv[1:]}))"
    with replaying(RUN, ("norm/w", "grad/b"), command=command(script)) as said:
        assert next(said)["told"] == ["--replay", str(RUN.path), "norm/w", "grad/b"]


def test_a_run_that_can_not_be_repeated_is_its_sentence() -> None:
    script = 'print(\'{"error": "It never began."}\')\nsys.exit(1)'
    with (
        replaying(RUN, command=command(script)) as said,
        pytest.raises(RunError, match=r"^It never began\.$"),
    ):
        list(said)


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("sys.exit('No room.')", f"The replay of {RUN.id} ended with exit status 1: No room.."),
        ("os.kill(os.getpid(), 9)", f"The replay of {RUN.id} was killed by signal 9."),
    ],
)
def test_an_end_without_a_last_word_is_said(script: str, sentence: str) -> None:
    with (
        replaying(RUN, command=command(f"print('{{\"step\": 4}}')\n{script}")) as said,
        pytest.raises(RunError) as refusal,
    ):
        list(said)
    assert str(refusal.value) == sentence


def test_who_looks_away_ends_it() -> None:
    script = "print('{\"step\": %d}' % os.getpid(), flush=True)\nimport time\ntime.sleep(1000)"
    with replaying(RUN, command=command(script)) as said:
        pid = next(said)["step"]
        os.kill(pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
