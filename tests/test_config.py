"""Protects where things are kept: a home that can't be used is one sentence, and the directory of
sockets belongs to its user alone."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

import pytest

from tui_lab.config import (
    Settings,
    cache_directory,
    default_bell,
    default_fps,
    home_directory,
    runs_directory,
    runtime_directory,
    writable_runs_directory,
)
from tui_lab.errors import HomeError


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path / f"tui-lab-{os.getuid()}"


@pytest.mark.parametrize(("given", "rings"), [("", False), ("0", False), ("1", True)])
def test_the_bell_is_quiet_unless_asked_for(given: str, rings: bool) -> None:
    assert default_bell({"TUI_LAB_BELL": given}) is rings
    assert not default_bell({})
    assert not Settings().bell


def test_home_is_where_the_environment_says(tmp_path: Path) -> None:
    environ = {"TUI_LAB_HOME": str(tmp_path / "new" / "home")}
    assert home_directory(environ) == tmp_path / "new" / "home"
    assert runs_directory(environ) == tmp_path / "new" / "home" / "runs"
    assert not (tmp_path / "new").exists()
    assert writable_runs_directory(environ) == runs_directory(environ)
    assert (tmp_path / "new" / "home" / "runs").is_dir()


def test_home_is_absolute_and_knows_the_tilde() -> None:
    assert home_directory({"TUI_LAB_HOME": "somewhere"}) == Path.cwd() / "somewhere"
    assert home_directory({"TUI_LAB_HOME": "~/lab"}) == Path.home() / "lab"
    assert home_directory({}).name == home_directory({"TUI_LAB_HOME": ""}).name == "tui-lab"


def test_a_home_that_is_a_file_is_one_sentence(tmp_path: Path) -> None:
    home = tmp_path / "file"
    home.write_text("")
    for find in (runs_directory, writable_runs_directory):
        with pytest.raises(HomeError) as caught:
            find({"TUI_LAB_HOME": str(home)})
        assert str(caught.value) == (
            f"Runs can't be kept in {home} (Not a directory); "
            "set TUI_LAB_HOME to a directory you can write."
        )


def test_a_home_that_can_not_be_written_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(HomeError, match=r"\(Permission denied\); set TUI_LAB_HOME"):
        writable_runs_directory({"TUI_LAB_HOME": str(tmp_path)})


def test_sockets_are_private(temporary: Path) -> None:
    assert runtime_directory() == temporary
    assert stat.S_IMODE(temporary.stat().st_mode) == 0o700
    temporary.chmod(0o755)
    assert stat.S_IMODE(runtime_directory().stat().st_mode) == 0o700


def test_a_planted_directory_is_refused(temporary: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    temporary.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(HomeError, match="can't be used for sockets"):
        runtime_directory()
    temporary.unlink()
    temporary.write_text("")
    with pytest.raises(HomeError, match="set TMPDIR to a directory of yours"):
        runtime_directory()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_someone_elses_directory_is_refused(temporary: Path) -> None:
    temporary.mkdir()
    os.chown(temporary, 12345, -1)
    with pytest.raises(HomeError, match="belongs to someone else"):
        runtime_directory()


def test_frames_are_fewer_over_ssh() -> None:
    assert default_fps({}) == 4.0
    assert default_fps({"SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}) == 2.0


def test_without_a_home_directory_it_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless(*_: object, **__: object) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr("tui_lab.config.user_data_path", homeless)
    monkeypatch.setattr("tui_lab.config.user_cache_path", homeless)
    with pytest.raises(HomeError, match="no home directory; set TUI_LAB_HOME"):
        home_directory({})
    with pytest.raises(HomeError, match="no home directory; set XDG_CACHE_HOME"):
        cache_directory()


def test_a_home_of_a_user_that_does_not_exist_is_said(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match="~nobody-of-that-name names no directory"):
        home_directory({"TUI_LAB_HOME": "~nobody-of-that-name"})
