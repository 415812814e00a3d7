"""Every error tui-lab raises on purpose; each message is one sentence that says what to do.

TuiLabError
├── UsageError                 the command line or a form was filled in wrong (exit 2)
│   ├── ExperimentNotFound
│   ├── HyperparameterError
│   └── QueryError             a search over runs that can't be read
├── ExperimentError            an experiment's own declaration or program is broken
├── HomeError                  the directory for runs can't be used
├── DeviceError                the device asked for is not there
├── DataError                  a data set is missing or damaged
└── RunError
    ├── RunNotFound
    ├── RunUnreadable          a run directory that is torn, foreign or from a newer format
    └── RunNotLive             a command was sent to a run that no worker is driving
"""

from __future__ import annotations


class TuiLabError(Exception):
    """Base of all errors meant for a person; `str(error)` is the sentence to show."""

    exit_status = 1


class UsageError(TuiLabError):
    """What was typed can't be done; the message says what can."""

    exit_status = 2


class ExperimentNotFound(UsageError):
    """No experiment has this name."""


class HyperparameterError(UsageError):
    """A hyperparameter does not exist, or its value is outside its domain.

    `name` is the hyperparameter's name, so that a form can show the message beside its knob.
    """

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class QueryError(UsageError):
    """A search over runs can't be read; `place` is the character of its text where that shows."""

    def __init__(self, message: str, place: int) -> None:
        super().__init__(message)
        self.place = place


class ExperimentError(TuiLabError):
    """An experiment could not be loaded."""


class HomeError(TuiLabError):
    """The directory that holds the runs can't be made or written."""


class DeviceError(TuiLabError):
    """The device asked for is not present."""


class DataError(TuiLabError):
    """A data set is missing, truncated or not what its name says."""


class RunError(TuiLabError):
    """A run can't be used as asked."""


class RunNotFound(RunError):
    """No run has this name."""


class RunUnreadable(RunError):
    """A run's directory can't be read; the message names the file and the reason."""


class RunNotLive(RunError):
    """No worker answers for this run."""
