"""The certificate of a cluster that the lab starts itself: made for it, sent to its processes over
their standard input, and written to no disk of theirs but for the moment that OpenSSL reads it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

Keys = Mapping[str, str]


def new_keys() -> dict[str, str]:
    """A certificate and its key, in PEM, that all processes of one cluster prove themselves with
    and that nobody else has."""
    from distributed import Security  # the extra's, and slow to import

    made = Security.temporary()
    return {"certificate": made.tls_client_cert, "key": made.tls_client_key}


def security(keys: Keys) -> Any:
    """What dask takes: nobody without the certificate is let in or believed."""
    from distributed import Security

    certificate, key = keys["certificate"], keys["key"]
    roles = ("client", "scheduler", "worker")
    pairs = {f"tls_{role}_cert": certificate for role in roles}
    pairs |= {f"tls_{role}_key": key for role in roles}
    return Security(require_encryption=True, tls_ca_file=certificate, **pairs)


def told() -> dict[str, Any]:
    """What whoever started this process wrote as the first line on its standard input."""
    data: dict[str, Any] = json.loads(sys.stdin.buffer.readline())
    return data
