"""Reads one row in the live table and in all kept versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from refdata.core.alignment import own_columns
from refdata.core.capabilities import Capabilities
from refdata.core.cellvalues import cell_text, cell_value
from refdata.core.columntext import unicode_text
from refdata.core.model import Column, Table
from refdata.core.naming import LINEAGE_COLUMNS, VERSION_COLUMN, fold_name, quote
from refdata.core.publishing import qualified
from refdata.core.rowhistory import RowStep, RowTexts, row_steps
from refdata.core.rowvalues import SHOWN, is_binary, is_long, named_column, value_of
from refdata.core.sqltypes import TypeKind
from refdata.core.versions import VersionRecord, locate
from refdata.versioning.locating import Versions
from refdata.warehouse.base import Session

MOST = 500
"""Rows with the same identity that are read from all versions together."""


@dataclass(frozen=True, slots=True)
class RowHistory:
    """One row: its values now (several where rows repeat, none where it is gone), and the versions that changed it.

    ``is_complete`` is False where more rows than could be read have these values.
    """

    table: str
    columns: tuple[Column, ...]
    rows: tuple[RowTexts, ...]
    steps: tuple[RowStep, ...]
    is_complete: bool


def read_history(versions: Versions, table: str, identity: Mapping[str, str | None]) -> RowHistory:
    """The row with these values, through all versions.

    :param identity: columns with their values as text, None for NULL; of a long text its first 300 characters.
    :raises DataError: when there is no such table.
    :raises LockTimeoutError: when the table changes faster than its versions can be read.
    :raises ValueError: when a column does not exist, or a value does not fit it.
    """
    return versions.while_unchanged(table, lambda records: _history(versions, table, identity, records))


def _history(
    versions: Versions, table: str, identity: Mapping[str, str | None], records: tuple[VersionRecord, ...]
) -> RowHistory:
    live = versions.live(table)
    columns = own_columns(live)
    where, values = same_row(versions.warehouse.capabilities, columns, identity)
    backup = versions.warehouse.table(versions.backup_name(table))
    with versions.warehouse.transaction(write=False) as session:
        now = _read(session, versions, live, columns, where, values)
        kept = _read(session, versions, backup, columns, where, values) if backup else []
    listed = versions.listed(table)
    by_version = {one.version: _rows_in(records, one.version, now, kept) for one in listed if one.is_kept}
    steps = row_steps(listed, by_version)
    is_complete = len(now) < MOST and len(kept) < MOST
    return RowHistory(table, columns, tuple(row for _, _, row in now), steps, is_complete)


def same_row(
    engine: Capabilities, columns: Sequence[Column], identity: Mapping[str, str | None]
) -> tuple[str, list[object]]:
    """The condition that a row has these values, texts by code points.

    :raises ValueError: when a column does not exist, a value does not fit it, or none is given.
    """
    parts: list[str] = []
    values: list[object] = []
    for name, text in identity.items():
        column = named_column(columns, name)
        if is_binary(column):
            continue
        sql, bound = _same(engine, column, text)
        parts.append(sql)
        values += bound
    if not parts:
        raise ValueError("values of the row are needed")
    return " AND ".join(parts), values


def _same(engine: Capabilities, column: Column, text: str | None) -> tuple[str, list[object]]:
    value = value_of(engine, column)
    if text is None:
        return f"{value} IS NULL", []
    if column.type.kind is not TypeKind.NVARCHAR:
        bound = engine.bound(cell_value(text, column.type), column.type)
        return f"{engine.sortable(value, column.type)} = ?", [bound]
    coded = unicode_text(engine, column, value)
    if is_long(column):
        return f"{engine.text_parts(f'SUBSTRING({coded}, 1, {SHOWN})')[0]} = ?", [text[:SHOWN]]
    exact = engine.text_parts(coded)[0]
    # The first comparison is what an index serves.
    return (f"{value} = ?", [text]) if exact == value else (f"({value} = ? AND {exact} = ?)", [text, text])


_Found = tuple[int | None, int | None, RowTexts]
"""The version under which a row is kept (None: live), its load, its values."""


def _read(
    session: Session, versions: Versions, source: Table, columns: Sequence[Column], where: str, values: list[object]
) -> list[_Found]:
    there = {fold_name(column.name): column for column in source.columns}
    shown = [there.get(fold_name(column.name)) for column in columns]
    extra = [name for name in (VERSION_COLUMN, LINEAGE_COLUMNS[2]) if fold_name(name) in there]
    if any(quote(one.name) in where for one, own in zip(columns, shown, strict=True) if own is None):
        return []  # the versions were made before the table had the column
    names = ", ".join([*(quote(one.name) if one else "NULL" for one in shown), *map(quote, extra)])
    page = versions.warehouse.capabilities.page_rows(0, MOST)
    order = quote(extra[0]) if extra else "1"
    sql = f"SELECT {names} FROM {qualified(source.name)} WHERE {where} ORDER BY {order} {page.sql}"
    kinds = [(own or one).type for own, one in zip(shown, columns, strict=True)]
    found = []
    for row in session.query(sql, (*values, *page.values)):
        texts = tuple(map(cell_text, row, kinds))
        numbers = dict(zip(extra, row[len(columns) :], strict=True))
        found.append((numbers.get(VERSION_COLUMN), numbers.get(LINEAGE_COLUMNS[2]), texts))
    return found


def _rows_in(
    records: Sequence[VersionRecord], version: int, now: Sequence[_Found], kept: Sequence[_Found]
) -> list[RowTexts]:
    place = locate(records, version)
    rows = [one for one in kept if one[0] is not None and place.has_kept(one[0])]
    rows += now if place.snapshot is None else []
    later = {one.load_id for one in records if place.has_later and one.version > version}
    return [texts for _, load, texts in rows if load is None or load not in later]
