"""All studies in one directory, read from their own files."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from pathlib import Path

from tui_lab.errors import HomeError, RunNotFound
from tui_lab.run import is_run_id
from tui_lab.studies.directory import StudyDirectory, studies_of
from tui_lab.study import StudySummary


class StudyCatalogue:
    """The studies whose runs are in the directory `runs`."""

    def __init__(self, runs: Path) -> None:
        self._studies = studies_of(runs)

    def summaries(self) -> Sequence[StudySummary]:
        """Every study, the newest first; raises `HomeError` when they can't be listed."""
        found = [StudyDirectory(self._studies / name).summary() for name in self._ids()]
        return sorted(found, key=lambda each: (each.created, each.id), reverse=True)

    def find(self, text: str) -> StudyDirectory:
        """The study of this name, or whose name alone begins so; else raises `RunNotFound`."""
        if is_run_id(text) and os.path.lexists(self._studies / text):
            return StudyDirectory(self._studies / text)
        ids = self._ids()
        matches = sorted(name for name in ids if text and name.startswith(text))
        if len(matches) == 1:
            return StudyDirectory(self._studies / matches[0])
        raise RunNotFound(_ambiguous(text, matches) if matches else _not_found(text, ids))

    def _ids(self) -> list[str]:
        try:
            return [name for name in os.listdir(self._studies) if is_run_id(name)]
        except FileNotFoundError:
            return []
        except OSError as error:
            reason = error.strerror or str(error)
            message = f"The studies in {self._studies} can't be listed ({reason})."
            raise HomeError(message) from error


def _ambiguous(text: str, matches: list[str]) -> str:
    shown = ", ".join(matches[:4]) + (", …" if len(matches) > 4 else "")
    return f"{len(matches)} studies begin with {text!r} ({shown}); type more of the name."


def _not_found(text: str, ids: list[str]) -> str:
    if near := difflib.get_close_matches(text, ids, n=3, cutoff=0.6):
        return f"There is no study {text!r}; did you mean {' or '.join(near)}?"
    newest = sorted(ids, key=lambda name: name.rsplit("-", 3)[1:], reverse=True)[:3]
    known = f"the newest are {', '.join(newest)}." if newest else "none was made yet."
    return f"There is no study {text!r}; {known}"
