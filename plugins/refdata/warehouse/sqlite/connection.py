"""Opens the embedded database: one file for the connection, one for each schema.

SQLite commits over several attached files atomically through a super-journal, but only while every
file uses a rollback journal; in WAL mode each file commits on its own, so a crash between two could
leave the table new and its version missing. https://www.sqlite.org/lang_attach.html
"""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from refdata.core.errors import (
    CancelledError,
    ConfigurationError,
    ConnectionLostError,
    DataError,
    LockTimeoutError,
    PermissionDeniedError,
    RefdataError,
    SchemaError,
    StorageFullError,
)
from refdata.core.naming import quote
from refdata.core.settings import Settings
from refdata.warehouse.base import STREAMED
from refdata.warehouse.sqlite.plainhook import Opener

PAGE_BYTES = 8_192
"""Measured on 1,000,000 rows of 13 columns: the publish takes a twelfth less time than with SQLite's 4,096. With
16,384 it takes no less, and each small table takes more space."""
_SHARE_PATIENCE = 100
"""Milliseconds that a reader waits for a file while it may have others locked."""
_STEPS_BETWEEN_LOOKS = 200_000
"""SQLite virtual-machine instructions, some milliseconds, between two checks whether to continue."""

_BY_CODE: dict[int, tuple[type[RefdataError], str]] = {
    sqlite3.SQLITE_BUSY: (LockTimeoutError, "Nothing: the step is retried. Raise lock_timeout if it recurs."),
    sqlite3.SQLITE_LOCKED: (LockTimeoutError, "Nothing: the step is retried."),
    sqlite3.SQLITE_FULL: (StorageFullError, "Free up space on the disk with the database files."),
    sqlite3.SQLITE_IOERR: (StorageFullError, "Check the disk with the database files."),
    sqlite3.SQLITE_READONLY: (PermissionDeniedError, "Give the Airflow worker write permission on the database files."),
    sqlite3.SQLITE_PERM: (PermissionDeniedError, "Give the Airflow worker write permission on the database files."),
    sqlite3.SQLITE_CANTOPEN: (ConnectionLostError, "Create the folder for the database files and make it writable."),
    sqlite3.SQLITE_NOTADB: (ConfigurationError, "Point the connection at a SQLite file, or at a new path."),
    sqlite3.SQLITE_CORRUPT: (ConfigurationError, "Restore the database files from a backup."),
    sqlite3.SQLITE_CONSTRAINT: (DataError, "Remove the constraint, or correct the rows in the file."),
    sqlite3.SQLITE_INTERRUPT: (CancelledError, "Nothing: the load was stopped, and the table is unchanged."),
    sqlite3.SQLITE_TOOBIG: (DataError, "Split the value; SQLite allows at most one gigabyte."),
}


_RIGHTS = PermissionDeniedError, "Give the Airflow worker write permission on the folder of the database files."
_BY_ERRNO: dict[int, tuple[type[RefdataError], str]] = dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), _RIGHTS)
"""Any other disk error (full, failing) may pass."""


def translate(error: sqlite3.Error, where: str) -> RefdataError:
    """The driver's error as one of the error tree."""
    code = getattr(error, "sqlite_errorcode", None)
    known = _BY_CODE.get(code & 0xFF) if code is not None else None
    kind, advice = known or (SchemaError, "Run `refdata init-db`; if the error persists, report the message.")
    return kind(f"SQLite refused: {error}", where=where, advice=advice)


@contextlib.contextmanager
def files_translated(where: Path) -> Iterator[None]:
    """Turns disk errors on the database's files and folders into errors of the tree."""
    try:
        yield
    except OSError as fault:
        kind, advice = _BY_ERRNO.get(fault.errno or 0, (StorageFullError, "Check their disk."))
        said = fault.strerror or type(fault).__name__
        raise kind(f"The files of the database cannot be used: {said}", where=str(where), advice=advice) from fault


