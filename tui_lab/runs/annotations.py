"""What a person wrote on a run, in a file of its own beside run.json, which is written once.

Nothing of the run depends on it, so it may be written while the run is live, and one that can't be
read costs a sentence.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tui_lab.annotation import Annotation
from tui_lab.errors import RunError, RunUnreadable
from tui_lab.runs.object_file import ObjectFile
from tui_lab.runs.turn import turn

FILE = "annotation.json"


def read_annotation(run: Path) -> Annotation:
    """What is written on the run in this directory; raises `RunUnreadable` when that can't be
    told."""
    try:
        return ObjectFile(run, FILE).checked(Annotation.from_json)
    except RunUnreadable as error:
        if isinstance(error.__cause__, FileNotFoundError) and run.is_dir():
            return Annotation()
        raise


def annotate(
    run: Path,
    *,
    name: str | None = None,
    note: str | None = None,
    add: Iterable[str] = (),
    remove: Iterable[str] = (),
) -> Annotation:
    """Write on a run: what is given takes the place of what was there, and that is given back.

    Of several writers one waits for the other, so that nothing is lost.

    Raises `UsageError` for a name or a tag that is none, `RunUnreadable` where what was there would
    be lost, `RunError` where nothing can be written.
    """
    file = ObjectFile(run, FILE)
    try:
        with turn(run):
            before = read_annotation(run)
            after = before.changed(name=name, note=note, add=add, remove=remove)
            if after != before:
                file.write(after.to_json(), durable=True, indent=True)
    except OSError as error:
        if not run.is_dir():
            read_annotation(run)  # says what is missing
        reason = error.strerror or str(error)
        raise RunError(f"Nothing can be written on {file.run} ({reason}).") from error
    return after
