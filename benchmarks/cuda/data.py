"""Images for the benchmarks of a card: Fashion-MNIST where $TUI_LAB_DATA has it, else as many of
the package's own."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from tui_lab.training.fashion_mnist_files import FILES, SUBSET, Search

SIZES = {"train": 60_000, "t10k": 10_000}


@contextmanager
def images() -> Iterator[str]:
    """In here $TUI_LAB_DATA names 60,000 training images and 10,000 to test with; gives what they
    are, in words."""
    if os.environ.get("TUI_LAB_DATA"):
        yield f"from {os.environ['TUI_LAB_DATA']}"
        return
    with TemporaryDirectory() as folder:
        arrays = Search(given=str(SUBSET)).find().arrays
        for file, array in zip(FILES, arrays, strict=True):
            count = SIZES[file.name.partition("-")[0]]
            _write(Path(folder) / file.name, array[torch.arange(count) % len(array)])
        os.environ["TUI_LAB_DATA"] = folder
        try:
            yield (
                "a stand-in of its size, the 3,000 and 1,000 images that come with tui-lab over "
                "and over; for the whole set, set TUI_LAB_DATA to its directory"
            )
        finally:
            del os.environ["TUI_LAB_DATA"]


def _write(path: Path, array: Tensor) -> None:
    """As an IDX file: bytes (type 8) of so many dimensions."""
    head = struct.pack(f">HBB{array.dim()}I", 0, 8, array.dim(), *array.shape)
    path.write_bytes(head + array.to(torch.uint8).contiguous().numpy().tobytes())
