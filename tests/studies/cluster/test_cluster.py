"""Protects what a study's coordinator relies on where its runs go on elsewhere: on a real cluster
of dask, each log comes here byte for byte while it is written, commands reach the worker through
the same socket as everywhere, and killing anything loses and repeats nothing."""

from __future__ import annotations

import os
from functools import partial

from tests.studies.cluster.conftest import (
    DEADLINE,
    HASTY,
    LONG,
    Execute,
    Grid,
    MakeRun,
    Until,
    begun,
    ends_once,
    goes_on,
    starts_of,
    under_way,
)
from tui_lab.commands import Pause, Resume, SetHyperparameter
from tui_lab.events import HyperparameterChanged, RunFinished, RunStopped
from tui_lab.run import RunStatus
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import RunTail, last_event
from tui_lab.studies.executor import LOST
from tui_lab.worker.client import RunClient, stop_run


def node_of(grid: Grid, run: RunDirectory) -> str:
    (name,) = [name for name in grid.nodes if (grid.attempts(name) / run.id).exists()]
    return name


def test_a_run_on_a_node_is_here_as_it_is_there(
    grid: Grid, execute: Execute, make_run: MakeRun, until: Until
) -> None:
    for name in "ab":
        grid.add(name)
    lab = execute(grid.address)
    first, second = until(lambda: len(found := lab.free()) == 2 and found)
    runs = [make_run(seed=seed) for seed in (0, 1)]
    for run, slot in zip(runs, (first, second), strict=True):
        lab.executor.start(run, slot)
    assert lab.free() == []
    for run in runs:
        assert until(partial(lab.end_of, run)).how == 0
        assert isinstance(last_event(run.events_path), RunFinished)
        assert run.status() is RunStatus.FINISHED
        assert sum(1 for event in RunTail(run.events_path) if isinstance(event, RunFinished)) == 1
    assert {run.status_record().host for run in runs} == {os.uname().nodename}
    assert len(lab.free()) == 2


def test_its_log_is_mirrored_while_it_is_written_and_commands_reach_it(
    grid: Grid, execute: Execute, make_run: MakeRun, until: Until
) -> None:
    grid.add("a")
    lab = execute(grid.address)
    run = under_way(lab, make_run(LONG), until)
    assert run.is_live()
    client = RunClient(run.path)
    assert client.send(Pause()).ok
    until(lambda: run.status() is RunStatus.PAUSED)
    there = grid.attempts("a") / run.id
    until(lambda: run.events_path.read_bytes() == (there / "events.jsonl").read_bytes() != b"")
    assert not client.send(SetHyperparameter("lr", -1.0)).ok
    assert client.send(SetHyperparameter("lr", 0.002)).ok
    assert client.send(Resume()).ok
    until(lambda: HyperparameterChanged in map(type, RunTail(run.events_path)))
    lab.executor.stop(run.id, "pruned at epoch 3")
    assert until(lambda: lab.end_of(run)).how == 0
    end = last_event(run.events_path)
    assert isinstance(end, RunStopped)
    assert end.reason == "pruned at epoch 3"
    assert not there.exists()


def test_a_run_goes_on_when_its_node_is_killed_without_it(
    grid: Grid, execute: Execute, make_run: MakeRun, until: Until
) -> None:
    grid.add("a")
    lab = execute(grid.address)
    run = under_way(lab, make_run(LONG), until)
    grid.kill("a", wholly=False)
    grid.add("a")
    goes_on(run, until)
    ends_once(lab, run, until)


def test_a_run_is_lost_with_all_of_its_node_and_another_attempt_is_another_run(
    grid: Grid, execute: Execute, make_run: MakeRun, until: Until
) -> None:
    for name in "ab":
        grid.add(name)
    lab = execute(grid.address, patience=HASTY)
    until(lambda: len(lab.free()) == 2)
    run = under_way(lab, make_run(LONG), until)
    grid.kill(node_of(grid, run), wholly=True)
    assert until(lambda: lab.end_of(run)).how == LOST
    assert run.status() is RunStatus.CRASHED
    steps = run.events_path.read_bytes()
    again = begun(lab, make_run(), until)
    assert until(lambda: lab.end_of(again)).how == 0
    assert run.events_path.read_bytes() == steps
    assert starts_of(run) == starts_of(again) == 1


def test_what_was_given_up_is_ended_when_its_node_comes_back_after_all(
    grid: Grid, execute: Execute, make_run: MakeRun, until: Until
) -> None:
    grid.add("a")
    lab = execute(grid.address, patience=HASTY)
    run = under_way(lab, make_run(LONG), until)
    grid.kill("a", wholly=False)
    assert until(lambda: lab.end_of(run)).how == LOST
    steps = run.events_path.read_bytes()
    assert grid.workers()
    grid.add("a")
    until(lambda: not grid.workers())
    assert run.events_path.read_bytes() == steps
    assert run.status() is RunStatus.CRASHED


def test_what_goes_on_is_adopted_after_the_scheduler_was_killed(
    grid: Grid, execute: Execute, make_run: MakeRun, until: Until
) -> None:
    grid.add("a")
    lab = execute(grid.address)
    run = under_way(lab, make_run(LONG), until)
    grid.scheduler.kill()
    grid.kill("a", wholly=False)
    until(lambda: "does not answer" in " ".join(lab.said))
    (worker,) = grid.workers()
    grid.restart()
    grid.add("a")
    goes_on(run, until)
    assert grid.workers() == [worker]
    ends_once(lab, run, until)


def test_what_goes_on_is_adopted_by_the_next_coordinator(
    grid: Grid, execute: Execute, make_run: MakeRun, until: Until
) -> None:
    grid.add("a")
    former = execute(grid.address)
    run, unknown = under_way(former, make_run(LONG), until), make_run()
    former.executor.close()
    lab = execute(grid.address)
    assert not lab.executor.adopt(unknown)
    assert lab.executor.adopt(run)
    step = run.status_record().step
    until(lambda: run.status_record().step > step)
    assert lab.free() == []
    assert stop_run(run, DEADLINE, reason="enough") is RunStatus.STOPPED
    assert until(lambda: lab.end_of(run)).how == 0
    until(lambda: not grid.workers())
    assert starts_of(run) == 1
    assert not lab.executor.adopt(run)
