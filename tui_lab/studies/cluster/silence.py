"""Processes of dask that are reached by its own protocol alone, and keep what they do to
themselves."""

from __future__ import annotations

import logging
from typing import Any

import dask
from distributed.http.routing import RoutingApplication
from distributed.node import ServerNode
from tornado.httpserver import HTTPServer


class Silent(ServerNode):
    """To be put before a scheduler or a worker: it listens for no HTTP, also none without pages."""

    def start_http_server(self, *_: Any, **__: Any) -> None:
        """Have what dask closes in the end, and nothing that listens."""
        self.http_application = RoutingApplication([])
        self.http_server = HTTPServer(self.http_application)


def silence() -> None:
    """For this process: few notices kept, no page prepared, and no word but of errors."""
    dask.config.set(
        {
            "distributed.scheduler.http.routes": [],
            "distributed.worker.http.routes": [],
            "distributed.admin.low-level-log-length": 100,
        }
    )
    logging.getLogger("distributed").setLevel(logging.ERROR)
