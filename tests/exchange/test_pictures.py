"""Protects which picture of a run is written: the one that is named, else the first that shows
something."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.commandline.scripted_run import Screen
from tests.exchange.test_tables import STARTED, block, evaluated, written
from tui_lab.cli import perform
from tui_lab.commandline.exit_status import ExitStatus
from tui_lab.errors import UsageError
from tui_lab.events import PictureLogged
from tui_lab.exchange.export import export_run
from tui_lab.exchange.formats import Options
from tui_lab.exchange.pictures import scene_of, view_of
from tui_lab.runs.directory import RunDirectory
from tui_lab.view_models.run import RunView

NewRun = Callable[..., RunDirectory]
WEIGHTS = PictureLogged(t=0.0, step=4, picture="weights", layer="w", data={"values": [1.0, -1.0]})


@pytest.fixture
def run(new_run: NewRun) -> RunDirectory:
    told = evaluated(4, 2, train_loss=1.0, test_loss=2.0, norm_w=3.0)
    return written(new_run(), STARTED, block(1, 4.0, 3.0, 2.0, 1.0), told, WEIGHTS)


@pytest.fixture
def view(run: RunDirectory) -> RunView:
    return view_of(run)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("", "loss (log)"),
        ("LOSS", "loss (log)"),
        ("weights", "weights"),
        ("test/loss", "test/loss"),
    ],
)
def test_a_picture_by_its_name_or_a_metric(view: RunView, name: str, title: str) -> None:
    assert scene_of(view, name).title == title


def test_another_name_is_refused_with_those_there_are(view: RunView) -> None:
    with pytest.raises(UsageError, match="did you mean weights"):
        scene_of(view, "weigths")
    with pytest.raises(UsageError, match="it has loss, "):
        scene_of(view, "zebra")


def test_a_run_whose_experiment_is_gone_has_curves_of_all_it_measured(new_run: NewRun) -> None:
    run = written(new_run(experiment="gone"), STARTED, block(1, 2.0, 1.0))
    assert scene_of(view_of(run)).title == "train/loss"


def test_a_run_of_nothing_is_one_sentence(new_run: NewRun) -> None:
    run = written(new_run(experiment="gone"), STARTED)
    with pytest.raises(UsageError, match="nothing that can be drawn"):
        scene_of(view_of(run))


def test_both_formats_are_written_whole(run: RunDirectory, tmp_path: Path) -> None:
    said = export_run(run, tmp_path / "x.svg", Options(picture="weights", size=(300, 200)))
    assert said.said == f"Wrote {tmp_path / 'x.svg'}: weights."
    root = ElementTree.parse(tmp_path / "x.svg").getroot()
    assert (root.get("width"), root.get("height")) == ("300", "200")
    export_run(run, tmp_path / "x.png", Options(dark=True))
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UsageError):
        export_run(run, tmp_path / "y.svg", Options(picture="zebra"))
    assert not (tmp_path / "y.svg").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("x.csv --picture loss", "--picture goes with .svg or .png; x.csv is none of them."),
        ("x.csv --size 300x200", "--size goes with"),
        ("x.svg --dark", "--dark goes with .png; x.svg is not one."),
        ("x.png --no-time", "--no-time goes with"),
        ("x.png --size 3x200", "a size is WIDTHxHEIGHT, 160 to 4,000 pixels each, not '3x200'"),
        ("x.png --size 300x²00", "a size is WIDTHxHEIGHT"),
    ],
)
def test_what_has_no_meaning_for_a_format_is_said(
    words: str, sentence: str, monkeypatch: pytest.MonkeyPatch, run: RunDirectory, tmp_path: Path
) -> None:
    monkeypatch.setenv("TUI_LAB_HOME", str(run.path.parent.parent))
    monkeypatch.chdir(tmp_path)
    console = Screen()
    assert perform(["export", run.id, "--to", *words.split()], console) == ExitStatus.USAGE
    assert sentence in console.err
    assert console.err.count("\n") == 1
