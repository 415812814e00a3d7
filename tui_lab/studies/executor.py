"""Where the runs of a study go on: what the coordinator asks of this machine, or of others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

from tui_lab.runs.directory import RunDirectory

LOST: Literal["lost"] = "lost"
"""How a run ended whose worker, or its machine, is gone without a word."""


@dataclass(frozen=True)
class Slot:
    """Room for one run."""

    name: str
    device: str = ""
    """`cpu`, `cuda:0`; empty where the study's own choice stands."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables of the worker beside those it inherits: CUDA_VISIBLE_DEVICES, say."""


@dataclass(frozen=True)
class Ended:
    """A run whose worker has ended."""

    run_id: str
    how: int | Literal["lost"]
    """The exit status (negative: the signal that ended it), or LOST: then the coordinator starts
    another attempt, which is a run of its own, and counts."""


@runtime_checkable
class TogetherExecutor(Protocol):
    """An executor that may train many runs in one worker, as one population, in one slot."""

    def start_together(self, runs: Sequence[RunDirectory], slot: Slot) -> None:
        """As `start`, for runs that `runs.populations.join` has joined. Each is adopted, stopped
        and told the end of as a run by itself."""


class Executor(Protocol):
    """Where runs go on. It is used by one thread; nothing here blocks for long, but `close`."""

    def free(self) -> Sequence[Slot]:
        """The room there is now; raises `TuiLabError` where there will never be any."""

    def start(self, run: RunDirectory, slot: Slot) -> None:
        """Put a worker on a run that is written down and has none; raises `TuiLabError` where
        nothing can be started any more, for whatever reason."""

    def adopt(self, run: RunDirectory) -> bool:
        """After a restart: whether this run is still under way; from then on it takes a slot, and
        its end is told by `ended`."""

    def stop(self, run_id: str, reason: str) -> None:
        """End a run: by a command that keeps `reason` in its log, then by force. Its end is told by
        `ended`."""

    def ended(self) -> Iterable[Ended]:
        """The runs that ended since the last call, each once, and all of their log is here."""

    def close(self) -> None:
        """Let go of everything but runs that are under way: those go on."""
