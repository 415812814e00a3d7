"""The best epoch so far by validation loss, and the parameters it had."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from tui_lab.training.program import Pictures

_MOST_POINTS = 500
_NAMES = ("train", "validation", "test")


class BestEpoch:
    """Kept on the device, so that nobody waits for it; only `epoch` and `waited` are read."""

    def __init__(self, parameters: Iterable[Tensor]) -> None:
        parameters = [p.detach() for p in parameters]
        device = parameters[0].device
        self.parameters = [p.clone() for p in parameters]
        """As they were after that epoch; as they started when there is none."""
        self.measured = torch.full((3,), torch.inf, dtype=torch.float64, device=device)
        """Validation loss, test loss and test accuracy after that epoch."""
        self.epoch = torch.zeros((), dtype=torch.int64, device=device)
        """Its number; 0 when there is none."""
        self.waited = torch.zeros((), dtype=torch.int64, device=device)
        """Epochs since then."""
        self.losses: list[Tensor] = []
        """Training, validation and test loss of every epoch."""

    def add(self, parameters: Iterable[Tensor], measured: Mapping[str, Tensor]) -> None:
        """Another epoch is over; equally good is not better, nor is NaN."""
        keys = ("val/loss", "test/loss", "test/accuracy")
        new = torch.stack([measured[key] for key in keys])
        self.losses.append(torch.stack([measured[f"{k}/loss"] for k in ("train", "val", "test")]))
        better = new[0] < self.measured[0]
        self.measured = torch.where(better, new, self.measured)
        self.epoch = torch.where(better, len(self.losses), self.epoch)
        self.waited = torch.where(better, 0, self.waited + 1)
        for kept, p in zip(self.parameters, parameters, strict=True):
            kept.copy_(torch.where(better, p.detach(), kept))

    def picture(self) -> Pictures:
        """Losses by epoch, and a vertical line at the best one."""
        if not self.losses:
            return {}
        stride = len(self.losses) // _MOST_POINTS + 1
        epochs = list(range(1, len(self.losses) + 1))[::stride]
        columns = torch.stack(self.losses[::stride]).T.tolist()
        layers: dict[str, dict[str, Any]] = {
            f"line {name}": {"x": epochs, "y": column}
            for name, column in zip(_NAMES, columns, strict=True)
        }
        if best := int(self.epoch):
            shown = [loss for column in columns for loss in column if math.isfinite(loss)]
            layers["line best"] = {"x": [best, best], "y": [min(shown), max(shown)]}
        return {"best epoch": layers}

    def state_dict(self) -> dict[str, Any]:
        """Everything, to go on from."""
        return {
            "parameters": [p.clone() for p in self.parameters],
            "measured": self.measured.clone(),
            "epoch": self.epoch.clone(),
            "waited": self.waited.clone(),
            "losses": [loss.clone() for loss in self.losses],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self.parameters = list(state["parameters"])
        self.measured, self.epoch = state["measured"], state["epoch"]
        self.waited, self.losses = state["waited"], list(state["losses"])
