"""Google Cloud Storage on loopback by gcp-storage-emulator, once per test process."""

from __future__ import annotations

import atexit
import logging
import os
import threading
from functools import lru_cache, partial
from http.server import HTTPServer
from typing import Any

from gcp_storage_emulator.exceptions import NotFound
from gcp_storage_emulator.server import RequestHandler
from gcp_storage_emulator.storage import Storage

_UNLESS_THERE = "ifGenerationMatch=0"
"""https://docs.cloud.google.com/storage/docs/request-preconditions"""


@lru_cache(maxsize=1)
def gcs_endpoint() -> str:
    """The address of the server, which stops with the process."""
    logging.getLogger("gcp_storage_emulator").setLevel(logging.CRITICAL)
    logging.getLogger("api").setLevel(logging.CRITICAL)  # its own name; it would write a line for each request
    server = HTTPServer(("127.0.0.1", 0), partial(_Handler, Storage(use_memory_fs=True)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    atexit.register(server.shutdown)
    return f"http://127.0.0.1:{server.server_port}"


def gcs_filesystem() -> Any:
    """A filesystem of fsspec on that server."""
    # It would ask Google by gRPC, which the emulator does not speak, what kind of bucket this is.
    os.environ.setdefault("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
    import gcsfs

    return gcsfs.GCSFileSystem(token="anon", endpoint_url=gcs_endpoint(), project="test")


class _ThereError(Exception):
    """The object that was to be created is there."""


class _Creating:
    """The storage, for a request that may only create an object."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)

    def create_file(self, bucket: str, name: str, *rest: Any) -> None:
        try:
            self._storage.get_file_obj(bucket, name)
        except NotFound:
            self._storage.create_file(bucket, name, *rest)
        else:
            raise _ThereError


class _Handler(RequestHandler):  # type: ignore[misc]  # the emulator has no types
    """Honours the one precondition that the emulator overlooks and the store does not."""

    storage: Any

    def do_POST(self) -> None:  # noqa: N802  the name that http.server looks for
        if _UNLESS_THERE in self.path:
            self.storage = _Creating(self.storage)
        try:
            super().do_POST()
        except _ThereError:
            self.send_response(412)
            self.send_header("Content-Length", "0")
            self.end_headers()
