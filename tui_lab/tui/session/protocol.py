"""What screens may ask of the outside: experiments, runs, their logs, commands to their workers.

Screens know `Session` alone, so that a test can give them recorded events and no process.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tui_lab.commands import Acknowledgement, Command, Unit
from tui_lab.config import Again, Settings
from tui_lab.errors import ExperimentError
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Hyperparameters, Value
from tui_lab.ranges import Range
from tui_lab.run import RunRequest, RunStatus
from tui_lab.study import StudyRequest, StudySummary, Trial

if TYPE_CHECKING:
    from tui_lab.events import RunEvent
    from tui_lab.exchange.formats import Exported
    from tui_lab.exchange.graphics.shapes import Scene
    from tui_lab.runs.catalogue import RunSummary
    from tui_lab.view_models.card import Card
    from tui_lab.view_models.run import RunView


class EventSource(Protocol):
    """The growing log of one run. Its `view` comes first: it may hold the beginning already."""

    @property
    def damage(self) -> Mapping[str, int]:
        """Lines that were passed over so far, by what was wrong with them."""

    def view(self, experiment: Experiment | None) -> RunView:
        """The view to fold the events into."""

    def settle(self, settled: bool = True) -> None:
        """Nobody writes the log any more; or somebody does again."""

    def keep(self, view: RunView) -> None:
        """All is folded: what may be kept of a long log is kept for the next time."""

    def read(self) -> list[RunEvent]:
        """What came since the last call; never waits, and a long log comes in several slices.

        An empty list means that there is nothing more for now.
        """


class Runs(Protocol):
    """The runs ever made, and the workers of those that are live. Nothing here blocks for longer
    than reading a small file, except the coroutines, which wait in a thread."""

    def listed(self) -> AsyncIterator[Sequence[RunSummary]]:
        """Every run ever made, the newest first, in lists that come as they are read in a thread;
        raises `HomeError` when they can't be listed."""

    @property
    def own(self) -> Collection[str]:
        """The runs begun in this session, ended or live."""

    def live(self) -> Sequence[RunSummary]:
        """The runs that a worker is driving now, newest first."""

    def summary(self, run_id: str) -> RunSummary:
        """One run; raises `RunNotFound`."""

    def status(self, run_id: str) -> RunStatus:
        """The state of a run, its worker's liveness included."""

    def tail(self, run_id: str) -> EventSource:
        """The log of a run, from its first event."""

    def members(self, run_id: str) -> Sequence[str]:
        """The runs that trained as one population with this one, itself among them; raises
        `RunError` where that can't be read, or it trained by itself."""

    def worker_output(self, run_id: str) -> str:
        """The end of what the run's worker printed."""

    async def send(self, run_id: str, command: Command) -> Acknowledgement:
        """Send a command and wait for the answer; raises `RunNotLive` when nobody answers."""

    async def stop(self, run_id: str) -> None:
        """End a run: by command, and by force when it does not answer."""

    async def export(self, what: str | Scene, to: Path) -> Exported:
        """Write a run, by its name, or a picture that is laid out, to a file, whose suffix says the
        format. Raises `TuiLabError` when that can't be."""

    async def card(self, run_id: str, experiment: Experiment | None) -> Card:
        """The command that makes a run again, its parents' part included; raises `TuiLabError`
        when that can't be."""

    async def look_back(self, run_id: str, step: int, view: RunView) -> RunView:
        """A run as it was after a step; `view` is how it is now. Raises `TuiLabError`."""

    async def annotate(
        self,
        run_id: str,
        *,
        name: str | None = None,
        note: str | None = None,
        add: Collection[str] = (),
        remove: Collection[str] = (),
    ) -> None:
        """Write on a run: what is given takes the place of what was there, of tags some are added
        and some removed. Raises `TuiLabError` where nothing can be written."""

    async def delete(self, run_id: str) -> None:
        """Remove a run for good; raises `RunError` when it is live."""


class StudySource(Protocol):
    """The growing study of one name."""

    async def read(self) -> tuple[StudySummary, Sequence[Trial]]:
        """How the study stands, and the trials that are new or other than at the last call, in the
        order of their numbers; one call at a time. Raises `RunError` once it can't be read."""


