"""Protects `tui-lab check`: each slip an author makes is one sentence, and what is fine is fine.

The slips are made in the file that `tui-lab new` writes.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import pytest

from tui_lab.worker.checking.check import Check, steps_for

Said = list[dict[str, Any]]


def text() -> str:
    template = files("tui_lab.commandline").joinpath("experiment.template").read_text("utf-8")
    words = {"name": "slip", "file": "slip.py", "experiment": "slip", "title": "Slip"}
    return Template(template).substitute(words)


def look(path: Path) -> Said:
    said: Said = []
    Check(path, lambda **words: said.append(words)).run()
    return said


def wrong(said: Said) -> list[str]:
    return [each["wrong"] for each in said if "wrong" in each]


def line_of(source: str, part: str) -> int:
    return source[: source.index(part)].count("\n") + 1


def test_what_is_written_is_fine(tmp_path: Path) -> None:
    path = tmp_path / "slip.py"
    path.write_text(text())
    said = look(path)
    assert wrong(said) == []
    assert said[-1]["steps"] == 16, "an epoch"
    assert "forward, backward, update, zero_grad" in said[-1]["summary"]
    assert "5 knobs turned" in said[-1]["summary"]


@pytest.mark.parametrize("name", ["linear-regression", "gradient-flow", "penalties", "activations"])
def test_what_the_lab_itself_has_is_fine(name: str, tmp_path: Path) -> None:
    """One with a choice of programs, gradients too small to move anything, many knobs that do
    nothing by default, a demonstration."""
    path = tmp_path / "slip.py"
    path.write_text(
        "from dataclasses import replace\n"
        "from tui_lab.plugins import load_experiment\n"
        f"EXPERIMENT = replace(load_experiment({name!r}), name='slip')\n"
    )
    said = look(path)
    assert wrong(said) == []
    assert " knobs turned" in said[-1]["summary"]


def test_what_takes_long_is_left_and_said(tmp_path: Path) -> None:
    path = tmp_path / "slip.py"
    path.write_text(text())
    said: Said = []
    hours = iter(range(0, 100 * 3600, 3600))
    Check(path, lambda **words: said.append(words), lambda: next(hours)).run()
    assert wrong(said) == []
    assert {"remark": "There was no time to turn 5 of its knobs."} in said
    assert said[-1]["steps"] == 8


def test_slow_steps_are_fewer_and_never_none() -> None:
    assert [steps_for(seconds) for seconds in (0.0, 0.8, 1.2, 60.0)] == [6, 6, 4, 1]


SLIPS = {
    "metric not declared": (
        '{"test/loss": nn',
        '{"test/los": nn',
        [
            "test/los is given, and not declared (did you mean test/loss?)",
            "The metric test/loss is declared, and never given (did you mean test/los?).",
        ],
    ),
    "record not declared": (
        "        yield self.update()",
        "        self.record('train/norm', loss.detach())\n        yield self.update()",
        ["train/norm is given, and not declared"],
    ),
    "curve of no metric": (
        'Curve("loss", ("train/loss", "test/loss")',
        'Curve("loss", ("train/loss", "test/lss")',
        ["The picture 'loss' is of test/lss, and not declared (did you mean test/loss?)."],
    ),
    "metric that is no number": (
        "nn.functional.mse_loss(self.net(X), y)}",
        "self.net(X)}",
        ["evaluate() gives test/loss as a tensor of shape 256×1; give one number."],
    ),
    "picture not declared": (
        'return {"fit": {"line"',
        'return {"fitt": {"line"',
        ["The picture 'fitt' is given, and not declared (did you mean fit?)."],
    ),
    "picture of a tensor": (
        '"y": y.tolist()}}}',
        '"y": y}}}',
        ["The layer 'line' of the picture 'fit' is not made of lists, numbers and text"],
    ),
    "picture of unequal lengths": (
        '{"x": x.tolist(), "y": y.tolist()}',
        '{"x": x.tolist(), "y": y.tolist()[1:]}',
        ["The picture 'fit' (Scatter): the data can't be read: 100 x but 99 y"],
    ),
    "no program": (
        '"slip:Mine"',
        '"slip:Mein"',
        ["slip.py has no class 'Mein' for its program; did you mean"],
    ),
    "another class": (
        '"slip:Mine"',
        '"slip:Batches"',
        ["slip:Batches is not a Program: "],
    ),
    "no yield": (
        "        yield self.forward(loss)  # becomes train/loss\n        loss.backward()\n"
        "        yield self.backward()\n        self.optimizer.step()\n"
        "        yield self.update()\n        self.optimizer.zero_grad()\n"
        "        yield self.zero_grad()\n",
        "        loss.backward()\n        self.optimizer.step()\n",
        ["step() has no yield; after the forward pass, yield self.forward(loss)"],
    ),
    "no loss": (
        "yield self.forward(loss)",
        'yield "forward"',
        ["A step gives no loss: after the forward pass, yield self.forward(loss)."],
    ),
    "loss that is no number": (
        "yield self.forward(loss)",
        'yield self.forward("loss")',
        ["self.forward() was given", "give it the loss itself"],
    ),
    "phase missing": (
        "        yield self.backward()\n",
        "",
        ["The phase backward is missing in step(): after loss.backward(), yield self.backward()."],
    ),
    "yield of nothing": (
        "yield self.update()",
        "yield",
        ["A yield in step() says nothing", "The phase update is missing in step()"],
    ),
    "gradients not zeroed": (
        "        self.optimizer.zero_grad()\n",
        "",
        ["After the phase zero_grad the gradient of 0.weight, 0.bias, 2.weight is not zero"],
    ),
    "scheduler that stands still": (
        "        data = (X.to",
        "        Step = torch.optim.lr_scheduler.StepLR\n"
        "        self.scheduler = Step(self.optimizer, step_size=1)\n        data = (X.to",
        ["scheduler was never stepped in an epoch; do so in step(), or in epoch_ended()."],
    ),
    "nothing moves": (
        "        self.optimizer.step()\n",
        "",
        ["No parameter moved in 16 steps; does the optimizer have them?"],
    ),
    "no gradient": (
        "self.net(X), y)\n        yield",
        "self.net(X), y)\n        self.net.spare = nn.Parameter(torch.ones(1))\n        yield",
        ["spare never had a gradient; is the loss computed from it?"],
    ),
    "shapes": (
        "self.net(X), y)\n        yield",
        "self.net(X), y.flatten())\n        yield",
        ["Using a target size", "give both the same shape."],
    ),
    "a square of losses": (
        "loss = nn.functional.mse_loss(self.net(X), y)\n        yield self.forward(loss)",
        "loss = (self.net(X) - y.flatten()) ** 2\n        yield self.forward(loss)\n"
        "        loss = loss.mean()",
        ["The loss has the shape 16×16: perhaps a column was compared with a row"],
    ),
    "state that can't be captured": (
        "        X, y = _points(256, self.generator)\n        self._test",
        "        self.odd = Experiment.__init__.__code__\n"
        "        X, y = _points(256, self.generator)\n        self._test",
        ["odd holds a code, which can't be captured"],
    ),
    "state that is not kept": (
        "        self.optimizer.zero_grad()\n",
        "        self.optimizer.zero_grad()\n"
        "        self._count = getattr(self, '_count', 0) + 1\n"
        "        self.optimizer.param_groups[0]['lr'] = 0.1 / self._count\n",
        ["Taken up from its state after step 2, it does not go on as it did; then net"],
    ),
    "live knob not handed on": (
        'group["lr"], group["weight_decay"] = self.hp.lr, self.hp.weight_decay',
        'group["weight_decay"] = self.hp.weight_decay',
        ["lr does nothing: other values are not read, and change nothing; read self.hp in step()"],
    ),
    "knob of nothing": (
        "nn.Linear(1, self.hp.hidden)",
        "nn.Linear(1, 32)",
        ["with hidden=51: slip.py, line ", "RuntimeError: mat1 and mat2 shapes"],
    ),
    "knob never read": (
        'nn.Tanh() if self.hp.activation == "tanh" else nn.ReLU()',
        "nn.Tanh()",
        ["activation does nothing: other values are not read, and change nothing; read it in b"],
    ),
    "choice that fails": (
        "nn.ReLU()",
        "nn.ReLu()",
        ["with activation=relu: slip.py, line ", "has no attribute 'ReLu'", "(constraint=...)"],
    ),
    "no end": (
        '        Int("epochs", default=100, low=1, high=10_000),\n',
        "",
        ["Nothing says how long to train; declare Int('epochs'"],
    ),
    "exception in a step": (
        "        loss.backward()\n",
        "        loss.backwards()\n",
        ["slip.py, line {line}, in step: AttributeError: 'Tensor' object has no attribute 'back"],
    ),
    "exception in build": (
        "self._test = tuple(",
        "self._test = tupel(",
        ["slip.py, line {line}, in build: NameError: name 'tupel' is not defined"],
    ),
    "exception in evaluate": (
        "X, y = self._test",
        "X = y, self._test",
        ["slip.py, line {line}, in evaluate: NameError: name 'y' is"],
    ),
    "syntax": (
        "class Mine(Program):",
        "class Mine(Program)",
        ["slip.py, line {line}: SyntaxError: expected ':'."],
    ),
    "missing import": (
        "from tui_lab.training.phase",
        "from tui_lab.training.faze",
        ["slip.py, line {line}, in <module>: ModuleNotFoundError: No module named"],
    ),
    "exit": (
        "        return dict(self.net",
        "        raise SystemExit\n        return dict(self.net",
        [", in parameters: SystemExit"],
    ),
}


@pytest.mark.parametrize("name", list(SLIPS))
def test_a_slip_is_said(name: str, tmp_path: Path) -> None:
    old, new, sentences = SLIPS[name]
    source = text()
    assert source.count(old) == 1, "the slip is made once"
    path = tmp_path / "slip.py"
    path.write_text(source.replace(old, new))
    found = wrong(look(path))
    assert found
    for sentence in (each.replace("{line}", str(line_of(source, old))) for each in sentences):
        assert any(sentence in each for each in found), found
    assert all("\n" not in each for each in found)
