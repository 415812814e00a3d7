"""Training images changed a little, anew each time they come by."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from tui_lab.training.fashion_mnist import SIDE


def augment(X: Tensor, *, shift: int, flip: bool, noise: float, chance: torch.Generator) -> Tensor:
    """Images (…, 784), each moved by up to `shift` pixels down and across (black comes in), turned
    left to right half of the time if `flip`, and with N(0, noise²) added to every pixel."""
    images = X.reshape(-1, SIDE, SIDE)
    if shift:
        images = _shifted(images, shift, chance)
    if flip:
        heads = torch.rand((len(images), 1, 1), generator=chance, device=X.device) < 0.5
        images = torch.where(heads, images.flip(2), images)
    if noise:
        images = images + noise * torch.randn(images.shape, generator=chance, device=X.device)
    return images.reshape(X.shape)


def _shifted(images: Tensor, most: int, chance: torch.Generator) -> Tensor:
    count, device = len(images), images.device
    padded = F.pad(images, (most,) * 4)
    corner = torch.randint(2 * most + 1, (2, count, 1, 1), generator=chance, device=device)
    along = torch.arange(SIDE, device=device)
    rows, columns = corner[0] + along.view(1, SIDE, 1), corner[1] + along.view(1, 1, SIDE)
    return padded[torch.arange(count, device=device).view(count, 1, 1), rows, columns]
