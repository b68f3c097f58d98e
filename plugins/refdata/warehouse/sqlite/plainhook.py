"""What the embedded engine needs of Airflow's SQLite hook, and its stand-in where Airflow is not loaded."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Protocol


class Located(Protocol):
    """A connection, of which only the file's path is read."""

    @property
    def host(self) -> str | None:
        """The path."""


class Opener(Protocol):
    """Opens the file behind an Airflow connection, as ``SqliteHook`` does."""

    @property
    def connection(self) -> Located:
        """The connection."""

    def get_conn(self) -> sqlite3.Connection:
        """A new connection to the file."""


@dataclass(frozen=True, slots=True)
class _File:
    host: str


@dataclass(frozen=True, slots=True)
class PlainHook:
    """Opens a file whose path is known.

    :param path: absolute, and without anything that means something in a URI.
    """

    path: str

    @property
    def connection(self) -> Located:
        """See ``Opener``."""
        return _File(self.path)

    def get_conn(self) -> sqlite3.Connection:
        """See ``Opener``."""
        return sqlite3.connect(f"file:{self.path}", uri=True)
