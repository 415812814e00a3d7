"""What tests of the commands stand on: a console of text, events of a run, a scripted worker."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence

from tui_lab.commandline.console import Console
from tui_lab.events import MetricsLogged, RunEvent, RunFinished, RunStarted
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.log import RunLog


class Stream(io.StringIO):
    """Text that may claim to be a terminal."""

    def __init__(self, text: str = "", *, terminal: bool = False) -> None:
        super().__init__(text)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


class Screen(Console):
    """A console whose output can be read back."""

    def __init__(self, *, terminal: bool = False, typed: str = "") -> None:
        environ = {"TERM": "xterm-256color"}
        streams = (Stream(terminal=terminal), Stream(terminal=terminal))
        super().__init__(*streams, Stream(typed, terminal=terminal), environ)

    @property
    def out(self) -> str:
        assert isinstance(self.stdout, Stream)
        return self.stdout.getvalue()

    @property
    def err(self) -> str:
        assert isinstance(self.stderr, Stream)
        return self.stderr.getvalue()


class ScriptedWorker:
    """A worker that does one thing at each poll and then has ended."""

    pid = 0

    def __init__(self, script: Sequence[Callable[[], object]], code: int = 0) -> None:
        self._script: Iterator[Callable[[], object]] = iter(script)
        self._code = code
        self.ended = False

    def poll(self) -> int | None:
        if self.ended:
            return self._code
        act = next(self._script, None)
        if act is None:
            self.ended = True
            return self._code
        act()
        return None


def write_events(run: RunDirectory, events: Sequence[RunEvent]) -> None:
    """Append events to a run's log as its worker would."""
    log = RunLog(run.events_path)
    for event in events:
        log.append(event)
    log.flush()
    log.close()


def started(total_steps: int = 20, steps_per_epoch: int = 10) -> RunStarted:
    return RunStarted(
        pid=1,
        host="somewhere",
        device="cpu",
        device_name="",
        threads=1,
        started="2026-01-01T00:00:00+00:00",
        total_steps=total_steps,
        steps_per_epoch=steps_per_epoch,
        parameters=[{"name": "w"}, {"name": "b"}],
    )


def training_events() -> list[RunEvent]:
    """A whole run: 20 steps, the loss halving from 1 towards 0.25 over two epochs."""
    losses = [1.0 - 0.0375 * step for step in range(20)]
    evaluations = {"train/loss": [0.5, 0.25], "norm/w": [3.0, 3.5]}
    return [
        started(),
        MetricsLogged(t=1.0, kind="step", first=1, columns={"train/loss": losses}),
        MetricsLogged(t=1.0, kind="epoch", steps=[10, 20], epochs=[1, 2], columns=evaluations),
        RunFinished(t=1.0, step=20, epoch=2, metrics={"train/loss": 0.25, "norm/w": 3.5}),
    ]
