"""Reads the rows of a table or of one of its versions, page by page, and one row through all versions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from refdata.core.browsing import PagePlan, Position, RowRequest
from refdata.core.cellvalues import cell_text
from refdata.core.model import Column
from refdata.core.rowvalues import SHOWN, is_long
from refdata.core.statement import Statement
from refdata.core.versions import VersionRecord, list_versions, live_version
from refdata.versioning.locating import Versions
from refdata.warehouse.base import Row, Session

_FIRST_PART = 20_000
_GROWTH = 4


@dataclass(frozen=True, slots=True)
class RowCell:
    """A value as text (None: NULL); ``is_cut`` where the list shows only its beginning."""

    text: str | None
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class RowPage:
    """A page of rows: ``version`` that was read, and ``next`` where more follow.

    ``table_rows`` is the number of the version's rows as the ledger recorded it, None where nothing did; it is not
    counted. ``key`` are the columns of a unique index, empty where there is none. ``is_partial``: the time was over
    before the page was full; ask for ``next`` with what is missing.
    """

    table: str
    version: int
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rows: tuple[tuple[RowCell, ...], ...]
    before: int
    next: Position | None
    table_rows: int | None
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class Patience:
    """Until when a caller waits, and how many rows are looked through before it is known how fast that is."""

    clock: Callable[[], datetime]
    until: datetime
    first_part: int = _FIRST_PART

    @classmethod
    def of(cls, clock: Callable[[], datetime], seconds: float) -> Patience:
        """From now on."""
        return cls(clock, clock() + timedelta(seconds=seconds))

    @property
    def seconds(self) -> float:
        """What is left, negative when it is over."""
        return (self.until - self.clock()).total_seconds()


@dataclass(frozen=True, slots=True)
class _Fetched:
    """Rows of a page with the terms of their order, and where the next page begins."""

    rows: tuple[Row, ...]
    next: Position | None
    is_partial: bool = False


def read_page(
    versions: Versions, table: str, version: int | None, asked: RowRequest, patience: Patience | None = None
) -> RowPage:
    """A page of the rows of a version, or of the live table where it is None.

    :param patience: a search that takes longer answers with what it has found, where the order allows to go on.
    :raises DataError: when there is no such table or version, or its rows were deleted.
    :raises LockTimeoutError: when the table changes faster than a version can be read.
    :raises ValueError: when a column does not exist, a value does not fit its column, or the position is wrong.
    """
    if version is None:
        return _page(versions, table, None, asked, versions.ledger.versions(table), patience)
    return versions.while_unchanged(table, lambda records: _page(versions, table, version, asked, records, patience))


def _page(
    versions: Versions,
    table: str,
    version: int | None,
    asked: RowRequest,
    records: tuple[VersionRecord, ...],
    patience: Patience | None,
) -> RowPage:
    source = versions.rows_of(table, version, records)
    columns = versions.columns_of(table, source)
    shown = live_version(records) if version is None else version
    with versions.warehouse.transaction(write=False) as session:
        key = unique_key(versions, session, table, columns) if version is None else ()
        plan = PagePlan(versions.warehouse.capabilities, source, columns, key, asked)
        whole = plan.statement()  # a wrong request is reported before anything else
        if version is not None and asked.after is None:
            versions.require_rows(session, source, table, version, records)
        fetched = _in_parts(session, plan, patience) if patience and plan.has_parts else _at_once(session, plan, whole)
    rows = tuple(tuple(map(_cell, row, columns)) for row in fetched.rows)
    known = next((one.rows for one in list_versions(records) if one.version == shown), None)
    before = asked.after.before if asked.after else 0
    return RowPage(table, shown, columns, key, rows, before, fetched.next, known, fetched.is_partial)


def _at_once(session: Session, plan: PagePlan, whole: Statement) -> _Fetched:
    fetched = session.query(whole.sql, whole.values)
    page = tuple(fetched[: plan.asked.limit])
    return _Fetched(page, plan.position_after(page) if len(fetched) > len(page) else None)


def _in_parts(session: Session, plan: PagePlan, patience: Patience) -> _Fetched:
    """Looks through the rows in their order, a part at a time, until the page is full or the patience is over."""
    rows: tuple[Row, ...] = ()
    size = patience.first_part
    while True:
        begun, limit = patience.seconds, plan.asked.limit
        found, end = (
            session.query(one.sql, one.values) for one in (plan.statement_within(size), plan.end_within(size))
        )
        page = tuple(found[:limit])
        rows = (*rows, *page)
        if len(found) > limit:
            return _Fetched(rows, plan.position_after(page) if page else plan.asked.after)
        if not end:
            return _Fetched(rows, None)
        after = plan.position_at(end[0], len(page), size)
        plan = replace(plan, asked=replace(plan.asked, limit=limit - len(page), after=after))
        size = _next_size(size, begun - patience.seconds, patience.seconds)
        if size < patience.first_part // _GROWTH or size < 1:
            return _Fetched(rows, after, is_partial=plan.asked.limit > 0)


def _next_size(size: int, took: float, left: float) -> int:
    """How many rows can be looked through in the seconds that are left, as fast as the last so many."""
    return min(_GROWTH * size, int(size * left / max(took, 1e-6)))


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
