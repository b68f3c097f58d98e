"""S3 on loopback by moto's server, once per test process."""

from __future__ import annotations

import atexit
import logging
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=1)
def s3_endpoint() -> str:
    """The address of the server, which stops with the process."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # it would write a line for each request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    atexit.register(server.stop)
    host, port = server.get_host_and_port()
    return f"http://{host}:{port}"


def s3_filesystem() -> Any:
    """A filesystem of fsspec on that server."""
    import s3fs

    return s3fs.S3FileSystem(key="test", secret="test", endpoint_url=s3_endpoint())
