"""Where Fashion-MNIST's four files come from, and whether they are what their names say."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor

from tui_lab.config import cache_directory
from tui_lab.errors import DataError
from tui_lab.training.download import Open, download, open_url, write_atomically
from tui_lab.training.idx import decode, gunzip, read_bytes

HOME = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"
DEBIAN = Path("/usr/share/datasets/fashion-mnist")
SUBSET = Path(__file__).parent / "data" / "fashion-mnist"
"""The first 300 training and the first 100 test images of each class, in the order of the files."""

_SIDE = 28
_CLASSES = 10
_INSIDE = (".", "fashion-mnist", "FashionMNIST/raw")
"""Where a directory for data sets may keep these files."""


@dataclass(frozen=True)
class IdxFile:
    """One of the four files: what it holds, and size and sha256 of its uncompressed bytes."""

    name: str
    kind: str
    content: str
    size: int
    sha256: str


FILES = (
    IdxFile(
        "train-images-idx3-ubyte",
        "images",
        "training images",
        47_040_016,
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    ),
    IdxFile(
        "train-labels-idx1-ubyte",
        "labels",
        "training labels",
        60_008,
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    ),
    IdxFile(
        "t10k-images-idx3-ubyte",
        "images",
        "test images",
        7_840_016,
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    ),
    IdxFile(
        "t10k-labels-idx1-ubyte",
        "labels",
        "test labels",
        10_008,
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
)


@dataclass(frozen=True)
class Found:
    """The four arrays, in the order of `FILES`, and where they are from."""

    arrays: tuple[Tensor, ...]
    source: str
    """In words, such as `Debian's dataset-fashion-mnist`."""
    own: bool = False
    """Whether they are someone's own images in the same format, not Fashion-MNIST."""
    subset: bool = False
    """Whether they are the few that come with the package, because nothing else was found."""
    remark: str = ""
    """Why they are no more than a subset."""


def print_progress(name: str, received: int, total: int) -> None:
    """A line for each tenth of a file."""
    before = max(received - (1 << 16), 0)
    if total and received * 10 // total > before * 10 // total:
        print(f"{name}: {received * 100 // total} % of {total / 1e6:.1f} MB", flush=True)


@dataclass(frozen=True)
class Search:
    """Looks for the files: the directory given, the environment's, Debian's, the cache, the
    public home on the net, and at last the package's own subset."""

    given: str = ""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    debian: Path = DEBIAN
    cache: Path = field(default_factory=lambda: cache_directory() / "fashion-mnist")
    home: str = HOME
    open_url: Open = open_url
    timeout: float = 4.0
    progress: Callable[[str, int, int], None] = print_progress
    """Told a file's name, the bytes received and the bytes to come in all (0 when unknown)."""

    def find(self) -> Found:
        """The data; raises `DataError` for files that are there but are not what they should be,
        and for a given directory that lacks one."""
        if self.given:
            return _own(Path(self.given), f"{self.given}")
        named = self.environ.get("TUI_LAB_DATA", "")
        if named and not Path(named).is_dir():
            raise DataError(f"TUI_LAB_DATA is {named}, which is not a directory.")
        if named and _inside(Path(named)) is not None:
            return _own(Path(named), f"{named} (TUI_LAB_DATA)")
        if _inside(self.debian) is not None:
            return Found(_known(self.debian), "Debian's dataset-fashion-mnist")
        return self._cached_or_downloaded()

    def _cached_or_downloaded(self) -> Found:
        missing = [file for file in FILES if _path(self.cache, file) is None]
        try:
            fetched = {file.name: self._fetch(file) for file in missing}
        except DataError as error:
            print(f"{error} Using the subset that comes with tui-lab.", flush=True)
            return _subset(str(error))
        arrays = _known(self.cache, fetched)
        words = f"downloaded from {self.home}" if missing else f"the cache in {self.cache}"
        return Found(arrays, words)

    def _fetch(self, file: IdxFile) -> bytes:
        """One file from the public home, checked and put in the cache."""
        url = f"{self.home}/{file.name}.gz"
        print(f"Downloading {url}", flush=True)
        packed = download(
            url,
            file.size + file.size // 100 + 1024,  # gzip adds a little to what it can't shrink
            open_url=self.open_url,
            progress=lambda received, total: self.progress(file.name, received, total),
            timeout=self.timeout,
        )
        data = gunzip(packed, url, file.size + 1)
        if hashlib.sha256(data).hexdigest() != file.sha256:
            raise DataError(f"{url} is not the file it should be: its sha256 is another.")
        try:
            write_atomically(self.cache / file.name, data)
        except OSError as error:
            reason = error.strerror or error
            print(f"{self.cache / file.name} can't be written ({reason}).", flush=True)
        return data


