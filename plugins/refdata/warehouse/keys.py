"""Gives a table the unique index of its key, the same for every engine; ``core.keyindex`` has the statements."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from refdata.core import keyindex
from refdata.core.capabilities import Capabilities
from refdata.core.errors import PermanentError
from refdata.core.keyindex import KeyChange, UniqueIndex
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
) -> KeyChange:
    """Creates the index of ``key`` where it is missing, and drops that of another key."""
    own = own_index(indexes, table.name)
    if own is not None and own.covers(key):
        return KeyChange()
    done = []
    if own is not None:
        session.execute(engine.drop_key_index(table.name).sql)
        done.append(f"drop the unique index on {', '.join(own.columns)}")
    if not key or any(index.covers(key) for index in indexes if index is not own):
        return KeyChange("; ".join(done))
    problem = _problem(session, engine, table, key)
    if not problem:
        session.execute(engine.create_key_index(table.name, key, online=online).sql)
        done.append(f"create a unique index on {', '.join(key)}")
    return KeyChange("; ".join(done), problem)


@dataclass(slots=True)
class IndexAttempt:
    """An attempt to align the index; ``result`` is what came of it."""

    result: KeyChange = field(default_factory=KeyChange)


@contextlib.contextmanager
def index_attempt() -> Iterator[IndexAttempt]:
    """Turns a refusal of the database into the reason why there is no index: loads do not need it.

    The body's transaction must be inside, because the refusal has ended it.
    """
    attempt = IndexAttempt()
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


def _problem(session: Session, engine: Capabilities, table: Table, key: Sequence[str]) -> str:
    columns = columns_of(table, key)
    if reason := engine.index_limit(columns):
        return reason
    rows = Rows(qualified(table.name), table.columns)
    if not (repeated := count_repeated(session, engine, rows, columns, exactly=False)):
        return ""
    exactly = count_repeated(session, engine, rows, columns, exactly=True)
    if not exactly:
        return keyindex.collation_problem(repeated)
    values = "1 value occurs" if exactly == 1 else f"{exactly} values occur"
    return f"{values} more than once in the rows that are there; a load after they are gone creates the index"


def count_repeated(
    session: Session, engine: Capabilities, rows: Rows, columns: Sequence[Column], *, exactly: bool
) -> int:
    """How many keys occur more than once in the rows."""
    statement = keyindex.repeated_keys(engine, rows, columns, exactly=exactly)
    return int(session.query(statement.sql, statement.values)[0][0])
