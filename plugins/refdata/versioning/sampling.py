"""Samples text columns for better types, for the advice of ``refdata report``."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from refdata.core.alignment import own_columns
from refdata.core.columnevidence import Evidence
from refdata.core.errors import RefdataError
from refdata.core.filemodel import Notation
from refdata.core.inference import decide
from refdata.core.model import Column, Table
from refdata.core.publishing import column_list, qualified
from refdata.core.report import NarrowerType
from refdata.core.sqltypes import SqlType, TypeKind
from refdata.csvformat.infer import gather
from refdata.warehouse.base import Row, Warehouse

SAMPLE = 5_000
"""Rows that are examined; most reference tables have fewer."""
LEAST_VALUES = 20
"""With fewer values than this, no conclusion is drawn."""


def narrower_types(warehouse: Warehouse, tables: Iterable[Table], log: logging.Logger) -> Iterator[NarrowerType]:
    """The text columns whose sampled values a load would give another type.

    For NVARCHAR(MAX) this includes short values. Types that the DBA chose are not mentioned. A table that cannot be
    read now, because a load locks it, is skipped and logged.
    """
    for table in tables:
        columns = [one for one in own_columns(table) if one.type.kind is TypeKind.NVARCHAR and one.native is None]
        try:
            rows = _first_rows(warehouse, table, columns) if columns else ()
        except RefdataError as error:
            log.warning("No advice on the types of %s: %s", table.name, error)
            continue
        yield from _found(table, columns, rows)


def _first_rows(warehouse: Warehouse, table: Table, columns: Sequence[Column]) -> Sequence[Row]:
    names = column_list(tuple(column.name for column in columns))
    statement = warehouse.capabilities.first_rows(f"SELECT {names} FROM {qualified(table.name)}", SAMPLE)
    with warehouse.transaction(write=False) as session:
        return session.query(statement.sql, statement.values)


def _found(table: Table, columns: Sequence[Column], rows: Sequence[Row]) -> Iterator[NarrowerType]:
    for index, column in enumerate(columns):
        better = _type_of([row[index] for row in rows])
        if better is not None and _is_narrower(better, column.type):
            yield NarrowerType(str(table.name), column.name, column.type, better, len(rows))


def _is_narrower(better: SqlType, live: SqlType) -> bool:
    if better.kind is TypeKind.NVARCHAR:
        return live.length is None and better.length is not None
    return True


def _type_of(cells: Sequence[object]) -> SqlType | None:
    """The type that a load would give these values; None for too few, or where the server could not convert them."""
    import pyarrow as pa

    texts = pa.array(["" if cell is None else str(cell) for cell in cells], pa.string())
    evidence = gather(texts, Evidence())
    decision = decide(evidence)
    is_plain = replace(decision.notation, fraction_digits=0) == Notation()
    return decision.type if evidence.values >= LEAST_VALUES and is_plain else None
