"""Protects every run ever made: the directories in tests/data, one per format version, are read for
ever, and their files are never changed to please a newer reader."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

from tui_lab.commandline.report import fold_log
from tui_lab.commandline.result import json_pieces
from tui_lab.event_encoding import to_json
from tui_lab.events import GradientsLogged, RunFinished, UnknownEvent
from tui_lab.exchange.export import export_run
from tui_lab.exchange.formats import Options
from tui_lab.run import RunStatus
from tui_lab.runs.catalogue import Catalogue
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import read_events

DATA = Path(__file__).parent.parent / "data" / "run-v1"
TYPES = [
    "run_started",
    "picture",
    "metrics",
    "metrics",
    "run_paused",
    "phase_entered",
    "gradients",
    "hyperparameter_changed",
    "run_resumed",
    "comet_seen",
    "alarm",
    "metrics",
    "metrics",
    "metrics",
    "run_finished",
]


def test_request_and_record() -> None:
    directory = RunDirectory(DATA)
    assert directory.request().experiment == "linear-regression"
    assert directory.request().hyperparameters["true_w"] == "2,-3.4"
    assert directory.status() is RunStatus.FINISHED
    assert directory.status_record().metrics["norm/w"] == math.inf


def test_every_type_of_event() -> None:
    events = list(read_events(DATA / "events.jsonl"))
    assert [to_json(event)["type"] for event in events] == TYPES
    assert [type(event) for event in events].count(UnknownEvent) == 1
    (gradients,) = [event for event in events if isinstance(event, GradientsLogged)]
    assert gradients.parameters[0]["grad_norm"] == math.inf
    assert isinstance(events[-1], RunFinished)
    assert math.isnan(events[-1].metrics["train/loss"])


def test_result() -> None:
    run = RunDirectory(DATA)
    assert json.loads(b"".join(json_pieces(run, fold_log(run)))) == {
        "run": "run-v1",
        "experiment": "linear-regression",
        "status": "finished",
        "seed": 7,
        "device": "cpu",
        "hyperparameters": RunDirectory(DATA).request().hyperparameters,
        "steps": 4,
        "epochs": 2,
        "elapsed_s": 0.5,
        "command": "tui-lab run linear-regression lr=10 epochs=2 batch_size=2 --seed 7 @3:lr=30",
        "damaged_lines": 0,
        "name": "",
        "note": "",
        "tags": [],
        "metrics": {"train/loss": "NaN", "norm/w": "Infinity", "step/first_nan": 3},
        "history": {
            "train/loss": {"step": [2, 4], "epoch": [1, 2], "value": [0.2, "NaN"]},
            "norm/w": {"step": [2, 4], "epoch": [1, 2], "value": [3.5, "Infinity"]},
        },
    }


def test_export(tmp_path: Path) -> None:
    export_run(RunDirectory(DATA), tmp_path / "run.csv", Options(timed=False))
    assert (tmp_path / "run.csv").read_text().splitlines() == [
        "step,epoch,kind,train/loss,norm/w,step/first_nan",
        "1,1,step,12.5,,",
        "2,1,step,0.1,,",
        "2,1,epoch,0.2,3.5,",
        "3,2,step,Infinity,,",
        "3,2,evaluation,-Infinity,,",
        "4,2,step,NaN,,",
        "4,2,epoch,NaN,Infinity,",
        "4,2,end,NaN,Infinity,3",
    ]


def test_catalogue(tmp_path: Path) -> None:
    name = "linear-regression-20261120-234755-7f3a"
    shutil.copytree(DATA, tmp_path / name)
    (summary,) = Catalogue(tmp_path).summaries()
    assert (summary.id, summary.status, summary.step) == (name, RunStatus.FINISHED, 4)
    assert summary.error == ""
