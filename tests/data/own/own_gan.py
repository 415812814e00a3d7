"""A generator against a discriminator: two networks, two optimizers, losses of their own names and
phases of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import ExponentialLR

from tui_lab.experiment import Curve, Experiment, Images, Metric
from tui_lab.hyperparameters import Float, Int
from tui_lab.training.phase import Phase
from tui_lab.training.program import Pictures, Program

EXPERIMENT = Experiment(
    name="own-gan",
    title="GAN",
    chapter="Mine",
    summary="Small coloured squares.",
    program="own_gan:GAN",
    hyperparameters=(
        Int("batch_size", default=6, low=1, high=1024),
        Int("epochs", default=3, low=1, high=1000),
        Int("noise", default=4, low=1, high=512),
        Float("lr_d", default=1e-2, low=0.0, high=1.0, live=True),
        Float("lr_g", default=1e-2, low=0.0, high=1.0, live=True),
    ),
    metrics=(
        Metric("train/loss_D", "Discriminator, real and fake."),
        Metric("train/loss_G", "Generator."),
        Metric("lr", "Rate of the generator."),
    ),
    pictures=(
        Curve("losses", ("train/loss_D", "train/loss_G"), every="step"),
        Images("fakes"),
    ),
)


class GAN(Program):
    def build(self) -> None:
        self._real = torch.rand((24, 1, 1, 3), generator=self.generator).expand(-1, 2, 2, -1)
        self.batches = self._real.flatten(1).split(self.hp.batch_size)
        self.G = nn.Sequential(nn.Linear(self.hp.noise, 8), nn.ReLU(), nn.Linear(8, 12))
        self.D = nn.Sequential(nn.Linear(12, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1))
        self.of_g = torch.optim.Adam(self.G.parameters(), self.hp.lr_g, betas=(0.5, 0.999))
        self.of_d = torch.optim.Adam(self.D.parameters(), self.hp.lr_d, betas=(0.5, 0.999))
        self.schedulers = [ExponentialLR(self.of_g, 0.8), ExponentialLR(self.of_d, 0.8)]
        self._bce = nn.BCEWithLogitsLoss()

    def parameters(self) -> Mapping[str, Tensor]:
        nets = {"G": self.G, "D": self.D}
        return {f"{n}.{k}": p for n, m in nets.items() for k, p in m.named_parameters()}

    def step(self, batch: Any) -> Iterator[Phase]:
        ones = torch.ones(len(batch), 1)
        real = self._bce(self.D(batch), ones)
        torch.autograd.backward(real)
        yield Phase("backward real")
        made = self.G(torch.randn(len(batch), self.hp.noise, generator=self.generator))
        fake = self._bce(self.D(made.detach()), 0 * ones)
        torch.autograd.backward(fake)
        yield Phase("backward fake")
        self.of_d.step()
        self.record("train/loss_D", real.detach() + fake.detach())
        yield Phase("update D")
        loss = self._bce(self.D(made), ones)
        torch.autograd.backward(loss)
        yield Phase("backward G")
        self.of_g.step()
        self.record("train/loss_G", loss.item())
        self.record("lr", self.of_g.param_groups[0]["lr"])
        yield Phase("update G")
        self.D.zero_grad()
        self.G.zero_grad()
        yield self.zero_grad()

    def epoch_ended(self) -> None:
        for scheduler in self.schedulers:
            scheduler.step()

    def evaluate(self) -> Mapping[str, float]:
        return {}

    @torch.no_grad()
    def pictures(self) -> Pictures:
        noise = torch.randn(4, self.hp.noise, generator=torch.Generator().manual_seed(0))
        pixels = self.G(noise).sigmoid().view(4, 2, 2, 3)
        return {"fakes": {"images": {"pixels": pixels.tolist(), "captions": [""] * 4}}}

    def hyperparameter_changed(self, name: str) -> None:
        scheduled = 0.8 ** self.schedulers[0].last_epoch
        self.of_g.param_groups[0]["lr"] = scheduled * self.hp.lr_g
        self.of_d.param_groups[0]["lr"] = scheduled * self.hp.lr_d
