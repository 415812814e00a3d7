"""Protects looking back: at every step of a log, gone back or not, the index finds what reading all
of the log finds, and nothing else; and it is made again when it is not to be trusted."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.view_models.folded import EXPERIMENT, started, steps
from tui_lab.events import (
    AlarmRaised,
    GradientsLogged,
    HyperparameterChanged,
    MetricsLogged,
    PhaseEntered,
    PictureLogged,
    RunEvent,
    RunFinished,
    RunPaused,
    RunResumed,
)
from tui_lab.moment import Moment, moment
from tui_lab.run import RunStatus
from tui_lab.runs import index as indexing
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.index import LogIndex
from tui_lab.runs.kept import kept_path
from tui_lab.runs.log import RunLog
from tui_lab.runs.standing import Limits, went_back, went_back_to
from tui_lab.runs.tail import RunTail, read_events
from tui_lab.view_models.run import RunView

NewRun = Callable[..., RunDirectory]
DATA = Path(__file__).parent.parent / "data"


@pytest.fixture(autouse=True)
def short_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else every test would have to write megabytes."""
    monkeypatch.setattr(indexing, "SPAN", 2000)
    monkeypatch.setattr(indexing, "GROWN", 1)


def write(directory: RunDirectory, events: Iterable[RunEvent]) -> None:
    log = RunLog(directory.events_path)
    for event in events:
        log.append(event)
    log.close()


def session(chance: random.Random, first: int, last: int) -> Iterable[RunEvent]:
    """What a worker writes from one step to another."""
    step = first
    while step <= last:
        rows = min(chance.randint(1, 9), last - step + 1)
        losses = [chance.random() for _ in range(rows)]
        columns = {"train/loss": losses, "norm/w": losses[: rows - chance.randint(0, 1)]}
        end = step + rows - 1
        yield GradientsLogged(
            t=0.0,
            step=end,
            phase="",
            grad_enabled=True,
            graph=False,
            parameters=[{"name": "w", "norm": chance.random()}],
        )
        yield MetricsLogged(t=0.0, kind="step", first=step, columns=columns)
        yield from happenings(chance, end)
        step = end + 1


def happenings(chance: random.Random, step: int) -> list[RunEvent]:
    t, value = 0.0, chance.random()
    columns = {"test/loss": [value, value + 1]}
    several: list[RunEvent] = [
        MetricsLogged(t=t, kind="epoch", steps=[step - 1, step], epochs=[1, 2], columns=columns),
        MetricsLogged(
            t=t, kind="evaluation", steps=[step], epochs=[1], columns={"test/acc": [value]}
        ),
        PictureLogged(t=t, step=step, picture="fit", layer="line", data={"x": [value], "y": [1.0]}),
        PictureLogged(t=t, step=step, picture="fit", layer="points", data={"x": [value]}),
        HyperparameterChanged(t=t, step=step + 1, name="weight_decay", old=3.0, new=value),
        RunPaused(t=t, step=step),
        PhaseEntered(t=t, step=step + 1, phase="forward", line=3),
        AlarmRaised(t=t, step=step, kind="step/first_nan", message=f"nan {value}"),
    ]
    return [event for event in several if chance.random() < 0.15]


def history(seed: int) -> list[RunEvent]:
    """A run that went back four times, sometimes to before it went back the time before."""
    chance = random.Random(seed)
    request = {"hyperparameters": {"weight_decay": 3.0, "lr": 0.1}}
    events: list[RunEvent] = [started(request=request)]
    step = 0
    for _ in range(5):
        last = step + chance.randint(20, 200)
        events += session(chance, step + 1, last)
        if chance.random() < 0.5:
            events.append(RunFinished(t=0.0, step=last, epoch=1))
        step = chance.randint(0, last)
        events.append(RunResumed(t=0.0, step=step, from_step=step))
        events.append(started(step=step))
    return [*events, *session(chance, step + 1, step + 100)]


def by_reading(events: list[RunEvent], step: int) -> RunView:
    """A view of what stands of no later step."""
    limits = Limits(map(went_back_to, filter(went_back, events)))
    view = RunView(EXPERIMENT)
    stands = [event for event in limits.standing(events) if not went_back(event)]
    for event in Limits([step]).standing(stands):
        view.fold(event)
    return view


def check(found: Moment, view: RunView) -> None:
    pictures = {
        title: {layer: event.data for layer, event in layers.items()}
        for title, layers in found.pictures.items()
    }
    assert found.gradients == view.snapshot
    assert pictures == view.pictures
    assert [mark.text for mark in found.marks] == [mark.text for mark in view.marks]
    assert {**found.hyperparameters} == {"weight_decay": 3.0, "lr": 0.1, **view.changed}
    assert list(found.alarms) == list(view.alarms)
    shown = [line for line in view.lines if not line.startswith(("taken up", "started"))]
    told = [line for line in found.lines if not line.startswith(("taken up", "started"))]
    assert told == shown


