"""All knobs of an experiment in two aligned columns, with the help and the errors of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import DescendantBlur, DescendantFocus
from textual.message import Message
from textual.widgets import Static

from tui_lab.errors import HyperparameterError
from tui_lab.experiment import Experiment
from tui_lab.hyperparameters import Choice, Hyperparameters, Int, Value
from tui_lab.run import IMPORTED
from tui_lab.tui.knobs.columns import KnobColumns
from tui_lab.tui.knobs.companions import companions
from tui_lab.tui.knobs.heading import KnobHeading
from tui_lab.tui.knobs.help import PRESETS_HINT, RUN_HINT, KnobHelp
from tui_lab.tui.knobs.knob import Knob
from tui_lab.tui.knobs.list import KnobList
from tui_lab.view_models.plain_text import plain
from tui_lab.watching import is_script

SEED, DEVICE = "seed", "device"
_NO_KNOBS_YET = "They are found at the script's first backward pass."
_NO_KNOBS = "This script has no optimizer of torch: there is nothing to turn."
_IMPORTED = "It was imported: there is nothing to turn."
_GREATEST_SEED = 2**53 - 1


class KnobPanel(Vertical):
    """The form of an experiment: one knob per hyperparameter, then seed and device, which a script
    has none of."""

    DEFAULT_CSS = """
    KnobPanel {
        border: round $border-blurred;
        border-title-color: $foreground;
        &:focus-within { border: round $border; }
        #knob-error { height: auto; color: $error; display: none; padding: 0 1; }
        #knob-error.-shown { display: block; }
        #no-knobs { color: $text-muted; padding: 0 1; }
    }
    """

    @dataclass
    class Changed(Message):
        """A person gave hyperparameters, the seed or the device other values, all at once."""

        panel: KnobPanel
        values: Mapping[str, Value]

        @property
        def control(self) -> KnobPanel:
            return self.panel

    def __init__(
        self,
        experiment: Experiment,
        *,
        seed: int,
        device: str,
        knobs: Mapping[str, Knob] | None = None,
        explains: KnobHelp | None = None,
        classes: str | None = None,
    ) -> None:
        """`knobs` are others than the usual ones, by name, which `explains` explains."""
        super().__init__(classes=classes)
        self.experiment = experiment
        self.knobs = usual_knobs(experiment, seed, device) if knobs is None else knobs
        """By the names of hyperparameters, `seed` and `device`, in the order in which they
        stand."""
        self.idle: Callable[[], Mapping[str, str]] = lambda: experiment.idle(self.values)
        """Why each of those that do nothing while the others stand as they do does nothing."""
        self._list = KnobList(list(self.knobs.values()), _headings(experiment, self.knobs))
        hint = "" if experiment.program == IMPORTED else RUN_HINT
        self._help = explains or KnobHelp(hint + PRESETS_HINT * (not _is_bare(experiment)))

    def compose(self) -> ComposeResult:
        if not self.knobs:
            words = _NO_KNOBS if self.experiment.pictures else _NO_KNOBS_YET
            words = _IMPORTED if self.experiment.program == IMPORTED else words
            yield Static(words, id="no-knobs", markup=False)
        yield self._list
        yield Static(id="knob-error", markup=False)
        yield self._help

    def on_mount(self) -> None:
        self.border_title = self.border_title or "Hyperparameters"
        self.set_class(KnobColumns.of(self.knobs.values()).are_many, "-long")
        self.mark_idle()

    def on_resize(self) -> None:
        columns = KnobColumns.of(self.knobs.values()).names(self.size.width)
        for knob in self.knobs.values():
            knob.label_width = columns

    def __getitem__(self, name: str) -> Knob:
        """The knob of a hyperparameter, `seed` or `device`."""
        return self.knobs[name]

    @property
    def seed(self) -> int:
        return int(str(self.knobs[SEED].value)) if SEED in self.knobs else 0

    @property
    def device(self) -> str:
        return str(self.knobs[DEVICE].value) if DEVICE in self.knobs else ""

    @property
    def current(self) -> Knob | None:
        """The knob that has the focus, or had it last; None where there are none."""
        return self._list.current

    def choose(self) -> Hyperparameters:
        """The values of all knobs; raises `HyperparameterError` when they clash."""
        return self.experiment.choose(self.values)

    @property
    def values(self) -> dict[str, Value]:
        """Those of the hyperparameters as the knobs stand."""
        return {h.name: self.knobs[h.name].value for h in self.experiment.hyperparameters}

    def take(self, values: Mapping[str, Value]) -> None:
        """Show `values` (of any of the knobs) as they are, as no one's new choice."""
        for name, value in values.items():
            if name in self.knobs:
                self.knobs[name].value = value
        self.mark_idle()
        self.show_error("")

    def change(self, values: Mapping[str, Value]) -> None:
        """Turn knobs on a person's behalf, all at once: what lies between need make no sense."""
        changed = {name: v for name, v in values.items() if self.knobs[name].value != v}
        for name, value in changed.items():
            self.knobs[name].value = value
        if changed:
            self._tell(changed)

    def follow(self, running: Mapping[str, Value], *, everything: bool = False) -> None:
        """Mark the knobs whose value waits for the next run, while one runs with `running`.

        Live knobs never wait; with `everything` (a demonstration) none does. An empty mapping says
        that nothing runs.
        """
        for name, knob in self.knobs.items():
            waits = name in running and not (everything or knob.hyperparameter.live)
            knob.next_run = waits and running[name] != knob.value

    def show_error(self, sentence: str) -> None:
        """Put a sentence under the knobs; an empty one takes it away."""
        if self.is_mounted:
            error = self.query_one("#knob-error", Static)
            error.update(sentence)
            error.set_class(bool(sentence), "-shown")

    def focus_current(self) -> None:
        """Give the focus back to the knob that had it last."""
        if self.current is not None:
            self.current.focus()

    def nudge_current(self, direction: int) -> None:
        """Turn the knob that was turned last."""
        self.focus_current()
        if self.current is not None:
            self.current.action_nudge(direction)

    @on(DescendantFocus)
    @on(DescendantBlur)
    def explain_focused(self) -> None:
        """Say what the knob with the focus means."""
        focused = self.screen.focused
        if isinstance(focused, Knob) and focused in self.knobs.values():
            self._help.explain(focused.hyperparameter, focused.idle)
        else:
            self._help.explain(None)

    @on(Knob.Changed)
    @on(Knob.Refused)
    def hear(self, event: Knob.Changed | Knob.Refused) -> None:
        """A choice may bring other defaults along, which change together with it; what a knob
        refuses is said."""
        event.stop()
        if isinstance(event, Knob.Refused):
            self.show_error(event.error)
            return
        name = event.knob.hyperparameter.name
        brought = {}
        if name in self.experiment.defaults:
            brought = companions(self.experiment, name, {**self.values, name: event.value})
        for other, value in brought.items():
            self.knobs[other].value = value
        self._tell({name: event.value, **brought})

    def _tell(self, values: Mapping[str, Value]) -> None:
        """Values that make no sense together are said so, and may be passed through."""
        self.mark_idle()
        try:
            self.choose()
        except HyperparameterError as error:
            self.show_error(plain(str(error)))
        else:
            self.show_error("")
        self.post_message(self.Changed(self, values))

    def mark_idle(self) -> None:
        """Which knobs do nothing while the others stand as they do."""
        reasons = self.idle()
        for name, knob in self.knobs.items():
            knob.idle = reasons.get(name, "")
        self._list.fold()
        if self.is_mounted:
            self.explain_focused()


