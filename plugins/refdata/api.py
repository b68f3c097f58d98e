"""What other programs, the page and the command line ask of refdata."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from refdata.config import load_settings
from refdata.core.errors import NotInitialisedError, SchemaError
from refdata.core.model import FileStatus, LedgerRow, TableName
from refdata.core.settings import Settings
from refdata.ledger import FileOrder, Ledger, TableSummary
from refdata.warehouse.base import Warehouse
from refdata.warehouse.connect import open_warehouse

__all__ = ["FileOrder", "HistoryPage", "ReferenceData"]

MAX_PAGE = 500


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """A page of the ledger.

    ``total`` counts the files that fit the search and the status, ``counts`` those that fit the search,
    by status.
    """

    files: tuple[LedgerRow, ...]
    total: int
    counts: Mapping[FileStatus, int]
    limit: int
    offset: int


class ReferenceData:
    """The reference tables of one warehouse and the fate of every file dropped for them.

    Each method is one short read and raises an error of the tree: ``TransientError`` when trying again
    can help, ``NotInitialisedError`` before the first file was seen.
    """

    def __init__(self, settings: Settings, warehouse: Warehouse) -> None:
        self._settings = settings
        self._warehouse = warehouse
        self._ledger = Ledger(warehouse)

    @classmethod
    def connect(cls) -> ReferenceData:
        """From Airflow's configuration and its connection ``conn_id``.

        Tasks and the API server read connections of Airflow's database; another process finds only those
        that its environment or a secrets backend gives.

        :raises ConfigurationError: when a setting or the connection is wrong.
        """
        settings = load_settings()
        return cls(settings, open_warehouse(settings))

    def history(
        self,
        *,
        status: FileStatus | None = None,
        search: str = "",
        limit: int = 50,
        offset: int = 0,
        order: FileOrder = FileOrder.ID,
        descending: bool = True,
    ) -> HistoryPage:
        """Files and their fate, newest first unless another order is asked for.

        :param search: text within a file's or a table's name; upper and lower case are the same.
        :param limit: rows of the page, 1 to 500.
        :param offset: rows before the page.
        :raises ValueError: when ``limit`` or ``offset`` is out of range.
        """
        if not 1 <= limit <= MAX_PAGE or offset < 0:
            raise ValueError(f"limit must be between 1 and {MAX_PAGE} and offset not negative: {limit}, {offset}")
        with self._ledger_expected():
            page = self._ledger.page(
                status=status, search=search, limit=limit, offset=offset, order=order, descending=descending
            )
        total = sum(page.counts.values()) if status is None else page.counts.get(status, 0)
        return HistoryPage(page.files, total, page.counts, limit, offset)

    def file(self, load_id: int) -> LedgerRow | None:
        """One file's row, or None."""
        with self._ledger_expected():
            return self._ledger.get(load_id)

    def tables(self) -> tuple[TableSummary, ...]:
        """The tables that were loaded, by name, each with its last load."""
        with self._ledger_expected():
            return self._ledger.tables()

    def counts(self) -> Mapping[FileStatus, int]:
        """How many files stand in each status."""
        with self._ledger_expected():
            return self._ledger.counts()

    @contextlib.contextmanager
    def _ledger_expected(self) -> Iterator[None]:
        """Tells a database that was never used from one that refuses."""
        try:
            yield
        except SchemaError as error:
            ledger = TableName(self._settings.ref_schema, self._settings.ledger_table)
            if self._warehouse.table(ledger) is not None:
                raise
            raise NotInitialisedError(
                "No file has been dropped yet, so there is no ledger",
                where=str(ledger),
                advice="Drop a file, or run `refdata init-db`.",
            ) from error
