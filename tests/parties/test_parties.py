"""Protects that trainings of others' making are seen and not changed: Lightning, Transformers and
Accelerate drive a loop of their own, and end with the parameters they would have had.

`make parties` installs them; without them these tests skip.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

from tests.worker.script.watched import Watched, watched
from tui_lab.commands import SetHyperparameter
from tui_lab.runs.directory import RunDirectory

pytestmark = pytest.mark.filterwarnings("ignore")
Parameters = list[Tensor]


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDirectory:
    from datetime import datetime

    from tui_lab.run import RunRequest

    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    request = RunRequest(experiment="watch-it", program="toy:Toy", hyperparameters={})
    return RunDirectory.create(tmp_path, request, datetime(2026, 1, 1))


def examples() -> TensorDataset:
    X = torch.randn(64, 6)
    return TensorDataset(X, X @ torch.ones(6, 1))


def same(found: Parameters, expected: Parameters) -> bool:
    return all(torch.equal(one, other) for one, other in zip(found, expected, strict=True))


def by_lightning() -> Parameters:
    lightning = pytest.importorskip("lightning", reason="make parties installs it")

    class Net(lightning.LightningModule):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 1))

        def training_step(self, batch: Any, index: int) -> Tensor:
            X, y = batch
            return nn.functional.mse_loss(self.net(X), y)

        def validation_step(self, batch: Any, index: int) -> None:
            X, y = batch
            self.log("val_loss", nn.functional.mse_loss(self.net(X), y))

        def configure_optimizers(self) -> Any:
            optimizer = torch.optim.AdamW(self.parameters(), lr=1e-2)
            return [optimizer], [torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)]

    torch.manual_seed(0)
    data = examples()
    net = Net()
    trainer = lightning.Trainer(
        max_epochs=2,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_model_summary=False,
        enable_progress_bar=False,
        gradient_clip_val=0.5,
    )
    trainer.fit(net, DataLoader(data, 8, shuffle=True), DataLoader(data, 32))
    return list(net.parameters())


def by_transformers() -> Parameters:
    transformers = pytest.importorskip("transformers", reason="make parties installs it")
    pytest.importorskip("accelerate", reason="make parties installs it")

    class Words(Dataset[dict[str, Tensor]]):
        def __len__(self) -> int:
            return 32

        def __getitem__(self, index: int) -> dict[str, Tensor]:
            generator = torch.Generator().manual_seed(index)
            words = torch.randint(0, 64, (12,), generator=generator)
            return {"input_ids": words, "labels": words}

    torch.manual_seed(0)
    config = transformers.GPT2Config(n_layer=1, n_head=2, n_embd=16, vocab_size=64, n_positions=16)
    model = transformers.GPT2LMHeadModel(config)
    arguments = transformers.TrainingArguments(
        output_dir="out",
        per_device_train_batch_size=4,
        gradient_accumulation_steps=2,
        num_train_epochs=2,
        report_to=[],
        save_strategy="no",
        eval_strategy="epoch",
        use_cpu=True,
        disable_tqdm=True,
    )
    transformers.Trainer(
        model=model, args=arguments, train_dataset=Words(), eval_dataset=Words()
    ).train()
    return list(model.parameters())


def by_accelerate() -> Parameters:
    accelerate = pytest.importorskip("accelerate", reason="make parties installs it")
    torch.manual_seed(0)
    accelerator = accelerate.Accelerator(cpu=True, gradient_accumulation_steps=2)
    model = nn.Linear(6, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    loader = DataLoader(examples(), 8, shuffle=True)
    model, optimizer, loader = accelerator.prepare(model, optimizer, loader)
    for _ in range(2):
        for X, y in loader:
            with accelerator.accumulate(model):
                loss = nn.functional.mse_loss(model(X), y)
                accelerator.backward(loss)
                optimizer.step()
                optimizer.zero_grad()
    return list(model.parameters())


PARTIES = {"lightning": by_lightning, "transformers": by_transformers, "accelerate": by_accelerate}
SEEN = {"lightning": (16, 2), "transformers": (8, 2), "accelerate": (8, 2)}
"""Steps and epochs."""


@pytest.mark.parametrize("party", PARTIES)
def test_it_ends_where_it_would_have(directory: RunDirectory, party: str) -> None:
    train: Callable[[], Parameters] = PARTIES[party]
    expected = train()
    with watched(directory) as lab:
        found = train()

    assert same(found, expected)
    assert _seen(lab) == SEEN[party]
    losses = lab.column("train/loss")
    assert len(losses) == SEEN[party][0]
    assert all(0 < loss < 50 for loss in losses)


@pytest.mark.parametrize("party", PARTIES)
def test_its_learning_rate_is_turned(directory: RunDirectory, party: str) -> None:
    scheduled = party in ("lightning", "transformers")
    knob = "lr_scale" if scheduled else "lr"
    with watched(directory, {3: [SetHyperparameter(knob, 0.0)]}) as lab:
        PARTIES[party]()

    assert [answer.message for answer in lab.control.answers] == [""]
    assert lab.column("optimizer/lr")[-1] == 0.0


@pytest.mark.parametrize("party", ["lightning", "transformers"])
def test_its_validation_is_seen(directory: RunDirectory, party: str) -> None:
    with watched(directory) as lab:
        PARTIES[party]()
        lab.loop.log_measured()

    assert lab.finding.measured == ["val/loss"]


def _seen(lab: Watched) -> tuple[int, int]:
    return lab.loop.position.step, lab.loop.position.epoch
