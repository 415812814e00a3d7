"""Where runs go that are exported, as a person types it: a file, a file for each, a directory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tui_lab.errors import UsageError
from tui_lab.exchange.formats import format_of

RUN = "{run}"
"""What a run's name takes the place of."""
EVENTS_NAME = "events.out.tfevents."
"""How the name of a file begins that TensorBoard looks for in a directory."""


def destinations(typed: str, run_ids: Sequence[str]) -> Mapping[str, Path]:
    """The file of each run, by its name. A directory, which ends in `/` or is there, is one for
    TensorBoard, with a directory for each run. Raises `UsageError` where runs can't go there."""
    typed = typed.strip()
    path = _expanded(typed)
    if typed.endswith("/") or (typed and path.is_dir() and not path.suffix):
        pattern = str(path / RUN / f"{EVENTS_NAME}{RUN}")
    else:
        format_of(path)
        pattern = str(path)
    if len(run_ids) > 1 and RUN not in pattern:
        raise UsageError(
            f"{len(run_ids):,} runs can't go into one file; {RUN} in the name makes one for each."
        )
    return {run_id: Path(pattern.replace(RUN, run_id)) for run_id in run_ids}


def _expanded(typed: str) -> Path:
    try:
        return Path(typed).expanduser()
    except RuntimeError:
        raise UsageError("There is no such user as the one after ~.") from None
