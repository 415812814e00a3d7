"""A perceptron that learns wrong labels by heart, and what may keep it from that, in PyTorch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from tui_lab.experiments.overfitting.augmentation import augment
from tui_lab.experiments.overfitting.best_epoch import BestEpoch
from tui_lab.experiments.overfitting.measurements import Vote
from tui_lab.experiments.overfitting.noisy_labels import noisy_data
from tui_lab.experiments.overfitting.population import Population
from tui_lab.training.batches import Batches
from tui_lab.training.classification import cross_entropy
from tui_lab.training.classifier_pictures import sample_picture
from tui_lab.training.fashion_mnist import PIXELS, load
from tui_lab.training.losses import l2_penalty
from tui_lab.training.optimizers import sgd, zero_grad
from tui_lab.training.phase import Phase
from tui_lab.training.program import Pictures, Program

_SHOWN = 24


class Overfitting(Program):
    """One perceptron, or with bagging a single one and an ensemble, under one remedy at most.

    Data, start and order of the images are the same for every remedy of a seed: what a remedy
    draws comes from a generator of its own.
    """

    def build(self) -> None:
        hp, whole = self.hp, load(self.data_directory, self.device)
        self._source = whole
        self._data = noisy_data(
            whole,
            examples=hp.examples,
            validation=hp.validation_examples,
            test=hp.test_examples,
            label_noise=hp.label_noise,
            generator=self.generator,
        )
        seed = int(torch.randint(2**31, (), generator=self.generator))
        others = torch.Generator().manual_seed(seed)
        self.chance = torch.Generator(self.device).manual_seed(seed)
        count = len(self._data.train)
        members = 1 + (hp.models if hp.remedy == "bagging" else 0)
        sizes = (PIXELS, *hp.hidden, len(whole.classes))
        self._net = Population(sizes, members, self.generator, others, self.device)
        self.layers = self._net.layers
        bags = torch.randint(count, (members, count), generator=others)
        bags[0] = torch.arange(count)
        self._bags = bags.to(self.device)
        rows = torch.arange(count, device=self.device)
        self.batches = Batches((rows,), hp.batch_size, self.generator)
        self.best = BestEpoch(self.parameters().values())
        self.measured: dict[str, Tensor] = {}
        """After the last step of an epoch: the parameters as they stand; else empty."""

    def parameters(self) -> Mapping[str, Tensor]:
        return self._net.parameters()

    def step(self, batch: tuple[Tensor, ...]) -> Iterator[Phase]:
        chosen = self._bags[:, batch[0]]
        X, y = self._data.train.X[chosen], self._data.train.y[chosen]
        logits = self.logits(X)
        loss = cross_entropy(logits.flatten(0, 1), y.flatten()).view_as(y)
        yield self.forward(loss)
        (loss.mean(1).sum() + self.penalty()).backward()
        yield self.backward()
        sgd(self.parameters().values(), self.hp.lr, 1)
        yield self.update()
        zero_grad(self.parameters().values())
        self.measured = {}
        if self.batches.position == self.batches.examples:
            self._end_epoch()
        yield self.zero_grad()

    def logits(self, X: Tensor) -> Tensor:
        """What the members say while they are trained, under the remedy."""
        hp = self.hp
        match hp.remedy:
            case "dropout":
                return self._net.logits(X, dropout=hp.p, chance=self.chance)
            case "dropconnect":
                return self._net.logits(X, dropconnect=hp.p, chance=self.chance)
            case "augmentation":
                X = self._augmented(X, self.chance)
        return self._net.logits(X)

    def penalty(self) -> Tensor | float:
        """λ‖W‖²/2 over all weights, biases left out; nothing without weight decay."""
        if self.hp.remedy != "weight-decay":
            return 0.0
        squares = torch.stack([l2_penalty(W) for W, _ in self.layers]).sum()
        return torch.mul(squares, self.hp.weight_decay)

    def evaluate(self) -> Mapping[str, float | Tensor]:
        measured = self.measured or self._measure()
        _, test_loss, test_accuracy = self.best.measured
        return {
            **measured,
            "epoch/best": self.best.epoch.double(),
            "test/loss_best": test_loss,
            "test/accuracy_best": test_accuracy,
        }

    @property
    def done(self) -> bool:
        waited = self.hp.remedy == "early-stopping" and self.best.waited >= self.hp.patience
        return bool(waited)

    def finish(self) -> bool:
        if self.hp.remedy != "early-stopping":
            return False
        with torch.no_grad():
            for p, kept in zip(self.parameters().values(), self.best.parameters, strict=True):
                p.copy_(kept)
        self.measured = {}
        return True

    def start_pictures(self) -> Pictures:
        data, source = self._data, self._source
        X = data.train.X[:_SHOWN]
        if self.hp.remedy == "augmentation":
            chance = torch.Generator(self.device).manual_seed(0)
            X = self._augmented(X, chance).clamp(0, 1)
        images = sample_picture(X, data.true[:_SHOWN], data.train.y[:_SHOWN], source.classes)
        return {
            "training images": {"images": images},
            "data": {"table": source.table(len(data.train))},
        }

    def pictures(self) -> Pictures:
        return self.best.picture()

    def _augmented(self, X: Tensor, chance: torch.Generator) -> Tensor:
        hp = self.hp
        return augment(X, shift=hp.shift, flip=hp.flip, noise=hp.noise, chance=chance)

    def _end_epoch(self) -> None:
        """Measure once, for the best epoch and for whoever evaluates next."""
        with torch.no_grad():
            self.measured = self._measure()
            self.best.add(self.parameters().values(), self.measured)

    def _measure(self) -> dict[str, Tensor]:
        data = self._data
        measured: dict[str, Tensor] = {}
        for name, split in (("train", data.train), ("val", data.validation), ("test", data.test)):
            logits = self._net.logits(split.X)
            vote = Vote.of(logits[-self.hp.models :] if len(logits) > 1 else logits)
            right = vote.right(split.y)
            measured[f"{name}/loss"] = vote.loss(split.y)
            measured[f"{name}/accuracy"] = right.double().mean()
            if name == "train":
                wrong = (split.y != data.true).double()
                measured["train/memorized"] = (right * wrong).sum() / wrong.sum()
        single = logits[0].argmax(1) == data.test.y
        keys = ("test/brier", "test/brier_members", "test/brier_spread")
        measured.update(zip(keys, vote.decomposition(data.test.y), strict=True))
        measured["test/accuracy_members"] = vote.member_accuracy(data.test.y)
        measured["test/accuracy_single"] = single.double().mean()
        return measured
