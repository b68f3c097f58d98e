"""Plans the one transaction that makes staged rows live.

Both engines accept the statements as they are: identifiers in brackets, ``?`` for each value.
"""

from __future__ import annotations

from dataclasses import dataclass

from refdata.core.model import Column, LoadType, Publication, TableName
from refdata.core.naming import LINEAGE_COLUMNS, VERSION_COLUMN, backup_name, quote
from refdata.core.settings import Settings
from refdata.core.statement import Statement


@dataclass(frozen=True, slots=True)
class PublishCheck:
    """A statement that finds the rows which break a rule; publishing goes on only where it finds none.

    ``tables`` are other tables that it reads: they must not change until the publish is through.
    """

    statement: Statement
    words: str
    tables: tuple[TableName, ...] = ()


def qualified(name: TableName) -> str:
    """``[schema].[table]``."""
    return f"{quote(name.schema)}.{quote(name.name)}"


def column_list(names: tuple[str, ...]) -> str:
    """Quoted column names with commas between."""
    return ", ".join(quote(name) for name in names)


def keep_version(
    table: TableName, columns: tuple[Column, ...], backup_schema: str, version: int, source: str = ""
) -> Statement:
    """Copies live rows into the version table, under the last version that has them.

    :param source: what follows FROM where not all rows are kept.
    """
    names = column_list(tuple(column.name for column in columns))
    backup = TableName(backup_schema, backup_name(table.name))
    return Statement(
        f"INSERT INTO {qualified(backup)} ({names}, {quote(VERSION_COLUMN)})"
        f" SELECT {names}, ? FROM {source or qualified(table)}",
        (version,),
    )


def restore_rows(
    table: TableName, columns: tuple[Column, ...], source: str, where: str, values: tuple[object, ...]
) -> Statement:
    """Copies kept rows back, each with the load that it came from; a column that they lack becomes NULL."""
    names = column_list(tuple(column.name for column in columns))
    return Statement(f"INSERT INTO {qualified(table)} ({names}) SELECT {names} FROM {source} WHERE {where}", values)


def remove_load(table: TableName, load_id: int) -> Statement:
    """Removes the rows of one load."""
    return Statement(f"DELETE FROM {qualified(table)} WHERE {quote(LINEAGE_COLUMNS[2])} = ?", (load_id,))


def count_rows(table: TableName) -> Statement:
    """The number of a table's rows."""
    return Statement(f"SELECT COUNT(*) FROM {qualified(table)}")


def turn_lock(table: str) -> str:
    """The lock that guards a table's turn."""
    return f"refdata turn {table}"


def has_rows(table: TableName) -> Statement:
    """1 when the table has rows, else 0."""
    return Statement(f"SELECT CASE WHEN EXISTS (SELECT 1 FROM {qualified(table)}) THEN 1 ELSE 0 END")


def has_values(table: TableName, column: str) -> Statement:
    """1 when a row has a value in the column, else 0."""
    rows = f"SELECT 1 FROM {qualified(table)} WHERE {quote(column)} IS NOT NULL"
    return Statement(f"SELECT CASE WHEN EXISTS ({rows}) THEN 1 ELSE 0 END")


def insert_rows(request: Publication, source: str, target: str, order: str = "") -> Statement:
    """Copies the staged rows, each marked with its load.

    :param source: the stage table's quoted name.
    :param target: the table, in the engine's words for an INSERT of many rows.
    :param order: the clause that brings the rows in the order in which the table stores them; empty where it does not.
    """
    names = column_list(request.columns)
    lineage = column_list(LINEAGE_COLUMNS)
    values = (request.loaded_at, request.load_type.flag, request.stage.load_id)
    return Statement(
        f"INSERT INTO {target} ({names}, {lineage}) SELECT {names}, ?, ?, ? FROM {source}{order}",
        values,
    )


def keeps_delta(request: Publication, settings: Settings, version: int) -> bool:
    """Whether only the live rows that the load removes or changes are kept, where it writes only what differs.

    Rows from before refdata are always copied: no load marks them as older than itself.
    """
    return settings.versions == "deltas" and version > 0 and replaces(request)


def replaces(request: Publication) -> bool:
    """Whether the load may replace existing rows, so that they are kept as a version first."""
    return request.load_type is LoadType.FULL or request.upsert
