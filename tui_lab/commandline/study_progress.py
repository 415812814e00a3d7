"""How far a study is, as one line that is rewritten on a terminal and as a few lines elsewhere."""

from __future__ import annotations

from tui_lab.commandline.console import Console
from tui_lab.commandline.table import cut, number_text
from tui_lab.study import StudyRequest, StudySummary, TrialState

_CLEAR = "\r\x1b[K"
_QUARTERS = 4


class StudyProgress:
    """Talks of a study on stderr."""

    def __init__(self, console: Console, request: StudyRequest) -> None:
        self._console = console
        self._request = request
        self._shown = ""
        self._quarter = 0
        self._rewrites = console.stderr.isatty() and console.environ.get("TERM") != "dumb"

    def note(self, text: str) -> None:
        """A line that stays."""
        self.clear()
        self._console.say(text)

    def clear(self) -> None:
        """Take the rewritten line away."""
        if self._shown:
            self._console.mutter(_CLEAR)
            self._shown = ""

    def show(self, summary: StudySummary) -> None:
        """Bring stderr up to date."""
        line = self.line(summary)
        if self._rewrites:
            line = cut(line, self._console.columns - 1)
            if line != self._shown:
                self._console.mutter(_CLEAR + line)
                self._shown = line
            return
        quarter = _QUARTERS * _ended(summary) // max(1, summary.trials)
        if quarter > self._quarter:
            self._quarter = quarter
            self._console.say(line)

    def line(self, summary: StudySummary) -> str:
        """Such as `trials 12/40  2 running  3 pruned  best val/loss 0.0123 (trial 7)`."""
        counts = summary.counts
        if not counts:
            return "starting PyTorch …"
        named = ((TrialState.RUNNING, "running"), (TrialState.PRUNED, "pruned"))
        parts = [f"trials {_ended(summary):,}/{summary.trials:,}"]
        parts += [f"{counts[state]:,} {name}" for state, name in named if counts.get(state)]
        if failed := counts.get(TrialState.FAIL):
            parts.append(f"{failed:,} failed")
        if summary.best is not None:
            goal = number_text(summary.goal)
            parts.append(f"best {self._request.goal} {goal} (trial {summary.best})")
        return "  ".join(parts)


def _ended(summary: StudySummary) -> int:
    return sum(number for state, number in summary.counts.items() if state.is_finished)
