"""Text columns that somebody else declared as VARCHAR, which has a code page. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refdata.core.model import Column

if TYPE_CHECKING:
    from refdata.core.capabilities import Capabilities


def unicode_text(engine: Capabilities, column: Column, value: str) -> str:
    """A column's value with all its letters, so that a collation can be applied to it; other columns stay as they are.

    COLLATE converts VARCHAR to the code page of that collation, where letters of other alphabets become question marks,
    and DATALENGTH counts its bytes, of which NVARCHAR has others.
    https://learn.microsoft.com/sql/t-sql/statements/collations

    >>> from refdata.core.model import NativeType
    >>> from refdata.core.sqltypes import text
    >>> from refdata.warehouse.tsql.capabilities import TsqlCapabilities
    >>> plain = Column("code", text(10))
    >>> native = Column("code", text(10), native=NativeType("varchar(10)", text(10), single_byte=True))
    >>> [unicode_text(TsqlCapabilities(), one, "t.[code]") for one in (plain, native)]
    ['t.[code]', 'CAST(t.[code] AS NVARCHAR(10))']
    """
    if column.native is None or not column.native.single_byte:
        return value
    return f"CAST({value} AS {engine.type_name(column.type)})"
