"""The limits of a contract in the space of a column's type, so that a comparison is exact and casts no row.

A column of DECIMAL(5,2) can break ``maximum: 99.999`` and cannot break ``maximum: 1000``, although it has room for
neither number: what matters is the nearest value that the column can store.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, InvalidOperation
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from refdata.core.contractterms import ConstraintKind
from refdata.core.errors import ConfigurationError
from refdata.core.filemodel import ReadColumn
from refdata.core.sqltypes import TypeKind
from refdata.csvformat.arrowtypes import arrow_type

Faults = Callable[[pa.Array], pa.BooleanArray]
"""From a column's values to a mask: true where the rule is broken; null counts as kept."""

LIMITS: dict[ConstraintKind, tuple[str, Callable[[Any, Any], bool], str]] = {
    ConstraintKind.MINIMUM: (ROUND_CEILING, operator.lt, "less"),
    ConstraintKind.MAXIMUM: (ROUND_FLOOR, operator.gt, "greater"),
    ConstraintKind.EXCLUSIVE_MINIMUM: (ROUND_FLOOR, operator.le, "less_equal"),
    ConstraintKind.EXCLUSIVE_MAXIMUM: (ROUND_CEILING, operator.ge, "greater_equal"),
}
"""How each limit is rounded to a value of the column, and when a value breaks it (in Python and in Arrow)."""

_EXACT = {TypeKind.BIT, TypeKind.INT, TypeKind.BIGINT, TypeKind.DECIMAL}
_CONTEXT = Context(prec=200)


def beyond(kind: ConstraintKind, text: str, column: ReadColumn, where: str) -> Faults:
    """The values on the wrong side of a limit.

    >>> from refdata.core import sqltypes
    >>> price = ReadColumn(0, "price", sqltypes.decimal(5, 2))
    >>> above = beyond(ConstraintKind.MAXIMUM, "1000", price, "")
    >>> above(pa.array([Decimal("999.99")])).to_pylist()
    [False]

    :raises ConfigurationError: the limit is not of the column's type.
    """
    rounding, breaks, arrow = LIMITS[kind]
    if column.type.kind not in _EXACT:
        limit = typed((text,), column, where)[0]
        return lambda values: pc.call_function(arrow, [values, limit])
    exact = _number(text, column, where)
    stored = pa.int8() if column.type.kind is TypeKind.BIT else arrow_type(column.type, column.notation)
    nearest = _nearest(exact, column.type.scale or 0, rounding)
    limit = None if nearest is None else _scalar(nearest, stored)
    if limit is None:
        every = breaks(Decimal(0), exact)
        return lambda values: pc.and_(pc.is_valid(values), every)
    return lambda values: pc.call_function(arrow, [_whole(values), limit])


def among(texts: Sequence[str], column: ReadColumn, where: str) -> pa.Array:
    """The allowed values that the column can store; it cannot have the others anyway.

    :raises ConfigurationError: one of them is not of the column's type.
    """
    if column.type.kind not in _EXACT - {TypeKind.BIT}:
        return typed(texts, column, where)
    stored = arrow_type(column.type, column.notation)
    exact = [_number(text, column, where, texts) for text in texts]
    nearest = [_nearest(number, column.type.scale or 0, ROUND_FLOOR) for number in exact]
    values = [_scalar(near, stored) for near, number in zip(nearest, exact, strict=True) if near == number]
    return pa.array([scalar.as_py() for scalar in values if scalar is not None], stored)


def _nearest(number: Decimal, scale: int, rounding: str) -> Decimal | None:
    """The number with the column's decimals; None for one of more digits than any column has."""
    try:
        return number.quantize(Decimal(1).scaleb(-scale), rounding, _CONTEXT)
    except InvalidOperation:
        return None


def _scalar(number: Decimal, stored: pa.DataType) -> pa.Scalar | None:
    """The number as a value of the type; None where the type has no room for it."""
    try:
        return pa.scalar(number if pa.types.is_decimal(stored) else int(number), stored)
    except (pa.ArrowInvalid, OverflowError):
        return None


def _number(text: str, column: ReadColumn, where: str, texts: Sequence[str] = ()) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise _unlike(texts or (text,), column, where) from None
    if not number.is_finite():
        raise _unlike(texts or (text,), column, where)
    return number


def _whole(values: pa.Array) -> pa.Array:
    """Arrow does not compare truth values; as numbers they are 0 and 1."""
    return pc.cast(values, pa.int8()) if pa.types.is_boolean(values.type) else values


def typed(texts: Sequence[str], column: ReadColumn, where: str) -> pa.Array:
    """Texts of the contract as values of the column's type.

    :raises ConfigurationError: one of them is none.
    """
    try:
        return pa.array(list(texts), pa.string()).cast(arrow_type(column.type, column.notation))
    except pa.ArrowInvalid:
        raise _unlike(texts, column, where) from None


def _unlike(texts: Sequence[str], column: ReadColumn, where: str) -> ConfigurationError:
    return ConfigurationError(
        f"{', '.join(texts)} cannot be compared with column {column.name}, which is {column.type}",
        where=where,
        advice="Write the value as the column's type has it: 1234.5, 2024-01-31, 2024-01-31 12:00:00.",
    )
