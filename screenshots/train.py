"""A script that knows nothing of the lab: a small CNN learns to tell discs from squares."""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


def shapes(count: int) -> TensorDataset:
    """Noisy images of 16 × 16 with a disc (0) or a square (1) somewhere."""
    rows = torch.arange(16.0).view(1, 16, 1)
    columns = torch.arange(16.0).view(1, 1, 16)
    y, x = torch.randint(5, 11, (2, count, 1, 1))
    labels = torch.randint(0, 2, (count,))
    discs = (rows - y) ** 2 + (columns - x) ** 2 < 16
    squares = ((rows - y).abs() < 3.2) & ((columns - x).abs() < 3.2)
    images = torch.where(labels.view(-1, 1, 1) == 1, squares, discs).float()
    return TensorDataset((images + 0.35 * torch.randn(count, 16, 16)).unsqueeze(1), labels)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(8, 16, 3, padding=1)
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(16 * 4 * 4, 2)

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        X = F.max_pool2d(F.relu(self.conv1(X)), 2)
        X = F.max_pool2d(F.relu(self.conv2(X)), 2)
        scores: torch.Tensor = self.head(self.dropout(X.flatten(1)))
        return scores


def main() -> None:
    torch.manual_seed(0)
    train, held_out = shapes(4096), shapes(1024)
    model, criterion = Net(), nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for epoch in range(20):
        model.train()
        for X, y in DataLoader(train, batch_size=64, shuffle=True):
            optimizer.zero_grad()
            loss = criterion(model(X), y)
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            for X, y in DataLoader(held_out, batch_size=256):
                val_loss = criterion(model(X), y)
        print(f"epoch {epoch}: {val_loss.item():.4f}")


if __name__ == "__main__":
    main()