def usual_knobs(experiment: Experiment, seed: int, device: str) -> Mapping[str, Knob]:
    """One per hyperparameter, and of all but a script and what was imported seed and device."""
    knobs = {h.name: Knob(h) for h in experiment.hyperparameters}
    if not _is_bare(experiment):
        knobs |= {SEED: Knob(_seed(seed)), DEVICE: Knob(_device(device))}
    return knobs


def _is_bare(experiment: Experiment) -> bool:
    """Whether runs of it are not made of values."""
    return is_script(experiment) or experiment.program == IMPORTED


def _headings(experiment: Experiment, knobs: Mapping[str, Knob]) -> list[KnobHeading]:
    """Those of the experiment's groups, and one for what every run has."""
    if not experiment.headings:
        return []
    groups = [(words, [h.name for h in group]) for words, group in experiment.groups()]
    groups.append(("run", [name for name in (SEED, DEVICE) if name in knobs]))
    there = [(words, [knobs[name] for name in names]) for words, names in groups]
    return [KnobHeading(words, members) for words, members in there if words and members]


def _seed(default: int) -> Int:
    return Int(
        SEED,
        default=default,
        low=0,
        high=_GREATEST_SEED,
        step=1,
        help="Data, weights and batch order all come from it.",
    )


def _device(default: str) -> Choice:
    words = ("auto", "cpu", "cuda")
    choices = words if default in words else (*words, default)
    return Choice(DEVICE, choices, default=default, help="Where the tensors live.")