class Studies(Protocol):
    """The studies ever made, and the coordinators of those that are live. Nothing here blocks for
    longer than reading a small file, except the coroutines, which wait in a thread."""

    def listed(self) -> Sequence[StudySummary]:
        """Every study, the newest first; raises `HomeError` when they can't be listed."""

    def request(self, study_id: str) -> StudyRequest:
        """What a study was asked to be; raises `RunError`."""

    def summary(self, study_id: str) -> StudySummary:
        """One study; raises `RunNotFound`."""

    def follow(self, study_id: str) -> StudySource:
        """The trials of a study, from the first on; raises `RunNotFound`."""

    def goals(self, experiment: Experiment) -> Sequence[str]:
        """The metrics that a study of an experiment may be for, the usual one first."""

    def asked(
        self,
        experiment: Experiment,
        values: Mapping[str, Value],
        ranges: Sequence[Range],
        **options: Any,
    ) -> StudyRequest:
        """What a study begun here is asked to be: `values` for what has no range, and of `options`
        any of `trials`, `goal`, `seeds`, `seed`, `sampler`, `prune`, `slots`, `on`, `device`,
        `threads`, `data`. Raises `TuiLabError` with the sentence for who asked,
        `HyperparameterError` at a knob."""

    def start(self, request: StudyRequest) -> str:
        """Start a coordinator on a new study, which outlives this session, and give the study's
        name; raises `TuiLabError`."""

    async def stop(self, study_id: str) -> None:
        """End a study and the runs of it that are under way; raises `RunError`."""

    async def resume(self, study_id: str) -> None:
        """Start a coordinator on a study that has none, which goes on with it; raises
        `TuiLabError`."""

    async def importance(self, study_id: str) -> Mapping[str, float]:
        """The share of each ranged hyperparameter in how the goal differs between the complete
        trials, by Optuna's own measure; empty while there are too few of them."""


class Session(Protocol):
    """One sitting at the lab. Nothing here blocks for longer than reading a small file."""

    last_run: str
    """The run of a training that was started here last; empty before the first."""
    again: Again
    """What a new run does while that one is live, until the end of the session."""

    @property
    def terminal(self) -> str:
        """The name by which a run's log calls who gives orders here; empty for none."""

    @property
    def settings(self) -> Settings:
        """How this session looks and behaves."""

    def now(self) -> datetime:
        """The time, with a time zone."""

    def experiments(self) -> Sequence[Experiment | ExperimentError]:
        """Every installed experiment in the order of names; a broken one comes as its error."""

    def experiment(self, name: str) -> Experiment:
        """One experiment, or what the run of that name is of: a script, or a file as it was then;
        raises `ExperimentNotFound`, `ExperimentError` or `RunError`."""

    def place_of(self, run: RunSummary) -> str:
        """The name under which `experiment` gives what a run is of: that of its experiment, or the
        run's own where it is a script's, or a file's that is not open here."""

    def request(
        self, experiment: Experiment, values: Mapping[str, Value], seed: int, device: str
    ) -> RunRequest:
        """What a run begun here with these values is asked to be; raises `TuiLabError`."""

    @property
    def runs(self) -> Runs:
        """The runs in the lab's directory, ended and live."""

    @property
    def studies(self) -> Studies:
        """The studies in the lab's directory, ended and live."""

    def start(
        self,
        experiment: Experiment,
        hyperparameters: Hyperparameters,
        seed: int,
        device: str,
        hold: Unit | None = None,
    ) -> str:
        """Start a worker on a new run, which may hold still from the start, and give the run's
        name; raises `TuiLabError`."""

    def run_again(self, run_id: str, hold: Unit | None = None) -> str:
        """Start a worker on the script of another run, and give the new run's name; raises
        `TuiLabError`."""

    async def branch(
        self,
        experiment: Experiment,
        parent: str,
        step: int,
        values: Mapping[str, Any],
        *,
        weights_only: bool = False,
    ) -> str:
        """Start a worker on a run that goes on from a step of another with these `values` (JSON
        form) otherwise, and give its name; raises `TuiLabError`."""

    async def recompute(self, experiment: Experiment, run_id: str, past: RunView) -> None:
        """Compute a view of the past again: gradients, pictures and measurements of its very step.
        Raises `TuiLabError` where that can't be."""

    async def take_up(self, run_id: str, values: Mapping[str, Any]) -> None:
        """Start a worker on a run that has ended, which goes on with new `values` (JSON form);
        raises `TuiLabError`."""

    def warm(self) -> None:
        """Start making a worker ready for the next run, if none is."""

    @property
    def warm_ready(self) -> bool:
        """Whether the next run starts without importing torch first."""

    def gpu(self, run_id: str = "") -> str:
        """The device in a few words, `cuda:0 41 % 3.1 G`; empty without a GPU. With a run: the
        GPU it is on and the memory of its own process."""

    def poll(self) -> None:
        """Look after the workers started here; called about once a second."""

    def close(self) -> None:
        """Let go of spare workers; runs go on."""
