"""Plans the unique index that a table gets for the primary key of its contract. Pure.

The contract's rule on the key stays in force with and without the index: it compares exactly, on every engine. The
index is for the database: other queries use it, foreign keys can refer to it, and no one can insert a second row with
the same key. Where it cannot be created, loads continue, and the ledger says why it is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from refdata.core.capabilities import Capabilities
from refdata.core.collations import Collation
from refdata.core.columntext import unicode_text
from refdata.core.contract import Contract
from refdata.core.model import Column, TableName
from refdata.core.naming import fold_name, quote
from refdata.core.publishing import column_list
from refdata.core.sqltypes import TypeKind
from refdata.core.statement import Statement
from refdata.core.tablediff import Rows

INDEX = "refdata_key"
"""The index's name where names belong to the table."""


def index_key(contract: Contract, columns: Sequence[Column]) -> tuple[str, ...]:
    """The columns of the declared key as the table spells them; empty where it has none, or lacks one of them."""
    known = {fold_name(column.name): column.name for column in columns}
    names = [known.get(fold_name(name)) for name in contract.primary_key or ()]
    return tuple(name for name in names if name is not None) if all(names) else ()


def is_own(name: str, table: TableName) -> bool:
    """Whether an index is the one that refdata made. Babelfish's catalog shows its name with a suffix."""
    return name == name_in_schema(table) or name == INDEX or name.startswith(f"{INDEX}{table.name}"[:31])


def name_in_schema(table: TableName) -> str:
    """The index's name where names belong to the schema: the table's name precedes it."""
    return f"{table.name} {INDEX}"


def repeated_keys(engine: Capabilities, rows: Rows, key: Sequence[Column], *, exactly: bool) -> Statement:
    """Counts the keys that occur more than once: equal to the last character, or as the column's collation compares."""
    groups = ", ".join(part for one in key for part in _compared(engine, one, exactly=exactly))
    where = f" WHERE {rows.where}" if rows.where else ""
    repeated = f"SELECT 1 AS n FROM {rows.source}{where} GROUP BY {groups} HAVING COUNT(*) > 1"
    return Statement(f"SELECT COUNT(*) FROM ({repeated}) AS d", rows.values)


def equal_keys(
    engine: Capabilities, sources: Sequence[str], key: Sequence[Column], collations: Mapping[str, str]
) -> Statement:
    """Counts the keys that ``sources`` together spell in more than one way, and that the table's collation calls equal.

    The same key in two sources counts once. For engines whose indexes compare by collation.

    :param collations: by column, where it is not the database's own; the caller has checked that each is a name.
    """
    parts = " UNION ALL ".join(
        f"SELECT {', '.join(_collated(one.name, collations) for one in key)} FROM {source}" for source in sources
    )
    spelled = ", ".join(part for one in key for part in _compared(engine, one, exactly=True))
    shown = ", ".join(
        f"MIN({quote(one.name)}) AS {quote(one.name)}" if _is_text(one) else quote(one.name) for one in key
    )
    names = column_list(tuple(one.name for one in key))
    return Statement(
        f"SELECT COUNT(*) FROM (SELECT 1 AS n FROM (SELECT {shown} FROM ({parts}) AS a GROUP BY {spelled}) AS b"
        f" GROUP BY {names} HAVING COUNT(*) > 1) AS d"
    )


def collation_problem(values: int, collation: Collation | None = None) -> str:
    """Why there is no index where different keys are equal to the database."""
    which = "1 value has spellings" if values == 1 else f"{values} values have spellings"
    ignored = collation or "case or trailing blanks"
    return f"{which} that the contract distinguishes and the database's collation does not ({ignored})"


def _collated(name: str, collations: Mapping[str, str]) -> str:
    collation = collations.get(name)
    return f"{quote(name)} COLLATE {collation} AS {quote(name)}" if collation else quote(name)


def _compared(engine: Capabilities, column: Column, *, exactly: bool) -> tuple[str, ...]:
    if not exactly or not _is_text(column):
        return (quote(column.name),)
    return engine.text_parts(unicode_text(engine, column, quote(column.name)))


def _is_text(column: Column) -> bool:
    return column.type.kind is TypeKind.NVARCHAR
