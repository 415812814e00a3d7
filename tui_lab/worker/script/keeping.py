"""Keeping what a script trains, when someone asks for it: state_dicts, as the script would save
them."""

from __future__ import annotations

import os
from pathlib import Path

import torch

from tui_lab.worker.position import Position
from tui_lab.worker.script.finding import Finding

MODEL = "model-{step}.pt"
"""In the run's checkpoints: `{"step", "modules": {name: state_dict}, "parameters": {name: tensor},
"optimizers": {name: state_dict}}`."""


class StateKeeper:
    """Writes the modules and optimizers that were found into the run's directory."""

    def __init__(self, run: Path, finding: Finding, position: Position) -> None:
        self._directory = run / "checkpoints"
        self._finding = finding
        self._position = position

    def save(self) -> str:
        """Write them; gives a sentence that says where they are, or why not."""
        step, found = self._position.step, self._finding.found
        path = self._directory / MODEL.format(step=step)
        state = {
            "step": step,
            "modules": {name: module.state_dict() for name, module in found.modules.items()},
            "parameters": {name: p.detach() for name, p in found.parameters.items()},
            "optimizers": {name: each.state_dict() for name, each in found.optimizers.items()},
        }
        try:
            self._directory.mkdir(exist_ok=True)
            partial = path.with_suffix(".partial")
            torch.save(state, partial)
            os.replace(partial, path)
        except (OSError, RuntimeError) as error:
            return f"Nothing was kept at step {step}: {error}."
        return f"What is trained was kept in {path}."
