"""Application locks (``sp_getapplock``): the transaction keeps them until it ends, and a dead session releases them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator

from refdata.core.errors import DeadlockError, LockTimeoutError
from refdata.core.model import TableName
from refdata.core.naming import fold_name
from refdata.core.publishing import qualified
from refdata.warehouse.base import Session

MAX_RESOURCE = 255
"""Characters of a lock's name:
https://learn.microsoft.com/sql/relational-databases/system-stored-procedures/sp-getapplock-transact-sql"""


PAUSE = 1.0
"""Seconds in which the readers that queued behind a publish go first."""
_LOCK_TIMEOUT = 1222
"""https://learn.microsoft.com/sql/relational-databases/errors-events/mssqlserver-1222-database-engine-error"""


def table_lock(table: TableName) -> str:
    """The lock for changing a table."""
    return f"refdata table {table}"


def of_tables(own: TableName, others: Iterable[TableName]) -> Iterator[tuple[str, bool]]:
    """The locks of a change of ``own`` that reads ``others``, each with whether it is shared.

    They are ordered by name, so that two changes that read each other's table cannot deadlock.
    """
    read = {fold_name(str(table)): table for table in others}
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


def hold_writers(table: TableName) -> str:
    """Locks the table against everybody who writes to it, until the transaction ends; readers continue."""
    return f"SELECT TOP (1) 1 AS held FROM {qualified(table)} WITH (TABLOCK, HOLDLOCK)"


def hold_readers(table: TableName, wait: float, timeout: float) -> str:
    """Locks the table against readers that take locks, and answers 1; or 0 when that takes longer than ``wait``.

    Without it, a scan that began before the publish would continue after it, and see some old and some new rows.
    Readers under READ_COMMITTED_SNAPSHOT take no locks, and continue with the old rows. While this waits for readers,
    new ones queue behind it, so it waits a short time only: the transaction survives, and can try again.

    :param timeout: seconds that later statements wait for a lock.
    """
    usual = f"SET LOCK_TIMEOUT {int(timeout * 1000)}; SET XACT_ABORT ON; SET NOCOUNT OFF;"
    return (
        f"SET NOCOUNT ON; SET XACT_ABORT OFF; SET LOCK_TIMEOUT {int(wait * 1000)}; DECLARE @held INT;"
        f" BEGIN TRY SELECT TOP (1) @held = 1 FROM {qualified(table)} WITH (TABLOCKX, HOLDLOCK); SET @held = 1;"
        f" END TRY BEGIN CATCH IF ERROR_NUMBER() <> {_LOCK_TIMEOUT} OR XACT_STATE() <> 1 BEGIN {usual} THROW; END;"
        f" SET @held = 0; END CATCH; {usual} SELECT @held AS held"
    )


def turns(wait: float, timeout: float) -> Iterator[tuple[bool, float]]:
    """The turns in which a lock is waited for: whether it is the last, and the pause after it, in seconds.

    >>> list(turns(5, 12))
    [(False, 1.0), (False, 1.0), (True, 1.0)]
    """
    wait = min(wait, timeout)
    number = math.ceil(timeout / wait)
    return ((turn == number - 1, min(wait, PAUSE)) for turn in range(number))


def wait_at_most(seconds: float) -> str:
    """Limits how long the session's later statements wait for a lock.

    >>> wait_at_most(5)
    'SET LOCK_TIMEOUT 5000'
    """
    return f"SET LOCK_TIMEOUT {int(seconds * 1000)}"


def hold_readers_patiently(
    session: Session, table: TableName, wait: float, timeout: float, sleep: Callable[[float], None]
) -> None:
    """Locks the table against readers, in as many short waits as ``timeout`` (seconds) allows.

    :raises LockTimeoutError: when readers hold the table for longer.
    """
    for is_last, pause in turns(wait, timeout):
        if session.query(hold_readers(table, min(wait, timeout), timeout))[0][0]:
            return
        if not is_last:
            sleep(pause)
    raise LockTimeoutError(
        f"Other sessions have read {table} without a pause for {timeout:g} s, so its rows could not be replaced",
        where=str(table),
        advice="Nothing: it is retried. With READ_COMMITTED_SNAPSHOT on, readers and loads do not wait for each other.",
    )
