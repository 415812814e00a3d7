"""Opening the files of a run's directory, in which anything may stand, without waiting for anyone.

A pipe, a socket, a device or a link in place of a file is an `OSError` whose `strerror` says so.
Links are not followed: what a run's files link to is no run's, and opening some devices acts.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_NOCTTY | os.O_CLOEXEC
_KINDS = {
    stat.S_IFIFO: "it is a pipe, not a file",
    stat.S_IFSOCK: "it is a socket, not a file",
    stat.S_IFDIR: "Is a directory",
    stat.S_IFLNK: "it is a link, not a file",
    stat.S_IFCHR: "it is a device, not a file",
    stat.S_IFBLK: "it is a device, not a file",
}


def open_regular(path: Path) -> BinaryIO:
    """The file at `path`, unbuffered; raises `OSError` where there is none, or something else."""
    try:
        descriptor = os.open(path, _FLAGS)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _explained(path, error) from None
    kind = stat.S_IFMT(os.fstat(descriptor).st_mode)
    if kind != stat.S_IFREG:
        os.close(descriptor)
        raise _refusal(path, kind)
    return os.fdopen(descriptor, "rb", buffering=0)


def read_regular(path: Path, most_bytes: int) -> bytes:
    """All of the file at `path`; raises `OSError` also for one that is larger than that."""
    with open_regular(path) as file:
        parts, left = list[bytes](), most_bytes + 1
        while left > 0 and (part := file.read(left)):
            parts.append(part)
            left -= len(part)
    if left <= 0:
        reason = f"it is larger than {most_bytes >> 20} MiB"
        raise OSError(errno.EFBIG, reason, str(path))
    return b"".join(parts)


def read_end(path: Path, most_bytes: int) -> tuple[bytes, bool]:
    """The last bytes of the file at `path`, and whether something stands before them; raises
    `OSError`."""
    with open_regular(path) as file:
        start = max(0, os.fstat(file.fileno()).st_size - most_bytes)
        return os.pread(file.fileno(), most_bytes, start), start > 0


def _explained(path: Path, error: OSError) -> OSError:
    """The error with the kind of what stands there, where that is why it can't be opened."""
    try:
        kind = stat.S_IFMT(os.lstat(path).st_mode)
    except OSError:
        return error
    return error if kind == stat.S_IFREG else _refusal(path, kind)


def _refusal(path: Path, kind: int) -> OSError:
    return OSError(errno.EINVAL, _KINDS.get(kind, "it is not a file"), str(path))
