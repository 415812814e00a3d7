"""Protects that a card is the run: what it makes has the same losses to the last bit, of a run that
was steered, stopped and taken up, and of a branch that forked to other batches; and that a branch
can be repeated from its log."""

from __future__ import annotations

import json
import shlex
from typing import Any

from tests.commandline.test_end_to_end import tui_lab

STEERED = ("weight-decay", "epochs=6", "--seed", "7", "--device", "cpu")


def result(*words: str) -> dict[str, Any]:
    """What a command prints as JSON."""
    status, out, err = tui_lab(*words, "--json")
    assert status in (0, 130), err
    made: dict[str, Any] = json.loads(out)
    return made


def again(made: dict[str, Any]) -> dict[str, Any]:
    """The run that its card makes."""
    return result(*shlex.split(made["command"])[1:])


def told(made: dict[str, Any]) -> tuple[Any, ...]:
    """What two runs that are the same agree in; a branch has no history before its fork."""
    return made["steps"], made["epochs"], made["metrics"]["norm/w"], made["metrics"]["test/loss"]


def test_a_run_that_was_steered_and_taken_up_is_made_again() -> None:
    words = ("@5:weight_decay=10", "@9:skip", "@11:clip", "@13:stop")
    stopped = result("run", *STEERED, *words)
    assert stopped["status"] == "stopped"
    assert stopped["command"].endswith(" ".join(words))
    assert told(again(stopped)) == told(stopped)
    resumed = result("resume", stopped["run"], "epochs=+1")
    assert (resumed["run"], resumed["status"]) == (stopped["run"], "finished")
    assert resumed["epochs"] == 7
    assert again(resumed)["history"] == resumed["history"]


def test_a_branch_is_made_again_without_its_parent() -> None:
    parent = result("run", *STEERED, "@5:weight_decay=10")
    branch = result("branch", parent["run"], "--step", "14", "bs=10", "lr=0.01", "epochs=8")
    assert "@15:" in branch["command"]
    assert parent["run"] not in branch["command"]
    assert (branch["parent"], branch["parent_step"]) == (parent["run"], 14)
    assert told(again(branch)) == told(branch)
    assert told(branch) != told(parent)
    status, out, err = tui_lab("replay", branch["run"], "--verify")
    assert (status, out) == (0, f"identical through {branch['steps']:,} steps\n"), err
