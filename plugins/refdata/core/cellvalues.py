"""One value of a table between the forms that it takes: as a driver returns it, exact, and as text.

Drivers differ: SQLite returns a date as text and a boolean as a number, SQL Server's drivers return Python's values.
``exact`` makes one form of them, ``cell_text`` writes it so that ``cell_value`` reads the same value back. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Context, Decimal, InvalidOperation
from typing import Any

from refdata.core.sqltypes import SqlType, TypeKind

_WIDE = Context(prec=38)
_BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def exact(kind: SqlType) -> Callable[[Any], Any]:
    """What turns a driver's value of a type into its exact one; NULL is not passed to it.

    >>> exact(SqlType(TypeKind.DECIMAL, precision=6, scale=2))(1.5)
    Decimal('1.50')
    """
    return _decimal(kind.scale or 0) if kind.kind is TypeKind.DECIMAL else _EXACT[kind.kind]


def cell_text(value: object, kind: SqlType) -> str | None:
    """A driver's value as text, None for NULL: ISO dates, a decimal point, ``true`` and ``false``, bytes in hex.

    >>> cell_text(1, SqlType(TypeKind.BIT)), cell_text("2024-01-31 00:00:00", SqlType(TypeKind.DATETIME2))
    ('true', '2024-01-31 00:00:00')
    """
    if value is None:
        return None
    if isinstance(value, bytes):
        return value.hex()
    try:
        known = exact(kind)(value)
    except (ValueError, TypeError, InvalidOperation):
        return str(value)  # SQLite keeps whatever somebody put into the column
    if isinstance(known, bool):
        return str(known).lower()
    if isinstance(known, Decimal):
        return format(known, "f")
    return known.isoformat(sep=" ") if isinstance(known, datetime) else str(known)


def cell_value(text: str, kind: SqlType) -> object:
    """The value of a type that a text stands for.

    :raises ValueError: when it stands for none; the message says what the type expects.
    """
    words, read = _READERS[kind.kind]
    try:
        return read(text.strip() if kind.kind is not TypeKind.NVARCHAR else text)
    except (ValueError, KeyError, OverflowError, InvalidOperation):
        raise ValueError(f"{text[:40]!r} is not {words}") from None


def _decimal(scale: int) -> Callable[[Any], Decimal]:
    """SQLite gives a double of at most 15 digits, or text; the drivers of SQL Server a Decimal."""
    step = Decimal(1).scaleb(-scale)
    return lambda value: (value if isinstance(value, Decimal) else Decimal(str(value))).quantize(step, context=_WIDE)


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    return datetime(value.year, value.month, value.day) if isinstance(value, date) else datetime.fromisoformat(value)  # noqa: DTZ001


def _day(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(value)


def _time(value: Any) -> time:
    return value if isinstance(value, time) else time.fromisoformat(value)


def _number(text: str) -> Decimal:
    value = Decimal(text)
    if not value.is_finite():
        raise ValueError(text)
    return value


def _whole(text: str) -> int:
    value = _number(text)
    if value != int(value) or abs(value) >= 2**63:
        raise ValueError(text)
    return int(value)


_EXACT: dict[TypeKind, Callable[[Any], Any]] = {
    TypeKind.BIT: bool,
    TypeKind.INT: int,
    TypeKind.BIGINT: int,
    TypeKind.FLOAT: float,
    TypeKind.DATE: _day,
    TypeKind.TIME: _time,
    TypeKind.DATETIME2: _moment,
    TypeKind.NVARCHAR: str,
}
_READERS: dict[TypeKind, tuple[str, Callable[[str], object]]] = {
    TypeKind.BIT: ("true or false", lambda text: _BOOLEANS[text.lower()]),
    TypeKind.INT: ("a whole number", _whole),
    TypeKind.BIGINT: ("a whole number", _whole),
    TypeKind.DECIMAL: ("a number such as 1234.5", _number),
    TypeKind.FLOAT: ("a number such as 1234.5", lambda text: float(_number(text))),
    TypeKind.DATE: ("a date such as 2024-01-31", lambda text: date.fromisoformat(text)),
    TypeKind.TIME: ("a time such as 13:45:00", lambda text: time.fromisoformat(text).replace(tzinfo=None)),
    TypeKind.DATETIME2: (
        "a date, or a date with a time such as 2024-01-31 13:45:00",
        lambda text: datetime.fromisoformat(text).replace(tzinfo=None),
    ),
    TypeKind.NVARCHAR: ("text", str),
}
