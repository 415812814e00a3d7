"""The demonstration: a case is run, and everything there is to see of it is shown."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from tui_lab.experiments.autograd.execution import (
    CASES,
    Execution,
    execute,
    point,
    saved_bytes,
    source,
)
from tui_lab.experiments.autograd.graph import is_accumulation, walk
from tui_lab.experiments.autograd.witness import Given
from tui_lab.training.program import Demonstration, Pictures

_WIDTH = 76
"""Columns after which an exception's text goes on in the next row."""


class Autograd(Demonstration):
    """The laboratory of requires_grad. Tensors of one number: they stay on the CPU."""

    def build(self) -> None:
        hp = self.hp
        self._given = Given(x=hp.x, w=hp.w, lr=hp.lr, times=hp.times)
        self._seed = self.generator.initial_seed()
        self._chosen = execute(hp.case, hp.under, self._given, self._seed)
        self._saved = saved_bytes(hp.case, hp.under, self._given, self._seed)
        tensors = self._chosen.see.tensors
        loss = tensors.get("loss")
        self._graph = [] if loss is None else walk(loss, tensors)

    def evaluate(self) -> Mapping[str, float | Tensor]:
        see = self._chosen.see
        last = [sight for name in see.tensors if (sight := see.last(name))]
        return {
            "value/w": _number(self._chosen, "w"),
            "grad/w": _gradient(self._chosen, "w"),
            "moved/w": _moved(self._chosen, "w"),
            "moved/b": _moved(self._chosen, "b"),
            "value/loss": _number(self._chosen, "loss"),
            "exceptions/raised": float(self._chosen.error is not None),
            "tensors/shown": float(len(last)),
            "tensors/requiring_grad": float(sum(sight.requires_grad for sight in last)),
            "tensors/leaves": float(sum(sight.is_leaf for sight in last)),
            "graph/nodes": float(sum(bool(b.name) and not b.again for b in self._graph)),
            "graph/leaves": float(sum(map(is_accumulation, self._graph))),
            "saved/bytes": float(self._saved),
        }

    def pictures(self) -> Pictures:
        return {
            "code": {"table": self._code()},
            "tensors": {"table": self._tensors()},
            "graph of the loss": {"table": self._tree()},
            "all cases": {"table": self._cases()},
        }

    def _code(self) -> dict[str, Any]:
        g, chosen = self._given, self._chosen
        rows = [["", f"# p.x = {g.x:g}, p.w = {g.w:g}, p.lr = {g.lr:g}, p.times = {g.times}"]]
        if self.hp.under != "nothing":
            rows.append(["", f"# all of it under torch.{self.hp.under}()"])
        rows += [[">", line] for line in chosen.see.printed]
        for number, line in enumerate(source(chosen.case)):
            rows.append(["▶" if number == chosen.error_line else "", line])
            if number == chosen.error_line and chosen.error is not None:
                rows += [["!", text] for text in _said(chosen.error)]
        return {"columns": ["", "what is run"], "rows": rows}

    def _tensors(self) -> dict[str, Any]:
        columns = ["when", "tensor", "requires_grad", "is_leaf", "grad_fn", ".grad", "value"]
        rows, before = [], ""
        for s in self._chosen.see.sights:
            when = s.when if s.when != before else ""
            before = s.when
            asked, leaf = _yes(s.requires_grad), _yes(s.is_leaf)
            rows.append([when, s.name, asked, leaf, s.grad_fn, s.grad, s.value])
        if (error := self._chosen.error) is not None:
            rows.append([f"{type(error).__name__}!", *[""] * 5, _said(error)[0]])
        return {"columns": columns, "rows": rows}

    def _tree(self) -> dict[str, Any]:
        rows = []
        for branch in self._graph:
            name = branch.name or "None"
            remark = "see above" if branch.again else branch.leaf and f"fills {branch.leaf}.grad"
            if not branch.name:
                remark = "an input that requires no gradient"
            rows.append(["  " * branch.depth + name, remark])
        return {"columns": ["grad_fn", ""], "rows": rows or [["None", "no graph leads here"]]}

    def _cases(self) -> dict[str, Any]:
        rows = []
        for name, case in CASES.items():
            run = execute(name, self.hp.under, self._given, self._seed)
            raised = type(run.error).__name__ if run.error else ""
            moved, grad = _moved(run, "w"), _gradient(run, "w")
            mark = "▸ " if name == self.hp.case else "  "
            words = ["" if math.isnan(value) else f"{value:.4g}" for value in (grad, moved)]
            rows.append([mark + name, raised, *words, point(case)])
        return {
            "columns": ["case", "raised", "w.grad", "w moved by", "what it shows"],
            "rows": rows,
        }


def _said(error: Exception) -> list[str]:
    """An exception's own words, in rows."""
    words = f"{type(error).__name__}: {error}"
    return textwrap.wrap(words, _WIDTH, break_on_hyphens=False)


def _number(run: Execution, name: str) -> float:
    sight = run.see.last(name)
    return math.nan if sight is None else sight.number


def _gradient(run: Execution, name: str) -> float:
    sight = run.see.last(name)
    return math.nan if sight is None or sight.grad_number is None else sight.grad_number


def _moved(run: Execution, name: str) -> float:
    first, last = run.see.first(name), run.see.last(name)
    return math.nan if first is None or last is None else last.number - first.number


def _yes(value: bool) -> str:
    return "yes" if value else "no"
