"""Gives a table the unique index of its key, the same for every engine; ``core.keyindex`` has the statements."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from refdata.core import keyindex
from refdata.core.capabilities import Capabilities
from refdata.core.collations import CollationOf, unknown
from refdata.core.errors import PermanentError
from refdata.core.indexes import KeyChange, UniqueIndex
from refdata.core.model import Column, Table, TableName
from refdata.core.publishing import qualified
from refdata.core.tablediff import Rows
from refdata.warehouse.base import Session


def align_index(
    session: Session,
    engine: Capabilities,
    table: Table,
    key: Sequence[str],
    indexes: Sequence[UniqueIndex],
    *,
    online: bool,
    clustered: bool = False,
    collation: CollationOf = unknown,
) -> KeyChange:
    """Creates the index of ``key`` where it is missing, and drops that of another key.

    :param collation: asks for the collation of the key's texts.
    """
    own = own_index(indexes, table.name)
    if own is not None and own.covers(key):
        return KeyChange()
    done = []
    if own is not None:
        session.execute(engine.drop_key_index(table.name, clustered=own.clustered).sql)
        done.append(f"drop the unique index on {', '.join(own.columns)}")
    if not key or any(index.covers(key) for index in indexes if index is not own):
        return KeyChange("; ".join(done))
    rows = Rows(qualified(table.name), table.columns)
    problem = index_problem(session, engine, table, key, rows, collation)
    if not problem:
        session.execute(engine.create_key_index(table.name, key, online=online, clustered=clustered).sql)
        done.append(f"create a unique index on {', '.join(key)}")
    return KeyChange("; ".join(done), problem)


@dataclass(slots=True)
class _IndexAttempt:
    """An attempt to align the index; ``result`` is what came of it."""

    result: KeyChange = field(default_factory=KeyChange)


@contextlib.contextmanager
def index_attempt() -> Iterator[_IndexAttempt]:
    """Turns a refusal of the database into the reason why there is no index: loads do not need it.

    The body's transaction must be inside, because the refusal has ended it.
    """
    attempt = _IndexAttempt()
    try:
        yield attempt
    except PermanentError as error:
        attempt.result = KeyChange(problem=error.what)


def own_index(indexes: Sequence[UniqueIndex], table: TableName) -> UniqueIndex | None:
    """The index that refdata made, if it is there."""
    return next((index for index in indexes if keyindex.is_own(index.name, table)), None)


def columns_of(table: Table, key: Sequence[str]) -> tuple[Column, ...]:
    """The key's columns in the table."""
    return tuple(column for name in key if (column := table.column(name)) is not None)


def index_problem(
    session: Session,
    engine: Capabilities,
    table: Table,
    key: Sequence[str],
    rows: Rows,
    collation: CollationOf = unknown,
) -> str:
    """Why the table cannot have a unique index with these rows in it; ``""`` where it can."""
    columns = columns_of(table, key)
    if reason := engine.index_limit(columns):
        return reason
    if not (repeated := count_repeated(session, engine, rows, columns, exactly=False)):
        return ""
    exactly = count_repeated(session, engine, rows, columns, exactly=True)
    if not exactly:
        return keyindex.collation_problem(repeated, collation())
    values = "1 value occurs" if exactly == 1 else f"{exactly} values occur"
    return f"{values} more than once in the rows that are there; a load after they are gone creates the index"


def count_repeated(
    session: Session, engine: Capabilities, rows: Rows, columns: Sequence[Column], *, exactly: bool
) -> int:
    """How many keys occur more than once in the rows."""
    statement = keyindex.repeated_keys(engine, rows, columns, exactly=exactly)
    return int(session.query(statement.sql, statement.values)[0][0])
