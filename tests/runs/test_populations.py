"""Protects who trains together: runs that differ in nothing but seeds and numbers, no more of them
than a process can hold, each told apart from the others on disk."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tui_lab.errors import RunUnreadable
from tui_lab.plugins import load_experiment
from tui_lab.run import RunRequest, new_run_id
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.populations import batches, companions, create_population, members, refusal
from tui_lab.schedule import Intervention
from tui_lab.together import MOST_MEMBERS

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def request(name: str = "weight-decay", seed: int = 0, **values: Any) -> RunRequest:
    experiment = load_experiment(name)
    chosen = experiment.to_json(experiment.choose(values))
    return RunRequest(
        experiment=name, program=experiment.program, hyperparameters=chosen, seed=seed
    )


def grouped(name: str, *requests: RunRequest) -> list[list[int]]:
    return batches(load_experiment(name), requests)


def test_seeds_and_numbers_may_differ() -> None:
    asked = [request(seed=k, weight_decay=k, lr=0.001 * (k + 1)) for k in range(4)]
    assert grouped("weight-decay", *asked) == [[0, 1, 2, 3]]


def test_what_shapes_the_program_may_not() -> None:
    asked = [request(), request(batch_size=4), request(seed=1), request(implementation="concise")]
    asked += [replace(request(), device="cpu"), request(batch_size=4, seed=7)]
    assert grouped("weight-decay", *asked) == [[0, 2], [1, 5], [3], [4]]


def test_a_probability_of_0_is_another_program() -> None:
    asked = [request("dropout", p1=p) for p in (0.0, 0.2, 0.5, 1.0, 0.0)]
    assert grouped("dropout", *asked) == [[0, 4], [1, 2], [3]]


def test_one_that_may_not_is_alone() -> None:
    asked = [request("penalties", penalty="L1"), request("penalties"), request("penalties", seed=1)]
    asked += [request("penalties", penalty="L1", seed=1)]
    assert grouped("penalties", *asked) == [[0], [1, 2], [3]]


def test_no_batch_is_too_large() -> None:
    asked = [request(seed=k) for k in range(MOST_MEMBERS + 2)]
    first, second = grouped("weight-decay", *asked)
    assert (len(first), second) == (MOST_MEMBERS, [MOST_MEMBERS, MOST_MEMBERS + 1])


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (
            {"guard": "hold"},
            "guard=hold goes back and takes a step again, which a run does by itself.",
        ),
        ({"hold": "step"}, "A run that holds still, or goes on from another, trains by itself."),
        ({"parent": "x"}, "A run that holds still, or goes on from another, trains by itself."),
        (
            {"schedule": (Intervention(step=3, act="stop"),)},
            "What is planned for a step is for a run that trains by itself.",
        ),
    ],
)
def test_what_a_run_does_by_itself_is_said(changed: dict[str, Any], sentence: str) -> None:
    assert refusal(load_experiment("weight-decay"), request()) == ""
    assert refusal(load_experiment("weight-decay"), replace(request(), **changed)) == sentence


@pytest.mark.parametrize(
    "name",
    [
        "activations",
        "autograd",
        "bayes",
        "distribution-shift",
        "gradient-accumulation",
        "gradient-flow",
        "lambda-sweep",
        "overfitting",
    ],
)
def test_what_never_trains_together_says_why(name: str) -> None:
    said = refusal(load_experiment(name), request(name))
    assert said.endswith(".")
    assert "does not declare" not in said


def test_members_are_told_apart_and_known_to_the_first(tmp_path: Path) -> None:
    made = create_population(tmp_path, [request(seed=k) for k in range(3)], NOW)
    asked = [run.request() for run in made]
    assert [each.member for each in asked] == [0, 1, 2]
    assert len({each.population for each in asked}) == 1
    assert [run.id for run in members(made[0])] == [run.id for run in made]
    assert members(made[1]) == []


def test_one_that_is_taken_up_trains_by_itself(tmp_path: Path) -> None:
    made = create_population(tmp_path, [request(seed=k) for k in range(2)], NOW)
    made[0].ask_to_resume({})
    assert members(made[0]) == []


@pytest.mark.parametrize("text", ['{"members": ["../x"]}', '{"members": []}', "[]", "{"])
def test_a_bad_list_of_members_is_said(tmp_path: Path, text: str) -> None:
    [run] = create_population(tmp_path, [request()], NOW)
    (run.path / "population.json").write_text(text)
    with pytest.raises(RunUnreadable):
        members(run)


def test_each_member_knows_the_others(tmp_path: Path) -> None:
    asked = [request(seed=seed) for seed in range(3)]
    created = create_population(tmp_path, asked, NOW)
    another = create_population(tmp_path, asked, NOW)
    for member in created:
        assert companions(member) == tuple(each.id for each in created)
    assert companions(another[1]) == tuple(each.id for each in another)
    shutil.rmtree(created[1].path)
    assert companions(created[0]) == (created[0].id, created[2].id)
    alone = RunDirectory.create(tmp_path, request(), NOW)
    with pytest.raises(RunUnreadable, match="trained by itself"):
        companions(alone)


def test_members_are_found_whoever_of_them_is_gone(tmp_path: Path) -> None:
    created = create_population(tmp_path, [request(seed=seed) for seed in range(4)], NOW)
    shutil.rmtree(created[0].path)
    (created[2].path / "run.json").write_text("{")
    left = (created[1].id, created[3].id)
    assert companions(created[3]) == left
    assert companions(created[1]) == left


def test_members_that_were_written_down_one_after_another_are_found(tmp_path: Path) -> None:
    """As those of a study are: the population has its name before the second that they say."""
    name = new_run_id("weight-decay", NOW)
    made = []
    for k in range(3):
        asked = replace(request(seed=k), population=name, member=2 - k)
        made.append(RunDirectory.create(tmp_path, asked, NOW + timedelta(seconds=1 + k)))
    alone = RunDirectory.create(tmp_path, request(), NOW + timedelta(seconds=2))
    (tmp_path / f"{alone.id}.txt").touch()
    assert companions(made[1]) == tuple(run.id for run in reversed(made))
