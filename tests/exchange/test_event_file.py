"""Protects that TensorBoard's own reader finds in an event file what the run measured."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import crc32c, masked_crc32c

from tests.exchange.test_tables import STARTED, block, evaluated, looked_at, written
from tui_lab.errors import RunUnreadable
from tui_lab.exchange import record_file
from tui_lab.exchange.destinations import destinations
from tui_lab.exchange.export import export_run
from tui_lab.exchange.record_file import BadRecord, framed, masked, read_records
from tui_lab.runs.directory import RunDirectory

NewRun = Callable[..., RunDirectory]
LOSSES = [0.1, 1e-3, math.nan, math.inf, 1e300]


@pytest.fixture
def run(new_run: NewRun) -> RunDirectory:
    hyperparameters = {"lr": 0.1, "words": "a|b", "on": True}
    directory = new_run(hyperparameters=hyperparameters)
    return written(directory, STARTED, block(1, *LOSSES, t=5.0), evaluated(2, 1, train_loss=7.0))


def read(path: Path) -> EventAccumulator:
    found = EventAccumulator(str(path), size_guidance={"scalars": 0})
    found.Reload()
    return found


def test_tensorboard_reads_the_same_numbers_as_float32(run: RunDirectory, tmp_path: Path) -> None:
    export_run(run, tmp_path / "x.tfevents")
    found = read(tmp_path / "x.tfevents")
    steps = found.Scalars("train/loss")
    assert [each.step for each in steps] == [1, 2, 3, 4, 5]
    with np.errstate(over="ignore"):
        expected = np.array(LOSSES, np.float32)
    np.testing.assert_array_equal(np.array([each.value for each in steps], np.float32), expected)
    assert steps[0].wall_time == pytest.approx(1767323046.0)
    assert steps[4].wall_time == pytest.approx(1767323050.0)
    assert [(each.step, each.value) for each in found.Scalars("epoch/train/loss")] == [(2, 7.0)]
    assert [each.value for each in found.Scalars("epoch/epoch")] == [1.0]


def test_a_directory_is_made_and_found_by_tensorboard(run: RunDirectory, tmp_path: Path) -> None:
    export_run(run, destinations(f"{tmp_path}/board/", [run.id])[run.id])
    assert "train/loss" in read(tmp_path / "board" / run.id).Tags()["scalars"]


def test_nothing_is_left_of_a_directory_that_was_made_in_vain(tmp_path: Path) -> None:
    to = destinations(f"{tmp_path}/b/", ["gone"])["gone"]
    with pytest.raises(RunUnreadable, match="does not exist"):
        export_run(RunDirectory(tmp_path / "gone"), to)
    assert not (tmp_path / "b").exists()


def test_hyperparameters_are_a_text(run: RunDirectory, tmp_path: Path) -> None:
    export_run(run, tmp_path / "x.tfevents")
    (event,) = read(tmp_path / "x.tfevents").Tensors("hyperparameters/text_summary")
    text = event.tensor_proto.string_val[0].decode()
    assert "|lr|0.1|\n" in text
    assert "|words|a\\|b|\n" in text


def test_norms_and_gradients_have_tags_of_their_own(new_run: NewRun, tmp_path: Path) -> None:
    run = written(new_run(), STARTED, looked_at(1), block(1, 1.0))
    export_run(run, tmp_path / "x.tfevents")
    found = read(tmp_path / "x.tfevents")
    assert [each.value for each in found.Scalars("gradients/norm/all")] == [5.0]


@given(st.lists(st.binary(max_size=300), max_size=30))
def test_checksums_are_those_of_tensorboard(records: list[bytes]) -> None:
    assert record_file.crc32c(records).tolist() == [crc32c(record) for record in records]
    assert masked(records) == [masked_crc32c(record) for record in records]


def test_records_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_file, "_MOST", 3)
    records = [b"a" * n for n in range(10)]
    content = framed(records)
    assert list(read_records(io.BytesIO(content), len(content))) == records


def test_a_record_that_was_not_written_to_its_end_is_left_out() -> None:
    content = framed([b"one", b"two"])
    for lost in range(1, len(framed([b"two"]))):
        cut = content[:-lost]
        assert list(read_records(io.BytesIO(cut), len(cut))) == [b"one"]


def test_a_damaged_record_is_said() -> None:
    content = framed([b"one", b"two"])
    broken = content.replace(b"two", b"twO")
    with pytest.raises(BadRecord, match="record 2 is damaged"):
        list(read_records(io.BytesIO(broken), len(broken)))
    broken = b"\1" + content[1:]
    with pytest.raises(BadRecord, match="record 1 has no sound length"):
        list(read_records(io.BytesIO(broken), len(broken)))


def test_what_is_too_long_to_be_of_numbers_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_file, "LONGEST", 2)
    content = framed([b"on", b"picture", b"e"])
    assert list(read_records(io.BytesIO(content), len(content))) == [b"on", None, b"e"]
