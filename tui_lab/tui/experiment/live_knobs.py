"""The knobs beside a live run: which act on it, which wait for an answer, which were refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import EPOCHS, Value
from tui_lab.tui.experiment.follower import RunFollower
from tui_lab.tui.knobs.panel import DEVICE, SEED, KnobPanel


class LiveKnobs:
    """Keeps a panel of knobs and the run that a follower follows in step."""

    def __init__(self, panel: KnobPanel, run: RunFollower, experiment: Experiment) -> None:
        self._panel = panel
        self._run = run
        self._experiment = experiment
        self._asked: Counter[str] = Counter()
        """Values sent for each hyperparameter and not yet answered."""
        self._marks = 0

    def take_all(self) -> None:
        """Another run is shown: the knobs take its values."""
        self._asked.clear()
        self._marks = 0
        self._panel.take(self._run.values)

    def take_new(self) -> None:
        """A value that the run took by itself, or from another screen, is shown on its knob."""
        values = self._run.values
        marks = self._run.feed.view.marks if self._run.feed else []
        new = {mark.name for mark in marks[self._marks :]} & values.keys()
        self._panel.take({name: values[name] for name in new if not self._asked[name]})
        self._marks = len(marks)
        self.mark_waiting()

    def mark_waiting(self) -> None:
        """Mark the knobs whose value waits for the next run."""
        everything = self._experiment.demonstration
        running = self._run.values if self._run.is_live else {}
        self._panel.follow(running, everything=everything)

    def acting(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Those of the values turned to that act on the run now; any other waits for the next."""
        if not self._run.is_live:
            return {}
        return {
            name: value
            for name, value in values.items()
            if name not in (SEED, DEVICE)
            and (self._experiment[name].live or (name == EPOCHS and self._is_more(value)))
        }

    def _is_more(self, epochs: Value) -> bool:
        """Whether the run would be longer: fewer epochs are for the next."""
        present = self._run.values.get(EPOCHS)
        return isinstance(epochs, int) and isinstance(present, int) and epochs > present

    def ask(self, names: Iterable[str]) -> None:
        """Values of these are on their way to the run."""
        for name in names:
            self._asked[name] += 1
            self._panel[name].pending = True

    def settle(self, names: Iterable[str], *, taken: bool) -> None:
        """Values sent were taken or refused; a knob whose value was refused goes back."""
        for name in names:
            self._asked[name] -= 1
            if self._asked[name] <= 0:
                self._panel[name].pending = False
                if not taken:
                    values = self._run.values
                    self._panel.take({n: v for n, v in values.items() if n == name})
