"""What the pictures show: which runs are recorded for them, and which keys lead there."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from screenshots.recording import LONGEST, Recorder
from screenshots.studio import Size, Studio
from tui_lab.commands import Pause, SetHyperparameter, Show
from tui_lab.plugins import experiment_names
from tui_lab.tui.app import Opening

Scene = Callable[[Studio, str], Awaitable[str]]
"""Takes the studio and the picture's name, gives the SVG."""

SMALL: Size = (80, 24)
WIDE: Size = (160, 50)
LIGHTER = {
    "mlp": {"examples": 10_000},
    "dropout": {"examples": 10_000},
    "lambda-sweep": {"seeds": 16},
}
"""Values that make long runs short; whatever is not here runs with its defaults."""
PATIENCE = 60.0
"""Seconds that a run of any other experiment may take; one that takes longer is held then."""
DIVERGING = {"lr": 10.0, "epochs": 10}
SLOW = {"lr": 3e-5, "epochs": 10_000}
"""Values with which weight decay takes long enough for a person to turn a knob."""
TURN_AT, SHOWN_AT = 12_000, 26_000
"""Steps after which λ is turned, and the picture is taken."""


def scenes() -> dict[str, Scene]:
    """Every picture by its name: one per experiment, and those that show a feature."""
    plain = {name: partial(experiment, experiment=name) for name in experiment_names()}
    return {
        **plain,
        "weight-decay": weight_decay,
        "weight-decay-80x24": partial(weight_decay, size=SMALL),
        "linear-regression": linear_regression,
        "phase": phase,
        "overlay": overlay,
        "compare": compare,
        "diverged": diverged,
        "alarm": alarm,
        "branch": branch,
        "scrub": scrub,
        "parameter": parameter,
        "watch": watch,
        "home": home,
        "runs": runs,
        "groups": groups,
        "study": study,
        "help": help_screen,
    }


async def weight_decay(studio: Studio, name: str, size: Size = (120, 40)) -> str:
    """λ turned from 3 to 10 while the run goes on."""
    run = studio.run("turned", _turned)
    async with studio.lab(Opening("weight-decay", run_id=run), size) as stage:
        await stage.until(lambda text: "3 → 10" in text)
        return stage.picture(name)


async def linear_regression(studio: Studio, name: str) -> str:
    """Its pictures, the path of (w₁, w₂) over the loss among them."""
    run = studio.run("line", _finished("linear-regression"))
    async with studio.lab(Opening("linear-regression", run_id=run)) as stage:
        await stage.press("3", "shift+tab", "v", "v", "z")
        await stage.until(lambda text: "path of (w₁, w₂)" in text)
        return stage.picture(name)


async def phase(studio: Studio, name: str) -> str:
    """The first step of a run, held after its backward: the line of the program."""
    run = studio.run("held", _held_after_backward)
    async with studio.lab(Opening("linear-regression", run_id=run)) as stage:
        await stage.press("2")
        await stage.until(lambda text: "at backward of step 1" in text)
        return stage.picture(name)


async def overlay(studio: Studio, name: str) -> str:
    """Three runs that differ in λ alone."""
    others = [_decay(studio, value) for value in (0, 10)]
    async with studio.lab(Opening("weight-decay", run_id=_decay(studio, 3))) as stage:
        stage.lay_over("weight-decay", others)
        await stage.until(lambda text: "λ 0" in text and "λ 10" in text)
        await stage.settle()
        return stage.picture(name)


async def compare(studio: Studio, name: str) -> str:
    """Four runs side by side: three that differ in λ, and one that was turned on its way."""
    runs = [_decay(studio, 3), _decay(studio, 0), _decay(studio, 10)]
    runs.append(studio.run("λ 3 turned", partial(_branched, parent=runs[0])))
    async with studio.lab(Opening()) as stage:
        stage.put_side_by_side(runs)
        await stage.until(lambda text: "held against" in text and text.count("✓") == 8)
        await stage.press("m")
        await stage.until(lambda text: "Band:" in text and "val/loss (less" in text)
        return stage.picture(name)


async def diverged(studio: Studio, name: str) -> str:
    """A learning rate far too large: the loss overflows, then is no number."""
    run = studio.run("diverged", _finished("linear-regression", DIVERGING))
    async with studio.lab(Opening("linear-regression", run_id=run)) as stage:
        await stage.press("0")
        return stage.picture(name)


async def alarm(studio: Studio, name: str) -> str:
    """The same learning rate, held before the update that would spoil everything."""
    run = studio.run("alarm", lambda recorder: recorder.guarded("linear-regression", DIVERGING).id)
    async with studio.lab(Opening("linear-regression", run_id=run)) as stage:
        await stage.press("exclamation_mark")
        await stage.until(lambda text: "Held at step" in text)
        return stage.picture(name)


async def branch(studio: Studio, name: str) -> str:
    """Weight decay turned up at step 100, beside the run that went on without."""
    parent = studio.run("parent", _finished("weight-decay"))
    run = studio.run("branch", partial(_branched, parent=parent))
    async with studio.lab(Opening("weight-decay", run_id=run)) as stage:
        stage.lay_over("weight-decay", [parent])
        await stage.until(lambda text: "λ 3" in text)
        await stage.until(lambda text: "of the parent" in text)
        return stage.picture(name)


async def scrub(studio: Studio, name: str) -> str:
    """An earlier step of a finished run under the cursor."""
    run = _decay(studio, 3)
    async with studio.lab(Opening("weight-decay", run_id=run)) as stage:
        await stage.press("comma", "shift+left", "shift+left")
        await stage.until(lambda text: "looking back at step" in text)
        return stage.picture(name)


