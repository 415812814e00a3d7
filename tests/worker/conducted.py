"""A toy driven by the one loop, with requests handed over at given steps by a scripted control.

No process and no socket.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import torch
from torch import Tensor

from tui_lab import events
from tui_lab.commands import Acknowledgement, Command, Unit
from tui_lab.experiment import Experiment, Metric
from tui_lab.hyperparameters import Float, Int
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.tail import RunTail
from tui_lab.training.batches import Batches
from tui_lab.training.phase import Phase
from tui_lab.training.program import Program
from tui_lab.worker.interruption import Stopped
from tui_lab.worker.loop import Loop
from tui_lab.worker.publisher import Publisher
from tui_lab.worker.record import RunRecord

E = TypeVar("E")

EXPERIMENT = Experiment(
    name="toy",
    title="Toy",
    chapter="Tests",
    summary="One weight walks down.",
    hyperparameters=(
        Float("lr", default=0.5, low=0.0, high=10.0, live=True),
        Int("epochs", default=2, low=1, high=100),
        Int("layers", default=1, low=1, high=9),
    ),
    metrics=(Metric("train/loss", "w"),),
    pictures=(),
    program="toy:Toy",
)


class Toy(Program):
    """w ← w − lr, with the gradient of w itself."""

    def build(self) -> None:
        self.w = torch.tensor([100.0], requires_grad=True)
        self.batches = Batches((torch.zeros(3, 1),), 1, self.generator)

    def parameters(self) -> Mapping[str, Tensor]:
        return {"w": self.w}

    def step(self, batch: Any) -> Iterator[Phase]:
        loss = self.loss_of(batch)
        yield self.forward(loss)
        torch.autograd.backward(loss.sum())
        yield self.backward()
        with torch.no_grad():
            self.w -= self.hp.lr * self.w.grad
        yield self.update()
        assert self.w.grad is not None
        self.w.grad.zero_()
        yield self.zero_grad()

    def loss_of(self, batch: Any) -> Tensor:
        """What a step goes down on."""
        loss: Tensor = self.w + batch[0].view(-1)
        return loss

    def evaluate(self) -> Mapping[str, float | Tensor]:
        return {"train/loss": self.w.detach()[0]}


class ScriptedRequest:
    """A request whose answer the test can read."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.by = ""
        self.answers: list[Acknowledgement] = []

    def answer(self, acknowledgement: Acknowledgement) -> None:
        self.answers.append(acknowledgement)


class ScriptedControl:
    """Hands out requests when asked; `before[k]` become pending once the toy has taken k steps."""

    def __init__(self, before: Mapping[int, list[Command]]) -> None:
        self.before = {step: [ScriptedRequest(c) for c in cs] for step, cs in before.items()}
        self.requests = [request for queue in self.before.values() for request in queue]
        self.loop: Loop | None = None
        self._furthest = 0
        """The largest step so far; a loop may go back."""

    def _due(self) -> list[ScriptedRequest]:
        assert self.loop is not None
        self._furthest = max(self._furthest, self.loop.step)
        steps = [s for s, queue in self.before.items() if s <= self._furthest and queue]
        return self.before[min(steps)] if steps else []

    @property
    def pending(self) -> bool:
        return bool(self._due())

    def take(self, timeout: float | None) -> ScriptedRequest | None:
        due = self._due()
        if not due and timeout:
            raise AssertionError("held with nothing more to come: the loop would wait for ever")
        return due.pop(0) if due else None

    def busy(self, doing: str) -> AbstractContextManager[None]:
        return nullcontext()

    @property
    def answers(self) -> list[Acknowledgement]:
        """One answer per request, in order."""
        assert all(len(request.answers) == 1 for request in self.requests)
        return [request.answers[0] for request in self.requests]


def conduct(
    directory: RunDirectory,
    before: Mapping[int, list[Command]],
    *,
    epochs: int = 2,
    toy: Any = Toy,
    hold: Unit | None = None,
) -> tuple[list[events.RunEvent], ScriptedControl, Loop]:
    """Drive the toy with requests at given steps; returns its log, the control and the loop."""
    program = toy(EXPERIMENT.choose({"epochs": epochs}), seed=0, device=torch.device("cpu"))
    program.build()
    record = RunRecord(directory)
    publisher = Publisher(program, record, total_steps=epochs * 3)
    control = ScriptedControl(before)
    loop = Loop(EXPERIMENT, program, control, publisher, hold=hold)  # type: ignore[arg-type]
    control.loop = loop
    try:
        loop.run()
    except Stopped:
        pass  # the test looks at where it stopped
    finally:
        publisher.publish()
    return RunTail(directory.events_path).read(), control, loop


def of(kind: type[E], log: list[events.RunEvent]) -> list[E]:
    return [event for event in log if isinstance(event, kind)]


def losses(log: list[events.RunEvent]) -> list[float]:
    blocks = [e for e in of(events.MetricsLogged, log) if e.kind == "step"]
    return [value for block in blocks for value in block.columns["train/loss"]]
