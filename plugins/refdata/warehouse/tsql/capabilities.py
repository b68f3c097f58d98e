"""How T-SQL writes what engines write differently; see ``core.capabilities``."""

from __future__ import annotations

from collections.abc import Sequence

from refdata.core.model import TableName
from refdata.core.publishing import Statement, qualified
from refdata.core.sqltypes import SqlType

_BINARY = "COLLATE Latin1_General_BIN2"


class TsqlCapabilities:
    """See ``Capabilities``."""

    most_values = 2_000
    """SQL Server takes 2,100 parameters; https://learn.microsoft.com/sql/sql-server/maximum-capacity-specifications"""

    def empty_table(self, table: TableName, method: str) -> Statement:
        """See ``Capabilities``. DELETE lets readers under row versioning continue; TRUNCATE makes them wait."""
        verb = "TRUNCATE TABLE" if method == "truncate" else "DELETE FROM"
        return Statement(f"{verb} {qualified(table)}")

    def first_rows(self, select: str, most: int) -> Statement:
        """See ``Capabilities``."""
        return Statement(select.replace("SELECT ", "SELECT TOP (?) ", 1), (most,))

    def type_name(self, kind: SqlType) -> str:
        """See ``Capabilities``."""
        return str(kind)

    def text_parts(self, value: str) -> tuple[str, ...]:
        """See ``Capabilities``. ``=`` ignores trailing blanks under any collation, hence the length."""
        return f"{value} {_BINARY}", f"DATALENGTH({value})"

    def differs(self, first: str, second: str, *, is_text: bool) -> str:
        """See ``Capabilities``."""
        same = f"{first} = {second}"
        if is_text:
            same = f"{first} {_BINARY} = {second} AND DATALENGTH({first}) = DATALENGTH({second})"
        return f"CASE WHEN {same} OR ({first} IS NULL AND {second} IS NULL) THEN 0 ELSE 1 END"

    def canonical(self, value: str, kind: SqlType) -> str:  # noqa: ARG002
        """See ``Capabilities``."""
        return value

    def temporary(self, name: str) -> str:
        """See ``Capabilities``."""
        return f"#{name}"

    def prepare_copies(self) -> tuple[Statement, ...]:
        """See ``Capabilities``."""
        return ()

    def copy_rows(self, name: str, select: str, where: str, values: tuple[object, ...]) -> tuple[Statement, ...]:
        """See ``Capabilities``.

        The table is created without values: in ODBC a statement with values runs in its own scope, and what it
        creates vanishes with that scope. Behind a UNION, no column is an identity.
        """
        empty = f"{select} WHERE 1 = 0"
        return (
            Statement(f"SELECT * INTO #{name} FROM ({empty} UNION ALL {empty}) AS s"),
            Statement(f"INSERT INTO #{name} {select}{where}", values),
        )

    def store_rows(self, name: str, columns: str, rest: str) -> Statement:
        """See ``Capabilities``."""
        return Statement(f"{columns} INTO #{name}{rest}")

    def index_rows(self, name: str, columns: Sequence[str]) -> tuple[Statement, ...]:  # noqa: ARG002
        """See ``Capabilities``. Keys compare by code points, which no index does, so hash joins are used."""
        return ()
