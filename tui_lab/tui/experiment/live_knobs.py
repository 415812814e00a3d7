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
        self._seen: dict[str, Value] = {}
        """The run's values, as far as the knobs had a chance to show them."""

    def take_all(self) -> None:
        """Another run is shown: the knobs take its values."""
        self._asked.clear()
        self._seen = dict(self._run.values)
        self._panel.take(self._seen)

    def take_new(self) -> None:
        """A value that the run took by itself or from another screen, or has again because it went
        back, is shown on its knob; while another is on its way from here, not yet."""
        new = {
            name: value
            for name, value in self._run.values.items()
            if not self._asked[name] and self._seen.get(name) != value
        }
        self._seen |= new
        self._panel.take(new)
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
        """Values sent were taken or refused; a knob whose value was refused goes back, and one that
        another screen turned meanwhile follows it."""
        if taken:
            self._run.look()  # what is answered is in the log
        for name in names:
            self._asked[name] -= 1
            if self._asked[name] <= 0:
                self._panel[name].pending = False
                if not taken:
                    self._seen.pop(name, None)
        self.take_new()
