"""A perceptron that learns wrong labels by heart, and what may keep it from that, in PyTorch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from tui_lab.experiments.overfitting.augmentation import augment
from tui_lab.experiments.overfitting.best_epoch import BestEpoch
from tui_lab.experiments.overfitting.boosting import Boosting
from tui_lab.experiments.overfitting.decay import decaying, squares
from tui_lab.experiments.overfitting.measurements import Vote
from tui_lab.experiments.overfitting.noisy_labels import noisy_data
from tui_lab.experiments.overfitting.population import Population
from tui_lab.experiments.overfitting.remedies import ENSEMBLES
from tui_lab.experiments.overfitting.stacking import mixture
from tui_lab.training.batches import Batches
from tui_lab.training.classification import cross_entropy
from tui_lab.training.classifier_pictures import sample_picture
from tui_lab.training.fashion_mnist import PIXELS, load
from tui_lab.training.optimizers import sgd, zero_grad
from tui_lab.training.phase import Phase
from tui_lab.training.program import Pictures, Program

_SHOWN = 24


class Overfitting(Program):
    """One perceptron, or a single one and an ensemble, under one remedy at most.

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
        self._build_models(others)
        rows = torch.arange(len(self._data.train), device=self.device)
        self.batches = Batches((rows,), hp.batch_size, self.generator)
        self.best = BestEpoch(self.parameters().values())
        self.measured: dict[str, Tensor] = {}
        """After the last step of an epoch: the parameters as they stand; else empty."""

    def _build_models(self, others: torch.Generator) -> None:
        """One model, and an ensemble's beside it, which start from `others`."""
        hp, count, classes = self.hp, len(self._data.train), len(self._source.classes)
        models = hp.models if hp.remedy in ENSEMBLES else 0
        sizes = (PIXELS, *hp.hidden, classes)
        self._net = Population(sizes, 1 + models, self.generator, others, self.device)
        self.layers = self._net.layers
        self._bags = self._draw_bags(models, count, others).to(self.device)
        boosted = hp.remedy == "boosting"
        self.boosting = Boosting(models, count, classes, self.device) if boosted else None
        even = 1 / max(1, models)
        self.votes = torch.full((models,), even, dtype=torch.float64, device=self.device)
        """The weight of each model in the ensemble when last measured; none without one."""

    def _draw_bags(self, models: int, count: int, others: torch.Generator) -> Tensor:
        """The training images of each model: all of them, but for bagging's."""
        bags = torch.randint(count, (1 + models, count), generator=others)
        bags[: 1 if self.hp.remedy == "bagging" else None] = torch.arange(count)
        return bags

    def parameters(self) -> Mapping[str, Tensor]:
        return self._net.parameters()

    def step(self, batch: tuple[Tensor, ...]) -> Iterator[Phase]:
        rows = batch[0]
        chosen = self._bags[:, rows]
        X, y = self._data.train.X[chosen], self._data.train.y[chosen]
        logits = self.logits(X)
        loss = cross_entropy(logits.flatten(0, 1), y.flatten()).view_as(y)
        if self.boosting is not None:
            loss = loss * self.boosting.weights[:, rows]
        yield self.forward(loss)
        (loss.mean(1).sum() + self.penalty()).backward()
        yield self.backward()
        sgd(self.parameters().values(), self.hp.lr, 1)
        yield self.update()
        zero_grad(self.parameters().values())
        self.record("train/accuracy", (logits.detach().argmax(-1) == y).double().mean())
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
        """λ‖W‖²/2 of whatever decays; nothing without weight decay. Stacking's models have from 0
        to λ, in even steps."""
        hp = self.hp
        if hp.remedy not in ("weight-decay", "stacking"):
            return 0.0
        if hp.remedy == "weight-decay":
            shares = torch.ones(1, device=self.device)
        else:
            shares = torch.linspace(0, 1, hp.models, device=self.device)
        halves = squares(decaying(self.layers, hp.decayed))[-len(shares) :]
        return torch.mul(torch.dot(halves, shares), hp.weight_decay)

    def evaluate(self) -> Mapping[str, float | Tensor]:
        measured = self.measured or self._measure(self._said())
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
        votes = self.votes.tolist()
        names = [str(number) for number in range(1, 1 + len(votes))]
        bars = {"bars": {"values": votes, "labels": names}} if votes else {}
        return {**self.best.picture(), "votes": bars}

    def _augmented(self, X: Tensor, chance: torch.Generator) -> Tensor:
        hp = self.hp
        return augment(X, shift=hp.shift, flip=hp.flip, noise=hp.noise, chance=chance)

    def _end_epoch(self) -> None:
        """Measure once, for the best epoch and for whoever evaluates next."""
        with torch.no_grad():
            said = self._said()
            self.measured = self._measure(said)
            self.best.add(self.parameters().values(), self.measured)
            if self.boosting is not None and self._stage > self.boosting.stage:
                self.boosting.next_model(self._wrong(said, self.boosting))

    @property
    def _stage(self) -> int:
        """The model that boosting should be at after the epochs that are over: each gets as
        many."""
        models, over = int(self.hp.models), len(self.best.losses)
        return min(over * models // self.epochs, models - 1)

    def _said(self) -> dict[str, Tensor]:
        """Log-probabilities (1 + models, n, classes) of all images, by part of the data."""
        data = self._data
        parts = {"train": data.train, "val": data.validation, "test": data.test}
        return {
            name: torch.log_softmax(self._net.logits(part.X).double(), dim=2)
            for name, part in parts.items()
        }

    def _wrong(self, said: Mapping[str, Tensor], boosting: Boosting) -> Tensor:
        """Which training images boosting's model in training takes for another label."""
        predicted = said["train"][1 + boosting.stage].argmax(1)
        return (predicted != self._data.train.y).double()

    def _weights(self, said: Mapping[str, Tensor]) -> Tensor:
        """How much each model of the ensemble has to say; the one model, all."""
        if self.boosting is not None:
            return self.boosting.votes(self._wrong(said, self.boosting))
        if self.hp.remedy == "stacking":
            return mixture(said["val"][1:], self._data.validation.y)
        models = max(1, len(self.votes))
        return torch.full((models,), 1 / models, dtype=torch.float64, device=self.device)

    def _measure(self, said: Mapping[str, Tensor]) -> dict[str, Tensor]:
        data, weights = self._data, self._weights(said)
        self.votes = weights[: len(self.votes)]
        measured: dict[str, Tensor] = {}
        for name, split in (("train", data.train), ("val", data.validation), ("test", data.test)):
            vote = Vote.of(said[name][-len(weights) :], weights)
            right = vote.right(split.y)
            measured[f"{name}/loss"] = vote.loss(split.y)
            measured[f"{name}/accuracy"] = right.double().mean()
            if name == "train":
                wrong = (split.y != data.true).double()
                measured["train/memorized"] = (right * wrong).sum() / wrong.sum()
                weighed = wrong if self.boosting is None else wrong * self.boosting.current
                measured["train/weight_of_wrong"] = weighed.mean()
        single = said["test"][0].argmax(1) == data.test.y
        keys = ("test/brier", "test/brier_members", "test/brier_spread")
        measured.update(zip(keys, vote.decomposition(data.test.y), strict=True))
        measured["test/accuracy_members"] = vote.member_accuracy(data.test.y)
        measured["test/accuracy_single"] = single.double().mean()
        return measured
