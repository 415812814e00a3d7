"""The picture in front as a file: as it is drawn, with what is laid over it, smoothed or not."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual.widget import Widget

from tui_lab.errors import TuiLabError
from tui_lab.tui.dialogs.picture import PictureDialog
from tui_lab.tui.notification import notify
from tui_lab.tui.panes.chart import Chart
from tui_lab.tui.panes.heatmap import Heatmap
from tui_lab.tui.panes.images import Images

if TYPE_CHECKING:  # numpy comes with it, and the first paint must not wait for that
    from tui_lab.exchange.graphics.shapes import Scene
    from tui_lab.tui.experiment.screen import ExperimentScreen

_NO_NAME = re.compile(r"[^\w.-]+")


def export_picture(screen: ExperimentScreen) -> None:
    """Ask where to, and write the focused chart or picture, else the first chart."""
    scene = _scene(screen)
    if scene is None:
        notify(screen, "There is no picture here to write; tab goes to one.")
        return
    name = _NO_NAME.sub("-", scene.title.removesuffix(" (log)")).strip("-") or "picture"
    run = screen.run.id or screen.experiment.name
    dialog = PictureDialog(scene.title, f"{run}-{name}.svg")
    screen.app.push_screen(dialog, partial(_write, screen, scene))


def _scene(screen: ExperimentScreen) -> Scene | None:
    focused = screen.focused
    first = screen.charts.focused
    shown: Widget | None = focused
    if not isinstance(focused, Chart | Heatmap | Images):
        shown = screen.charts[first.title] if first is not None else None
    return shown.scene() if isinstance(shown, Chart | Heatmap | Images) else None


def _write(screen: ExperimentScreen, scene: Scene, to: Path | None) -> None:
    if to is not None:
        screen.run_worker(_written(screen, scene, to), group="picture", exit_on_error=False)


async def _written(screen: ExperimentScreen, scene: Scene, to: Path) -> None:
    try:
        exported = await screen.session.runs.export(scene, to)
    except TuiLabError as error:
        notify(screen, str(error), error=True)
        return
    notify(screen, exported.said)
