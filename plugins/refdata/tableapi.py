"""The part of the Python API and the page that retires, renames and deletes tables: ``ReferenceData.closing``."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import uuid4

from refdata.closedstore import ClosedStore
from refdata.core.closedtables import ClosedTable
from refdata.core.naming import typed_table
from refdata.core.runid import API_RUN
from refdata.ingest import closing
from refdata.ingest.closing import ClosedDown, Wish
from refdata.ingest.context import Deps
from refdata.ingest.dependents import Dependent, dependents

__all__ = ["ClosedDown", "ClosedTable", "Closing", "Dependent"]


class Closing:
    """Tables that take no more files: retired, renamed or deleted. Every change needs a name and a reason."""

    def __init__(self, deps: Callable[[], Deps], expected: Callable[[], AbstractContextManager[None]]) -> None:
        self._deps = deps
        self._expected = expected

    def closed(self) -> tuple[ClosedTable, ...]:
        """The closed tables, by name."""
        with self._expected():
            return tuple(ClosedStore(self._deps().warehouse).all().values())

    def dependents(self, table: str) -> tuple[Dependent, ...]:
        """What depends on a table: contracts, foreign keys, views and procedures, files that wait for it.

        :raises DataError: when there is no such table.
        """
        with self._expected():
            return dependents(self._deps(), typed_table(table))

    def retire(self, table: str, *, reason: str, by: str) -> ClosedDown:
        """Closes a table to new files; its rows and versions stay as they are.

        :raises ValueError: without a reason or a name.
        :raises DataError: when there is no such table, or it is closed already.
        :raises LockTimeoutError: while a load of the table is running or held for approval; retry.
        """
        with self._expected():
            return closing.retire(self._deps(), _wish(table, reason, by))

    def reopen(self, table: str, *, reason: str, by: str) -> None:
        """Lets a retired or deleted table take files again.

        :raises ValueError: without a reason or a name.
        :raises DataError: when it is not closed, or was renamed.
        """
        with self._expected():
            closing.reopen(self._deps(), _wish(table, reason, by))

    def rename(self, table: str, new_name: str, *, reason: str, by: str) -> ClosedDown:
        """Gives a table another name, with its versions, history, answers, contract and the contracts that refer to it.

        Files named for the old name go to the new one. What the database defines with the old name (views, procedures)
        does not follow; the result lists it.

        :raises ValueError: without a reason or a name.
        :raises DataError: when there is no such table, or the new name is taken or cannot be a table's.
        :raises ConfigurationError: when a contract file cannot be read or written.
        :raises LockTimeoutError: while a load of the table is running or held for approval; retry.
        """
        with self._expected():
            return closing.rename_table(self._deps(), _wish(table, reason, by), new_name.strip())

    def delete(self, table: str, *, reason: str, by: str) -> ClosedDown:
        """Drops a table with its rows and all versions; ledger, audit trail and contract file stay.

        :raises ValueError: without a reason or a name.
        :raises DataError: when there is no such table, or a foreign key or another table's contract refers to it.
        :raises LockTimeoutError: while a load of the table is running or held for approval; retry.
        """
        with self._expected():
            return closing.delete_table(self._deps(), _wish(table, reason, by))


def _wish(table: str, reason: str, by: str) -> Wish:
    if not reason.strip() or not by.strip():
        raise ValueError("a reason and the name of the requester are required")
    return Wish(typed_table(table), by.strip(), reason.strip(), f"{API_RUN}{uuid4().hex}")
