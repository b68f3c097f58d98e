"""A root on a file server for tests, a person who drops files there, and connections that somebody watches or ends."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from refdata.core.addresses import Address
from refdata.core.failure import Failure
from refdata.dropoff.fileserver import FileServer
from refdata.dropoff.serversource import ServerSource
from refdata.dropoff.serverstore import ServerStore
from refdata.sftpopening import sftp_store
from refdata.smbopening import smb_store
from tests.sftp_servers import openssh_server, sftp_source
from tests.smb_server import samba_server, smb_source

SERVERS: dict[str, Callable[[Path], tuple[Path, ServerSource]]] = {
    "SFTP": lambda spool: sftp_source(openssh_server(), spool),
    "SMB": lambda spool: smb_source(samba_server(), spool),
}
FULL = "reference_data_table/fullload"
RECEIVED = datetime(2024, 12, 1, 12, 0, 0)  # noqa: DTZ001  the ledger's times are naive UTC
REASON = Failure("data", "It is damaged", "line 1", "Correct it.", transient=False, task="detect_format")


class Killed(BaseException):
    """Ends the process as far as the code can see."""


class Watched:
    """A connection that calls somebody before, and after, each change."""

    def __init__(self, client: Any, at: Callable[[str, bool], None]) -> None:
        self._client, self._at = client, at

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._client, name)
        return self._told(name, operation) if name in {"rename", "remove", "mkdir", "rmdir"} else operation

    @contextmanager
    def create(self, place: Any) -> Iterator[Any]:
        self._at("create", False)
        with self._client.create(place) as stream:
            self._at("create", True)
            yield stream

    def _told(self, name: str, operation: Any) -> Any:
        def run(*arguments: Any) -> Any:
            self._at(name, False)
            answer = operation(*arguments)
            self._at(name, True)
            return answer

        return run


class WatchedServer(FileServer):
    """A server whose connections are watched."""

    def __init__(self, server: FileServer, at: Callable[[str, bool], None]) -> None:
        self._server, self._at = server, at
        self.kind, self.knows_open_files = server.kind, server.knows_open_files

    @contextmanager
    def session(self) -> Iterator[Any]:
        with self._server.session() as client:
            yield Watched(client, self._at)


def watched(source: ServerSource, at: Callable[[str, bool], None]) -> ServerSource:
    store = dataclasses.replace(source.store, server=WatchedServer(source.store.server, at))
    return dataclasses.replace(source, store=store)


def mortal(source: ServerSource, lives: int, *, after: bool) -> ServerSource:
    """Lets a number of changes through and dies at the next one, before or after it is made."""
    left = lives

    def at(_name: str, made: bool) -> None:
        nonlocal left
        left -= made is after
        if left < 0:
            raise Killed

    return watched(source, at)


def put(local: Path, content: bytes = b"a\n1\n", name: str = "airports.csv", at: int = 1_700_000_000) -> str:
    path = local / FULL / name
    path.unlink(missing_ok=True)
    path.write_bytes(content)
    path.chmod(0o666)  # the server's account is another user
    os.utime(path, (at, at))
    return f"{FULL}/{name}"


def address_of(source: ServerSource) -> str:
    """The address with the connection of the tests."""
    scheme, _, place = source.place.partition("://")
    port = openssh_server().port if scheme == "sftp" else samba_server().port
    return f"{scheme}://{scheme}_{port}@{place}"


def relayed_store(source: ServerSource, port: int) -> ServerStore:
    """The same folder at another port, by the connection ``relayed``."""
    scheme, _, rest = source.place.partition("://127.0.0.1")
    path = rest[rest.index("/") :]
    open_store = smb_store if scheme == "smb" else sftp_store
    return open_store(Address.parse(f"{scheme}://relayed@127.0.0.1:{port}{path}"))


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}
