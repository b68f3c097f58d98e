"""The rows part of the Python API and the page: ``ReferenceData.rows``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import BinaryIO

from refdata.core.browsing import MAX_CONDITIONS, Condition, Operator, Position, RowRequest
from refdata.core.contract import Contract
from refdata.core.errors import ConfigurationError, DataError
from refdata.core.limits import MAX_PAGE
from refdata.core.naming import fold_name, parse_stage_name, typed_table
from refdata.core.owntables import own_tables
from refdata.core.versions import live_version
from refdata.ingest.context import Deps
from refdata.ingest.memory import contract_of
from refdata.versioning.browsing import Patience, RowCell, RowPage, read_page
from refdata.versioning.diffexport import export_difference, workbook_writer, write_csv
from refdata.versioning.exporting import export_csv, export_workbook
from refdata.versioning.finding import Found, find
from refdata.versioning.locating import Versions
from refdata.versioning.rowhistory import RowHistory, read_history

__all__ = ["Condition", "Found", "Operator", "Position", "RowCell", "RowHistory", "RowPage", "TableRows"]


class TableRows:
    """The rows of tables and of their versions, a page at a time.

    refdata's own tables and stages are not shown.
    """

    def __init__(self, deps: Callable[[], Deps], expected: Callable[[], AbstractContextManager[None]]) -> None:
        self._deps = deps
        self._expected = expected

    def page(
        self,
        table: str,
        version: int | None = None,
        *,
        conditions: Sequence[Condition] = (),
        search: str = "",
        sort: str = "",
        descending: bool = False,
        limit: int = 50,
        after: Position | None = None,
        patience: float | None = None,
    ) -> RowPage:
        """A page of rows that meet all conditions and contain the searched text in some column.

        Pages are equally fast at any depth, because each begins after the ``next`` of the page before it.

        :param version: None means the live table.
        :param sort: a column; default: SQLite's order of loading, elsewhere the columns of a unique index.
        :param after: where the page begins; None for the first.
        :param patience: seconds after which a search answers with the rows that it has found so far, as a page that
            ``is_partial``; None: when the page is full. An order by a column without an index needs all rows at once.
        :raises DataError: when there is no such table or version, or its rows were deleted.
        :raises ValueError: when a column does not exist, a value does not fit its column, or a limit is exceeded.
        """
        if not 1 <= limit <= MAX_PAGE or len(conditions) > MAX_CONDITIONS:
            raise ValueError(f"at most {MAX_PAGE} rows and {MAX_CONDITIONS} conditions are possible")
        deps = self._deps()
        asked = RowRequest(tuple(conditions), search, sort, descending, limit, after)
        with self._expected():
            waits = None if patience is None else Patience.of(deps.clock, patience)
            return read_page(_versions(deps), shown_table(deps, table), version, asked, waits)

    def find(self, text: str, *, after: str = "", patience: float = 1.0) -> Found:
        """Searches all tables for a text, in the order of their names; ask again with ``next`` for the tables behind.

        :param after: the table behind which the search goes on; ``""``: from the first.
        :param patience: seconds after which no further table is begun.
        :raises ValueError: when the text has fewer than two characters.
        """
        deps = self._deps()
        with self._expected():
            names = sorted(one.table_name for one in deps.ledger.tables())
            return find(_versions(deps), names, text, after, deps.clock, timedelta(seconds=patience))

    def described(self, table: str) -> Contract:
        """What the table's contract says about its columns: titles, descriptions, how files write dates.

        A wrong contract file hides no rows: without it, what loads have shown remains unsaid.
        """
        deps = self._deps()
        with self._expected():
            name = shown_table(deps, table)
            try:
                return contract_of(deps, name)
            except ConfigurationError as error:
                deps.log.warning("The columns of %s are shown without their titles: %s", name, error)
                return Contract(table=name)

    def history(self, table: str, identity: Mapping[str, str | None]) -> RowHistory:
        """One row: its whole values, and which versions changed it, with the file and the people behind each.

        :param identity: the values of the columns in ``identified_by``, or of all columns, as text; None for NULL.
        :raises DataError: when there is no such table.
        :raises ValueError: when a column does not exist, or a value does not fit it.
        """
        deps = self._deps()
        with self._expected():
            return read_history(_versions(deps), shown_table(deps, table), identity)

    def export(self, table: str, target: BinaryIO, version: int | None = None) -> int:
        """Writes the rows of a table, or of one of its versions, as CSV; returns how many.

        The file is written as the table's contract says that its files are, so dropping it back changes nothing. The
        rows are streamed; a load may have to wait until they are read, so write to a file, not to a slow reader.

        :param version: None means the live table.
        :raises DataError: when there is no such table or version, or its rows were deleted.
        :raises ConfigurationError: when the contract file is wrong.
        """
        deps = self._deps()
        with self._expected():
            name = shown_table(deps, table)
            return export_csv(_versions(deps), name, version, contract_of(deps, name), target)

    def export_workbook(self, table: str, target: BinaryIO, version: int | None = None) -> int:
        """Writes the rows as an Excel workbook: typed cells, text as text, a frozen header with a filter; returns how
        many.

        Dropped back where workbooks are enabled (``file_types``), it changes nothing. Memory is bounded.

        :param version: None means the live table.
        :raises DataError: as ``export``; also when an Excel sheet cannot hold so many rows, or so long a text.
        :raises ConfigurationError: when the contract file is wrong.
        """
        deps = self._deps()
        with self._expected():
            name = shown_table(deps, table)
            return export_workbook(_versions(deps), name, version, contract_of(deps, name), target)

    def export_difference(
        self, table: str, before: int, after: int | None, target: BinaryIO, *, workbook: bool = False
    ) -> int:
        """Writes every row that differs between two versions, as CSV or as an Excel workbook; returns the lines.

        The first column is ``removed``, ``added``, or for a changed row ``before`` and ``after``, on two lines.

        :param after: None means the live version.
        :param target: a file that can be emptied: where the table is loaded meanwhile, it is compared again.
        :raises DataError: when there is no such table or version, or its rows were deleted; also when an Excel sheet
            cannot hold so many rows, or so long a text.
        """
        deps = self._deps()
        with self._expected():
            name, versions = shown_table(deps, table), _versions(deps)
            newest = live_version(versions.ledger.versions(name)) if after is None else after
            write = workbook_writer(name, contract_of(deps, name)) if workbook else write_csv
            return export_difference(versions, name, before, newest, deps.rules(name).keys, target, write)

    def identified_by(self, page: RowPage) -> tuple[str, ...]:
        """The columns that identify a row: the key of the contract, of ``tables.yaml``, or of an index; else none."""
        known = {fold_name(column.name): column.name for column in page.columns}
        declared = self.described(page.table).primary_key or self._deps().rules(page.table).keys
        spelled = tuple(known.get(fold_name(name), "") for name in declared)
        return spelled if spelled and all(spelled) else page.key


def shown_table(deps: Deps, table: str) -> str:
    """The name of a table whose rows people may see.

    :raises DataError: when it is one of refdata's own, whose rows quote other tables, or a stage.
    """
    name = typed_table(table)
    own = {fold_name(one) for one in own_tables(deps.settings)}
    if fold_name(name) in own or parse_stage_name(name):
        advice = "Check the name: `refdata tables` lists the loaded ones."
        raise DataError(f"There is no table {deps.live(name)} with loaded rows", where=name, advice=advice)
    return name


def _versions(deps: Deps) -> Versions:
    return Versions(deps.settings, deps.warehouse)
