"""wandb's names for what a script has already: with `import tui_lab as wandb` it runs unchanged.

`init`, `config`, `run`, `summary` and `finish`; `log` and `watch` are the lab's own. Under
`tui-lab watch` what was configured is a table beside the run; without it the script has its
configuration, and nothing else happens. Nothing is sent anywhere.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tui_lab import told


class Config(dict[str, Any]):
    """What a script was configured with: `config.lr`, `config["lr"]`."""

    def __getattr__(self, name: str) -> Any:
        if name in self:
            return self[name]
        raise AttributeError(f"The script has configured no {name}.")

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        told.configured(self)

    def update(self, *values: Any, **more: Any) -> None:
        """Take over a mapping, or what argparse has parsed; wandb's options say nothing here."""
        more.pop("allow_val_change", None)
        for each in values:
            super().update(each if isinstance(each, Mapping) else vars(each))
        super().update(more)
        told.configured(self)

    def as_dict(self) -> dict[str, Any]:
        """A copy."""
        return dict(self)


class Summary(dict[str, Any]):
    """What a script sums its run up in: logged as it is set."""

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        told.log({name: value})

    def update(self, *values: Any, **more: Any) -> None:
        """Set several."""
        found = dict(*values, **more)
        super().update(found)
        told.log(found)


config = Config()
summary = Summary()


@dataclass
class Run:
    """What `init` gives: the run, by the names that wandb has for it."""

    name: str = ""
    project: str = ""
    id: str = ""
    dir: str = "."
    url: str = ""
    config: Config = field(default_factory=lambda: config)
    summary: Summary = field(default_factory=lambda: summary)

    def log(self, data: Mapping[str, Any], step: int | None = None, **_: Any) -> None:
        """As `tui_lab.log`."""
        told.log(data, step)

    def watch(self, models: Any, *_: Any, **__: Any) -> None:
        """As `tui_lab.watch`."""
        told.watch(models)

    def define_metric(self, *_: Any, **__: Any) -> None:
        """The axis of all charts is the updates taken."""

    def finish(self, *_: Any, **__: Any) -> None:
        """As `finish`."""
        finish()

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        finish()


run: Run | None = None
"""None while no run is under way."""


def init(project: str | None = None, config: Any = None, name: str | None = None, **_: Any) -> Run:
    """A run begins. `config` is a mapping, or what argparse has parsed; what else wandb takes says
    nothing here."""
    begun = Run(name=str(name or ""), project=str(project or ""), id=str(name or "run"))
    offer(begun)
    begun.config.update(config or {})
    return begun


def finish(*_: Any, **__: Any) -> None:
    """The run is over for the script."""
    offer(None)


def login(*_: Any, **__: Any) -> bool:
    """Nobody needs to."""
    return True


def define_metric(*_: Any, **__: Any) -> None:
    """The axis of all charts is the updates taken."""


def offer(begun: Run | None) -> None:
    """Have `tui_lab.run` and `tui_lab.config` mean this run, and not the modules of the lab that
    are called so."""
    global run
    run = begun
    vars(sys.modules["tui_lab"]).update(run=begun, config=config)


class Image:
    """An image to log; what can be one, `tui_lab.picture` says."""

    def __init__(self, data: Any, mode: Any = None, caption: str | None = None, **_: Any) -> None:
        self.data, self.caption = data, caption or ""


class Histogram:
    """Numbers to log as a histogram, in any number of dimensions."""

    def __init__(self, sequence: Any = None, **_: Any) -> None:
        self.sequence = sequence


class Table:
    """Rows to log as a table."""

    def __init__(
        self, columns: Iterable[Any] = (), data: Iterable[Sequence[Any]] | None = None, **_: Any
    ) -> None:
        self.columns = list(columns)
        self.data = [list(row) for row in data or ()]

    def add_data(self, *row: Any) -> None:
        """Add a row."""
        self.data.append(list(row))
