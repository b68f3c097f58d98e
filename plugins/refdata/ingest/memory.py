"""What a table remembers about its files, in the form that the steps of a load use."""

from __future__ import annotations

from refdata.contractstore import ContractStore
from refdata.core.alignment import Alignment, own_columns
from refdata.core.columnmatch import ColumnMatch, KnownColumn, match_columns
from refdata.core.contract import Contract, Origin
from refdata.core.contractlayers import merge
from refdata.core.contractterms import Layer
from refdata.core.errors import SchemaError
from refdata.core.learning import learned, remembered
from refdata.core.model import Format, LedgerRow, Table
from refdata.core.naming import fold_name
from refdata.ingest.context import Deps, Detection


def contract_of(deps: Deps, table: str) -> Contract:
    """What was declared of a table, and under it what its loads have taught.

    :raises ConfigurationError: when the table's contract file is wrong.
    """
    declared, learned_before = deps.contract(table), ContractStore(deps.warehouse).learned(table)
    return merge(declared, learned_before) if learned_before else declared


def column_match(found: Format, live: Table | None, contract: Contract) -> ColumnMatch:
    """Matches each field of the file to a column of the table.

    :raises SchemaError: when a header matches several columns.
    """
    known = known_columns(live, contract)
    header = found.header if found.has_header else tuple(f"column_{at + 1}" for at in range(len(found.header)))
    match = match_columns(header, known)
    if match.undecided:
        one = match.undecided[0]
        raise SchemaError(
            f"The header {one.header!r} matches several columns of {contract.table}: {', '.join(one.columns)}",
            where=f"column {one.places[0] + 1} of the header",
            advice="Write the headers as in the table's earlier files, so that each matches one column.",
        )
    return match


def known_columns(live: Table | None, contract: Contract) -> tuple[KnownColumn, ...]:
    """The columns of the live table, each with the headers that its files have used; then the declared ones."""
    names = [column.name for column in own_columns(live)] if live else []
    there = {fold_name(name) for name in names}
    names += [column.name for column in contract.fields if fold_name(column.name) not in there]
    headers = {name: contract.column(name) for name in names}
    return tuple(
        KnownColumn(name, tuple(one.text for one in fact.headers) if fact else ()) for name, fact in headers.items()
    )


def learned_by(deps: Deps, row: LedgerRow, detection: Detection, plan: Alignment) -> Contract:
    """What is known about the table's files once this load is published."""
    origin = Origin(Layer.LEARNED, row.file_name, load_id=row.id)
    new = learned(row.table_name, detection.format, detection.scan.columns, plan.columns, origin)
    return remembered(new, ContractStore(deps.warehouse).learned(row.table_name))
