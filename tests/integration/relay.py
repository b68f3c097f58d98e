"""A relay in front of a server whose lines a test can cut, as a broken network or a killed server would.

It runs in a process of its own: some drivers hold Python's lock while they wait for the server.
"""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any


class Relay:
    """Listens on a loopback port and passes everything on until it is cut."""

    def __init__(self, host: str, port: int) -> None:
        command = [sys.executable, str(Path(__file__)), host, str(port)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self._answer())

    def cut(self, *, refuse: bool = False) -> None:
        """Breaks every open line; with ``refuse`` new ones are closed at once."""
        self._tell("cut", refuse=refuse)

    def cut_at(self, text: str, *, after: bool = False) -> None:
        """Breaks all lines, once, when a client sends ``text``: before it is passed on, or ``after`` the server
        got it and before its answer comes back.

        T-SQL's protocol sends text as UTF-16.
        """
        self._tell("cut_at", text=text, after=after)

    def cut_next(self, skip: int = 0, *, after: bool = False) -> None:
        """Like ``cut_at`` for encrypted lines: at what a client sends next, but for the first ``skip`` times."""
        self._tell("cut_next", skip=skip, after=after)

    def restore(self) -> None:
        """Lets new lines through again."""
        self._tell("restore")

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def _tell(self, command: str, **arguments: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"command": command, **arguments}) + "\n")
        self._process.stdin.flush()
        assert self._answer() == command

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


class _Lines:
    """The relay's side: what runs in the other process."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._awaited = b""
        self._skip = -1
        self._pass_first = False
        self._muted = False
        self._open: list[socket.socket] = []
        self._refuse = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, *, refuse: bool) -> None:
        self._refuse = refuse
        lines, self._open = self._open, []  # a client may come back while these are closed
        for line in lines:
            _close(line)

    def cut_at(self, *, text: str, after: bool) -> None:
        self._awaited = text.encode("utf-16-le")
        self._pass_first = after

    def cut_next(self, *, skip: int, after: bool) -> None:
        self._skip = skip
        self._pass_first = after

    def restore(self) -> None:
        self._refuse = False

    def _accept(self) -> None:
        while True:
            client, _ = self.listener.accept()
            if self._refuse:
                _close(client)
                continue
            server = socket.create_connection(self._target)
            self._open += [client, server]
            for source, sink, watched in ((client, server, True), (server, client, False)):
                threading.Thread(target=self._pump, args=(source, sink, watched), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, watched: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                if not watched and self._muted:
                    continue
                awaited = watched and self._is_awaited(data)
                self._muted = self._muted or (awaited and self._pass_first)
                if not awaited or self._pass_first:
                    sink.sendall(data)
                if awaited:
                    self._awaited = b""
                    time.sleep(0.3 if self._pass_first else 0)  # the server needs a moment to act on it
                    self._muted = False
                    self.cut(refuse=False)
        _close(source)
        _close(sink)

    def _is_awaited(self, data: bytes) -> bool:
        if self._skip >= 0:
            self._skip -= 1
            return self._skip < 0
        return bool(self._awaited) and self._awaited in data


def _close(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    line.close()


def _main(host: str, port: str) -> None:
    lines = _Lines(host, int(port))
    print(lines.listener.getsockname()[1], flush=True)  # noqa: T201  the answers go to the test
    for text in sys.stdin:
        given = json.loads(text)
        command = given.pop("command")
        getattr(lines, command)(**given)
        print(command, flush=True)  # noqa: T201


if __name__ == "__main__":
    _main(*sys.argv[1:])
