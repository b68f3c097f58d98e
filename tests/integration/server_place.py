"""A dropoff root on a file server, as the cases for buckets use one: its contents can be put back to how they were."""

from __future__ import annotations

import os
import shutil
from itertools import count
from pathlib import Path
from typing import Any

from refdata.core.settings import Settings
from refdata.dropoff.objectspool import ObjectSpool
from refdata.dropoff.serversource import ServerSource
from refdata.dropoff.serverstore import PASSING
from tests.integration.places import Bucket, Marked

_times = count(1_700_000_000)


class OnServer(Bucket):
    """People reach the server's folder on this machine. Each file is a second younger than the one before."""

    def __init__(self, made: tuple[Path, ServerSource], folder: Path) -> None:
        self._local, self._source = made
        self._copy = folder / "saved-on-server"
        super().__init__(lambda: None, self._source.place, folder / "spool")

    def source(self, settings: Settings) -> ServerSource:
        return ServerSource(self._source.store, ObjectSpool(self._spool))

    def marked(self, marks: Path, spool: Path) -> ServerSource:
        store: Any = Marked(self._source.store, marks)
        return ServerSource(store, ObjectSpool(spool))

    def put(self, path: str, content: bytes) -> None:
        place = self._local / path
        place.parent.mkdir(parents=True, exist_ok=True)
        passing = place.with_name(f"{place.name}.part")
        passing.write_bytes(content)
        passing.chmod(0o666)
        os.utime(passing, (moment := next(_times), moment))
        passing.rename(place)

    def take(self, path: str) -> None:
        (self._local / path).unlink()

    def move(self, path: str, target: str) -> None:
        (self._local / path).rename(self._local / target)

    def files(self) -> dict[str, bytes]:
        paths = sorted(self._local.rglob("*"), key=lambda path: path.lstat().st_mtime_ns)
        return {str(path.relative_to(self._local)): path.read_bytes() for path in paths if path.is_file()}

    def clear(self) -> None:
        self._empty()
        self._source.prepare()
        self._open_to_all()

    def save(self) -> None:
        shutil.rmtree(self._copy, ignore_errors=True)
        shutil.copytree(self._local, self._copy)

    def restore(self) -> None:
        self._empty()
        shutil.copytree(self._copy, self._local, dirs_exist_ok=True)
        self._open_to_all()

    def state(self) -> dict[str, bytes]:
        """Without what a killed process was writing: it has no name yet, and is deleted after a week."""
        return {path: content for path, content in super().state().items() if not path.startswith(PASSING)}

    def _empty(self) -> None:
        for path in self._local.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def _open_to_all(self) -> None:
        """The server runs as another user than the tests."""
        for path in self._local.rglob("*"):
            if path.is_dir():
                path.chmod(0o777)
