"""A character model as nanoGPT trains one: steps instead of epochs, random blocks without an end,
accumulated gradients, AdamW with groups, warm-up and cosine, clipping, an averaged copy."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from tui_lab.experiment import Curve, Experiment, Metric, Text
from tui_lab.hyperparameters import Float, Int
from tui_lab.training.phase import Phase
from tui_lab.training.program import Pictures, Program

EXPERIMENT = Experiment(
    name="own-gpt",
    title="Tiny GPT",
    chapter="Mine",
    summary="A nursery rhyme.",
    program="own_gpt:GPT",
    hyperparameters=(
        Int("max_iters", default=24, low=1, high=1_000_000),
        Int("eval_interval", default=5, low=1, high=10_000),
        Int("accumulate", default=2, low=1, high=64),
        Int("width", default=16, low=8, high=1024),
        Float("lr", default=1e-2, low=0.0, high=1.0, live=True),
        Float("weight_decay", default=0.1, low=0.0, high=10.0, live=True),
    ),
    metrics=(
        Metric("train/loss", "Mean over the micro-batches.", "minimize"),
        Metric("val/loss", "Over all blocks.", "minimize"),
        Metric("ema/loss", "The same with the averaged weights.", "minimize"),
        Metric("lr", "Learning rate after warm-up and cosine."),
        Metric("grad/clipped", "Norm of the whole gradient before clipping."),
    ),
    pictures=(
        Curve("loss", ("train/loss",), every="step"),
        Curve("validation", ("val/loss", "ema/loss")),
        Text("sample"),
    ),
)
_TEXT = "mary had a little lamb, its fleece was white as snow. " * 4
_BLOCK = 8


class Model(nn.Module):
    def __init__(self, vocabulary: int, width: int) -> None:
        super().__init__()
        self.token, self.place = nn.Embedding(vocabulary, width), nn.Embedding(_BLOCK, width)
        self.attention = nn.MultiheadAttention(width, 2, batch_first=True, dropout=0.1)
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, vocabulary, bias=False)
        self.token.weight = self.head.weight

    def forward(self, i: Tensor) -> Tensor:
        x: Tensor = self.token(i) + self.place(torch.arange(i.shape[1]))
        later = nn.Transformer.generate_square_subsequent_mask(i.shape[1])
        y, _ = self.attention(x, x, x, attn_mask=later, need_weights=False)
        logits: Tensor = self.head(self.norm(x + y))
        return logits


class GPT(Program):
    def build(self) -> None:
        self._letters = sorted(set(_TEXT))
        self._data = torch.tensor([self._letters.index(c) for c in _TEXT])
        self.batches = self.draw
        self.net = Model(len(self._letters), self.hp.width)
        self.ema = AveragedModel(self.net, multi_avg_fn=get_ema_multi_avg_fn(0.9))
        matrices = [p for p in self.net.parameters() if p.dim() >= 2]
        rest = [p for p in self.net.parameters() if p.dim() < 2]
        groups: list[dict[str, Any]] = [{"params": matrices}, {"params": rest, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, self.hp.lr, weight_decay=self.hp.weight_decay)
        self.scheduler = LambdaLR(self.optimizer, self.share)

    def share(self, step: int) -> float:
        warm = min(1.0, (step + 1) / 5)
        return warm * (0.55 + 0.45 * math.cos(math.pi * step / self.hp.max_iters))

    def draw(self) -> Iterator[list[tuple[Tensor, Tensor]]]:
        while True:
            yield [self.block() for _ in range(self.hp.accumulate)]

    def block(self) -> tuple[Tensor, Tensor]:
        at = torch.randint(len(self._data) - _BLOCK - 1, (4,), generator=self.generator)
        rows = torch.stack([self._data[i : i + _BLOCK + 1] for i in at.tolist()])
        return rows[:, :-1], rows[:, 1:]

    @property
    def total_steps(self) -> int:
        return int(self.hp.max_iters)

    @property
    def evaluate_every(self) -> int:
        return int(self.hp.eval_interval)

    def parameters(self) -> Mapping[str, Tensor]:
        return dict(self.net.named_parameters())

    def step(self, batch: Any) -> Iterator[Phase]:
        for x, y in batch:
            loss = F.cross_entropy(self.net(x).flatten(0, 1), y.flatten())
            yield self.forward(loss)
            torch.autograd.backward(loss / len(batch))
            yield self.backward()
        norm = nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        yield Phase("clip")
        self.record("grad/clipped", norm)
        self.record("lr", self.scheduler.get_last_lr()[0])
        self.optimizer.step()
        self.scheduler.step()
        self.ema.update_parameters(self.net)
        yield self.update()
        self.optimizer.zero_grad(set_to_none=True)
        yield self.zero_grad()

    def evaluate(self) -> Mapping[str, Tensor]:
        rows = self._data.unfold(0, _BLOCK + 1, _BLOCK)

        def loss(model: nn.Module) -> Tensor:
            model.eval()
            found = F.cross_entropy(model(rows[:, :-1]).flatten(0, 1), rows[:, 1:].flatten())
            model.train()
            return found

        return {"val/loss": loss(self.net), "ema/loss": loss(self.ema)}

    @torch.no_grad()
    def pictures(self) -> Pictures:
        i = torch.zeros(1, 1, dtype=torch.long)
        for _ in range(20):
            i = torch.cat([i, self.net(i[:, -_BLOCK:])[:, -1:].argmax(-1)], 1)
        return {"sample": {"text": {"text": "".join(self._letters[c] for c in i[0].tolist())}}}
