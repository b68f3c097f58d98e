"""A relay in front of a server whose lines a test can cut, as a broken network or a killed server would."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable


class Relay:
    """Listens on a loopback port and passes everything on until it is cut.

    :param watch: sees each piece that a client sends, before it is passed on; it may cut.
    """

    def __init__(self, host: str, port: int, watch: Callable[[Relay, bytes], None] | None = None) -> None:
        self._target = (host, port)
        self._watch = watch
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lines: list[socket.socket] = []
        self._refuse = False
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def cut(self, *, refuse: bool = False) -> None:
        """Breaks every open line; with ``refuse`` new ones are closed at once."""
        self._refuse = refuse
        for line in self._lines:
            _close(line)
        self._lines.clear()

    def restore(self) -> None:
        self._refuse = False

    def close(self) -> None:
        self.cut(refuse=True)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._refuse:
                _close(client)
                continue
            server = socket.create_connection(self._target)
            self._lines += [client, server]
            for source, sink, watched in ((client, server, True), (server, client, False)):
                threading.Thread(target=self._pump, args=(source, sink, watched), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, watched: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                if watched and self._watch is not None:
                    self._watch(self, data)
                sink.sendall(data)
        _close(source)
        _close(sink)


def _close(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    line.close()
