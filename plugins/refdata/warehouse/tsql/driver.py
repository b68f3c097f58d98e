"""The interface of a driver for a T-SQL engine, and the session that all engines share."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, Protocol
from urllib.parse import quote, quote_plus

from refdata.core.errors import RefdataError
from refdata.warehouse.base import STREAMED
from refdata.warehouse.tsql.errors import DriverError, translate


class Connection(Protocol):
    """The part of DB-API's connection that is used; it commits each statement separately."""

    def cursor(self) -> Any: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


class Driver(Protocol):
    """One client library. Its exceptions pass through; ``read_error`` explains them."""

    @property
    def name(self) -> str:
        """The library's name, for messages."""
        ...

    @property
    def where(self) -> str:
        """Server and database, for messages."""
        ...

    @property
    def secrets(self) -> Sequence[str]:
        """The texts that no message may contain, in every spelling."""
        ...

    def connect(self) -> Connection:
        """A new connection with autocommit on."""
        ...

    def execute(self, cursor: Any, sql: str, values: Sequence[object]) -> None:
        """Runs a statement whose ``?`` stand for ``values``."""
        ...

    def read_error(self, error: BaseException) -> DriverError | None:
        """The content of the library's exception; None when it is not the library's."""
        ...


@contextlib.contextmanager
def translated(driver: Driver, where: str = "") -> Iterator[None]:
    """Turns the library's exceptions into the error tree's."""
    try:
        yield
    except RefdataError:
        raise
    except BaseException as error:
        # BaseException: mssql-python's Rust core panics with one that is not an Exception.
        read = driver.read_error(error)
        if read is None:
            raise
        # Not chained: a traceback shows the library's own text, with row values and login data.
        raise translate(read, where or driver.where, secrets=driver.secrets) from None


def spellings(*secrets: object) -> tuple[str, ...]:
    """Secrets as they may appear in a message: plain, and escaped as in connection strings and addresses."""
    plain = [str(secret) for secret in secrets if secret]
    escaped = [
        text for secret in plain for text in (secret.replace("}", "}}"), quote(secret, safe=""), quote_plus(secret))
    ]
    return tuple(sorted({*plain, *escaped}, key=len, reverse=True))


class TsqlSession:
    """See ``base.Session``: statements on one connection, with the driver's errors translated."""

    def __init__(self, connection: Connection, driver: Driver) -> None:
        self._connection = connection
        self._driver = driver
        self.broken = False

    def query(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """See ``Session.query``: the rows of the first result that has columns."""
        with self._run(sql, values) as cursor:
            while cursor.description is None:
                if not cursor.nextset():
                    return []
            rows = [tuple(row) for row in cursor.fetchall()]
            _finish(cursor)
            return rows

    def stream(self, sql: str, values: Sequence[object] = ()) -> Iterator[list[tuple[Any, ...]]]:
        """See ``Session.stream``."""
        with self._run(sql, values) as cursor:
            while rows := cursor.fetchmany(STREAMED):
                yield [tuple(row) for row in rows]

    def execute(self, sql: str, values: Sequence[object] = ()) -> int:
        """See ``Session.execute``."""
        with self._run(sql, values) as cursor:
            changed = cursor.rowcount
            _finish(cursor)
            return int(changed)

    @contextlib.contextmanager
    def _run(self, sql: str, values: Sequence[object]) -> Iterator[Any]:
        with translated(self._driver):
            cursor = self._connection.cursor()
            try:
                self._driver.execute(cursor, sql, values)
                yield cursor
            finally:
                with contextlib.suppress(Exception):
                    cursor.close()


def _finish(cursor: Any) -> None:
    """Reads to the end of the batch: an error after the first result appears only there."""
    while cursor.nextset():
        pass


def server_address(host: str | None, port: int | None) -> str:
    """``host:port`` of an Airflow connection, for addresses; ``dsn`` stands for a host that only the DSN names."""
    return f"{host or 'dsn'}:{port or 1433}"
