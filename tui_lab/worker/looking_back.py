"""A run as it was after a step, computed again: the nearest kept state is restored and played on.

Nothing is written into the run's directory.
"""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Iterator

import torch

from tui_lab.errors import RunError, TuiLabError
from tui_lab.event_encoding import to_json
from tui_lab.events import GradientsLogged, MetricsLogged, PictureLogged, RunEvent
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.encoding import dumps
from tui_lab.training.program import Program
from tui_lab.worker.beginning import Build, played, restored
from tui_lab.worker.driving import build
from tui_lab.worker.former import former
from tui_lab.worker.playback import Playback
from tui_lab.worker.probe import GradientProbe
from tui_lab.worker.programs import made_of
from tui_lab.worker.readings import numbers


class PastRun:
    """Stands a program of a run where it was after any of its steps. Raises what is wrong with the
    request when it is made."""

    def __init__(self, directory: RunDirectory) -> None:
        self._directory = directory
        self._request = directory.request()
        self._experiment, program = made_of(directory)
        self._build: Build = functools.partial(build, program, self._request, self._experiment)
        self._program: Program | None = None
        """What stood at the last step that was asked for: building another takes longest."""

    def at(self, step: int) -> Iterator[RunEvent]:
        """What is seen of the run after `step`. Raises `RunError` where no state before it was
        kept."""
        program, playback = self._stand(step)
        playback.to(step)
        yield self._gradients(program, step)
        with torch.no_grad():
            values, _ = numbers(program.evaluate())
        columns = {key: [value] for key, value in values.items()}
        yield MetricsLogged(
            t=0.0, kind="evaluation", steps=[step], epochs=[playback.epoch], columns=columns
        )
        for picture, layers in program.pictures().items():
            for layer, data in layers.items():
                yield PictureLogged(t=0.0, step=step, picture=picture, layer=layer, data=data)

    def _stand(self, step: int) -> tuple[Program, Playback]:
        """A program at the nearest kept state before `step`, and the way on from there."""
        past = former(self._directory)
        if step > past.step:
            raise RunError(f"{self._directory.id} has not been at step {step:,}.")
        program, place, done, _ = restored(
            self._build, self._directory, self._request, self._experiment, past, step, self._program
        )
        self._program = program
        return program, played(self._experiment, program, past, place, done)

    def _gradients(self, program: Program, step: int) -> GradientsLogged:
        probe = GradientProbe(program, 0, zeroed_after=step)
        snapshot = probe.stand(step, watched=False)
        return GradientsLogged(t=0.0, phase="", **snapshot, values=probe.values())


def tell_past(directory: RunDirectory) -> int:
    """Answer steps, one a line on standard input, with the events of each as JSON lines on standard
    output and `{"done": step}` at last, or `{"error"}`; what the program prints goes elsewhere."""
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    run: PastRun | None = None
    for line in sys.stdin:
        step = int(line)
        try:
            run = run or PastRun(directory)
            for event in run.at(step):
                out.write(dumps(to_json(event)) + b"\n")
            out.write(json.dumps({"done": step}).encode() + b"\n")
        except (TuiLabError, RuntimeError) as error:
            out.write(json.dumps({"error": str(error), "step": step}).encode() + b"\n")
    return 0
