"""Where a study's runs go on, as typed after `--on`: boxes by SSH, jobs of Slurm, or a cluster of
dask that is there already."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tui_lab.errors import UsageError

_BOX = re.compile(r"(?:(?P<user>[\w.-]+)@)?(?P<host>[\w.-]+|\[[\w:.%]+\])(?::(?P<port>\d{1,5}))?")
_NUMBER = re.compile(r"[1-9]\d{0,5}")
_DIRECTIVE = re.compile(r"[a-z][a-z-]*")
_FORMS = "ssh:box1,box2, slurm, slurm:partition=gpu,gres=gpu:1 or dask:tls://host:8786"
_OWN = ("python", "host")
_SSH_OPTIONS = ("python", "host")
_SLURM_NUMBERS = ("jobs", "cores")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
UNENCRYPTED = "unencrypted"
"""The word after an address of dask that is not loopback, and without TLS."""


@dataclass(frozen=True)
class Box:
    """A machine that is reached by SSH, as ssh itself would take it."""

    name: str
    """`user@host` or `host`, which may be a name of the user's own in ssh's configuration."""
    port: str = ""


@dataclass(frozen=True)
class OverSsh:
    """A node on each of these boxes."""

    boxes: tuple[Box, ...]
    python: str = ""
    """The interpreter there; empty for the path of the one here."""
    host: str = ""
    """Where this machine listens; empty for where the boxes are reached from."""


@dataclass(frozen=True)
class OverSlurm:
    """A node in each of so many jobs."""

    jobs: int = 0
    """0 for as many as the study has runs at once."""
    cores: int = 1
    memory: str = "4GB"
    python: str = ""
    host: str = ""
    directives: Mapping[str, str] = field(default_factory=dict)
    """sbatch's own options by their long names: partition, account, time, gres, …"""


@dataclass(frozen=True)
class OverDask:
    """The nodes of a scheduler that somebody else has started."""

    address: str


Place = OverSsh | OverSlurm | OverDask


def place(on: str) -> Place:
    """What is meant; raises `UsageError`, which says how it is written."""
    kind, _, rest = on.partition(":")
    readers: Mapping[str, Callable[[str], Place]] = {"ssh": _ssh, "slurm": _slurm, "dask": _dask}
    if kind not in readers:
        raise UsageError(f"--on takes {_FORMS}, not {on[:60]!r}.")
    return readers[kind](rest)


def _ssh(text: str) -> OverSsh:
    words, options = _split(text)
    _refuse_others("ssh", options, _SSH_OPTIONS)
    if not words:
        raise UsageError("--on ssh: takes the boxes to use: ssh:box1,box2.")
    return OverSsh(tuple(map(_box, words)), options.get("python", ""), options.get("host", ""))


def _box(word: str) -> Box:
    found = _BOX.fullmatch(word)
    if found is None or word.startswith("-"):
        raise UsageError(f"{word[:60]!r} is no box; write host, user@host or user@host:port.")
    port = found["port"] or ""
    user = f"{found['user']}@" if found["user"] else ""
    return Box(user + found["host"].strip("[]"), port)  # ssh takes an address without brackets


def _slurm(text: str) -> OverSlurm:
    words, options = _split(text)
    if words:
        raise UsageError(
            f"--on slurm: takes options of sbatch, as name=value, not {words[0][:60]!r}."
        )
    numbers = {name: _number(name, options.pop(name)) for name in _SLURM_NUMBERS if name in options}
    own = {name: options.pop(name) for name in (*_OWN, "memory") if name in options}
    for name, value in options.items():  # each becomes a line of the job's script
        if not _DIRECTIVE.fullmatch(name) or not value.isprintable():
            raise UsageError(f"{f'{name}={value}'[:60]!r} is no option of sbatch.")
    return OverSlurm(directives=options, **numbers, **own)  # type: ignore[arg-type]


def _dask(text: str) -> OverDask:
    address, _, word = text.partition(",")
    parts = urlsplit(address)
    try:
        is_whole = bool(parts.hostname and parts.port) and parts.scheme in ("tcp", "tls")
    except ValueError:  # no port can have that number
        is_whole = False
    if not is_whole:
        raise UsageError(f"--on dask: takes a scheduler, tls://host:8786, not {address[:60]!r}.")
    if word not in ("", UNENCRYPTED):
        raise UsageError(
            f"After a scheduler nothing but {UNENCRYPTED!r} may stand, not {word[:60]!r}."
        )
    if parts.scheme == "tcp" and parts.hostname not in _LOOPBACK and not word:
        raise UsageError(
            f"{address} is not encrypted: whoever reaches it can run anything on its nodes. Start "
            f"the scheduler with TLS, or write dask:{address},{UNENCRYPTED}."
        )
    return OverDask(address)


def quoted(python: str) -> str:
    """An interpreter's path for a shell; a ~ in front of it is the user's home over there."""
    home = "~/" if python.startswith("~/") else ""
    return home + shlex.quote(python.removeprefix("~/")) if home else shlex.quote(python)


def _split(text: str) -> tuple[list[str], dict[str, str]]:
    """The words between commas, and what is written name=value."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    options = dict(part.split("=", 1) for part in parts if "=" in part)
    return [part for part in parts if "=" not in part], options


def _refuse_others(kind: str, options: Mapping[str, str], known: tuple[str, ...]) -> None:
    for name in options:
        if name not in known:
            raise UsageError(
                f"--on {kind}: has no option {name[:60]!r}; it has {', '.join(known)}."
            )


def _number(name: str, text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise UsageError(f"{name} is a number from 1 on, not {text[:40]!r}.")
    return int(text)
