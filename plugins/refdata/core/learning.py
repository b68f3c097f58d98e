"""Learns from a load how its table's files are written: the learned layer of the contract. Pure.

Only what the load proved is learned. A column without values keeps the type that earlier loads gave it, a column of
whole numbers shows nothing about its decimal mark, and an earlier file's header stays known beside today's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from refdata.core.contract import Contract, FieldContract, Origin, SourceHeader, TableDialect
from refdata.core.contractlayers import merge, with_origin
from refdata.core.contractterms import FieldType, Layer, Minus
from refdata.core.dateformats import format_of
from refdata.core.filemodel import ANY_WORD, Format, Notation, ScannedColumn
from refdata.core.model import Column
from refdata.core.naming import fold_name
from refdata.core.sqltypes import SqlType, TypeKind

FIELD_TYPES = {
    TypeKind.BIT: FieldType.BOOLEAN,
    TypeKind.INT: FieldType.INTEGER,
    TypeKind.BIGINT: FieldType.INTEGER,
    TypeKind.DECIMAL: FieldType.NUMBER,
    TypeKind.FLOAT: FieldType.NUMBER,
    TypeKind.DATE: FieldType.DATE,
    TypeKind.TIME: FieldType.TIME,
    TypeKind.DATETIME2: FieldType.DATETIME,
    TypeKind.NVARCHAR: FieldType.STRING,
}
"""The type of Table Schema for each database type."""

STORED_AS = {
    FieldType.INTEGER: frozenset({TypeKind.INT, TypeKind.BIGINT, TypeKind.DECIMAL}),
    FieldType.NUMBER: frozenset({TypeKind.INT, TypeKind.BIGINT, TypeKind.DECIMAL, TypeKind.FLOAT}),
    FieldType.YEAR: frozenset({TypeKind.INT, TypeKind.BIGINT}),
    FieldType.BOOLEAN: frozenset({TypeKind.BIT}),
    FieldType.DATE: frozenset({TypeKind.DATE, TypeKind.DATETIME2}),
    FieldType.DATETIME: frozenset({TypeKind.DATETIME2}),
    FieldType.TIME: frozenset({TypeKind.TIME}),
    FieldType.ANY: frozenset(TypeKind),
}
"""The database types that store values of each type of Table Schema; values of other types are kept as text."""


def learned(
    table: str, fmt: Format, scanned: Sequence[ScannedColumn], live: Sequence[Column], origin: Origin
) -> Contract:
    """The facts that one load shows about its table's files.

    :param scanned: the file's columns, with their names in the table.
    :param live: the table's columns after the load.
    """
    types = {fold_name(column.name): column.type for column in live}
    columns = tuple(_column(column, types.get(fold_name(column.name))) for column in scanned)
    if fmt.shows_dialect:
        contract = Contract(table=table, encoding=fmt.encoding, dialect=_dialect(fmt), fields=columns)
    else:
        contract = Contract(table=table, dialect=TableDialect(header=fmt.has_header), fields=columns)
    return with_origin(contract, origin)


def remembered(new: Contract, before: Contract | None) -> Contract:
    """The facts learned so far: those of the newest load, completed by those that only earlier loads showed."""
    if before is None:
        return new
    known = {fold_name(column.name): column for column in before.fields}
    columns = tuple(_in_known_order(column, known.get(fold_name(column.name))) for column in new.fields)
    return merge(replace(new, fields=columns), before)


def _in_known_order(column: FieldContract, known: FieldContract | None) -> FieldContract:
    """Leaves the order of earlier dates known: dates with the year first do not show how ``05/06/2024`` is meant."""
    if known is None or known.type is not column.type or column.date_order != _YEAR_FIRST:
        return column
    if known.date_order in (None, _YEAR_FIRST):
        return column
    return replace(column, date_order=None, date_separator=None, format=None)


_YEAR_FIRST = "ymd"


def without_answers(new: Contract, known: Contract) -> Contract:
    """Leaves out what people answered, because an answer is no evidence: it applies to its load, or as long as it is
    kept. Learned, it would outlast its withdrawal.

    The way a file is written is learned anyway. A file without a header is another exception: where its fields go
    shows in the table's columns afterwards, so the places are learned.

    :param known: the contract of the load; the origins of its facts say which of them are answers.
    """
    if new.dialect.header is False:
        return new
    answered = {fold_name(column.name): column for column in known.fields}
    columns = tuple(_unanswered(column, answered.get(fold_name(column.name))) for column in new.fields)
    return replace(new, fields=columns)


def _unanswered(column: FieldContract, known: FieldContract | None) -> FieldContract:
    if known is None:
        return column
    said = {header.text for header in known.headers if _is_answer(header.origin)}
    headers = tuple(header for header in column.headers if header.text not in said)
    facts: dict[str, Any] = {name: None for name in column.spoken() if _is_answer(known.origin(name))}
    origins = {name: origin for name, origin in column.origins.items() if name not in facts}
    return replace(column, **facts, headers=headers, origins=origins)


def _is_answer(origin: Origin | None) -> bool:
    return origin is not None and origin.layer is Layer.ANSWERED


def _dialect(fmt: Format) -> TableDialect:
    return TableDialect(
        delimiter=fmt.delimiter,
        quote_char=fmt.quote,
        escape_char=fmt.escape or None,
        skip_initial_space=fmt.skip_initial_space or None,
        header=fmt.has_header,
        comment_char=fmt.comment or None,
    )


def _column(column: ScannedColumn, live: SqlType | None) -> FieldContract:
    # Without a header the source is the field's number: column_2 stays known as the second field.
    headers = (SourceHeader(column.source.strip()),)
    if column.type is None:
        return FieldContract(name=column.name, headers=headers)
    kind, notation = column.type.kind, column.notation
    decimals = kind in (TypeKind.DECIMAL, TypeKind.FLOAT)
    numbers = decimals or kind in (TypeKind.INT, TypeKind.BIGINT)
    moments = kind in (TypeKind.DATE, TypeKind.DATETIME2)
    booleans = kind is TypeKind.BIT
    return FieldContract(
        name=column.name,
        headers=headers,
        type=FIELD_TYPES[kind],
        sql_type=live or column.type,
        decimal_char=notation.decimal_point if decimals else None,
        group_char=(notation.thousands or None) if numbers else None,
        date_order=notation.date_order if moments else None,
        date_separator=notation.date_separator if moments else None,
        format=format_of(FIELD_TYPES[kind], notation),
        bare_number=False if numbers and notation.affix else None,
        unit=_unit(notation) if numbers else None,
        minus=MINUS.get(notation.minus) if numbers else None,
        true_values=(notation.true_values or None) if booleans else None,
        false_values=(notation.false_values or None) if booleans else None,
        missing_values=notation.missing_values or None,
    )


def _unit(notation: Notation) -> str | None:
    return None if notation.affix in ("", ANY_WORD) else notation.affix


MINUS = {"trailing": Minus.TRAILING, "parentheses": Minus.PARENTHESES}
"""Where a notation has the minus, in the words of a contract; in front is the default."""
