"""Protects images from damage: whatever is not what its name says is refused in one sentence,
wherever it lies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.training.clothes import (
    REAL,
    TEST_IMAGES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    Files,
    idx,
    images_and_labels,
    put,
    search,
)
from tui_lab.errors import DataError

pytestmark = pytest.mark.usefixtures("small_home")


def altered(name: str, data: bytes) -> Callable[[Files], Files]:
    return lambda files: {**files, name: data}


def swapped(one: str, other: str) -> Callable[[Files], Files]:
    return lambda files: {**files, one: files[other], other: files[one]}


def flipped(files: Files) -> Files:
    data = bytearray(files[TEST_IMAGES])
    data[5000] ^= 1
    return {**files, TEST_IMAGES: bytes(data)}


DAMAGES: dict[str, tuple[Callable[[Files], Files], str]] = {
    "absent": (
        lambda files: {n: data for n, data in files.items() if n != TEST_LABELS},
        "holds no t10k-labels-idx1-ubyte or t10k-labels-idx1-ubyte.gz",
    ),
    "truncated": (
        lambda files: {**files, TRAIN_IMAGES: files[TRAIN_IMAGES][:-100]},
        f"{TRAIN_IMAGES} is truncated",
    ),
    "no header": (altered(TRAIN_LABELS, b"\0\0\x08"), f"{TRAIN_LABELS} is truncated"),
    "half a header": (altered(TRAIN_IMAGES, b"\0\0\x08\3\0"), f"{TRAIN_IMAGES} is truncated"),
    "empty": (altered(TRAIN_IMAGES, b""), f"{TRAIN_IMAGES} is truncated"),
    "too long": (
        lambda files: {**files, TRAIN_IMAGES: files[TRAIN_IMAGES] + b"x"},
        f"{TRAIN_IMAGES} is damaged",
    ),
    "not IDX": (altered(TEST_IMAGES, b"<html>not found</html>"), "no IDX file of bytes"),
    "of floats": (altered(TEST_LABELS, b"\0\0\x0d\1\0\0\0\1abcd"), "no IDX file of bytes"),
    "no examples": (altered(TEST_LABELS, b"\0\0\x08\1\0\0\0\0"), f"{TEST_LABELS} holds no labels"),
    "images and labels swapped": (
        swapped(TRAIN_IMAGES, TRAIN_LABELS),
        f"{TRAIN_IMAGES} holds the training labels, not the training images",
    ),
    "train and test swapped": (
        swapped(TRAIN_IMAGES, TEST_IMAGES),
        f"{TRAIN_IMAGES} holds the test images, not the training images",
    ),
    "both swapped": (
        lambda f: swapped(TRAIN_IMAGES, TEST_IMAGES)(swapped(TRAIN_LABELS, TEST_LABELS)(f)),
        "are two files swapped",
    ),
    "one bit": (flipped, f"{TEST_IMAGES} is damaged: its bytes are not those of Fashion-MNIST"),
    "too few labels": (
        altered(TRAIN_LABELS, idx(np.zeros(19))),
        f"{TRAIN_IMAGES} holds 20 images, but {TRAIN_LABELS} has 19 labels",
    ),
    "a label too large": (
        altered(TRAIN_LABELS, idx(np.full(20, 10))),
        f"{TRAIN_LABELS} holds the label 10; labels go from 0 to 9",
    ),
    "other size": (
        altered(TRAIN_IMAGES, idx(np.zeros((20, 32, 32)))),
        "holds images of 32 × 32 pixels, not 28 × 28",
    ),
}


@pytest.mark.parametrize(
    ("damage", "place"),
    # What is absent from the cache is downloaded.
    [
        (d, p)
        for d in DAMAGES
        for p in ("given", "debian", "cache")
        if (d, p) != ("absent", "cache")
    ],
)
def test_damage_is_refused_in_one_sentence(tmp_path: Path, damage: str, place: str) -> None:
    change, sentence = DAMAGES[damage]
    folder = put(tmp_path / place, change(REAL))
    given = str(folder) if place == "given" else ""
    with pytest.raises(DataError) as caught:
        search(tmp_path, given=given).find()
    message = str(caught.value)
    assert sentence in message
    assert str(folder) in message
    assert "\n" not in message
    assert message.endswith((".", "?"))


def test_other_images_swapped_are_told_by_their_kind_and_number(tmp_path: Path) -> None:
    files = swapped(TRAIN_IMAGES, TRAIN_LABELS)(images_and_labels(7))
    with pytest.raises(DataError, match="holds labels, not images; are two files swapped"):
        search(tmp_path, given=str(put(tmp_path / "a", files))).find()
    files = swapped(TRAIN_IMAGES, TEST_IMAGES)(images_and_labels(7))
    with pytest.raises(DataError, match=r"holds 10 images, but .* 20 labels"):
        search(tmp_path, given=str(put(tmp_path / "b", files))).find()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda data: data[:-20], "is truncated: its gzip stream breaks off"),
        (lambda data: data[:200] + b"\xff" * 8 + data[208:], "is damaged"),
    ],
    ids=["cut short", "overwritten"],
)
def test_a_damaged_gzip_is_refused(
    tmp_path: Path, spoil: Callable[[bytes], bytes], reason: str
) -> None:
    folder = put(tmp_path / "mine", REAL, packed=True)
    path = folder / f"{TRAIN_IMAGES}.gz"
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(DataError, match=f"{TRAIN_IMAGES}.gz {reason}"):
        search(tmp_path, given=str(folder)).find()


def test_a_given_directory_without_the_files_is_named(tmp_path: Path) -> None:
    put(tmp_path / "cache", REAL)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"empty holds no train-images-idx3-ubyte\(\.gz\)"):
        search(tmp_path, given=str(tmp_path / "empty")).find()
    with pytest.raises(DataError, match="gone is not a directory"):
        search(tmp_path, given=str(tmp_path / "gone")).find()
