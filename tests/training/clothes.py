"""A few images in the four files of Fashion-MNIST, and machines that have them or nothing."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import IO, Any

import numpy as np

from tui_lab.training.fashion_mnist_files import FILES, Search

TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS = (file.name for file in FILES)

Files = dict[str, bytes]


def idx(array: Any) -> bytes:
    """An IDX file of unsigned bytes, written by the format's own description."""
    data = np.asarray(array, dtype=np.uint8)
    return struct.pack(f">HBB{data.ndim}I", 0, 8, data.ndim, *data.shape) + data.tobytes()


def images_and_labels(seed: int, side: int = 28) -> Files:
    """20 training and 10 test images in the four files' format."""
    rng = np.random.default_rng(seed)
    files = {}
    for split, count in (("train", 20), ("t10k", 10)):
        files[f"{split}-images-idx3-ubyte"] = idx(rng.integers(0, 256, (count, side, side)))
        files[f"{split}-labels-idx1-ubyte"] = idx((np.arange(count) + seed) % 10)
    return files


REAL = images_and_labels(1)
"""What the tests take for Fashion-MNIST."""


def put(folder: Path, files: Files, *, packed: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        path = folder / (f"{name}.gz" if packed else name)
        path.write_bytes(gzip.compress(data) if packed else data)
    return folder


def unreachable(url: str, timeout: float) -> IO[bytes]:
    raise OSError(f"no network for {url}")


def search(tmp_path: Path, **changes: Any) -> Search:
    """A machine with nothing on it and no network."""
    nothing: dict[str, Any] = {
        "environ": {},
        "debian": tmp_path / "debian",
        "cache": tmp_path / "cache",
        "open_url": unreachable,
    }
    return Search(**{**nothing, **changes})
