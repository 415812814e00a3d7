"""A picture as a file: where to is asked, and what came of it is said."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from tui_lab.errors import TuiLabError
from tui_lab.tui.dialogs.picture import PictureDialog
from tui_lab.tui.notification import notify
from tui_lab.tui.session.protocol import Session

if TYPE_CHECKING:  # numpy comes with it, and the first paint must not wait for that
    from tui_lab.exchange.graphics.shapes import Scene

_NO_NAME = re.compile(r"[^\w.-]+")


def write_picture(screen: Screen[Any], session: Session, scene: Scene | None, of: str) -> None:
    """Ask where to, and write the picture there; the name that is offered begins with `of`."""
    if scene is None:
        notify(screen, "There is no picture here to write; tab goes to one.")
        return
    name = _NO_NAME.sub("-", scene.title.removesuffix(" (log)")).strip("-") or "picture"
    dialog = PictureDialog(scene.title, f"{of}-{name}.svg")
    screen.app.push_screen(dialog, partial(_write, screen, session, scene))


def _write(screen: Screen[Any], session: Session, scene: Scene, to: Path | None) -> None:
    if to is not None:
        done = _written(screen, session, scene, to)
        screen.run_worker(done, group="picture", exit_on_error=False)


async def _written(screen: Screen[Any], session: Session, scene: Scene, to: Path) -> None:
    try:
        exported = await session.runs.export(scene, to)
    except TuiLabError as error:
        notify(screen, str(error), error=True)
        return
    notify(screen, exported.said)
