"""Protects downloads: checked, atomic, bounded in size and time, and a fall back that says so."""

from __future__ import annotations

import gzip
import http.server
import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest
import torch

from tests.training.clothes import REAL, TEST_LABELS, TRAIN_IMAGES, put, search
from tui_lab.errors import DataError
from tui_lab.training import fashion_mnist
from tui_lab.training.download import download, open_url, write_atomically
from tui_lab.training.fashion_mnist_files import Search

pytestmark = pytest.mark.usefixtures("small_home")


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
