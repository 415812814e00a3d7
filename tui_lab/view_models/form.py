"""What a person has typed into the knobs of an experiment, and what is wrong with it."""

from __future__ import annotations

from tui_lab.errors import HyperparameterError
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Choice, Hyperparameter, Hyperparameters, Int, Value

SEED = Int(
    "seed",
    default=0,
    low=0,
    high=2**31 - 1,
    step=1,
    help="Decides data, first weights and batch order: the same seed gives the same run.",
)
DEVICE = Choice(
    "device",
    ("auto", "cpu", "cuda"),
    help="Where the run computes; auto takes a GPU where there is one.",
)


class Form:
    """One text per hyperparameter, then seed and device.

    A text that is no valid value stays as it was typed, with its error; the field's last valid
    value is what nudges start from.
    """

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        self.fields: dict[str, Hyperparameter] = {
            field.name: field for field in (*experiment.hyperparameters, SEED, DEVICE)
        }
        self._valid: dict[str, Value] = {}
        self.texts: dict[str, str] = {}
        """What each field shows."""
        self._errors: dict[str, str] = {}
        self.reset()

    def reset(self) -> None:
        """Put every field back to its default."""
        for name, field in self.fields.items():
            self.set_value(name, field.default)

    def set_text(self, name: str, text: str) -> None:
        """Take over what was typed; raises `KeyError` for a field there is not."""
        self.texts[name] = text
        try:
            self._valid[name] = self.fields[name].parse(text)
        except HyperparameterError as error:
            self._errors[name] = str(error)
        else:
            self._errors.pop(name, None)

    def set_value(self, name: str, value: Value) -> None:
        """Show a value as its field writes it."""
        self.set_text(name, self.fields[name].format(value))

    def nudge(self, name: str, direction: int, *, fine: bool = False) -> None:
        """Go to the neighbouring value up (1) or down (-1)."""
        self.set_value(name, self.fields[name].nudge(self._valid[name], direction, fine=fine))

    def apply_preset(self, name: str) -> None:
        """Take the values of a preset, and defaults where it says nothing; seed and device stay.
        Raises `KeyError`."""
        values = self.experiment.defaults.replace(**self.experiment.preset(name).values)
        for field, value in values.items():
            self.set_value(field, value)

    def error(self, name: str) -> str | None:
        """What is wrong with a field: its own text, or else that all of them clash there."""
        if self._errors:
            return self._errors.get(name)
        clash = self._clash()
        return str(clash) if clash is not None and clash.name == name else None

    def values(self) -> Hyperparameters:
        """The chosen hyperparameters; raises the first `HyperparameterError`."""
        for name, message in self._errors.items():
            raise HyperparameterError(name, message)
        return self.experiment.choose(self._chosen())

    @property
    def seed(self) -> int:
        """The last valid seed."""
        return int(str(self._valid[SEED.name]))

    @property
    def device(self) -> str:
        """The last valid device."""
        return str(self._valid[DEVICE.name])

    @property
    def changed_from_default(self) -> tuple[str, ...]:
        """The fields whose text is another than their default's, in their order."""
        shown = self.fields.items()
        return tuple(n for n, field in shown if self.texts[n] != field.format(field.default))

    def _chosen(self) -> dict[str, Value]:
        return {h.name: self._valid[h.name] for h in self.experiment.hyperparameters}

    def _clash(self) -> HyperparameterError | None:
        try:
            self.experiment.choose(self._chosen())
        except HyperparameterError as error:
            return error
        return None
