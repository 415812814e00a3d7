"""Protects a study that leaves the lab: every trial once with its values, on a page as text."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.commandline.scripted_run import Screen
from tests.exchange.test_page import HOSTILE, Elements
from tests.studied import asked, trial
from tui_lab.cli import perform
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.errors import UsageError
from tui_lab.exchange.study_export import export_study
from tui_lab.studies.directory import StudyDirectory, studies_of
from tui_lab.studies.following import StudyFollower
from tui_lab.study import Trial, TrialState

TRIALS = [
    trial(0, 0.5, {"lr": 0.1, "weight_decay": 1.0}, step=40, seconds=1.25),
    trial(1, 0.25, {"lr": 0.001, "weight_decay": 10.0}),
    trial(2, None, {"lr": 1.0}, TrialState.PRUNED, curve=((1, 9.0),), step=4, reason="worse"),
    trial(3, None, {"lr": 0.01}, TrialState.FAIL, reason=HOSTILE),
]


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StudyDirectory:
    def told(self: StudyFollower) -> list[Trial]:
        return TRIALS

    monkeypatch.setenv("TUI_LAB_HOME", str(tmp_path))
    monkeypatch.setattr(StudyFollower, "trials", property(told))
    request = asked(hyperparameters={"hidden": 8})
    return StudyDirectory.create(studies_of(tmp_path / "runs"), request, datetime.now(UTC))


def test_csv_has_a_row_for_each_trial(study: StudyDirectory, tmp_path: Path) -> None:
    assert export_study(study, tmp_path / "x.csv").said.endswith("x.csv: 4 trials.")
    with (tmp_path / "x.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["trial"] for row in rows] == ["0", "1", "2", "3"]
    assert rows[0] == {
        "trial": "0",
        "state": "complete",
        "val/loss": "0.5",
        "lr": "0.1",
        "weight_decay": "1.0",
        "step": "40",
        "seconds": "1.25",
        "runs": TRIALS[0].runs[0],
        "reason": "",
    }
    assert [(row["state"], row["val/loss"]) for row in rows[2:]] == [
        ("pruned", "9.0"),
        ("fail", ""),
    ]


def test_the_page_has_all_of_it_as_text(study: StudyDirectory, tmp_path: Path) -> None:
    export_study(study, tmp_path / "x.html")
    page = Elements((tmp_path / "x.html").read_text())
    for words in ("Study of judged", "minimize val/loss", "hidden 8", "in trial 1", "2 complete"):
        assert words in page.text, words
    assert page.text.index("0.25") < page.text.rindex("0.5")
    assert [tag for tag, _ in page.found].count("svg") == 2
    assert [tag for tag, _ in page.found].count("script") == 1
    assert not [tag for tag, _ in page.found if tag == "img"]


@pytest.mark.parametrize("worst", [0.5, 900.0])
def test_goals_that_are_far_apart_stand_on_a_log_axis_as_on_the_screen(
    study: StudyDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, worst: float
) -> None:
    trials = [trial(0, worst), trial(1, 0.25)]
    monkeypatch.setattr(StudyFollower, "trials", property(lambda _: trials))
    export_study(study, tmp_path / "x.html")
    ticks = Elements((tmp_path / "x.html").read_text()).text.split()
    assert ("100" in ticks and "10" in ticks) is (worst > 100)


def test_the_command(study: StudyDirectory, tmp_path: Path) -> None:
    console = Screen()
    words = ["export", "--study", study.id, "--to"]
    assert perform([*words, str(tmp_path / "x.csv")], console) == ExitStatus.FINISHED
    assert (tmp_path / "x.csv").exists()
    assert perform([*words, str(tmp_path / "x.svg")], console) == ExitStatus.USAGE
    assert "a study is exported to .csv or .html" in console.err
    assert perform([*words, "x.csv", "--where", "lr=1"], console) == ExitStatus.USAGE
    for more in (["--no-time"], ["--picture", "x"], ["--size", "400x400"], ["--which", "best"]):
        console = Screen()
        assert perform([*words, str(tmp_path / "y.html"), *more], console) == ExitStatus.USAGE
        assert f"{more[0]} goes with runs" in console.err
    assert not (tmp_path / "y.html").exists()
    with pytest.raises(UsageError):
        export_study(study, tmp_path / "x.pt")


def test_nothing_is_written_into_a_study(study: StudyDirectory) -> None:
    before = sorted(study.path.rglob("*"))
    for name in ("x.csv", "trials/x.html"):
        with pytest.raises(UsageError, match=f"lies in the directory of {study.id}"):
            export_study(study, study.path / name)
    assert sorted(study.path.rglob("*")) == before
