"""How the values of a table become the cells of a workbook, so that dropping it back changes nothing. Pure.

Numbers, dates and booleans are typed cells; text stays text, also where it looks like a number or a formula. A
spreadsheet keeps a number as a double and a moment as a fraction of a day: a value that would change there is written
as text. What stands for NULL is what the table's CSV files write.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, TypeAlias

from refdata.core.cellvalues import cell_text, exact
from refdata.core.contract import Contract, FieldContract
from refdata.core.csvwriting import header_of, null_of
from refdata.core.model import Column
from refdata.core.sqltypes import TypeKind

SheetValue: TypeAlias = str | bool | int | float | Decimal | date | time | None
"""What a cell contains; ``None`` leaves it empty."""

EXACT_DIGITS = 15
"""Digits that a number keeps in Excel: https://support.microsoft.com/office/excel-specifications-and-limits."""

_FIRST_DAY = date(1900, 3, 1)
"""Earlier days differ between spreadsheets, because Excel counts a 29 February 1900 that did not exist."""
_TEXT_FORMAT = "@"
_TIME_FORMAT = "hh:mm:ss"
_MIN_WIDTH, _MAX_WIDTH = 10, 40
_MOMENTS = (TypeKind.DATE, TypeKind.DATETIME2)


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column of a sheet: its header, its number format (``""``: none), its width in characters, and its values."""

    header: str
    number_format: str
    width: int
    value: Callable[[object], SheetValue]


@dataclass(frozen=True, slots=True)
class SheetForm:
    """The columns of a sheet; without ``has_header`` the rows begin at the top."""

    columns: tuple[SheetColumn, ...]
    has_header: bool = True

    def cells(self, row: Sequence[object]) -> list[SheetValue]:
        """A row of a driver's values as cells."""
        return [column.value(value) for column, value in zip(self.columns, row, strict=True)]


def sheet_form(columns: Sequence[Column], contract: Contract) -> SheetForm:
    """The form in which a table is written into a workbook."""
    made = tuple(sheet_column(column, contract.column(column.name), contract) for column in columns)
    return SheetForm(made, has_header=contract.dialect.header is not False)


def sheet_column(column: Column, known: FieldContract | None, contract: Contract) -> SheetColumn:
    """One column, as its contract (None: nothing is known) names it and writes its dates."""
    null = null_of(known, contract) or None
    value = _typed(column)
    header = header_of(column, known)
    width = min(max(len(header) + 3, _width_of(column)), _MAX_WIDTH)
    return SheetColumn(header, _number_format(column, known), width, lambda cell: null if cell is None else value(cell))


def _width_of(column: Column) -> int:
    return max(_MIN_WIDTH, (column.type.length or _MAX_WIDTH) if column.type.kind is TypeKind.NVARCHAR else 12)


def _number_format(column: Column, known: FieldContract | None) -> str:
    kind = column.type.kind
    if kind is TypeKind.NVARCHAR:
        return _TEXT_FORMAT
    if kind is TypeKind.DECIMAL and column.type.scale:
        return f"0.{'0' * column.type.scale}"
    if kind is TypeKind.TIME:
        return _TIME_FORMAT
    if kind not in _MOMENTS:
        return ""
    day = _day_format(known)
    return f"{day} {_TIME_FORMAT}" if kind is TypeKind.DATETIME2 else day


def _day_format(known: FieldContract | None) -> str:
    order = (known and known.date_order) or "ymd"
    separator = known.date_separator if known and known.date_separator is not None else "-"
    # A bare slash means the separator of the reader's country.
    mark = "".join(f"\\{character}" for character in separator)
    return mark.join({"y": "yyyy", "m": "mm", "d": "dd"}[part] for part in order)


def _typed(column: Column) -> Callable[[Any], SheetValue]:
    kind = column.type.kind
    text = _text(column)
    if kind is TypeKind.NVARCHAR:
        return text
    read = exact(column.type)

    def typed(cell: Any) -> SheetValue:
        try:
            value = read(cell)
        except (ValueError, TypeError, ArithmeticError):
            return text(cell)  # SQLite keeps whatever somebody put into the column
        return value if is_kept(value) else text(cell)

    return typed


def _text(column: Column) -> Callable[[Any], str]:
    return lambda cell: cell_text(cell, column.type) or ""


def is_kept(value: SheetValue) -> bool:
    """Whether a spreadsheet keeps a value exactly.

    >>> is_kept(12), is_kept(2**60), is_kept(Decimal("0.10")), is_kept(date(1899, 12, 31))
    (True, False, True, False)
    """
    if isinstance(value, bool):
        return True
    if isinstance(value, int | Decimal):
        return (
            len(Decimal(value).normalize().as_tuple().digits) <= EXACT_DIGITS
            and Decimal(value).adjusted() < EXACT_DIGITS
        )
    if isinstance(value, float):
        return float(f"{value:.16G}") == value
    if isinstance(value, datetime):
        return value.date() >= _FIRST_DAY and not value.microsecond
    if isinstance(value, date):
        return value >= _FIRST_DAY
    return not (isinstance(value, time) and value.microsecond)