async def parameter(studio: Studio, name: str) -> str:
    """A weight matrix opened in a held step."""
    run = studio.run("parameter", _opened)
    async with studio.lab(Opening("mlp", run_id=run)) as stage:
        await stage.press("1", "shift+tab")
        await stage.until(lambda text: "W1" in text)
        return stage.picture(name)


async def watch(studio: Studio, name: str) -> str:
    """A script as it is, its learning rate turned, held after a backward pass."""
    run = studio.run("watched", _watched)
    async with studio.lab(Opening(run, run_id=run)) as stage:
        await stage.until(lambda text: "freeze_conv1" in text)
        await stage.press("2")
        await stage.until(lambda text: "▶" in text)
        return stage.picture(name)


async def home(studio: Studio, name: str) -> str:
    """Experiments and runs, one of them held."""
    _history(studio)
    async with studio.lab(Opening()) as stage:
        await stage.until(lambda text: "◐ paused" in text)
        return stage.picture(name)


async def runs(studio: Studio, name: str) -> str:
    """Every run, one of them held."""
    _history(studio)
    async with studio.lab(Opening()) as stage:
        await stage.press("h")
        await stage.until(lambda text: "◐ paused" in text)
        return stage.picture(name)


async def groups(studio: Studio, name: str) -> str:
    """Runs of nine pairs of values, grouped by one of them and sorted by what came of them."""
    pairs = [(rate, value) for rate in (0.001, 0.003, 0.01) for value in (0, 3, 10)]
    for rate, value in pairs:
        chosen = {"lr": rate, "weight_decay": value, "epochs": 50}
        studio.run(f"lr {rate}, λ {value}", _finished("weight-decay", chosen))
    async with studio.lab(Opening()) as stage:
        await stage.press("h", "slash", *"weight-decay epochs=50", "enter")
        await stage.until(lambda text: text.count("epochs 50") == len(pairs))
        for key, words in (("s", "test/loss"), ("G", "weight_decay")):
            await stage.press(key)
            await stage.choose(words)
        await stage.press("down", "space", "down", "space", "slash", "space", *"lr<", "down")
        await stage.until(lambda text: "takes it" in text)
        return stage.picture(name)


async def study(studio: Studio, name: str) -> str:
    """Twenty-four trials of weight decay: which λ and learning rate do best."""
    asked = ("weight-decay", "weight_decay=log:0.3..100", "lr=log:1e-3..1e-2", "epochs=40")
    study_id = studio.run("study", partial(_studied, asked=(*asked, "--trials", "24")))
    async with studio.lab(Opening(), WIDE) as stage:
        stage.open_study(study_id)
        await stage.until(lambda text: "24 of 24" in text and "comes with" not in text)
        return stage.picture(name)


async def help_screen(studio: Studio, name: str) -> str:
    """The keys of an experiment's screen."""
    run = studio.run("turned", _turned)
    async with studio.lab(Opening("weight-decay", run_id=run)) as stage:
        await stage.press("question_mark")
        return stage.picture(name)


async def experiment(studio: Studio, name: str, *, experiment: str) -> str:
    """A run as its experiment declares it."""
    run = studio.run(experiment, _finished(experiment, LIGHTER.get(experiment), PATIENCE))
    async with studio.lab(Opening(experiment, run_id=run)) as stage:
        await stage.press("3")
        return stage.picture(name)


def _turned(recorder: Recorder) -> str:
    recording = recorder.start("weight-decay", SLOW)
    recording.reach(TURN_AT)
    recording.tell(SetHyperparameter("weight_decay", 10.0))
    recording.reach(SHOWN_AT)
    return recording.id


def _branched(recorder: Recorder, parent: str) -> str:
    return recorder.branched("weight-decay", parent, 100, {"weight_decay": 30.0}).id


def _opened(recorder: Recorder) -> str:
    recording = recorder.held("mlp", {"examples": 512, "epochs": 10, "hidden": "16"})
    recording.advance("step", 4)
    recording.tell(Show("W1"))
    recording.advance("phase", 3)
    return recording.id


def _watched(recorder: Recorder) -> str:
    recording = recorder.watched(Path(__file__).with_name("train.py"))
    recording.reach(500)
    recording.tell(SetHyperparameter("lr", 0.005))
    recording.reach(800)
    recording.tell(Pause())
    recording.advance("phase", 3)
    return recording.id


def _held_after_backward(recorder: Recorder) -> str:
    recording = recorder.held("linear-regression")
    recording.advance("phase")
    return recording.id


def _studied(_: Recorder, asked: Sequence[str]) -> str:
    command = [sys.executable, "-m", "tui_lab", "study", *asked, "--json"]
    ended = subprocess.run(command, check=True, capture_output=True, text=True)
    return str(json.loads(ended.stdout)["study"])


def _decay(studio: Studio, value: float) -> str:
    return studio.run(f"λ {value}", _finished("weight-decay", {"weight_decay": value}))


def _history(studio: Studio) -> None:
    """Some runs to list, the live one last."""
    for value in (0, 3, 10):
        _decay(studio, value)
    studio.run("diverged", _finished("linear-regression", DIVERGING))
    studio.run("live", _live)


def _live(recorder: Recorder) -> str:
    recording = recorder.held("weight-decay", {"batch_size": 1})
    recording.advance("epoch", 7)
    return recording.id


def _finished(
    experiment: str, values: Mapping[str, object] | None = None, patience: float = LONGEST
) -> Callable[[Recorder], str]:
    def record(recorder: Recorder) -> str:
        recording = recorder.start(experiment, values)
        recording.finish(patience)
        return recording.id

    return record
