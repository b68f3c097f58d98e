"""Reads the rows of a table or of one of its versions, page by page, and one row through all versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from refdata.core.browsing import SHOWN, PagePlan, Position, RowRequest, is_long
from refdata.core.cellvalues import cell_text
from refdata.core.model import Column
from refdata.core.versions import VersionRecord, list_versions, live_version
from refdata.versioning.locating import Versions
from refdata.warehouse.base import Session


@dataclass(frozen=True, slots=True)
class RowCell:
    """A value as text (None: NULL); ``is_cut`` where the list shows only its beginning."""

    text: str | None
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class RowPage:
    """A page of rows: ``version`` that was read, and ``next`` where more follow.

    ``table_rows`` is the number of the version's rows as the ledger recorded it, None where nothing did; it is not
    counted. ``key`` are the columns of a unique index, empty where there is none.
    """

    table: str
    version: int
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rows: tuple[tuple[RowCell, ...], ...]
    before: int
    next: Position | None
    table_rows: int | None


def read_page(versions: Versions, table: str, version: int | None, asked: RowRequest) -> RowPage:
    """A page of the rows of a version, or of the live table where it is None.

    :raises DataError: when there is no such table or version, or its rows were deleted.
    :raises LockTimeoutError: when the table changes faster than a version can be read.
    :raises ValueError: when a column does not exist, a value does not fit its column, or the position is wrong.
    """
    if version is None:
        return _page(versions, table, None, asked, versions.ledger.versions(table))
    return versions.while_unchanged(table, lambda records: _page(versions, table, version, asked, records))


def _page(
    versions: Versions, table: str, version: int | None, asked: RowRequest, records: tuple[VersionRecord, ...]
) -> RowPage:
    source = versions.rows_of(table, version, records)
    columns = versions.columns_of(table, source)
    shown = live_version(records) if version is None else version
    with versions.warehouse.transaction(write=False) as session:
        key = unique_key(versions, session, table, columns) if version is None else ()
        plan = PagePlan(versions.warehouse.capabilities, source, columns, key, asked)
        statement = plan.statement()
        if version is not None and asked.after is None:
            versions.require_rows(session, source, table, version, records)
        fetched = session.query(statement.sql, statement.values)
    page = fetched[: asked.limit]
    following = plan.position_after(page) if len(fetched) > asked.limit else None
    rows = tuple(tuple(map(_cell, row, columns)) for row in page)
    known = next((one.rows for one in list_versions(records) if one.version == shown), None)
    return RowPage(table, shown, columns, key, rows, asked.after.before if asked.after else 0, following, known)


def unique_key(versions: Versions, session: Session, table: str, columns: Sequence[Column]) -> tuple[str, ...]:
    """The columns of the live table's shortest unique index; empty where it has none."""
    known = {column.name for column in columns}
    indexes = versions.warehouse.unique_indexes(session, versions.live_name(table))
    keys = [index.columns for index in indexes if set(index.columns) <= known]
    return min(keys, key=len, default=())


def _cell(value: object, column: Column) -> RowCell:
    text = cell_text(value, column.type)
    if text is None or not is_long(column) or len(text) <= SHOWN:
        return RowCell(text)
    return RowCell(text[:SHOWN], is_cut=True)
