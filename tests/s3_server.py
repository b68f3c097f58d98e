"""S3 on loopback by moto's server, once per test process."""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from tests.faulty_s3 import Application, Environ, Respond


@lru_cache(maxsize=1)
def s3_endpoint() -> str:
    """The address of the server, which stops with the process."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # it would write a line for each request
    server = make_server("127.0.0.1", 0, OneWrite(DomainDispatcherApplication(create_backend_app)), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    atexit.register(server.shutdown)
    return f"http://127.0.0.1:{server.server_port}"


class OneWrite:
    """One write at a time: moto looks, then writes. Of two conditional writes S3 refuses one."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, respond: Respond) -> Iterable[bytes]:
        """Answers one request."""
        if environ["REQUEST_METHOD"] == "GET":
            return self._application(environ, respond)
        with self._lock:
            return self._application(environ, respond)


def s3_filesystem() -> Any:
    """A filesystem of fsspec on that server."""
    import s3fs

    return s3fs.S3FileSystem(key="test", secret="test", endpoint_url=s3_endpoint())
