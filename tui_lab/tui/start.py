"""Opening the lab on this terminal, and the sentence it leaves behind when it broke."""

from __future__ import annotations

import gc
import sys
import tempfile
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui_lab.config import Settings, home_directory, keys_path, runs_directory
from tui_lab.errors import UsageError
from tui_lab.experiment import Experiment
from tui_lab.tui.app import Opening, TuiLabApp
from tui_lab.tui.keys.keymap import read_keymap
from tui_lab.tui.session.lab_session import LabSession
from tui_lab.tui.session.protocol import Session
from tui_lab.view_models.plain_text import plain

if TYPE_CHECKING:
    from tui_lab.worker.own_file import OwnFile


def run_lab(
    settings: Settings,
    experiment: Experiment | None = None,
    values: Mapping[str, Any] | None = None,
    attach: str = "",
    *,
    own: OwnFile | None = None,
    data: str = "",
) -> int:
    """Open the lab, on an experiment with values or on the run `attach`, and give the exit status.

    `own` is the file an experiment of the user's own came from, `data` a directory of data sets.
    Raises `TuiLabError` when what was asked for can't be opened; the terminal is untouched then.
    """
    session = LabSession(runs_directory(), settings, own=[own] if own else [], data=data)
    try:
        opening = _opening(session, experiment, values or {}, attach)
        keymap, complaint = _keymap()
        app = TuiLabApp(
            session, opening, keymap=keymap, complaint=complaint, when_painted=collect_garbage
        )
        app.run(mouse=settings.mouse)
    finally:
        session.close()
    if app.crash is not None:
        print(crash_sentence(app.crash, home_directory()), file=sys.stderr)
        return 1
    return app.return_code or 0


def collect_garbage() -> None:
    """From now on: what the start has made stays, and is not looked through again."""
    gc.freeze()
    gc.enable()


def crash_sentence(error: BaseException, home: Path) -> str:
    """What to say about an error nobody expected; its traceback goes into a file."""
    lines = "".join(traceback.format_exception(error))
    said = plain(f"{type(error).__name__}: {error}", 200)
    for directory in (home, Path(tempfile.gettempdir())):
        path = directory / "crash.log"
        try:
            path.write_text(lines, "utf-8")
        except OSError:
            continue  # the home may be what broke
        return f"The lab broke ({said}); runs go on, and the traceback is in {path}."
    return f"The lab broke ({said}); runs go on, and no traceback could be kept."


def _opening(
    session: Session, experiment: Experiment | None, values: Mapping[str, Any], attach: str
) -> Opening:
    if attach:
        run = session.runs.summary(attach)
        place = session.place_of(run)
        session.experiment(place)
        return Opening(place, run_id=run.id)
    if experiment is not None:
        return Opening(experiment.name, values)
    return Opening()


def _keymap() -> tuple[dict[str, str], str]:
    try:
        return read_keymap(keys_path()), ""
    except UsageError as error:
        return {}, str(error)
