"""Protects what may be typed after `--on`: what is meant is understood, what is not is one sentence
that says how it is written, and nothing unencrypted is used unless that is said."""

from __future__ import annotations

import importlib.util
import re
import subprocess
from pathlib import Path

import pytest

from tui_lab.errors import UsageError
from tui_lab.studies.cluster import opening
from tui_lab.studies.cluster.places import Box, OverDask, OverSlurm, OverSsh, Place, place, quoted

PAGE = Path(__file__).parents[3] / "docs" / "clusters.md"


@pytest.mark.parametrize(
    ("on", "meant"),
    [
        ("ssh:one", OverSsh((Box("one"),))),
        ("ssh:me@one,two:2222", OverSsh((Box("me@one"), Box("two", "2222")))),
        ("ssh:[fe80::1%eth0]:22", OverSsh((Box("fe80::1%eth0", "22"),))),
        ("ssh:me@[fe80::1]", OverSsh((Box("me@fe80::1"),))),
        ("ssh:one,python=~/lab/bin/python", OverSsh((Box("one"),), python="~/lab/bin/python")),
        ("ssh:one,host=10.0.0.1", OverSsh((Box("one"),), host="10.0.0.1")),
        ("slurm", OverSlurm()),
        ("slurm:", OverSlurm()),
        (
            "slurm:partition=gpu,gres=gpu:1,jobs=4,cores=8,memory=32GB",
            OverSlurm(4, 8, "32GB", directives={"partition": "gpu", "gres": "gpu:1"}),
        ),
        ("dask:tls://head:8786", OverDask("tls://head:8786")),
        ("dask:tcp://127.0.0.1:8786", OverDask("tcp://127.0.0.1:8786")),
        ("dask:tcp://head:8786,unencrypted", OverDask("tcp://head:8786")),
    ],
)
def test_what_is_meant_is_understood(on: str, meant: Place) -> None:
    assert place(on) == meant


@pytest.mark.parametrize(
    ("on", "sentence"),
    [
        ("kubernetes:all", "--on takes ssh:box1,box2"),
        ("ssh:", "takes the boxes to use"),
        ("ssh:-oProxyCommand=x", "has no option '-oProxyCommand'"),
        ("ssh:-l", "'-l' is no box"),
        ("ssh:one two", "'one two' is no box"),
        ("ssh:one,pyhton=x", "has no option 'pyhton'"),
        ("slurm:gpu", "takes options of sbatch, as name=value, not 'gpu'"),
        ("slurm:jobs=0", "jobs is a number from 1 on, not '0'"),
        ("slurm:a b=1", "'a b=1' is no option of sbatch"),
        ("slurm:partition=a\nrm", "is no option of sbatch"),
        ("dask:head:8786", "takes a scheduler, tls://host:8786"),
        ("dask:tcp://head:99999", "takes a scheduler, tls://host:8786"),
        ("dask:tls://head:8786,quickly", "nothing but 'unencrypted' may stand"),
    ],
)
def test_what_is_not_is_said_in_a_sentence(on: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        place(on)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_the_page_on_clusters_shows_can_be_typed() -> None:
    shown = re.findall(r"--on (\w+[^\s`]*)", PAGE.read_text())
    assert {type(place(on)) for on in shown} == {OverSsh, OverSlurm, OverDask}
    (exception,) = re.findall(r"`(dask:tcp[^`]*)`", PAGE.read_text())
    assert place(exception) == OverDask("tcp://host:8786")


def test_no_scheduler_is_used_unencrypted_unless_that_is_said() -> None:
    with pytest.raises(UsageError, match="whoever reaches it can run anything on its nodes"):
        place("dask:tcp://head:8786")


@pytest.mark.parametrize(
    ("python", "words"),
    [("~/lab/bin/python", "$HOME/lab/bin/python"), ("/opt/my lab/python", "/opt/my lab/python")],
)
def test_a_path_of_ones_home_is_of_the_home_over_there(python: str, words: str) -> None:
    said = subprocess.run(["sh", "-c", f"echo {quoted(python)}"], capture_output=True, check=True)
    assert said.stdout.decode().strip() == words.replace("$HOME", str(Path.home()))


def test_without_the_extra_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'tui-lab\[cluster\]'"):
        opening.checked("ssh:one")
    assert importlib.util.find_spec("distributed")
