"""What a load warns about its file's columns, before it reads the rows. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from refdata.core import contractchecks
from refdata.core.alignment import Alignment, damage_warnings
from refdata.core.contract import Contract
from refdata.core.contractchecks import Finding
from refdata.core.filemodel import ScannedColumn
from refdata.core.model import Table

_NAMELESS = re.compile(r"\s*(?:unnamed: ?\d+(?:_level_\d+)?)?\s*", re.IGNORECASE)
"""A header that names nothing: blank, or what pandas writes for a blank one."""


def column_warnings(
    live: Table | None,
    scanned: Sequence[ScannedColumn],
    contract: Contract,
    findings: Iterable[Finding],
    plan: Alignment,
) -> tuple[str, ...]:
    """Warnings about damaged and nameless columns, and about differences from the contract that are allowed."""
    # A column that never had a value was text by name only: its first values are no damage.
    first = {change.column.name for change in plan.retype}
    return (
        *damage_warnings(live, [column for column in scanned if column.name not in first]),
        *nameless_warnings(live, scanned, contract),
        *contractchecks.warnings(findings),
    )


def nameless_warnings(live: Table | None, scanned: Sequence[ScannedColumn], contract: Contract) -> tuple[str, ...]:
    """Warnings about columns with values and without a name that neither the table nor its contract knows.

    Programs write the numbers of their rows so (the index of pandas, the row names of R); the next file may lack them.

    :param scanned: the columns of a file; where none has a name, it has no header, and nothing is warned about.
    """
    named = [column for column in scanned if not _NAMELESS.fullmatch(column.source)]
    known = {fact.name for fact in contract.fields} | {column.name for column in (live.columns if live else ())}
    return tuple(
        f"Column {at} of the file has no name ({column.source!r}) and goes into the new column {column.name}."
        " Programs write the numbers of their rows so: if these are no data, drop the file again without the column."
        for at, column in enumerate(scanned, start=1)
        if named and column.type is not None and column.name not in known and _NAMELESS.fullmatch(column.source)
    )
