"""Protects where Fashion-MNIST comes from: the order of places, downloads that are checked and
atomic, a fall back that says so, and one sentence for whatever is not what its name says."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import io
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest
import torch

from tui_lab.errors import DataError
from tui_lab.training import fashion_mnist, fashion_mnist_files
from tui_lab.training.download import download, open_url, write_atomically
from tui_lab.training.fashion_mnist_files import DEBIAN, FILES, SUBSET, Search

HAS_DEBIAN = (DEBIAN / "train-images-idx3-ubyte.gz").is_file()
needs_debian = pytest.mark.skipif(not HAS_DEBIAN, reason="dataset-fashion-mnist not installed")
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


@pytest.fixture(autouse=True)
def small_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """The public home has files of a few kilobytes."""
    small = tuple(
        replace(f, size=len(REAL[f.name]), sha256=hashlib.sha256(REAL[f.name]).hexdigest())
        for f in FILES
    )
    monkeypatch.setattr(fashion_mnist_files, "FILES", small)


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


class Home(http.server.BaseHTTPRequestHandler):
    """The public home, on loopback."""

    files: dict[str, bytes] = {}
    asked: list[str] = []

    def do_GET(self) -> None:
        type(self).asked.append(self.path)
        data = self.files.get(self.path)
        self.send_response(404 if data is None else 200)
        self.send_header("Content-Length", str(len(data or b"")))
        self.end_headers()
        self.wfile.write(data or b"")

    def log_message(self, *_: object) -> None:
        """Nothing on standard error."""


@pytest.fixture
def home() -> Iterator[str]:
    Home.files = {f"/{name}.gz": gzip.compress(data) for name, data in REAL.items()}
    Home.asked = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Home)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def online(tmp_path: Path, home: str, **changes: Any) -> Search:
    return search(tmp_path, home=home, open_url=open_url, **changes)


def test_what_is_missing_is_downloaded_checked_and_kept(tmp_path: Path, home: str) -> None:
    put(tmp_path / "cache", {TEST_LABELS: REAL[TEST_LABELS]})
    heard: list[tuple[str, int, int]] = []
    found = online(tmp_path, home, progress=lambda *said: heard.append(said)).find()
    assert found.source == f"downloaded from {home}"
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == sorted(REAL)
    assert all((tmp_path / "cache" / name).read_bytes() == REAL[name] for name in REAL)
    assert f"/{TEST_LABELS}.gz" not in Home.asked
    size = len(Home.files[f"/{TRAIN_IMAGES}.gz"])
    assert (TRAIN_IMAGES, size, size) in heard
    Home.asked.clear()
    assert "cache" in online(tmp_path, home).find().source
    assert Home.asked == []


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (None, "the server says 404 Not Found"),
        (b"<html>log in</html>", "is damaged"),
        (gzip.compress(b"other bytes"), "its sha256 is another"),
        (gzip.compress(REAL[TRAIN_IMAGES])[:-9], "truncated"),
        (gzip.compress(bytes(10_000_000)), "unpacks to over"),
        (bytes(10_000_000), "larger than"),
    ],
    ids=["absent", "a page", "other bytes", "truncated", "a bomb", "too large"],
)
def test_a_wrong_download_is_not_kept_and_the_subset_is_used(
    tmp_path: Path, home: str, answer: bytes | None, reason: str, capsys: Any
) -> None:
    if answer is None:
        del Home.files[f"/{TRAIN_IMAGES}.gz"]
    else:
        Home.files[f"/{TRAIN_IMAGES}.gz"] = answer
    found = online(tmp_path, home).find()
    assert found.subset
    assert home in found.remark
    printed = capsys.readouterr().out
    assert found.remark in printed
    assert "subset" in printed
    assert reason in found.remark
    assert not (tmp_path / "cache" / TRAIN_IMAGES).exists()


def test_without_a_network_the_subset_is_used_and_says_so(tmp_path: Path) -> None:
    found = search(tmp_path).find()
    assert found.subset
    assert "no network" in found.remark
    assert [tuple(a.shape) for a in found.arrays] == [
        (3000, 28, 28),
        (3000,),
        (1000, 28, 28),
        (1000,),
    ]
    data = fashion_mnist.to_tensors(found, torch.device("cpu"))
    assert ["whole set", "no: a SUBSET"] in data.table(3000)["rows"]
    assert found.arrays[1].bincount().tolist() == [300] * 10
    assert found.arrays[3].bincount().tolist() == [100] * 10


def test_a_name_server_that_never_answers_costs_no_more_than_the_timeout() -> None:
    release = threading.Event()

    def lost(url: str, timeout: float) -> IO[bytes]:
        release.wait()
        return io.BytesIO()

    with pytest.raises(DataError, match=r"can't be downloaded \(no answer in time\)"):
        download("http://home/file", 10, open_url=lost, timeout=0.01)
    release.set()


def test_a_download_that_breaks_off_is_no_download() -> None:
    class Short(io.BytesIO):
        headers = {"Content-Length": "100"}

    with pytest.raises(DataError, match="it broke off after 40 bytes"):
        download("http://home/file", 1000, open_url=lambda url, timeout: Short(bytes(40)))


def test_a_cache_that_cannot_be_written_is_no_reason_to_stop(
    tmp_path: Path, home: str, capsys: Any
) -> None:
    (tmp_path / "cache").write_text("a file where the directory should be")
    assert not online(tmp_path, home).find().subset
    assert "can't be written" in capsys.readouterr().out


def test_an_interrupted_write_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "file", b"data")
    assert list(tmp_path.iterdir()) == []


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
