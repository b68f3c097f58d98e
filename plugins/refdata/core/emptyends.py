"""Columns that exist only because each line ends with a delimiter: unnamed, and without any value. Pure.

Such a column comes and goes with the program that writes the file. Nothing is lost without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from refdata.core.alignment import own_columns
from refdata.core.contract import Contract
from refdata.core.contractchecks import is_declared
from refdata.core.filemodel import ScannedColumn
from refdata.core.model import Table


def without_empty_ends(
    scanned: Sequence[ScannedColumn], live: Table | None, contract: Contract
) -> tuple[ScannedColumn, ...]:
    """A file's columns without the unnamed and empty ones behind the last one that has a name, a value, or a place in
    the table; all of them where there is no table yet.

    :param scanned: the columns of a file with a header.
    """
    columns = tuple(scanned)
    while live is not None and len(columns) > 1 and _is_empty_end(columns[-1], live, contract):
        columns = columns[:-1]
    return columns


def _is_empty_end(column: ScannedColumn, live: Table, contract: Contract) -> bool:
    unnamed = not column.source.strip() and column.type is None
    return unnamed and live.column(column.name) is None and contract.column(column.name) is None


def with_optional_ends(live: Table | None, contract: Contract) -> Table | None:
    """The table, whose columns that files leave unnamed and that never had a value need not be in a file."""
    if live is None:
        return None
    own = {column.name for column in own_columns(live) if _never_had_a_value(contract, column.name)}
    return replace(live, columns=tuple(replace(one, optional=True) if one.name in own else one for one in live.columns))


def _never_had_a_value(contract: Contract, name: str) -> bool:
    """Whether loads have seen the column without a name and without a value, so that no type was learned."""
    fact = contract.column(name)
    if fact is None or is_declared(fact) or fact.type is not None or fact.sql_type is not None:
        return False
    return bool(fact.headers) and not any(header.text for header in fact.headers)
