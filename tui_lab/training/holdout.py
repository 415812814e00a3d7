"""Examples put aside to choose by, so that nothing else of a run hangs on them."""

from __future__ import annotations

import torch

from tui_lab.training.chance import derived


def holdout_generator(generator: torch.Generator) -> torch.Generator:
    """Another generator that follows from this one, which draws on as if nobody had asked: all that
    is random in a run is the same with and without validation examples. One for each member of a
    population."""
    return derived(generator, _set_apart)


def _set_apart(generator: torch.Generator) -> torch.Generator:
    asked = torch.Generator()
    asked.set_state(generator.get_state())
    seed = int(torch.randint(2**62, (), generator=asked))
    return torch.Generator().manual_seed(seed)
