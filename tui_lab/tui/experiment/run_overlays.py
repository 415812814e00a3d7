"""Other runs of the same experiment, whose curves lie over those of the run shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tui_lab.errors import TuiLabError
from tui_lab.experiment import Experiment
from tui_lab.tui.session.protocol import Session

if TYPE_CHECKING:  # numpy comes with these, and the first paint must not wait for it
    from tui_lab.runs.catalogue import RunSummary
    from tui_lab.tui.experiment.run_feed import RunFeed
    from tui_lab.view_models.run import RunView


class RunOverlays:
    """Follows any number of runs, live or ended."""

    def __init__(self, session: Session, experiment: Experiment) -> None:
        self._session = session
        self._experiment = experiment
        self._runs: dict[str, tuple[RunSummary, RunFeed]] = {}

    def count(self, shown: str) -> int:
        """How many there are beside the run shown."""
        return len(self._runs.keys() - {shown})

    def __len__(self) -> int:
        return len(self._runs)

    def add(self, run_ids: Iterable[str]) -> list[str]:
        """Lay these runs over; returns a sentence for each that can't be."""
        from tui_lab.tui.experiment.run_feed import RunFeed  # with numpy: after the first paint

        sentences = []
        for run_id in run_ids:
            try:
                summary = self._session.runs.summary(run_id)
                feed = RunFeed(run_id, self._session.runs.tail(run_id), self._experiment)
            except TuiLabError as error:
                sentences.append(str(error))
                continue
            if summary.experiment != self._experiment.name:
                sentences.append(f"{run_id} is a run of {summary.experiment}: other curves.")
            else:
                self._runs[run_id] = summary, feed
        return sentences

    def clear(self) -> None:
        """Take them all away."""
        self._runs.clear()

    @property
    def awaits_more(self) -> bool:
        """Whether one of the logs may still have something to say."""
        return any(not feed.is_complete for _, feed in self._runs.values())

    def read(self) -> None:
        """Read on in one of the logs, the others the next time."""
        behind = [feed for _, feed in self._runs.values() if not feed.caught_up]
        for feed in behind[:1] or [feed for _, feed in self._runs.values()]:
            feed.read()

    def named(self, shown: str, values: Mapping[str, Any]) -> list[tuple[str, RunView]]:
        """The views with a label each: what sets the run apart from the one with `values`, and the
        end of its name where that is true of another too."""
        others = {i: pair for i, pair in self._runs.items() if i != shown}
        labels = {i: self._label(summary, values) for i, (summary, _) in others.items()}
        shared = Counter(labels.values())
        return [
            (label if shared[label] == 1 else f"{label} {run_id[-4:]}", others[run_id][1].view)
            for run_id, label in labels.items()
        ]

    def _label(self, summary: RunSummary, values: Mapping[str, Any]) -> str:
        """`λ 0`; the end of the run's name where no hyperparameter differs."""
        others = [s.hyperparameters for s, _ in self._runs.values()]
        parts = [
            self._words(name, own)
            for name, own in summary.hyperparameters.items()
            if self._differs(name, own, [values, *others])
        ]
        return ", ".join(parts) or _seed(summary, values) or summary.id[-4:]

    def _differs(self, name: str, own: Any, others: Sequence[Mapping[str, Any]]) -> bool:
        return any(name in other and self._read(name, other[name]) != own for other in others)

    def _read(self, name: str, value: Any) -> Any:
        try:
            hyperparameter = self._experiment[name]
            return hyperparameter.to_json(hyperparameter.check(value))
        except TuiLabError:
            return value

    def _words(self, name: str, value: Any) -> str:
        try:
            hyperparameter = self._experiment[name]
            text = hyperparameter.format(hyperparameter.check(value))
        except TuiLabError:
            return f"{name} {value}"
        return f"{hyperparameter.symbol or name} {text}"


def _seed(summary: RunSummary, values: Mapping[str, Any]) -> str:
    return f"seed {summary.seed}" if values.get("seed", summary.seed) != summary.seed else ""
