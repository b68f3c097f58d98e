"""Unique indexes of tables, and the foreign keys that refer to them, as a database has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from refdata.core.model import TableName
from refdata.core.naming import fold_name


@dataclass(frozen=True, slots=True)
class KeyChange:
    """The result for a table's index: ``done`` in words, and why the key has none; each may be empty."""

    done: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class UniqueIndex:
    """A unique index of a table: its name in the catalog, its columns in order, and whether it orders the rows."""

    name: str
    columns: tuple[str, ...]
    clustered: bool = False

    def covers(self, key: Sequence[str]) -> bool:
        """Whether the index has exactly the key's columns, in any order."""
        return {fold_name(name) for name in self.columns} == {fold_name(name) for name in key}


@dataclass(frozen=True, slots=True)
class DatabaseUser:
    """Something in the database whose definition names a table; ``kind`` is ``view``, for example."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class ReferringKey:
    """A foreign key of the table ``child`` whose ``columns`` refer to ``references`` of the table in question.

    The database refuses to remove or change what it refers to.
    """

    name: str
    child: TableName
    columns: tuple[str, ...]
    references: tuple[str, ...]
