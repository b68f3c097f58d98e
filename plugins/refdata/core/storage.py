"""How many pages a table takes for its rows, and which tables are heaps. Pure.

A heap is a SQL Server table without a clustered index. It keeps the pages of deleted rows unless the DELETE locked the
whole table, so that it only grows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from refdata.core.model import TableName
from refdata.core.naming import backup_name, fold_name

PAGE = 8192
"""Bytes of a page."""
_USABLE, _WIDEST = 8096, 8060
"""Bytes of a page that rows can take, and of the widest row that is stored in its page:
https://learn.microsoft.com/sql/relational-databases/pages-and-extents-architecture-guide"""
_SLACK = 64
"""Pages that a table may have beyond those that its rows need, without being called wasteful."""


@dataclass(frozen=True, slots=True)
class TableStorage:
    """One table: its rows, the pages in use for them, and ``widest``, the most bytes that a row of it can have.

    >>> TableStorage(TableName("ref", "t"), rows=1000, pages=5000, is_heap=True, widest=400).most_needed
    50
    """

    table: TableName
    rows: int
    pages: int
    is_heap: bool
    widest: int

    @property
    def most_needed(self) -> int:
        """The pages that so many rows need if all of them are as wide as they can be."""
        a_page = max(1, _USABLE // max(1, min(self.widest, _WIDEST)))
        return -(-self.rows // a_page)

    def __str__(self) -> str:
        """In words: ``ref.t (1,000 rows in 5,000 pages)``."""
        return f"{self.table} ({self.rows:,} rows in {self.pages:,} pages)"

    @property
    def is_wasteful(self) -> bool:
        """Whether it has more than twice the pages that it can need: most of them are empty."""
        return self.pages > 2 * self.most_needed + _SLACK


@dataclass(frozen=True, slots=True)
class StorageReport:
    """The tables with loaded rows, and their versions. ``unknown`` says why the server does not report them."""

    tables: tuple[TableStorage, ...] = ()
    unknown: str = ""

    def of_tables(self, names: Iterable[str]) -> StorageReport:
        """The report on these tables and their versions only."""
        known = {fold_name(one) for name in names for one in (name, backup_name(name))}
        return StorageReport(tuple(one for one in self.tables if fold_name(one.table.name) in known), self.unknown)

    @property
    def heaps(self) -> tuple[TableStorage, ...]:
        """The tables without a clustered index, those with most pages first."""
        return tuple(sorted((one for one in self.tables if one.is_heap), key=lambda one: -one.pages))
