"""Protects where Fashion-MNIST comes from and what it is: the order of places, other images
that are welcome, the facts of the whole set and of the subset in the package."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.clothes import (
    REAL,
    TRAIN_IMAGES,
    idx,
    images_and_labels,
    put,
    search,
    unreachable,
)
from tui_lab.errors import DataError
from tui_lab.training import fashion_mnist, fashion_mnist_files
from tui_lab.training.fashion_mnist_files import DEBIAN, FILES, SUBSET, Search

pytestmark = pytest.mark.usefixtures("small_home")

HAS_DEBIAN = (DEBIAN / "train-images-idx3-ubyte.gz").is_file()
needs_debian = pytest.mark.skipif(not HAS_DEBIAN, reason="dataset-fashion-mnist not installed")


@pytest.mark.parametrize("packed", [False, True])
def test_a_given_directory_is_read_gzipped_or_not(tmp_path: Path, packed: bool) -> None:
    folder = put(tmp_path / "mine", REAL, packed=packed)
    found = search(tmp_path, given=str(folder)).find()
    assert [len(array) for array in found.arrays] == [20, 20, 10, 10]
    pixels = np.frombuffer(REAL[TRAIN_IMAGES][16:], dtype=np.uint8).reshape(20, 28, 28)
    np.testing.assert_array_equal(found.arrays[0].numpy(), pixels)
    assert not found.own
    assert not found.subset


def test_gzip_is_told_by_its_bytes_not_by_its_name(tmp_path: Path) -> None:
    folder = put(tmp_path / "mine", {f"{name}.gz": data for name, data in REAL.items()})
    assert len(search(tmp_path, given=str(folder)).find().arrays[0]) == 20
    folder = put(tmp_path / "packed", {n: gzip.compress(data) for n, data in REAL.items()})
    assert len(search(tmp_path, given=str(folder)).find().arrays[0]) == 20


def test_places_are_asked_in_their_order(tmp_path: Path) -> None:
    put(tmp_path / "cache", REAL)
    assert "cache" in search(tmp_path).find().source
    put(tmp_path / "debian", REAL, packed=True)
    assert search(tmp_path).find().source == "Debian's dataset-fashion-mnist"
    named = put(tmp_path / "named" / "FashionMNIST" / "raw", REAL).parents[1]
    environ = {"TUI_LAB_DATA": str(named)}
    assert "TUI_LAB_DATA" in search(tmp_path, environ=environ).find().source
    given = str(put(tmp_path / "given", images_and_labels(2)))
    found = search(tmp_path, environ=environ, given=given).find()
    assert found.source == given


def test_an_environment_directory_of_other_data_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    put(tmp_path / "cache", REAL)
    environ = {"TUI_LAB_DATA": str(tmp_path / "other")}
    assert "cache" in search(tmp_path, environ=environ).find().source
    environ = {"TUI_LAB_DATA": str(tmp_path / "typo")}
    with pytest.raises(DataError, match=r"TUI_LAB_DATA is .*typo, which is not a directory\.$"):
        search(tmp_path, environ=environ).find()


def test_other_images_of_the_same_format_are_welcome(tmp_path: Path) -> None:
    given = str(put(tmp_path / "digits", images_and_labels(7)))
    found = search(tmp_path, given=given).find()
    assert found.own
    data = fashion_mnist.to_tensors(found, torch.device("cpu"))
    assert data.classes == tuple("0123456789")


def test_a_random_part_is_drawn_from_the_generator(tmp_path: Path) -> None:
    data = fashion_mnist.to_tensors(search(tmp_path).find(), torch.device("cpu"))
    one = data.train.take(50, torch.Generator().manual_seed(3))
    same = data.train.take(50, torch.Generator().manual_seed(3))
    other = data.train.take(50, torch.Generator().manual_seed(4))
    assert one.X.shape == (50, 784)
    assert torch.equal(one.X, same.X)
    assert not torch.equal(one.X, other.X)
    labels = dict(zip(map(bytes, data.train.X.numpy()), data.train.y.tolist(), strict=True))
    assert [labels[bytes(x)] for x in one.X.numpy()] == one.y.tolist()
    assert data.train.take(3000, torch.Generator()) is data.train


def test_the_subset_is_bounded_and_licensed() -> None:
    assert sum(path.stat().st_size for path in SUBSET.iterdir()) < 2_500_000
    assert "MIT License" in (SUBSET / "LICENSE").read_text(encoding="utf-8")


@needs_debian
def test_debians_files_are_fashion_mnist_and_the_subset_is_part_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The facts of the data set: first labels, pixel sum, mean and standard deviation."""
    monkeypatch.setattr(fashion_mnist_files, "FILES", FILES)
    found = Search(environ={}, cache=tmp_path, open_url=unreachable).find()
    assert found.source == "Debian's dataset-fashion-mnist"
    images, labels, test_images, test_labels = (array.numpy() for array in found.arrays)
    assert images.astype(np.int64).sum() == 3_431_114_169
    assert labels[:10].tolist() == [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]
    assert test_labels[:10].tolist() == [9, 2, 1, 1, 6, 1, 4, 6, 5, 7]
    data = fashion_mnist.to_tensors(found, torch.device("cpu"))
    assert data.train.X.mean().item() == pytest.approx(0.28604, abs=1e-5)
    assert data.train.X.std().item() == pytest.approx(0.35302, abs=1e-5)
    assert data.test.X.mean().item() == pytest.approx(0.28685, abs=1e-5)
    assert torch.equal(data.train.X[5] * 255, torch.tensor(images[5]).view(-1).float())
    for (X, y), count, first in (((images, labels), 300, 0), ((test_images, test_labels), 100, 2)):
        chosen = np.sort(np.concatenate([np.flatnonzero(y == c)[:count] for c in range(10)]))
        packed = [gzip.decompress((SUBSET / f"{f.name}.gz").read_bytes()) for f in FILES]
        assert packed[first] == idx(X[chosen])
        assert packed[first + 1] == idx(y[chosen])
