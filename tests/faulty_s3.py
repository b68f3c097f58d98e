"""Moto's S3 behind a second address that answers some requests as a server in trouble does."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

Environ = dict[str, Any]
Respond = Callable[..., Any]
Application = Callable[[Environ, Respond], Iterable[bytes]]
Trouble = Callable[[Application, Environ, Respond], Iterable[bytes]]


@dataclass
class FaultyS3:
    """Passes requests on, but those that a test asked for."""

    application: Application
    rules: list[tuple[Callable[[Environ], bool], Trouble]] = field(default_factory=list)
    hits: int = 0

    def __call__(self, environ: Environ, respond: Respond) -> Iterable[bytes]:
        for applies, trouble in self.rules:
            if applies(environ):
                self.hits += 1
                return trouble(self.application, environ, respond)
        return self.application(environ, respond)

    @contextmanager
    def trouble(self, applies: Callable[[Environ], bool], trouble: Trouble) -> Iterator[FaultyS3]:
        """As long as the context lasts."""
        rule = (applies, trouble)
        self.rules.append(rule)
        try:
            yield self
        finally:
            self.rules.remove(rule)


def refused(status: str, code: str) -> Trouble:
    """An error as S3 writes it, such as ``503 Slow Down``."""
    body = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()

    def answer(application: Application, environ: Environ, respond: Respond) -> Iterable[bytes]:
        respond(status, [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
        return [body]

    return answer


def cut(application: Application, environ: Environ, respond: Respond) -> Iterable[bytes]:
    """The answer ends in the middle, as when the line is cut."""
    body = b"".join(application(environ, respond))
    return [body[: len(body) // 2]]


def times(most: int, trouble: Trouble) -> Trouble:
    """Only the first so many times."""
    left = iter(range(most))

    def answer(application: Application, environ: Environ, respond: Respond) -> Iterable[bytes]:
        return application(environ, respond) if next(left, None) is None else trouble(application, environ, respond)

    return answer


def asks(method: str, part: str = "") -> Callable[[Environ], bool]:
    """Requests of a method whose path and query contain a text."""
    return lambda environ: (
        environ["REQUEST_METHOD"] == method and part in f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}"
    )


@lru_cache(maxsize=1)
def faulty_server() -> tuple[FaultyS3, str]:
    """The server and its address, once per process; it stops with the process."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    faulty = FaultyS3(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, faulty, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    atexit.register(server.shutdown)
    return faulty, f"http://127.0.0.1:{server.server_port}"
