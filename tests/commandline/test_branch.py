"""Protects `tui-lab branch`: what it asks of the worker, what it says beforehand, and what it
refuses in one sentence."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.commandline.scripted_run import Screen, training_events, write_events
from tests.commandline.staged import WHOLE_RUN, Stage
from tui_lab.cli import perform
from tui_lab.commandline import branch
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.commandline.parser import Parser
from tui_lab.config import runs_directory
from tui_lab.errors import TuiLabError
from tui_lab.events import HyperparameterChanged
from tui_lab.run import RunStatus
from tui_lab.runs.checkpoints import CheckpointRecord, checkpoints_path, write_manifest
from tui_lab.runs.directory import RunDirectory
from tui_lab.schedule import Intervention

MakeRun = Callable[..., RunDirectory]


@pytest.fixture
def parent(make_run: MakeRun) -> RunDirectory:
    """A run of 20 steps that was steered at two of them, and kept its state at two."""
    run = make_run(lr=0.5)
    turned = [
        HyperparameterChanged(t=0.0, step=step, name="lr", old=0.5, new=lr)
        for step, lr in ((3, 0.25), (13, 0.1))
    ]
    keep(run, 0, 8, 20)
    write_events(run, turned)
    return run


def keep(run: RunDirectory, *steps: int) -> None:
    """States of these steps are on disk."""
    records = []
    for step in steps:
        name, content = f"step-{step}.pt", b"state"
        (run.path / "checkpoints").mkdir(exist_ok=True)
        (run.path / "checkpoints" / name).write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        place = {"step": step, "epoch": 0, "taken": 0, "t": 0.0}
        records.append(
            CheckpointRecord(file=name, **place, bytes=5, sha256=sha256, digest="d")  # type: ignore[arg-type]
        )
    write_manifest(run.path, records)


def branched(line: str, console: Screen, stage: Stage | None = None) -> ExitStatus:
    parser = Parser("tui-lab branch", "")
    branch.configure(parser)
    workers = (stage or Stage([WHOLE_RUN])).workers
    return branch.execute(parser.read(line.split()), console, workers)


def test_the_worker_is_asked_for_a_run_that_goes_on_from_the_step(
    console: Screen, parent: RunDirectory
) -> None:
    stage = Stage([WHOLE_RUN])
    line = f"{parent.id} --step 12 bs=20 epochs=3 @15:lr=0.2 --weights-only"
    assert branched(line, console, stage) == ExitStatus.FINISHED
    asked = stage.request
    assert asked is not None
    assert (asked.parent, asked.parent_step, asked.weights_only) == (parent.id, 12, True)
    values = asked.hyperparameters
    assert (values["lr"], values["batch_size"], values["epochs"]) == (0.25, 20, 3)
    assert asked.schedule == (Intervention(step=15, values={"lr": 0.2}),)
    assert (asked.seed, asked.device) == (parent.request().seed, parent.request().device)
    assert "finished, 20 steps" in console.out
    assert f"branched from    {parent.id} after step 12\n" in console.out


def test_a_branch_is_of_no_study_and_no_population(console: Screen, parent: RunDirectory) -> None:
    kin = {"study": "study-1", "trial": 3, "population": "population-1", "member": 2}
    request = replace(parent.request(), **kin)  # type: ignore[arg-type]
    member = RunDirectory.create(runs_directory(), request, datetime.now(UTC))
    write_events(member, training_events())
    keep(member, 8)
    stage = Stage([WHOLE_RUN])
    assert branched(f"{member.id} --step 8", console, stage) == ExitStatus.FINISHED
    asked = stage.request
    assert asked is not None
    assert (asked.study, asked.trial, asked.population, asked.member) == ("", -1, "", -1)


def test_the_card_of_a_branch_is_its_parents_and_what_it_does_otherwise(
    console: Screen, parent: RunDirectory
) -> None:
    branched(f"{parent.id} --step 12 bs=20", console)
    card = "tui-lab run linear-regression lr=0.5 --seed 0 @3:lr=0.25 @13:batch_size=20"
    assert card in console.out.splitlines()


def test_a_dry_run_says_what_would_happen_and_does_nothing(
    console: Screen, parent: RunDirectory
) -> None:
    stage = Stage([WHOLE_RUN])
    line = f"{parent.id} --step 12 lr=1e-1 batch_size=20 epochs=2 --dry-run"
    assert branched(line, console, stage) == ExitStatus.FINISHED
    assert stage.request is None
    assert sorted(line.split() for line in console.out.splitlines()[1:]) == [
        ["batch_size", "10", "→", "20"],
        ["epochs", "3", "→", "2"],
        ["lr", "0.25", "→", "0.1"],
    ]
    assert console.out.splitlines()[0] == (
        f"A branch of {parent.id} would go on after step 12: from the state after step 8, with 4 "
        "steps taken again."
    )


def test_a_dry_run_as_json_is_one_object(console: Screen, parent: RunDirectory) -> None:
    branched(f"{parent.id} --step 8 --dry-run --json", console)
    told = json.loads(console.out)
    assert (told["parent"], told["step"], told["weights_only"]) == (parent.id, 8, False)
    assert (told["checkpoint"], told["replayed"], told["changed"]) == (8, 0, {})


def test_other_versions_are_named(
    console: Screen, parent: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = replace(parent.request(), versions={"torch": "1.0", "numpy": "2.0", "gone": "3"})
    monkeypatch.setattr(RunDirectory, "request", lambda run: request)
    branched(f"{parent.id} --step 8 --dry-run", console)
    assert f"{parent.id} was made with torch 1.0 (now " in console.err
    assert "numbers may differ" in console.err
    assert "gone" not in console.err


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", "branch needs a run"),
        ("RUN", "branch needs --step K"),
        ("RUN --step 21", "has taken 20 steps; --step is a number from 0 to that."),
        ("RUN --step -1", "a step is a whole number from 0"),
        ("RUN --step 1e3", "a step is a whole number from 0"),
        ("RUN --step 3 lrr=1", "did you mean lr?"),
        ("RUN --step 3 lr=-1", "lr must be a number from"),
        ("RUN --step 3 @3:lr=1", "@3:lr=1.0 is not after step 3"),
        ("RUN --step 3 toy.py other.py", "are two files"),
        ("RUN --step 3 /nowhere/toy.py", "is of the installed"),
    ],
)
def test_what_can_not_be_is_one_sentence(
    line: str, expected: str, console: Screen, parent: RunDirectory
) -> None:
    perform(["branch", *line.replace("RUN", parent.id).split()], console)
    assert expected in console.err
    assert console.err.count("\n") == 1
    assert console.out == ""


def test_a_run_without_a_checkpoint_is_not_branched(console: Screen, make_run: MakeRun) -> None:
    run = make_run()
    for _ in range(2):
        with pytest.raises(TuiLabError, match=f"{run.id} has no checkpoint up to step 5 to go on"):
            branched(f"{run.id} --step 5 --dry-run", console)
        keep(run, 8)


def test_a_damaged_checkpoint_is_said_and_the_one_before_it_used(
    console: Screen, parent: RunDirectory
) -> None:
    (parent.path / "checkpoints" / "step-8.pt").write_bytes(b"other")
    branched(f"{parent.id} --step 12 --dry-run", console)
    assert "from the state after step 0, with 12 steps taken again" in console.out
    assert "The checkpoint after step 8 is damaged: it is not used." in console.err
    (parent.path / "checkpoints" / "step-0.pt").unlink()
    with pytest.raises(TuiLabError, match=r"step 8 is damaged.* The checkpoint after step 0 is"):
        branched(f"{parent.id} --step 12 --dry-run", console)


def test_a_knob_that_does_nothing_then_is_said(console: Screen, parent: RunDirectory) -> None:
    branched(f"{parent.id} --step 12 divide_by=actual --dry-run", console)
    assert console.err.startswith("divide_by does nothing while ")


def edited(run: RunDirectory, **fields: Any) -> None:
    data = json.loads((run.path / "run.json").read_text())
    (run.path / "run.json").write_text(json.dumps(data | fields))


@pytest.mark.parametrize("command", ["branch --step 3", "resume", "replay"])
def test_a_demonstration_takes_no_steps(command: str, console: Screen, make_run: MakeRun) -> None:
    run = make_run()
    program = "tui_lab.experiments.activations.program:Activations"
    edited(run, experiment="activations", program=program, hyperparameters={})
    assert perform([*command.split(), run.id], console) == ExitStatus.USAGE
    assert "is a demonstration: it takes no steps to " in console.err


@pytest.mark.parametrize("command", ["branch --step 3", "resume", "replay"])
def test_code_that_a_directory_names_is_not_run(
    command: str, console: Screen, make_run: MakeRun
) -> None:
    run = make_run(RunStatus.STOPPED)
    edited(run, program="os:system")
    assert perform([*command.split(), run.id], console) == ExitStatus.FAILED
    assert f"{run.id} was made of os:system, which is not " in console.err
    edited(run, program="toy:Toy", plugin="/tmp/toy.py")
    screen = Screen()
    assert perform([*command.split(), run.id], screen) == ExitStatus.USAGE
    assert "was made from a file, /tmp/toy.py, which is not run unasked" in screen.err
    edited(run, experiment="/tmp/toy.py", plugin="")
    screen = Screen()
    assert perform([*command.split(), run.id], screen) == ExitStatus.USAGE
    assert "There is no experiment" in screen.err


def test_a_manifest_that_the_worker_makes_again_is_no_obstacle(
    console: Screen, parent: RunDirectory
) -> None:
    manifest = checkpoints_path(parent.path) / "manifest.json"
    manifest.write_bytes(manifest.read_bytes()[:-9])
    assert branched(f"{parent.id} --step 12 --dry-run", console) == ExitStatus.FINISHED
    assert "state after step 8, with 4 steps taken again." in console.out
    assert "will be made again of the files." in console.out + console.err
