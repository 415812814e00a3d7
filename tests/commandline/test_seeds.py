"""Protects `tui-lab run --seeds`: one population where that can be, one run after another with a
word where not, and how the metrics are spread over them."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.commandline.scripted_run import Screen, training_events
from tests.commandline.staged import Act, Stage, finish, interrupt, run
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.config import runs_directory
from tui_lab.errors import UsageError
from tui_lab.run import RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.populations import members
from tui_lab.runs.status import StatusRecord
from tui_lab.together import CURE


def ending(status: RunStatus = RunStatus.FINISHED) -> Act:
    """Every member ends, with its seed as its loss."""

    def act(first: RunDirectory) -> None:
        for member in members(first) or [first]:
            finish(status, *training_events())(member)
            loss = float(member.request().seed)
            record = StatusRecord(status=status, step=20, epoch=2, metrics={"train/loss": loss})
            member.write_status(record)

    return act


def made() -> list[RunDirectory]:
    return [RunDirectory(path) for path in sorted(Path(runs_directory()).iterdir())]


def test_the_seeds_are_one_population(console: Screen) -> None:
    stage = Stage([ending()])
    assert run("linear-regression --seeds 5 --seed 10", stage, console) == ExitStatus.FINISHED
    assert sorted(each.request().seed for each in made()) == [10, 11, 12, 13, 14]
    assert stage.request is not None
    assert stage.request.member == 0
    assert "linear-regression: 5 finished, seeds 10–14, as one population, in" in console.out
    assert "train/loss  12      10.2  13.8" in console.out
    assert "and 4 others train as one population" in console.err


def test_where_they_can_not_they_train_one_after_another(console: Screen) -> None:
    stage = Stage([ending()])
    line = "penalties penalty=L1 --seeds 2 --json"
    assert run(line, stage, console) == ExitStatus.FINISHED
    assert "such runs train one after another. The 2 runs train one after another" in console.err
    result = json.loads(console.out)
    assert result["populations"] == []
    assert [member["seed"] for member in result["members"]] == [0, 1]


def parting(measured: dict[str, float]) -> Act:
    """A population is refused, when each had `measured` so much; a run by itself is not."""

    def act(first: RunDirectory) -> None:
        for member in members(first):
            status, error = RunStatus.FAILED, f"They part ways. {CURE}"
            member.write_status(StatusRecord(status=status, error=error, metrics=measured))
        if not members(first):
            ending()(first)

    return act


@pytest.mark.parametrize(("measured", "left"), [({}, 0), ({"train/loss": 1.0}, 3)])
def test_what_parts_ways_trains_one_after_another(
    measured: dict[str, float], left: int, console: Screen
) -> None:
    stage = Stage([parting(measured)])
    assert run("weight-decay --seeds 3 --json", stage, console) == ExitStatus.FINISHED
    assert "They part ways. The 3 runs train one after another." in console.err
    result = json.loads(console.out)
    assert result["populations"] == []
    assert [(m["seed"], m["status"]) for m in result["members"]] == [
        (seed, "finished") for seed in range(3)
    ]
    statuses = [each.status() for each in made()]
    assert statuses.count(RunStatus.FAILED) == left
    assert statuses.count(RunStatus.FINISHED) == 3


def test_json_is_one_object_with_the_members(console: Screen) -> None:
    assert run("weight-decay --seeds 3 --json", Stage([ending()]), console) == ExitStatus.FINISHED
    result = json.loads(console.out)
    assert result["metrics"]["train/loss"] == {"median": 1.0, "p5": 0.1, "p95": 1.9, "runs": 3}
    assert [(m["seed"], m["status"]) for m in result["members"]] == [
        (0, "finished"),
        (1, "finished"),
        (2, "finished"),
    ]
    assert len(result["populations"]) == 1


def test_a_member_that_failed_fails_the_command(console: Screen) -> None:
    stage = Stage([ending(RunStatus.FAILED)])
    assert run("weight-decay --seeds 3", stage, console) == ExitStatus.FAILED
    assert "3 failed" in console.out


def test_an_interruption_ends_all_of_them(console: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage([interrupt(), lambda first: None, ending(RunStatus.STOPPED)])
    sent: list[int] = []
    monkeypatch.setattr("os.killpg", lambda pid, number: sent.append(number))
    assert run("weight-decay --seeds 3", stage, console) == ExitStatus.INTERRUPTED
    assert sent == [signal.SIGTERM]
    assert "3 stopped" in console.out


def test_the_number_is_checked(console: Screen) -> None:
    with pytest.raises(UsageError, match="how many is a whole number from 1 to 10,000, not 'x'"):
        run("weight-decay --seeds x", Stage([]), console)
