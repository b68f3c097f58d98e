"""Values as parameters of fixed types, so that a statement has one plan in the server's cache, whatever its values.

The cache's key is the statement's text with the declarations of its parameters. A client that writes values into the
text, or declares each text by its own length, makes the server compile and keep a plan for every value:
https://learn.microsoft.com/sql/relational-databases/query-processing-architecture-guide#parameters-and-execution-plan-reuse
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from refdata.warehouse.tsql.literals import UNSAFE, literal, numbered

TEXT_UNITS = 4000
"""UTF-16 code units of the longest NVARCHAR with a length."""
_INT, _BIGINT = 1 << 31, 1 << 63


@dataclass(frozen=True, slots=True)
class _ParameterType:
    """A parameter's type: T-SQL's name, and for ODBC its SQL type, its size and its scale."""

    name: str
    odbc: tuple[int, int, int]


# https://learn.microsoft.com/sql/odbc/reference/appendixes/sql-data-types
TEXT = _ParameterType(f"NVARCHAR({TEXT_UNITS})", (-9, TEXT_UNITS, 0))
LONG_TEXT = _ParameterType("NVARCHAR(MAX)", (-9, 0, 0))
INT = _ParameterType("INT", (4, 10, 0))
BIGINT = _ParameterType("BIGINT", (-5, 19, 0))
BIT = _ParameterType("BIT", (-7, 1, 0))
FLOAT = _ParameterType("FLOAT", (8, 53, 0))
# ODBC's libraries cut fractions of a second, so these travel as text, which the server converts.
MOMENT = _ParameterType("DATETIME2", TEXT.odbc)
DATE = _ParameterType("DATE", TEXT.odbc)
TIME = _ParameterType("TIME", TEXT.odbc)


def parameter_type(value: object) -> _ParameterType:
    """The type of a value's parameter: one for all values of a kind, as far as they fit it. NULL is text.

    :raises TypeError: for a value that no statement has.

    >>> parameter_type("abc").name, parameter_type(7).name, parameter_type(None).name
    ('NVARCHAR(4000)', 'INT', 'NVARCHAR(4000)')
    """
    if value is None:
        return TEXT
    if isinstance(value, str):
        return TEXT if len(value.encode("utf-16-le", "surrogatepass")) <= 2 * TEXT_UNITS else LONG_TEXT
    if isinstance(value, bool):
        return BIT
    if isinstance(value, int):
        return _whole(value)
    if isinstance(value, Decimal):
        return _decimal(max(0, -int(value.as_tuple().exponent)))
    for kind, made in ((float, FLOAT), (datetime, MOMENT), (date, DATE), (time, TIME)):
        if isinstance(value, kind):
            return made
    raise TypeError(f"No T-SQL parameter for a value of type {type(value).__name__}")


def _whole(value: int) -> _ParameterType:
    if -_INT <= value < _INT:
        return INT
    return BIGINT if -_BIGINT <= value < _BIGINT else _decimal(0)


def _decimal(scale: int) -> _ParameterType:
    return _ParameterType(f"DECIMAL(38, {scale})", (3, 38, scale))


def executed(sql: str, values: Sequence[object]) -> str:
    """The statement as a batch that calls ``sp_executesql``, for a client library without parameters.

    The server caches the inner statement only: a batch that does nothing but call a procedure costs no plan.

    :raises ValueError: when the numbers of values and placeholders differ.

    >>> executed("SELECT a FROM t WHERE b = ?", ("x",))
    "EXEC sp_executesql N'SELECT a FROM t WHERE b = @P1', N'@P1 NVARCHAR(4000)', @P1 = N'x'"
    """
    if not values:
        return sql
    declared = ", ".join(f"@P{number} {parameter_type(value).name}" for number, value in enumerate(values, 1))
    variables: list[str] = []
    arguments = [_argument(text, variables) for text in (numbered(sql, len(values)), declared)]
    arguments += [f"@P{number} = {_argument(value, variables)}" for number, value in enumerate(values, 1)]
    return "".join(variables) + "EXEC sp_executesql " + ", ".join(arguments)


def _argument(value: object, variables: list[str]) -> str:
    """A value as a procedure's argument, which may not be an expression: text that needs one gets a variable."""
    if not isinstance(value, str) or not UNSAFE.search(value):
        return literal(value)
    variables.append(f"DECLARE @V{len(variables) + 1} NVARCHAR(MAX) = {literal(value)}\n")
    return f"@V{len(variables)}"


def sizes(values: Sequence[object]) -> list[tuple[int, int, int]]:
    """The argument for ``setinputsizes`` of an ODBC library."""
    return [parameter_type(value).odbc for value in values]


def sent(values: Sequence[object]) -> Iterator[object]:
    """The values for an ODBC library: times as ISO text, which no library cuts and every language setting reads."""
    return (value.isoformat() if isinstance(value, (date, time)) else value for value in values)
