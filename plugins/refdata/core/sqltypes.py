"""Column types as SQL Server names them, and the rules that widen them.

The nine types are those of the design; each engine renders them in its own dialect. Widening never
loses a value: text grows, numbers grow, and incompatible types become text.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MAX_DECIMAL_PRECISION = 38
"""Digits of a DECIMAL: https://learn.microsoft.com/sql/t-sql/data-types/decimal-and-numeric-transact-sql"""

MAX_NVARCHAR = 4000
"""Characters of a sized NVARCHAR: https://learn.microsoft.com/sql/t-sql/data-types/nchar-and-nvarchar-transact-sql"""

TEXT_BUCKETS = (10, 20, 50, 100, 255, 500, 1000, 2000, MAX_NVARCHAR)
"""The lengths given to text columns; some headroom saves an ALTER for each new file."""


class TypeKind(StrEnum):
    """The family of a column's type."""

    BIT = "BIT"
    INT = "INT"
    BIGINT = "BIGINT"
    DECIMAL = "DECIMAL"
    FLOAT = "FLOAT"
    DATE = "DATE"
    TIME = "TIME"
    DATETIME2 = "DATETIME2"
    NVARCHAR = "NVARCHAR"


@dataclass(frozen=True, slots=True)
class SqlType:
    """One column type.

    ``precision`` and ``scale`` belong to DECIMAL. ``length`` belongs to NVARCHAR, in UTF-16 code
    units as SQL Server counts them; ``None`` there means MAX.
    """

    kind: TypeKind
    precision: int | None = None
    scale: int | None = None
    length: int | None = None

    def __str__(self) -> str:
        if self.kind is TypeKind.DECIMAL:
            return f"DECIMAL({self.precision},{self.scale})"
        if self.kind is TypeKind.NVARCHAR:
            return f"NVARCHAR({'MAX' if self.length is None else self.length})"
        return self.kind.value


BIT = SqlType(TypeKind.BIT)
INT = SqlType(TypeKind.INT)
BIGINT = SqlType(TypeKind.BIGINT)
FLOAT = SqlType(TypeKind.FLOAT)
DATE = SqlType(TypeKind.DATE)
TIME = SqlType(TypeKind.TIME)
DATETIME2 = SqlType(TypeKind.DATETIME2)

# An integer column may contain a number of this many digits (INT ends at 2,147,483,647) ...
_INTEGER_DIGITS = {TypeKind.INT: 10, TypeKind.BIGINT: 19}
# ... and accepts every number of this many digits.
_INTEGER_CAPACITY = {TypeKind.INT: 9, TypeKind.BIGINT: 18}
_TEXT_WIDTH = {
    TypeKind.BIT: 5,
    TypeKind.INT: 11,
    TypeKind.BIGINT: 20,
    TypeKind.FLOAT: 30,
    TypeKind.DATE: 10,
    TypeKind.TIME: 16,
    TypeKind.DATETIME2: 27,
}


def decimal(precision: int, scale: int) -> SqlType:
    """A DECIMAL of ``precision`` digits, ``scale`` of them after the point."""
    return SqlType(TypeKind.DECIMAL, precision=precision, scale=scale)


def text(longest: int) -> SqlType:
    """NVARCHAR in the smallest bucket for ``longest`` UTF-16 code units, MAX beyond 4,000."""
    return SqlType(TypeKind.NVARCHAR, length=next((size for size in TEXT_BUCKETS if size >= longest), None))


def covers(live: SqlType, wanted: SqlType) -> bool:
    """Whether every value of ``wanted`` fits ``live`` without loss."""
    return widen(live, wanted) == live


def widen(live: SqlType, wanted: SqlType) -> SqlType:
    """The narrowest type that keeps every value of both; ``live`` itself where that is enough."""
    if live == wanted:
        return live
    if TypeKind.NVARCHAR in (live.kind, wanted.kind):
        return _wider_text(live, wanted)
    ours, theirs = _digits(live), _digits(wanted)
    if ours is not None and theirs is not None:
        return _wider_number(live, wanted, ours, theirs)
    if live.kind is TypeKind.DATETIME2 and wanted.kind is TypeKind.DATE:
        return live
    if live.kind is TypeKind.DATE and wanted.kind is TypeKind.DATETIME2:
        return wanted
    if live.kind is TypeKind.FLOAT and _fits_float(theirs):
        return live
    if wanted.kind is TypeKind.FLOAT and _fits_float(ours):
        return wanted
    return text(max(text_width(live), text_width(wanted)))


def _wider_text(live: SqlType, wanted: SqlType) -> SqlType:
    if live.kind is TypeKind.NVARCHAR and live.length is None:
        return live
    if wanted.kind is TypeKind.NVARCHAR and wanted.length is None:
        return wanted
    longest = max(text_width(live), text_width(wanted))
    if live.kind is TypeKind.NVARCHAR and live.length == longest:
        return live
    return text(longest)


def _wider_number(live: SqlType, wanted: SqlType, ours: tuple[int, int], theirs: tuple[int, int]) -> SqlType:
    if TypeKind.DECIMAL not in (live.kind, wanted.kind):
        return BIGINT
    capacity = (_INTEGER_CAPACITY[live.kind], 0) if live.kind in _INTEGER_CAPACITY else ours
    if capacity[0] >= theirs[0] and capacity[1] >= theirs[1]:
        return live
    whole, scale = max(ours[0], theirs[0]), max(ours[1], theirs[1])
    if whole + scale > MAX_DECIMAL_PRECISION:
        return text(max(text_width(live), text_width(wanted)))
    return decimal(whole + scale, scale)


def _digits(kind: SqlType) -> tuple[int, int] | None:
    """Digits before and after the point of an exact number, else None."""
    if kind.kind is TypeKind.DECIMAL and kind.precision is not None and kind.scale is not None:
        return kind.precision - kind.scale, kind.scale
    if kind.kind in _INTEGER_DIGITS:
        return _INTEGER_DIGITS[kind.kind], 0
    return None


def _fits_float(digits: tuple[int, int] | None) -> bool:
    """A double keeps any number of 15 digits (IEEE 754, DBL_DIG)."""
    return digits is not None and sum(digits) <= 15


def text_width(kind: SqlType) -> int:
    """Characters that the longest value of a type needs as text (MAX counts as 4,001)."""
    if kind.kind is TypeKind.NVARCHAR:
        return MAX_NVARCHAR + 1 if kind.length is None else kind.length
    if kind.kind is TypeKind.DECIMAL and kind.precision is not None:
        return kind.precision + 3
    return _TEXT_WIDTH[kind.kind]
