"""Servers that a test process starts on loopback, and that end with it."""

from __future__ import annotations

import atexit
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_WHILE_READ = '"$0" "$@" & read -r _; kill $!'
"""The server ends with the process that started it, also when that is killed."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def start_server(command: Sequence[str], port: int, log: Path, **how: Any) -> int:
    """Starts a server, in a process group of its own, and waits until it listens; returns the group.

    :param how: arguments of ``Popen``.
    """
    with log.open("a") as stream:
        server = subprocess.Popen(
            ["sh", "-c", _WHILE_READ, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=stream,
            start_new_session=True,
            **how,
        )
    atexit.register(_ended, server)
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
        except OSError:
            time.sleep(0.05)
        else:
            return server.pid
    raise AssertionError(f"{command[0]} does not listen: {log.read_text()}")


def _ended(server: subprocess.Popen[bytes]) -> None:
    assert server.stdin is not None
    server.stdin.close()
    server.wait(10)
