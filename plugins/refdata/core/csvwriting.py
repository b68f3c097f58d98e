"""How a table's rows are written as CSV so that dropping the file back changes nothing. Pure.

The file is written as the table's contract says that its files are: delimiter, headers, dates, decimal marks, booleans,
and what stands for NULL. An encoding is used where people declared it; otherwise UTF-8, which keeps every character. A
value that looks like a formula stays as it is, because the file must load as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from refdata.core.cellvalues import cell_text, exact
from refdata.core.contract import Contract, FieldContract, stated_by_people
from refdata.core.model import Column
from refdata.core.sqltypes import TypeKind

_RUNS = ("=", "+", "-", "@", "\t", "\r")
"""Characters that begin a formula: https://owasp.org/www-community/attacks/CSV_Injection"""

_Written = Callable[[object], str]
"""Writes a driver's value."""


def inert(text: str) -> str:
    """A text for people, which no spreadsheet runs as a formula; ``as_read`` is its inverse.

    >>> inert("=1+1"), inert("a=b"), as_read(inert("=1+1")), as_read(inert("'=1+1"))
    ("'=1+1", 'a=b', '=1+1', "'=1+1")
    """
    return f"'{text}" if text.lstrip("'").startswith(_RUNS) else text


def as_read(text: str) -> str:
    """The text that ``inert`` was given."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(_RUNS) else text


@dataclass(frozen=True, slots=True)
class CsvForm:
    """How a file is written: one of ``header`` (empty: none) and ``columns`` for each column of the table."""

    encoding: str
    delimiter: str
    quote: str
    header: tuple[str, ...]
    columns: tuple[_Written, ...]

    def cells(self, row: Sequence[object]) -> list[str]:
        """A row as texts."""
        return [write(value) for write, value in zip(self.columns, row, strict=True)]


def csv_form(columns: Sequence[Column], contract: Contract) -> CsvForm:
    """The form in which a table's files are written."""
    dialect = contract.dialect
    encoding = contract.encoding if contract.encoding and stated_by_people(contract.origin("encoding")) else "utf-8"
    headers = tuple(header_of(column, contract.column(column.name)) for column in columns)
    return CsvForm(
        encoding,
        dialect.delimiter or ",",
        dialect.quote_char or '"',
        () if dialect.header is False else headers,
        tuple(_writer(column, contract.column(column.name), contract) for column in columns),
    )


def header_of(column: Column, known: FieldContract | None) -> str:
    """The header of a column in its table's files."""
    return known.headers[0].text if known and known.headers else column.name


def _writer(column: Column, known: FieldContract | None, contract: Contract) -> _Written:
    null = null_of(known, contract)
    value = _of_type(column, known or FieldContract(name=column.name))
    return lambda cell: null if cell is None else value(cell)


def null_of(known: FieldContract | None, contract: Contract) -> str:
    """What stands for NULL: an empty cell, unless the contract lists other texts only."""
    listed = known.missing_values if known and known.missing_values is not None else contract.missing_values
    sequence = contract.dialect.null_sequence
    if listed and "" not in listed:
        return listed[0]
    return sequence if sequence and not listed else ""


def _of_type(column: Column, known: FieldContract) -> Callable[[Any], str]:
    kind = column.type.kind
    if kind in (TypeKind.DECIMAL, TypeKind.FLOAT) and known.decimal_char:
        mark = known.decimal_char
        return lambda cell: (cell_text(cell, column.type) or "").replace(".", mark)
    if kind is TypeKind.BIT:
        true, false = (known.true_values or ("true",))[0], (known.false_values or ("false",))[0]
        return lambda cell: true if cell else false
    if kind in (TypeKind.DATE, TypeKind.DATETIME2):
        return _moment_writer(column, known)
    return lambda cell: cell_text(cell, column.type) or ""


def _moment_writer(column: Column, known: FieldContract) -> Callable[[Any], str]:
    read = exact(column.type)
    if known.format and "%" in known.format:
        pattern = known.format
        return lambda cell: str(read(cell).strftime(pattern))
    order = known.date_order or "ymd"
    separator = "-" if known.date_separator is None else known.date_separator

    def written(cell: Any) -> str:
        moment: date | datetime = read(cell)
        parts = {"y": f"{moment.year:04d}", "m": f"{moment.month:02d}", "d": f"{moment.day:02d}"}
        day = separator.join(parts[part] for part in order)
        return f"{day} {moment.time().isoformat()}" if isinstance(moment, datetime) else day

    return written
