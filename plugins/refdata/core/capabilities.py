"""The capabilities of an engine's SQL as one object, so that nothing above ``warehouse`` asks which engine is in use.

Statements that all engines accept are written in one way: identifiers quoted by ``naming.quote``, and ``?`` for each
value. Where the engines differ, an object of this class writes the statement. What transactions isolate is part of the
port itself (``warehouse.base.Warehouse.transaction`` and ``replacing``), which each engine keeps with its own means.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from refdata.core.model import Column, TableName
from refdata.core.sqltypes import SqlType
from refdata.core.statement import Statement


class Capabilities(Protocol):
    """How one engine writes what the SQL standard leaves open. Pure: returns SQL, runs none."""

    @property
    def most_values(self) -> int:
        """The values that one statement may bind, at most."""
        ...

    def empty_table(self, table: TableName, method: str) -> Statement:
        """Removes all rows.

        :param method: the setting ``publish_method``; an engine without TRUNCATE uses DELETE in any case.
        """
        ...

    def whole(self, table: TableName) -> str:
        """The table as the target of an INSERT or DELETE of many rows, locked as a whole where that is cheaper."""
        ...

    def stored_order(self, key: Sequence[str]) -> str:
        """The ORDER BY of rows that are inserted into a table with this key; empty where it does not help."""
        ...

    def first_rows(self, select: str, most: int, values: tuple[object, ...] = ()) -> Statement:
        """A SELECT, with its values, limited to so many rows."""
        ...

    def type_name(self, kind: SqlType) -> str:
        """A type as CAST wants it."""
        ...

    def text_parts(self, value: str) -> tuple[str, ...]:
        """The expressions that compare a text by code points and with its trailing blanks."""
        ...

    def differs(self, first: str, second: str, *, is_text: bool) -> str:
        """1 where two values differ, else 0; never NULL."""
        ...

    def canonical(self, value: str, kind: SqlType) -> str:
        """A value in the form in which equal values are equal, whatever the width of the column they were stored in."""
        ...

    def temporary(self, name: str) -> str:
        """A temporary table's name in a statement."""
        ...

    def prepare_copies(self) -> tuple[Statement, ...]:
        """The statements that make large temporary tables fast on this connection."""
        ...

    def copy_rows(self, name: str, select: str, where: str, values: tuple[object, ...]) -> tuple[Statement, ...]:
        """Creates a temporary table from a SELECT with values.

        :param where: the condition, with its keyword; empty for all rows.
        """
        ...

    def store_rows(self, name: str, columns: str, rest: str) -> Statement:
        """Creates a temporary table from a SELECT without values, given as its list of columns and the rest."""
        ...

    def index_rows(self, name: str, columns: Sequence[str]) -> tuple[Statement, ...]:
        """Makes lookups in a temporary table fast, where an index can."""
        ...

    @property
    def indexes_exactly(self) -> bool:
        """Whether a unique index distinguishes all texts that differ, rather than what a collation distinguishes."""
        ...

    def index_limit(self, columns: Sequence[Column]) -> str:
        """Why no index can have these columns as its key; ``""`` where one can."""
        ...

    def row_refusal(self, columns: Sequence[Column]) -> str:
        """Why no row of these columns can be stored; ``""`` where one can."""
        ...

    def row_warning(self, columns: Sequence[Column]) -> str:
        """Which columns can make a row too wide to be stored; ``""`` where every row fits."""
        ...

    def create_key_index(
        self, table: TableName, key: Sequence[str], *, online: bool, clustered: bool = False
    ) -> Statement:
        """Creates the unique index of a key.

        :param online: others may use the table meanwhile; an engine without that creates it as it can.
        :param clustered: the table's rows are stored in its order, where the engine can.
        """
        ...

    def drop_key_index(self, table: TableName, *, clustered: bool = False) -> Statement:
        """Drops the unique index of a key, where there is one.

        :param clustered: the rows are stored in its order, so that they need another one.
        """
        ...

    def index_stage(self, stage: str, values: Sequence[str]) -> tuple[Statement, ...]:
        """Makes lookups of these values in a stage table fast, where an index can.

        :param stage: the stage table's name.
        """
        ...

    def delete_rows(self, table: TableName, where: str) -> Statement:
        """Deletes the rows of a table, ``t``, for which a condition is true."""
        ...

    def update_rows(
        self, table: TableName, assigned: str, source: str, same: str, where: str, values: tuple[object, ...]
    ) -> Statement:
        """Changes the rows of a table, ``t``, from those of ``source`` (``… AS s``) that are the ``same``."""
        ...

    def is_absent(self, values: Sequence[str], source: str, others: Sequence[str]) -> str:
        """The condition that no row of ``source`` (with its alias) has these values; none of them is NULL."""
        ...

    def same_rows(self, values: Sequence[str], others: Sequence[str]) -> str:
        """The condition that two rows have the same values, where NULL equals NULL; in a form that joins fast."""
        ...

    def page_rows(self, skip: int, most: int) -> Statement:
        """The end of a SELECT with ORDER BY: so many rows after so many others."""
        ...

    def row_number(self, columns: Sequence[Column]) -> str | None:
        """The name under which a table has a number of its own for each row, in the order in which they came."""
        ...

    def sortable(self, value: str, kind: SqlType) -> str:
        """A value in the form in which it sorts, and compares with ``bound`` values of its type."""
        ...

    def bound(self, value: object, kind: SqlType) -> object:
        """Python's value of a type in the form in which columns store it."""
        ...

    def contains(self, value: str, kind: SqlType, text: str) -> Statement:
        """The condition that a value, as text, contains a text in upper or lower case; no character is a wildcard."""
        ...
