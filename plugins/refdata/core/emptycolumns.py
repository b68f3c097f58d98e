"""Columns without any value in any load: nothing is lost when a file lacks them. Pure.

Some exist only because each line ends with a delimiter; such a column comes and goes with the program that writes the
file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from refdata.core.alignment import own_columns
from refdata.core.contract import Contract
from refdata.core.contractchecks import is_declared
from refdata.core.filemodel import ScannedColumn
from refdata.core.matching import match_table
from refdata.core.model import Table


def without_empty_ends(
    scanned: Sequence[ScannedColumn], live: Table | None, contract: Contract
) -> tuple[ScannedColumn, ...]:
    """A file's columns without the unnamed and empty ones behind the last one that has a name, a value, or a place in
    the table.

    :param scanned: the columns of a file with a header.
    """
    columns = tuple(scanned)
    while len(columns) > 1 and _is_empty_end(columns[-1], live, contract):
        columns = columns[:-1]
    return columns


def _is_empty_end(column: ScannedColumn, live: Table | None, contract: Contract) -> bool:
    unnamed = not column.source.strip() and column.type is None
    known = live is not None and live.column(column.name) is not None
    return unnamed and not known and contract.column(column.name) is None


def with_optional_empty(live: Table | None, contract: Contract, scanned: Sequence[ScannedColumn]) -> Table | None:
    """The table, whose columns that never had a value need not be in a file, unless a new one may be their new name.

    :param scanned: the file's columns.
    """
    if live is None:
        return None
    empty = {one.name for one in own_columns(live) if _never_had_a_value(contract, one.name)}
    if not empty:
        return live
    empty -= {rename.column for rename in match_table(scanned, live).renames}
    columns = (replace(one, optional=True) if one.name in empty else one for one in live.columns)
    return replace(live, columns=tuple(columns))


def _never_had_a_value(contract: Contract, name: str) -> bool:
    """Whether loads have seen the column, but never a value, so that no type was learned and nobody declared one."""
    fact = contract.column(name)
    return fact is not None and not is_declared(fact) and fact.type is None and fact.sql_type is None
