"""The bytes that a row takes on its page, computed as SQL Server does. Pure.

A row must fit 8,060 bytes. Columns of a fixed size take it even where they are NULL. A text of more than 24 bytes can
be moved off the row, which leaves a pointer of 24 bytes; a shorter one cannot, so that hundreds of short texts do not
fit. The server's own errors (1701 for the table, 511 for a row) name no column.
https://learn.microsoft.com/sql/relational-databases/databases/estimate-the-size-of-a-heap
https://learn.microsoft.com/sql/relational-databases/pages-and-extents-architecture-guide#large-row-support
"""

from __future__ import annotations

from collections.abc import Sequence

from refdata.core.model import Column
from refdata.core.sqltypes import SqlType, TypeKind

MAX_ROW = 8060
"""https://learn.microsoft.com/sql/sql-server/maximum-capacity-specifications-for-sql-server"""
_POINTER = 24
_HEADER = 4
_OFFSET = 2
_NAMED = 10
_FIXED = {
    # https://learn.microsoft.com/sql/t-sql/data-types/data-types-transact-sql
    TypeKind.INT: 4,
    TypeKind.BIGINT: 8,
    TypeKind.FLOAT: 8,
    TypeKind.DATE: 3,
    TypeKind.TIME: 5,
    TypeKind.DATETIME2: 8,
}
_DECIMALS = ((9, 5), (19, 9), (28, 13), (38, 17))


def refusal(columns: Sequence[Column]) -> str:
    """Why no row of these columns can be stored; ``""`` where one can.

    >>> from refdata.core.sqltypes import decimal
    >>> refusal([Column("a", decimal(9, 0))])
    ''
    """
    least = _bytes(columns, texts=False)
    if least <= MAX_ROW:
        return ""
    return (
        f"A row would take at least {least:,} bytes, and SQL Server stores at most {MAX_ROW:,}."
        f" The widest columns: {_widest(columns, texts=False)}"
    )


def warning(columns: Sequence[Column]) -> str:
    """Which columns may make a row too wide if all of their texts are filled; ``""`` where every row fits."""
    most = _bytes(columns, texts=True)
    if most <= MAX_ROW:
        return ""
    texts = [column for column in columns if not _fixed(column.type)]
    return (
        f"A row whose {len(texts)} text columns are all filled would take {most:,} bytes; SQL Server stores at most"
        f" {MAX_ROW:,} and refuses such a row (error 511). These count most: {_widest(columns, texts=True)}"
    )


def _bytes(columns: Sequence[Column], *, texts: bool) -> int:
    """The bytes of a row: the least, or with every text filled."""
    bits = sum(column.type.kind is TypeKind.BIT for column in columns)
    total = _HEADER + 2 + (len(columns) + 7) // 8 + (bits + 7) // 8 + sum(_fixed(column.type) for column in columns)
    variable = [_in_row(column.type) for column in columns if _is_text(column.type)] if texts else []
    return total + (_OFFSET + sum(_OFFSET + size for size in variable) if variable else 0)


def _is_text(kind: SqlType) -> bool:
    return kind.kind is TypeKind.NVARCHAR


def _in_row(kind: SqlType) -> int:
    """The bytes that a filled text keeps in the row: its own, or a pointer's."""
    return _POINTER if kind.length is None else min(_POINTER, 2 * kind.length)


def _fixed(kind: SqlType) -> int:
    if kind.kind is TypeKind.DECIMAL:
        return next(size for precision, size in _DECIMALS if (kind.precision or 0) <= precision)
    return _FIXED.get(kind.kind, 0)


def _widest(columns: Sequence[Column], *, texts: bool) -> str:
    sizes = [(_fixed(column.type) or (_in_row(column.type) if texts and _is_text(column.type) else 0), column)
             for column in columns]  # fmt: skip
    largest = sorted(sizes, key=lambda pair: -pair[0])
    named = [f"{column.name} {column.type} ({size})" for size, column in largest[:_NAMED]]
    more = len([size for size, _ in sizes if size]) - len(named)
    return ", ".join(named) + (f" and {more} more" if more > 0 else "")
