"""Fetching a file over HTTP: bounded in time and size, with progress, safe to interrupt."""

from __future__ import annotations

import http.client
import os
import queue
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from tui_lab.errors import DataError

Open = Callable[[str, float], IO[bytes]]
"""From an address and a timeout in seconds to something to read from."""
Progress = Callable[[int, int], None]
"""Told the bytes received and the bytes to come in all (0 when unknown)."""

_CHUNK = 1 << 16


def open_url(url: str, timeout: float) -> IO[bytes]:
    """Ask a web server; every single wait for it ends after `timeout` seconds."""
    response: IO[bytes] = urllib.request.urlopen(url, timeout=timeout)
    return response


def download(
    url: str,
    most: int,
    *,
    open_url: Open = open_url,
    progress: Progress | None = None,
    timeout: float = 4.0,
) -> bytes:
    """The bytes at `url`, at most `most` of them; raises `DataError` with the reason.

    A server that does not begin to answer within `timeout` seconds, looking up its name included,
    counts as unreachable, as does one that falls silent for as long.
    """
    try:
        with _answer(url, open_url, timeout) as response:
            return _receive(response, most, progress)
    except urllib.error.HTTPError as error:
        error.close()
        raise DataError(
            f"{url} can't be downloaded (the server says {error.code} {error.reason})."
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise DataError(f"{url} can't be downloaded ({_reason(error)}).") from error
    except _TooLarge as error:
        raise DataError(f"{url} is larger than the {most:,} bytes it should be.") from error


def write_atomically(path: Path, data: bytes) -> None:
    """Put `data` at `path` so that no reader, at no time, finds a part of it; raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


class _TooLarge(Exception):
    """More bytes came than the file can have."""


def _answer(url: str, open_url: Open, timeout: float) -> IO[bytes]:
    """Opened in a thread of its own: a name server that does not answer knows no timeout."""
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(open_url(url, timeout))
        except (OSError, http.client.HTTPException, ValueError) as error:
            answers.put(error)

    threading.Thread(target=ask, name="download", daemon=True).start()
    try:
        answer = answers.get(timeout=timeout)
    except queue.Empty:
        raise TimeoutError("no answer") from None
    if isinstance(answer, Exception):
        raise answer
    opened: IO[bytes] = answer
    return opened


def _receive(response: IO[bytes], most: int, progress: Progress | None) -> bytes:
    headers = getattr(response, "headers", None) or {}
    length = str(headers.get("Content-Length") or "")
    total = int(length) if length.isdigit() else 0
    received = bytearray()
    while chunk := response.read(_CHUNK):
        received += chunk
        if len(received) > most:
            raise _TooLarge
        if progress is not None:
            progress(len(received), total)
    if len(received) < total:
        raise http.client.IncompleteRead(bytes(received), total - len(received))
    return bytes(received)


def _reason(error: Exception) -> str:
    if isinstance(error, http.client.IncompleteRead):
        return f"it broke off after {len(error.partial):,} bytes"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(getattr(error, "reason", "") or error or type(error).__name__)
