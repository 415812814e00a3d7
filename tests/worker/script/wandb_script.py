"""A script as wandb's users write them, but for one line; it runs with the lab and without."""

import argparse

import torch

import tui_lab as wandb

print("run", wandb.run)
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
wandb.login(key="no one reads this")
run = wandb.init(project="digits", name="first", config=parser.parse_args(), mode="online", tags=[])
assert wandb.run is run
assert run.name == "first"
config = wandb.config
config.update({"epochs": 2}, allow_val_change=True)
config.hidden = 4
model = torch.nn.Sequential(torch.nn.Linear(2, config["hidden"]), torch.nn.Linear(4, 1))
wandb.watch(model, log="all", log_freq=10)
wandb.define_metric("val/loss", summary="min")
optimizer = torch.optim.SGD(model.parameters(), lr=wandb.config.lr)
for epoch in range(config.epochs):
    for _ in range(5):
        optimizer.zero_grad()
        loss = model(torch.ones(3, 2)).square().mean()
        loss.backward()
        optimizer.step()
        wandb.log({"loss": loss})
    wandb.log({"val/loss": loss.item(), "epoch": epoch}, commit=True)
    wandb.log(
        {
            "samples": [wandb.Image(torch.rand(4, 5), caption="one")] * 2,
            "sample": wandb.Image(torch.rand(4, 5)),
            "weights": wandb.Histogram(next(model.parameters())),
            "table": wandb.Table(columns=["n"], data=[[epoch]]),
        }
    )
run.summary["best"] = 0.5
wandb.run.log({"test/loss": 1.0})
wandb.finish()
print("run", wandb.run, dict(wandb.config))
