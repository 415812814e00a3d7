"""What single events make of a run's view: where it stands, how far it goes, what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_lab.events import PhaseEntered, PictureLogged
from tui_lab.view_models.extent import Extent
from tui_lab.view_models.watched import found_out
from tui_lab.watching import TrainingFound

if TYPE_CHECKING:
    from tui_lab.view_models.run import RunView


def enter_phase(view: RunView, event: PhaseEntered) -> None:
    """A step is held open there."""
    view.phase, view.line = event.phase, int(event.line)
    view.phase_step, view.paused = int(event.step), True
    view.pace.hold()


def leave_phase(view: RunView, completed: int) -> None:
    """The step that was held open may be over."""
    if completed >= view.phase_step:
        view.phase = view.line = None


def reach(view: RunView, extent: Extent) -> None:
    """The run will be so long."""
    view.extent = extent
    view.total_steps, view.total_epochs = extent.steps, extent.epochs
    view.steps_per_epoch = extent.steps_per_epoch


def draw(view: RunView, event: PictureLogged) -> None:
    """A layer of a picture has other data."""
    view.pictures.setdefault(event.picture, {})[event.layer] = event.data
    view.picture_steps[event.picture] = int(event.step)


def find(view: RunView, event: TrainingFound) -> None:
    """A script's training is known better: its knobs and curves, how long it is."""
    view.watched.fold(event)
    view.experiment = view.watched.experiment
    view.gradient_history.start(event)
    if view.started is not None:
        view.started = found_out(view.started, event)
        reach(view, Extent.of(view.started))
