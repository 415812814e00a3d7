"""Protects the page of a run: all of it is there, it needs nothing else, and nothing that stands in
the files of a run becomes markup."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.exchange.test_tables import STARTED, block, evaluated, written
from tui_lab.events import AlarmRaised, HyperparameterChanged, PictureLogged, RunFailed
from tui_lab.exchange.export import export_run
from tui_lab.run import RunStatus
from tui_lab.runs.annotations import annotate
from tui_lab.runs.directory import RunDirectory

NewRun = Callable[..., RunDirectory]
HOSTILE = '"><img src=x onerror=alert(1)><script>alert(2)</script>&amp;\x1b'


class Elements(HTMLParser):
    """Every element of a page, with its attributes, and all text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    handle_startendtag = handle_starttag

    def handle_data(self, data: str) -> None:
        self.text += data


def page(run: RunDirectory, tmp_path: Path) -> str:
    export_run(run, tmp_path / "x.html")
    return (tmp_path / "x.html").read_text()


@pytest.fixture
def run(new_run: NewRun) -> RunDirectory:
    run = written(
        new_run(hyperparameters={"lr": 0.25, "weight_decay": 3.0}, versions={"torch": "2.13"}),
        STARTED,
        block(1, 4.0, 3.0, 2.0, 1.0, t=2.5),
        HyperparameterChanged(t=1.0, step=3, name="weight_decay", old=3.0, new=10.0),
        AlarmRaised(t=1.0, step=4, kind="x", message="It explodes.", advice="Lower lr."),
        evaluated(4, 2, t=2.5, train_loss=1.0, test_loss=2.5),
    )
    annotate(run.path, name="The good one", note="first line\nsecond line", add=["base"])
    return run


def test_all_of_the_run_is_there(run: RunDirectory, tmp_path: Path) -> None:
    found = Elements(page(run, tmp_path))
    for words in (
        *("Weight decay", "The good one", "base", "second line", run.id),
        *("lr", "0.25", "default 0.003", "test/loss", "2.5", "4 of 4", "2.13"),
        *("λ 3 → 10", "It explodes.", "Lower lr.", "tui-lab run weight-decay lr=0.25"),
    ):
        assert words in found.text, words
    charts = [attributes for tag, attributes in found.found if tag == "svg"]
    assert len(charts) == 1
    assert charts[0]["data-y"]


def test_it_needs_nothing_else_and_runs_no_other_script(run: RunDirectory, tmp_path: Path) -> None:
    written_page = page(run, tmp_path)
    found = Elements(written_page).found
    assert not [tag for tag, attributes in found if {"src", "href"} & attributes.keys()]
    assert not [tag for tag, _ in found if tag in ("link", "iframe", "object", "img")]
    (script,) = re.findall(r"<script>(.*?)</script>", written_page, re.DOTALL)
    digest = base64.b64encode(sha256(script.encode()).digest()).decode()
    (policy,) = [a["content"] for tag, a in found if a.get("http-equiv")]
    assert policy is not None
    assert policy.startswith("default-src 'none';")
    assert f"script-src 'sha256-{digest}'" in policy


def test_nothing_in_the_files_of_a_run_is_markup(new_run: NewRun, tmp_path: Path) -> None:
    run = written(
        new_run(
            RunStatus.FAILED,
            experiment="gone",
            hyperparameters={HOSTILE: HOSTILE},
            versions={HOSTILE: HOSTILE},
            parent=HOSTILE,
        ),
        STARTED,
        block(1, 2.0, 1.0),
        evaluated(2, 1, **{HOSTILE: 1.0}),
        HyperparameterChanged(t=1.0, step=1, name=HOSTILE, old=HOSTILE, new=HOSTILE),
        AlarmRaised(t=1.0, step=2, kind=HOSTILE, message=HOSTILE, advice=HOSTILE),
        PictureLogged(t=0.0, step=2, picture=HOSTILE, layer=HOSTILE, data={"values": [HOSTILE]}),
        RunFailed(t=1.0, step=2, epoch=1, error=HOSTILE, traceback=HOSTILE, metrics={HOSTILE: 1}),
    )
    annotate(run.path, note=HOSTILE.replace("\x1b", ""))
    content = page(run, tmp_path)
    found = Elements(content).found
    assert [tag for tag, _ in found].count("script") == 1
    assert not [tag for tag, _ in found if tag == "img"]
    assert not [a for _, a in found if any(name.startswith("on") for name in a)]
    assert "\x1b" not in content
    assert "alert(2)" in Elements(content).text


def test_a_run_of_nothing_is_a_page_too(new_run: NewRun, tmp_path: Path) -> None:
    assert "<h1>Weight decay</h1>" in page(new_run(), tmp_path)