class SqliteSession:
    """Statements on one connection, with the driver's errors translated."""

    def __init__(self, connection: sqlite3.Connection, where: str) -> None:
        self._connection = connection
        self._where = where

    def query(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """See ``Session.query``."""
        with self._translated():
            return self._connection.execute(sql, [parameter(value) for value in values]).fetchall()

    def stream(self, sql: str, values: Sequence[object] = ()) -> Iterator[list[tuple[Any, ...]]]:
        """See ``Session.stream``."""
        with self._translated():
            cursor = self._connection.execute(sql, [parameter(value) for value in values])
            while rows := cursor.fetchmany(STREAMED):
                yield rows

    def execute(self, sql: str, values: Sequence[object] = ()) -> int:
        """See ``Session.execute``."""
        with self._translated():
            return self._connection.execute(sql, [parameter(value) for value in values]).rowcount

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise translate(error, self._where) from error


class _Shared(threading.local):
    """The connection that a thread's transactions share, while somebody asked for that ``depth`` times."""

    depth = 0
    connection: sqlite3.Connection | None = None
    in_use = False


class SqliteFiles:
    """The files behind one Airflow connection."""

    def __init__(self, hook: Opener, settings: Settings) -> None:
        self._hook = hook
        self._settings = settings
        self._only_thread: int | None = None
        self._shared = _Shared()
        with contextlib.closing(self._hook_connection()) as connection:
            name = connection.execute("PRAGMA database_list").fetchone()[2]
        if not name:
            raise ConfigurationError(
                "The SQLite connection has no file",
                where=f"connection {settings.conn_id}",
                advice="Set the connection's host to the path of a file; an in-memory database cannot keep versions.",
            )
        self.main = Path(name)

    def schema_file(self, schema: str) -> Path:
        """The file of a schema: ``refdata.db`` has ``refdata.ref.db`` and ``refdata.bkp.db``."""
        return self.main.with_name(f"{self.main.stem}.{schema}{self.main.suffix}")

    @property
    def schemas(self) -> tuple[str, ...]:
        """The files' names in statements, in the order in which a writer locks them."""
        return "main", self._settings.ref_schema, self._settings.bkp_schema

    @property
    def _busy_timeout(self) -> int:
        """Milliseconds."""
        return int(self._settings.lock_timeout * 1000)

    @property
    def stage_folder(self) -> Path:
        """The folder for stage databases: separate files, so staging blocks no one."""
        return self.main.with_name(f"{self.main.stem}.stage")

    def super_journals(self) -> list[Path]:
        """The files that running or killed commits have beside the database."""
        return list(self.main.parent.glob(f"{glob.escape(self.main.name)}-mj*"))

    def sweep_super_journals(self) -> None:
        """Removes what a process killed during a commit left beside the database; changes nothing else.

        Call it within a transaction that writes: that locks every file, so each journal of a killed process has been
        rolled back. A super-journal that a journal still names is kept, because without it that journal would count
        as one of a finished commit. https://www.sqlite.org/atomiccommit.html#stale_super_journals
        """
        with files_translated(self.main):
            for path in self.super_journals():
                if not any(Path(os.fsdecode(name)).exists() for name in path.read_bytes().split(b"\0") if name):
                    path.unlink(missing_ok=True)

    def connect(self) -> sqlite3.Connection:
        """A connection with both schemas attached, in which transactions are begun explicitly.

        :raises ConnectionLostError: when a file cannot be opened.
        """
        connection = self._hook_connection()
        try:
            self._prepare(connection)
        except sqlite3.Error as error:
            connection.close()
            raise translate(error, str(self.main)) from error
        except RefdataError:
            connection.close()
            raise
        return connection

    def size_pages(self, connection: sqlite3.Connection) -> None:
        """Lets files that are still empty have pages of ``PAGE_BYTES``; others keep theirs."""
        for schema in self.schemas:
            connection.execute(f"PRAGMA {quote(schema)}.page_size = {PAGE_BYTES}")

    @contextlib.contextmanager
    def sharing(self) -> Iterator[None]:
        """Within it, the transactions of this thread follow one another on one connection, which begins with the first.

        Between two transactions it has no lock.
        """
        self._shared.depth += 1
        try:
            yield
        finally:
            self._shared.depth -= 1
            if not self._shared.depth:
                self._end_shared()

    @contextlib.contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        """A connection for one transaction: the shared one, or one of its own while that is in use.

        :raises ConnectionLostError: when a file cannot be opened.
        """
        shared = self._shared
        if not shared.depth or shared.in_use:
            with contextlib.closing(self.connect()) as connection:
                yield connection
            return
        shared.connection = shared.connection or self.connect()
        shared.in_use = True
        try:
            yield shared.connection
        except BaseException:
            # Whatever went wrong: the next transaction begins on a connection that nothing has happened to.
            self._end_shared()
            raise
        finally:
            shared.in_use = False

    def _end_shared(self) -> None:
        if self._shared.connection is not None:
            self._shared.connection.close()
            self._shared.connection = None

    def begin_reading(self, session: SqliteSession) -> None:
        """Begins a transaction that locks every file for reading, as a writer locks every file for writing.

        A committing writer takes one file after the other; a reader that has one of them and waits for another would
        deadlock with it until both gave up. So a reader that cannot get a file soon releases all of them.

        :raises LockTimeoutError: when it did not get all of them within ``lock_timeout``.
        """
        deadline = time.monotonic() + self._settings.lock_timeout
        while True:
            session.execute(f"PRAGMA busy_timeout = {_SHARE_PATIENCE}")
            session.execute("BEGIN")
            try:
                for schema in self.schemas:
                    session.query(f"SELECT 1 FROM {quote(schema)}.sqlite_master LIMIT 1")
                break
            except LockTimeoutError:
                session.execute("ROLLBACK")
                if time.monotonic() > deadline:
                    raise
        session.execute(f"PRAGMA busy_timeout = {self._busy_timeout}")

    def break_off(self) -> None:
        """Interrupts the statements of other threads, current and future; they fail as cancelled."""
        self._only_thread = threading.get_ident()

    def _is_broken_off(self) -> bool:
        return self._only_thread not in (None, threading.get_ident())

    def _hook_connection(self) -> sqlite3.Connection:
        try:
            return self._hook.get_conn()
        except sqlite3.Error as error:
            raise translate(error, f"connection {self._settings.conn_id}") from error

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.isolation_level = None
        connection.set_progress_handler(self._is_broken_off, _STEPS_BETWEEN_LOOKS)
        connection.execute(f"PRAGMA busy_timeout = {self._busy_timeout}")
        for schema in (self._settings.ref_schema, self._settings.bkp_schema):
            connection.execute(f"ATTACH DATABASE ? AS {quote(schema)}", (str(self.schema_file(schema)),))
        for schema in self.schemas:
            self._require_rollback_journal(connection, schema)

    def _require_rollback_journal(self, connection: sqlite3.Connection, schema: str) -> None:
        mode = connection.execute(f"PRAGMA {quote(schema)}.journal_mode").fetchone()[0]
        if mode == "wal":
            raise ConfigurationError(
                f"The SQLite file of schema {schema} is in WAL mode: a commit over several files is not atomic there",
                where=str(self.main),
                advice="Run PRAGMA journal_mode=DELETE on that file while nothing else uses it.",
            )


def parameter(value: object) -> object:
    """A statement's value; a time becomes the ISO text that ``datetime.fromisoformat`` reads back."""
    return value.isoformat(sep=" ") if isinstance(value, datetime) else value
