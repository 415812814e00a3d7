"""What may stand where a run's file should: each is made at a path."""

from __future__ import annotations

import os
import socket
from pathlib import Path


def pipe(path: Path) -> None:
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.mkdir()


def loop(path: Path) -> None:
    path.symlink_to(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        here = os.open(".", os.O_RDONLY)
        os.chdir(path.parent)  # the path of a socket must be short
        server.bind(path.name)
        os.chdir(here)
        os.close(here)


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(5 << 30)


def one_long_line(path: Path) -> None:
    path.write_bytes(b'{"type":"' + b"x" * (9 << 20))


def many_short_lines(path: Path) -> None:
    path.write_bytes(b'{"kind":"x"}\n' * 700_000)


def deep(path: Path) -> None:
    path.write_bytes(b'{"type":"run_finished","metrics":' + b"[" * 1000 + b"]" * 1000 + b"}\n")
