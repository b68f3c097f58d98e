"""Application locks (``sp_getapplock``): the transaction keeps them until it ends, and a dead session releases them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from refdata.core.errors import DeadlockError, LockTimeoutError
from refdata.core.model import TableName
from refdata.core.naming import fold_name
from refdata.core.publishing import PublishCheck, qualified
from refdata.warehouse.base import Session

MAX_RESOURCE = 255
"""Characters of a lock's name:
https://learn.microsoft.com/sql/relational-databases/system-stored-procedures/sp-getapplock-transact-sql"""


def table_lock(table: TableName) -> str:
    """The lock for changing a table."""
    return f"refdata table {table}"


def of_publish(own: TableName, checks: Sequence[PublishCheck]) -> Iterator[tuple[str, bool]]:
    """The locks of a publish, each with whether it is shared: its own table's, and those of tables that its rules read.

    They are ordered by name, so that two publishes that read each other's table cannot deadlock.
    """
    read = {fold_name(str(table)): table for check in checks for table in check.tables}
    tables = {**read, fold_name(str(own)): own}
    return ((table_lock(table), table is not own) for _, table in sorted(tables.items()))


def acquire(session: Session, statement: str, lock: str, timeout: float, where: str) -> None:
    """Takes a lock; ``statement`` determines the mode, ``timeout`` is in seconds.

    :raises DeadlockError: when the server chose this session as the victim.
    :raises LockTimeoutError: when others hold the lock for longer.
    """
    granted = int(session.query(statement, (_resource(lock), int(timeout * 1000)))[0][0])
    if granted == -3:
        raise DeadlockError(f"Chosen as deadlock victim at the lock {lock!r}", where=where)
    if granted < 0:
        raise LockTimeoutError(
            f"The lock {lock!r} was not granted within {timeout:g} s (answer {granted})",
            where=where,
            advice="Nothing: it is retried. Raise lock_timeout if it recurs.",
        )


def _resource(lock: str) -> str:
    """The lock's name within the server's limit, with a hash where it had to be cut."""
    if len(lock.encode("utf-16-le")) // 2 <= MAX_RESOURCE:
        return lock
    return f"{lock[:100]} {hashlib.sha256(lock.encode()).hexdigest()}"


def hold_readers(table: TableName) -> str:
    """Locks the table against readers that take locks.

    Without it, a scan that began before the publish would continue after it, and see some old and some new rows.
    Readers under READ_COMMITTED_SNAPSHOT take no locks, and continue with the old rows.
    """
    return f"SELECT TOP (1) 1 AS held FROM {qualified(table)} WITH (TABLOCKX, HOLDLOCK)"
