"""Maps the columns of a live table, whoever declared them, to the nine types of ``core.sqltypes``.

Ranges and sizes: https://learn.microsoft.com/sql/t-sql/data-types/data-types-transact-sql
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from refdata.core import sqltypes
from refdata.core.model import Column, NativeType
from refdata.core.sqltypes import SqlType, TypeKind

_NOTHING = SqlType(TypeKind.NVARCHAR, length=0)
_MAX = SqlType(TypeKind.NVARCHAR)


@dataclass(frozen=True, slots=True)
class CatalogColumn:
    """A row of ``select_columns``: a column as ``sys.columns`` describes it.

    ``type_name`` is the system type's name. ``max_length`` counts bytes, -1 for MAX. ``full_scale`` is the
    scale of the type where none is declared. ``collation`` is None where it is the database's own. ``table`` is the
    table's name as the catalog spells it.
    """

    name: str
    type_name: str
    max_length: int
    precision: int
    scale: int
    full_scale: int
    nullable: bool
    collation: str | None
    identity: bool
    computed: bool
    has_default: bool
    is_utf8: bool
    table: str

    @property
    def writable(self) -> bool:
        """Whether rows can supply a value: the server fills computed columns and row versions."""
        return not self.computed and self.type_name not in ("timestamp", "rowversion")


def catalog_column(row: Sequence[Any]) -> CatalogColumn:
    """A row of ``select_columns``; drivers differ in how they return BIT."""
    name, type_name, max_length, precision, scale, full_scale, nullable, collation, *flags, table = row
    identity, computed, has_default, is_utf8 = map(bool, flags)
    sizes = (max_length, precision, scale, full_scale)
    return CatalogColumn(
        name, type_name, *sizes, bool(nullable), collation, identity, computed, has_default, is_utf8, str(table)
    )


def column(entry: CatalogColumn) -> Column:
    """The column as planning sees it."""
    kind, native = _read(entry)
    optional = entry.identity or entry.has_default
    return Column(entry.name, kind, entry.nullable, native, optional=optional, identity=entry.identity)


def _read(entry: CatalogColumn) -> tuple[SqlType, NativeType | None]:
    plain = _PLAIN.get(entry.type_name)
    if plain is not None:
        return plain, None
    known = _FIXED.get(entry.type_name)
    if known is not None:
        return known[0], NativeType(entry.type_name, known[1])
    sized = _SIZED.get(entry.type_name)
    if sized is not None:
        return sized(entry)
    # Binary, spatial and other types are never altered; publishing shows whether the server converts text to them.
    return _MAX, NativeType(entry.type_name, _MAX)


_PLAIN = {
    "bit": sqltypes.BIT,
    "int": sqltypes.INT,
    "bigint": sqltypes.BIGINT,
    "date": sqltypes.DATE,
}
_FIXED = {
    # name: (type that keeps all its values, type whose values surely fit it)
    "smallint": (sqltypes.INT, sqltypes.decimal(4, 0)),
    "tinyint": (sqltypes.INT, sqltypes.decimal(1, 0)),  # 0 to 255: two digits could be a negative number
    "money": (sqltypes.decimal(19, 4), sqltypes.decimal(18, 4)),
    "smallmoney": (sqltypes.decimal(10, 4), sqltypes.decimal(9, 4)),
    "real": (sqltypes.FLOAT, sqltypes.decimal(7, 0)),  # whole numbers up to 2^24
    "datetime": (sqltypes.DATETIME2, _NOTHING),  # from 1753, in steps of 1/300 s
    "smalldatetime": (sqltypes.DATETIME2, _NOTHING),
    "datetimeoffset": (SqlType(TypeKind.NVARCHAR, length=34), SqlType(TypeKind.NVARCHAR, length=34)),
    "uniqueidentifier": (SqlType(TypeKind.NVARCHAR, length=36), SqlType(TypeKind.NVARCHAR, length=36)),
    "xml": (_MAX, _MAX),
    "ntext": (_MAX, _MAX),
}


def _float(entry: CatalogColumn) -> tuple[SqlType, NativeType | None]:
    if entry.precision > 24:
        return sqltypes.FLOAT, None
    return sqltypes.FLOAT, NativeType("real", sqltypes.decimal(7, 0))


def _decimal(entry: CatalogColumn) -> tuple[SqlType, NativeType | None]:
    return sqltypes.decimal(entry.precision, entry.scale), None


def _moment(entry: CatalogColumn) -> tuple[SqlType, NativeType | None]:
    kind = SqlType(TypeKind[entry.type_name.upper()])
    if entry.scale == entry.full_scale:
        return kind, None
    holds = sqltypes.DATE if kind.kind is TypeKind.DATETIME2 else _NOTHING
    return kind, NativeType(f"{entry.type_name}({entry.scale})", holds)


def _unicode(entry: CatalogColumn) -> tuple[SqlType, NativeType | None]:
    kind = SqlType(TypeKind.NVARCHAR, length=None if entry.max_length < 0 else entry.max_length // 2)
    padded = NativeType(f"nchar({kind.length})", kind) if entry.type_name == "nchar" else None
    return kind, padded


def _code_page(entry: CatalogColumn) -> tuple[SqlType, NativeType | None]:
    length = None if entry.max_length < 0 or entry.type_name == "text" else entry.max_length
    # Longer than a sized NVARCHAR can be: VARCHAR goes up to 8,000.
    kind = SqlType(TypeKind.NVARCHAR, length=length if (length or 0) <= sqltypes.MAX_NVARCHAR else None)
    size = "" if entry.type_name == "text" else f"({length or 'max'})"
    holds = SqlType(TypeKind.NVARCHAR, length=length)
    return kind, NativeType(f"{entry.type_name}{size}", holds, single_byte=True, utf8=entry.is_utf8)


_SIZED: dict[str, Callable[[CatalogColumn], tuple[SqlType, NativeType | None]]] = {
    "float": _float,
    "decimal": _decimal,
    "numeric": _decimal,
    "datetime2": _moment,
    "time": _moment,
    "nvarchar": _unicode,
    "sysname": _unicode,
    "nchar": _unicode,
    "varchar": _code_page,
    "char": _code_page,
    "text": _code_page,
}