@pytest.mark.parametrize("seed", range(8))
def test_every_moment_is_what_reading_all_of_the_log_finds(new_run: NewRun, seed: int) -> None:
    events = history(seed)
    directory = new_run(RunStatus.RUNNING)
    write(directory, events)
    index = LogIndex.of(directory.events_path)
    whole = RunView(EXPERIMENT)
    for event in events:
        whole.fold(event)
    losses = dict(zip(*whole.series["step", "train/loss"].points[:2].tolist(), strict=True))

    for step in range(0, whole.step + 1, 7):
        found = moment(directory, step, EXPERIMENT, index=index)
        view = by_reading(events, step)
        check(found, view)
        assert found.metrics.get("train/loss") == losses.get(step)
        whole_set = {key: found.metrics.get(key) for key in ("test/loss", "test/acc")}
        assert whole_set == {key: view.metrics.get(key) for key in ("test/loss", "test/acc")}


@pytest.mark.parametrize("seed", range(3))
def test_an_index_that_grew_with_its_log_is_the_same(new_run: NewRun, seed: int) -> None:
    events = history(seed)
    directory = new_run(RunStatus.RUNNING)
    for place in range(0, len(events), 40):
        write(directory, events[place : place + 40])
        grown = LogIndex.of(directory.events_path)
    kept_path(directory.events_path, ".index").unlink()
    anew = LogIndex.of(directory.events_path)
    for step in range(0, 600, 5):
        assert grown.at(step) == anew.at(step)


def test_it_is_kept_and_not_made_twice(new_run: NewRun, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = new_run(RunStatus.RUNNING)
    write(directory, history(0))
    before = LogIndex.of(directory.events_path)
    taken: list[bytes] = []
    monkeypatch.setattr(LogIndex, "_take", lambda self, line, offset: taken.append(line))
    assert LogIndex.of(directory.events_path).at(50) == before.at(50)
    assert taken == []


@pytest.mark.parametrize("seed", range(20))
def test_damaged_it_is_made_again(new_run: NewRun, seed: int) -> None:
    directory = new_run(RunStatus.RUNNING)
    write(directory, history(0))
    before = LogIndex.of(directory.events_path)
    path = kept_path(directory.events_path, ".index")
    content = bytearray(path.read_bytes())
    chance = random.Random(seed)
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content[: chance.choice([len(content), chance.randrange(len(content))])])
    assert LogIndex.of(directory.events_path).at(50) == before.at(50)


def test_of_another_log_it_is_made_again(new_run: NewRun) -> None:
    one, other = new_run(RunStatus.RUNNING), new_run(RunStatus.RUNNING)
    write(one, history(0))
    write(other, history(1))
    LogIndex.of(one.events_path)
    expected = LogIndex.of(other.events_path).at(50)
    path = kept_path(other.events_path, ".index")
    path.write_bytes(kept_path(one.events_path, ".index").read_bytes())
    assert LogIndex.of(other.events_path).at(50) == expected


@pytest.mark.parametrize("seed", range(30))
def test_a_damaged_log_gives_what_is_left_of_it(new_run: NewRun, seed: int) -> None:
    directory = new_run(RunStatus.FINISHED)
    write(directory, history(0))
    content = bytearray(directory.events_path.read_bytes())
    chance = random.Random(seed)
    for _ in range(20):
        content[chance.randrange(len(content))] = chance.randrange(256)
    directory.events_path.write_bytes(content[: chance.randrange(len(content))])
    for step in (0, 1, 30, 100, 10**6):
        found = moment(directory, step, EXPERIMENT)
        assert found.gradients is None or found.gradients.step <= step
        assert all(mark.step <= step for mark in found.marks)


@pytest.mark.parametrize("name", ["run-v1", "run-v2"])
def test_old_logs_have_their_moments_too(new_run: NewRun, name: str) -> None:
    directory = new_run(RunStatus.FINISHED)
    directory.events_path.write_bytes((DATA / name / "events.jsonl").read_bytes())
    found = moment(directory, 3)
    assert (found.metrics["train/loss"], len(found.alarms)) == (float("-inf"), 1)
    assert found.gradients is not None
    assert found.hyperparameters["lr"] == 30.0
    assert set(found.pictures) == {"Data and fit"}
    assert moment(directory, 1).hyperparameters == {"lr": 0.1}


def test_what_is_undone_and_not_yet_done_again_has_no_values(new_run: NewRun) -> None:
    directory = new_run(RunStatus.RUNNING)
    both = {"test/loss": [1.0, 2.0]}
    ahead: list[RunEvent] = [
        started(),
        steps(1, 10, 1.0),
        MetricsLogged(t=1.0, kind="epoch", steps=[4, 8], epochs=[1, 2], columns=both),
        RunResumed(t=0.6, step=6, from_step=6),
    ]
    write(directory, ahead)
    assert moment(directory, 6).metrics == {"train/loss": 6.0, "test/loss": 1.0}
    assert moment(directory, 9).metrics == {"test/loss": 1.0}


def test_without_a_log_there_is_what_was_asked_for(new_run: NewRun) -> None:
    assert moment(new_run(), 5) == Moment(step=5, hyperparameters={"lr": 0.1})


def test_readers_of_lines_and_of_events_agree(new_run: NewRun) -> None:
    directory = new_run(RunStatus.RUNNING)
    write(directory, history(0))
    lines: list[tuple[bytes, int]] = []
    tail = RunTail(directory.events_path, noticed=lambda line, start: lines.append((line, start)))
    assert list(tail) == list(read_events(directory.events_path))
    content = directory.events_path.read_bytes()
    assert all(content[start : start + len(line) + 1] == line + b"\n" for line, start in lines)
    assert sum(len(line) + 1 for line, _ in lines) == len(content)
