"""Protects a run's whole past as one command line: nudges, parents and their parents included,
from whatever its directory and theirs still hold."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.commandline.scripted_run import started, write_events
from tests.tui.fakes import TOY
from tui_lab.errors import RunUnreadable
from tui_lab.events import HyperparameterChanged, RunBranched, RunEvent, RunFinished, RunStopped
from tui_lab.lineage import lineage_of, run_card
from tui_lab.run import RunRequest, RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.status import StatusRecord
from tui_lab.schedule import Intervention

DEFAULTS = TOY.to_json(TOY.defaults)
FINISHED = RunFinished(t=1.0, step=400, epoch=100)
Make = Callable[..., RunDirectory]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def made(*events: RunEvent, **fields: Any) -> RunDirectory:
        asked = RunRequest(experiment="toy", program="toy:Toy", hyperparameters=DEFAULTS, seed=7)
        run = RunDirectory.create(tmp_path, replace(asked, **fields), datetime.now(UTC))
        write_events(run, [started(), *events])
        return run

    return made


def turned(step: int, name: str, new: float) -> HyperparameterChanged:
    return HyperparameterChanged(t=0.0, step=step, name=name, old=0, new=new)


def branched(parent: RunDirectory, step: int, **values: Any) -> dict[str, Any]:
    """What the run.json of a branch says of it; the parent's own values are the defaults."""
    return {
        "parent": parent.id,
        "parent_step": step,
        "hyperparameters": {**DEFAULTS, **values},
    }


def command(run: RunDirectory) -> str:
    return run_card(run, TOY).command.removeprefix("tui-lab run toy ")


def test_a_run_that_was_steered(make: Make) -> None:
    run = make(turned(212, "weight_decay", 10.0), RunStopped(t=1.0, step=300, epoch=3))
    assert command(run) == "--seed 7 @212:weight_decay=10 @300:stop"
    assert run_card(run, TOY).remark == ""


def test_a_branch_is_its_parent_up_to_the_fork_and_what_was_changed_there(make: Make) -> None:
    parent = make(
        turned(100, "lr", 0.1), turned(201, "lr", 0.2), RunStopped(t=1.0, step=300, epoch=3)
    )
    at_fork = RunBranched(t=0.0, step=200, parent=parent.id, values={"epochs": 200})
    fields = branched(parent, 200, lr=0.1, epochs=200)
    child = make(at_fork, turned(250, "lr", 0.3), FINISHED, **fields)
    assert command(child) == "--seed 7 @100:lr=0.1 @200:epochs=200 @250:lr=0.3"


def test_a_branch_of_a_branch_and_one_that_kept_the_parameters_alone(make: Make) -> None:
    parent = make(FINISHED, threads=2)
    ended = RunStopped(t=1.0, step=200, epoch=2)
    child = make(ended, **branched(parent, 100, lr=0.1), weights_only=True)
    grandchild = make(FINISHED, **branched(child, 200, lr=0.1, epochs=9), device="cpu")
    words = "--seed 7 --device cpu @101:weights @101:lr=0.1 @201:epochs=9"
    assert command(grandchild) == words


def test_a_branch_from_before_its_parents_fork_is_its_grandparents(make: Make) -> None:
    parent = make(FINISHED)
    child = make(FINISHED, **branched(parent, 100, lr=0.1))
    early = make(FINISHED, **branched(child, 50))
    assert command(early) == "--seed 7"


@pytest.mark.parametrize("damage", [shutil.rmtree, lambda path: (path / "run.json").unlink()])
def test_a_parent_that_is_gone_is_said(make: Make, damage: Callable[[Path], object]) -> None:
    parent = make(FINISHED)
    child = make(turned(250, "lr", 0.3), **branched(parent, 200, epochs=9))
    grandchild = make(FINISHED, **branched(child, 300, epochs=9, lr=0.3))
    damage(parent.path)
    card = run_card(grandchild, TOY)
    assert card.command == "tui-lab run toy epochs=9 --seed 7 @250:lr=0.3"
    assert card.remark == (
        f"{child.id} went on from step 200 of {parent.id}, which can't be read any more: this "
        "begins anew."
    )


def test_runs_that_are_each_others_parents_come_to_an_end(make: Make) -> None:
    run = make(FINISHED)
    written = json.loads((run.path / "run.json").read_text())
    (run.path / "run.json").write_text(json.dumps({**written, "parent": run.id}))
    assert "begins anew" in run_card(run, TOY).remark


@pytest.mark.parametrize("parent", ["../elsewhere", "/etc", "nothing"])
def test_no_parent_is_looked_for_elsewhere(make: Make, parent: str) -> None:
    run = make(FINISHED, parent=parent)
    assert "begins anew" in run_card(run, TOY).remark


def test_a_log_that_can_not_be_read_is_said(make: Make) -> None:
    run = make(FINISHED)
    run.events_path.unlink()
    run.events_path.mkdir()
    card = run_card(run, TOY)
    assert card.command == "tui-lab run toy --seed 7"
    assert card.remark.startswith(f"What was done to {run.id} on its way is not known: ")


def test_of_a_run_that_is_no_run_nothing_is_said(make: Make) -> None:
    run = make(FINISHED)
    (run.path / "run.json").write_text("{")
    with pytest.raises(RunUnreadable):
        run_card(run, TOY)


def test_what_a_run_was_asked_for_and_has_yet_to_come_to_is_part_of_it(make: Make) -> None:
    schedule = (Intervention(step=100, values={"lr": 0.1}), Intervention(step=300, act="skip"))
    done = turned(100, "lr", 0.1)
    going_on = make(done, schedule=schedule)
    going_on.write_status(StatusRecord(status=RunStatus.RUNNING, step=150))
    assert command(going_on) == "--seed 7 @100:lr=0.1 @300:skip"
    stopped = make(done, RunStopped(t=1.0, step=150, epoch=1), schedule=schedule)
    assert command(stopped) == "--seed 7 @100:lr=0.1 @150:stop"


def test_the_values_of_any_step_are_known(make: Make) -> None:
    known = lineage_of(make(turned(100, "lr", 0.1), turned(200, "lr", 0.2), FINISHED))
    assert [known.values_at(step)["lr"] for step in (99, 100, 200)] == [0.003, 0.1, 0.2]
