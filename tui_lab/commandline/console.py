"""Where a command prints: data to stdout, talk to stderr, and never a control character of a run's.

It knows what the two streams can show (a terminal, colours, UTF-8, so many columns) and asks.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any, TextIO

from tui_lab.runs.encoding import dumps

_CONTROLS_IN_JSON = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What JSON leaves unescaped and a terminal may obey: controls, and what turns text around."""
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Unicode categories that move the cursor, reorder text or show nothing."""


def escape(text: str) -> str:
    """`text` with everything a terminal could obey written out, `\\x1b`; newlines stay."""
    return "".join(c if c == "\n" or _is_plain(c) else _written_out(c) for c in text)


class Console:
    """The streams of one command."""

    def __init__(
        self,
        stdout: TextIO | None,
        stderr: TextIO | None,
        stdin: TextIO | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self.stdout = stdout or _Nowhere()
        self.stderr = stderr or _Nowhere()
        self.stdin = stdin
        self.environ = environ

    @classmethod
    def of_process(cls) -> Console:
        """The console of this process; characters its streams can't encode become `?`."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")
        return cls(sys.stdout, sys.stderr, sys.stdin)

    def print(self, text: str = "") -> None:
        """A line of data on stdout, as plain text."""
        self.stdout.write(escape(text) + "\n")

    def print_drawing(self, row: str) -> None:
        """A row drawn by tui-lab itself, colours and all, on stdout."""
        self.stdout.write(row + "\n")

    def print_json(self, data: Any) -> None:
        """One JSON value on stdout, UTF-8 whatever the locale says."""
        self.print_json_pieces([dumps(data, indent=True)])

    def print_json_pieces(self, pieces: Iterable[bytes]) -> None:
        """One JSON value on stdout that comes in pieces, each of them whole characters."""
        self.stdout.flush()
        for piece in chain(pieces, (b"\n",)):
            text = _CONTROLS_IN_JSON.sub(lambda c: f"\\u{ord(c[0]):04x}", piece.decode())
            if isinstance(self.stdout, io.TextIOWrapper):
                self.stdout.buffer.write(text.encode())
            else:
                self.stdout.write(text)

    def say(self, text: str) -> None:
        """A line of talk on stderr."""
        self.mutter(escape(text) + "\n")

    def mutter(self, text: str) -> None:
        """Talk on stderr as it is, for a line that is rewritten; `text` holds nothing foreign."""
        try:
            self.stderr.write(text)
            self.stderr.flush()
        except OSError:  # nobody listens to the talk any more; the work goes on
            self.stderr = _Nowhere()

    def flush(self) -> None:
        """Hand over all data; raises `BrokenPipeError` when the reader has gone."""
        self.stdout.flush()

    @property
    def interactive(self) -> bool:
        """Whether a person can be asked: questions go to stderr, answers come from stdin."""
        return self.stdin is not None and self.stdin.isatty() and self.stderr.isatty()

    @property
    def colour(self) -> bool:
        """Whether stdout is a terminal that wants colours."""
        wanted = not self.environ.get("NO_COLOR") and self.environ.get("TERM") != "dumb"
        return wanted and self.stdout.isatty()

    @property
    def unicode(self) -> bool:
        """Whether stdout can show braille and Greek."""
        return speaks_utf8(self.stdout)

    @property
    def columns(self) -> int:
        """Columns of the terminal, 80 where there is none."""
        if not (self.stdout.isatty() or self.stderr.isatty()):
            return 80
        return max(20, shutil.get_terminal_size().columns)


def speaks_utf8(stream: TextIO) -> bool:
    """Whether a stream encodes every character (a stream of text alone has no encoding)."""
    return (stream.encoding or "utf-8").lower().replace("-", "") in ("utf8", "utf16", "utf32")


def cell_width(text: str) -> int:
    """Terminal columns that plain text takes."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def _is_plain(character: str) -> bool:
    return " " <= character <= "~" or unicodedata.category(character) not in _HIDDEN


def _written_out(character: str) -> str:
    return (
        character.encode("ascii", "backslashreplace").decode()
        if ord(character) > 0x7F
        else (repr(character)[1:-1])
    )


class _Nowhere(io.StringIO):
    """Stands in for a closed stream; keeps nothing."""

    def write(self, text: str) -> int:
        return len(text)
