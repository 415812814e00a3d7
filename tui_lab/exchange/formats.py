"""What a run can be written as, by the end of a file's name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tui_lab.errors import UsageError


@dataclass(frozen=True)
class Format:
    """One of them."""

    suffix: str
    help: str
    """In a few words."""


Which = Literal["last", "best"]
"""Which of the states that a run kept."""
Size = tuple[int, int]
"""Width and height in pixels."""


@dataclass(frozen=True)
class Options:
    """What may be said beside the name of a file."""

    timed: bool = True
    """Tables: with what depends on the time."""
    picture: str = ""
    """Pictures: which one; the first that shows something where it is empty."""
    size: Size = (720, 420)
    dark: bool = False
    """A PNG for a dark page; an SVG is for both."""
    which: Which = "last"
    """Models: the newest that was kept, or the best by the metric that says what is better."""
    named: bool = False
    """Models: whether a person named the file that the run was made of, which is run."""


@dataclass(frozen=True)
class Exported:
    """What came of an export."""

    said: str
    """A sentence."""
    damage: Mapping[str, int] = field(default_factory=dict)
    """Lines of the log that were passed over, by what was wrong with them."""


EVENTS = ".tfevents"
TABLES = (
    Format(".csv", "a table, a row per step, evaluation and epoch"),
    Format(".jsonl", "the same as JSON, an object per line"),
    Format(".parquet", "the same for pandas, Polars, DuckDB; needs pyarrow"),
    Format(EVENTS, "for TensorBoard; so is a directory, DIR/"),
)
PICTURES = (
    Format(".svg", "a chart, for light and dark pages"),
    Format(".png", "the same in pixels; needs Pillow"),
)
PAGES = (Format(".html", "all there is to see, on one page"),)
MODELS = (
    Format(".safetensors", "the weights, as they were kept last or were best"),
    Format(".pt", "the same as a state_dict, for torch.load"),
)
FORMATS = (*TABLES, *PICTURES, *PAGES, *MODELS)
_EVENTS_NAME = re.compile(r"\.tfevents(\.|$)")
_SUFFIXES: Mapping[str, Format] = {each.suffix: each for each in FORMATS}


def format_of(to: Path) -> str:
    """The suffix that says what a file is to be. Raises `UsageError`, which names those there
    are."""
    suffix = EVENTS if is_event_file(to.name) else to.suffix.lower()
    if suffix not in _SUFFIXES:
        raise UsageError(f"{to} has no known suffix; a run is exported to {named(FORMATS)}.")
    return suffix


def is_event_file(name: str) -> bool:
    """Whether a file is one of TensorBoard's by its name, `events.out.tfevents.…` or `x.tfevents`;
    another known end of it says more."""
    known = Path(name).suffix.lower() in _SUFFIXES.keys() - {EVENTS}
    return not known and _EVENTS_NAME.search(name) is not None


def named(formats: Sequence[Format]) -> str:
    """`.csv, .jsonl or .parquet`."""
    *most, last = [each.suffix for each in formats]
    return f"{', '.join(most)} or {last}" if most else last
