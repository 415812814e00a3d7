"""Training loops as people write them, each of which gives the parameters that it ends with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

Parameters = list[Tensor]


def data(examples: int = 48) -> TensorDataset:
    X = torch.randn(examples, 6)
    return TensorDataset(X, X @ torch.ones(6, 1))


def network() -> nn.Sequential:
    return nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 1))


def plain(make: Callable[..., torch.optim.Optimizer] | None = None, epochs: int = 3) -> Parameters:
    """The loop of every tutorial."""
    torch.manual_seed(0)
    examples = data()
    loader = DataLoader(examples, 8, shuffle=True)
    model, criterion = network(), nn.MSELoss()
    optimizer = (make or torch.optim.SGD)(model.parameters(), lr=0.05)
    for _ in range(epochs):
        for X, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(X), y)
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            val_loss = criterion(model(examples.tensors[0]), examples.tensors[1])
        del val_loss
    return list(model.parameters())


def scheduled() -> Parameters:
    """Parameter groups, warm-up, accumulation, clipping, and an average of the weights."""
    torch.manual_seed(0)
    model, (X, y) = network(), data().tensors
    average = torch.optim.swa_utils.AveragedModel(model)
    groups = [
        {"params": [model[0].weight, model[3].weight], "weight_decay": 0.1},
        {"params": [model[0].bias, model[3].bias], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (step + 1) / 5))
    accumulated = 2
    for step in range(12):
        loss = F.mse_loss(model(X[step : step + 8]), y[step : step + 8])
        (loss / accumulated).backward()
        if step % accumulated:
            nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
            average.update_parameters(model)
    return [*model.parameters(), *average.parameters()]


def compiled() -> Parameters:
    """A network and its criterion, traced by torch.compile."""
    torch.manual_seed(0)
    model, (X, y) = network(), data().tensors

    @torch.compile(backend="eager")
    def error(X: Tensor, y: Tensor) -> Tensor:
        return F.mse_loss(model(X), y)

    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    for _ in range(4):
        optimizer.zero_grad()
        loss = error(X, y)
        loss.backward()
        optimizer.step()
    return list(model.parameters())


def gan(rounds: int = 6) -> Parameters:
    """Two optimizers that take turns, and three losses."""
    torch.manual_seed(0)
    netG, netD = nn.Linear(2, 2), nn.Linear(2, 1)
    optimizerD = torch.optim.Adam(netD.parameters(), lr=0.01)
    optimizerG = torch.optim.Adam(netG.parameters(), lr=0.02)
    for _ in range(rounds):
        netD.zero_grad()
        errD_real = F.softplus(-netD(torch.randn(8, 2) + 3)).mean()
        errD_real.backward()
        fake = netG(torch.randn(8, 2))
        errD_fake = F.softplus(netD(fake.detach())).mean()
        errD_fake.backward()
        optimizerD.step()
        netG.zero_grad()
        errG = F.softplus(-netD(fake)).mean()
        errG.backward()
        optimizerG.step()
    return [*netG.parameters(), *netD.parameters()]


def recurrent() -> Parameters:
    """A state that is carried from batch to batch, detached."""
    torch.manual_seed(0)
    rnn, head = nn.GRU(3, 4, batch_first=True), nn.Linear(4, 3)
    optimizer = torch.optim.RMSprop([*rnn.parameters(), *head.parameters()], lr=0.01)
    state: Any = None
    for _ in range(6):
        X = torch.randn(2, 5, 3)
        hidden, state = rnn(X, state)
        state = state.detach()
        loss = F.mse_loss(head(hidden), X)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return [*rnn.parameters(), *head.parameters()]


def closures() -> Parameters:
    """An optimizer that asks for the loss itself, as often as it likes."""
    torch.manual_seed(0)
    model, (X, y) = nn.Linear(6, 1), data().tensors
    optimizer = torch.optim.LBFGS(model.parameters(), lr=0.5, max_iter=4)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.mse_loss(model(X), y)
        loss.backward()
        return loss

    for _ in range(4):
        optimizer.step(closure)
    return list(model.parameters())


def scaled() -> Parameters:
    """Half precision, whose losses are multiplied."""
    torch.manual_seed(0)
    model, (X, y) = network(), data().tensors
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    for _ in range(6):
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = F.mse_loss(model(X).float(), y)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        scaler.step(optimizer)
        scaler.update()
    return list(model.parameters())


def from_scratch() -> Parameters:
    """Tensors without a module, and torch.autograd.backward."""
    torch.manual_seed(0)
    w, b = torch.zeros(6, 1, requires_grad=True), torch.zeros(1, requires_grad=True)
    X, y = data().tensors
    optimizer = torch.optim.SGD([w, b], lr=0.1, momentum=0.9, nesterov=True)
    for _ in range(6):
        optimizer.zero_grad()
        loss = ((X @ w + b - y) ** 2).mean()
        torch.autograd.backward([loss])
        optimizer.step()
    return [w, b]


TRAININGS: dict[str, Callable[[], Parameters]] = {
    "plain": plain,
    "adam": lambda: plain(torch.optim.Adam),
    "fused": lambda: plain(lambda p, lr: torch.optim.Adam(p, lr=lr, fused=True)),
    "foreach": lambda: plain(lambda p, lr: torch.optim.AdamW(p, lr=lr, foreach=True)),
    "tensor lr": lambda: plain(lambda p, lr: torch.optim.Adam(p, lr=torch.tensor(lr))),
    "scheduled": scheduled,
    "compiled": compiled,
    "gan": gan,
    "recurrent": recurrent,
    "closures": closures,
    "scaled": scaled,
    "from scratch": from_scratch,
}