def _subset(remark: str) -> Found:
    arrays = tuple(_decoded(read_bytes(SUBSET / f"{f.name}.gz"), f, f.name) for f in FILES)
    return Found(arrays, "the subset that comes with tui-lab", subset=True, remark=remark)


def _own(directory: Path, source: str) -> Found:
    """Files someone points at: Fashion-MNIST, or any images of the same format and size.

    One file that is Fashion-MNIST's beside one that is not can only be a damaged set.
    """
    folder = _inside(directory)
    if folder is None:
        what = "holds no" if directory.is_dir() else "is not a directory with"
        raise DataError(f"{directory} {what} {FILES[0].name}(.gz), where Fashion-MNIST should be.")
    arrays, strange = _checked(folder, _contents(folder))
    if strange and len(strange) < len(FILES):
        raise _unknown(folder, strange[0])
    return Found(arrays, source, own=bool(strange))


def _known(directory: Path, read: Mapping[str, bytes] | None = None) -> tuple[Tensor, ...]:
    """Files that must be Fashion-MNIST's, byte for byte; those in `read` are read already."""
    folder = _inside(directory) or directory
    arrays, strange = _checked(folder, _contents(folder, read))
    if strange:
        raise _unknown(folder, strange[0])
    return arrays


def _unknown(folder: Path, file: IdxFile) -> DataError:
    return DataError(
        f"{_path(folder, file)} is damaged: its bytes are not those of Fashion-MNIST (sha256); "
        "put a good copy there, or delete it."
    )


def _contents(folder: Path, read: Mapping[str, bytes] | None = None) -> dict[str, bytes]:
    found = dict(read or {})
    for file in FILES:
        path = _path(folder, file)
        if file.name not in found and path is None:
            raise DataError(f"{folder} holds no {file.name} or {file.name}.gz.")
        if file.name not in found and path is not None:
            found[file.name] = read_bytes(path)
    return found


def _checked(
    folder: Path, contents: Mapping[str, bytes]
) -> tuple[tuple[Tensor, ...], list[IdxFile]]:
    """The arrays of the files, each of its kind and in its place, and as many labels as images;
    and those files whose bytes are not Fashion-MNIST's."""
    names = {file.name: str(_path(folder, file) or file.name) for file in FILES}
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
    for file in FILES:
        _refuse_swapped(file, names[file.name], digests[file.name])
    arrays = tuple(_decoded(contents[f.name], f, names[f.name]) for f in FILES)
    for i in (0, 2):
        images, labels = len(arrays[i]), len(arrays[i + 1])
        if images != labels:
            raise DataError(
                f"{names[FILES[i].name]} holds {images:,} images, but {FILES[i + 1].name} has "
                f"{labels:,} labels."
            )
    return arrays, [file for file in FILES if digests[file.name] != file.sha256]


def _refuse_swapped(file: IdxFile, name: str, digest: str) -> None:
    for other in FILES:
        if digest == other.sha256 and other is not file:
            message = f"{name} holds the {other.content}, not the {file.content}"
            raise DataError(f"{message}; are two files swapped?")


def _decoded(data: bytes, file: IdxFile, name: str) -> Tensor:
    array = decode(data, file.kind, name)
    if file.kind == "images" and array.shape[1:] != (_SIDE, _SIDE):
        rows, columns = array.shape[1:]
        raise DataError(f"{name} holds images of {rows} × {columns} pixels, not {_SIDE} × {_SIDE}.")
    if file.kind == "labels" and int(array.max()) >= _CLASSES:
        raise DataError(f"{name} holds the label {int(array.max())}; labels go from 0 to 9.")
    return array


def _inside(directory: Path) -> Path | None:
    """The folder in or under `directory` that holds any of the files."""
    folders = (directory / part for part in _INSIDE)
    return next((f for f in folders if any(_path(f, file) for file in FILES)), None)


def _path(folder: Path, file: IdxFile) -> Path | None:
    """The file as it lies there, gzipped or not."""
    paths = (folder / file.name, folder / f"{file.name}.gz")
    return next((path for path in paths if path.is_file()), None)
