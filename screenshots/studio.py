"""The real lab without a terminal: opened on recorded runs, driven by keys, drawn as SVG."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.widgets import OptionList

from screenshots.recording import LONGEST, Recorder
from tui_lab.config import Settings
from tui_lab.tui.app import Opening, TuiLabApp
from tui_lab.tui.experiment.screen import ExperimentScreen
from tui_lab.tui.session.lab_session import LabSession
from tui_lab.tui.session.worker_pool import WorkerPool
from tui_lab.worker.process import WarmWorker

Size = tuple[int, int]
NORMAL: Size = (120, 40)
_ID = re.compile(r"terminal-\d+")


class NoSpare(WarmWorker):
    """Pictures start no runs of their own."""

    def start(self) -> None:
        """Nothing to have ready."""


class Stage:
    """The lab while it is on."""

    def __init__(self, app: TuiLabApp, pilot: Pilot[Any]) -> None:
        self._app = app
        self._pilot = pilot

    @property
    def text(self) -> str:
        """What stands on the screen."""
        strips = self._app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    async def press(self, *keys: str) -> None:
        """As a person does."""
        await self._pilot.press(*keys)
        await self.settle()

    async def choose(self, words: str) -> None:
        """Take the answer of the dialog on the screen that reads so."""
        answers = self._app.screen.query_one("#answers", OptionList)
        prompts = [str(option.prompt).split(maxsplit=1)[-1] for option in answers.options]
        answers.highlighted = prompts.index(words)
        await self.press("enter")

    def lay_over(self, experiment: str, run_ids: Sequence[str]) -> None:
        """As the screen of runs does for those selected there."""
        self._app.open_experiment(experiment, overlays=run_ids)

    def put_side_by_side(self, run_ids: Sequence[str]) -> None:
        """As the screen of runs does for those selected there."""
        self._app.open_comparison(run_ids)

    def open_study(self, study_id: str) -> None:
        """As the list of studies does."""
        self._app.open_study(study_id)

    async def until(self, done: Callable[[str], bool]) -> None:
        """Wait for something to stand on the screen."""
        deadline = time.monotonic() + LONGEST
        while not done(self.text):
            if time.monotonic() > deadline:
                raise TimeoutError(f"The screen did not become as expected:\n{self.text}")
            await self._pilot.pause(0.02)

    async def settle(self) -> None:
        """Wait until the logs are read to their ends and drawn."""
        await self._pilot.pause()
        place = self._app.place
        if isinstance(place, ExperimentScreen):
            await self.until(lambda _: place.run.feed is not None and place.run.feed.caught_up)
            place.look_after()
            place.draw()
        await self._pilot.pause()

    def picture(self, name: str) -> str:
        """The screen as SVG, the same text for the same screen."""
        return _ID.sub(f"terminal-{name}", self._app.export_screenshot(title="tui-lab"))


class Studio:
    """Where pictures are taken: a place for runs, and who records them."""

    def __init__(self, runs: Path) -> None:
        self.runs = runs
        self.recorder = Recorder(runs)
        self._recorded: dict[str, str] = {}

    def run(self, key: str, record: Callable[[Recorder], str]) -> str:
        """The name of the run that `record` makes; made once, however many pictures show it."""
        if key not in self._recorded:
            self._recorded[key] = record(self.recorder)
        return self._recorded[key]

    @asynccontextmanager
    async def lab(self, opening: Opening, size: Size = NORMAL) -> AsyncIterator[Stage]:
        """Open the lab on the recorded runs."""
        session = LabSession(self.runs, Settings(), workers=WorkerPool(spare=NoSpare()))
        app = TuiLabApp(session, opening)
        app.animation_level = "none"
        try:
            async with app.run_test(size=size) as pilot:
                stage = Stage(app, pilot)
                await stage.settle()
                yield stage
        finally:
            session.close()
