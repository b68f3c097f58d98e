"""What a change of a table takes away from the tables whose contracts refer to it, for loads and for undoing them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from refdata.core.capabilities import Capabilities
from refdata.core.contract import Contract
from refdata.core.contractterms import Severity
from refdata.core.doubts.orphans import Losses
from refdata.core.keyrules import KeyPlan, Orphans, Side
from refdata.core.model import LoadType, Table, TableName
from refdata.core.naming import fold_name
from refdata.core.publishing import qualified
from refdata.core.questions import MAX_EXAMPLES
from refdata.core.settings import Settings
from refdata.warehouse.base import Session, Warehouse


@dataclass(frozen=True, slots=True)
class ReferringRows:
    """A foreign key of another table's contract to this table."""

    child: TableName
    fields: tuple[str, ...]
    references: tuple[str, ...]
    orphans: Orphans

    @property
    def name(self) -> str:
        """A name that distinguishes it from others."""
        return f"{self.child} {self.fields}"


@dataclass(frozen=True, slots=True)
class Children:
    """The tables whose contracts refer to ``parent``, each with its contract."""

    parent: TableName
    tables: tuple[tuple[Contract, Table], ...]

    @classmethod
    def of(cls, warehouse: Warehouse, settings: Settings, parent: TableName, contracts: Iterable[Contract]) -> Children:
        """Those of the contracts whose tables exist."""
        found = ((one, warehouse.table(TableName(settings.ref_schema, one.table))) for one in contracts)
        return cls(parent, tuple((contract, table) for contract, table in found if table is not None))

    @property
    def names(self) -> tuple[TableName, ...]:
        """The children."""
        return tuple(table.name for _, table in self.tables)

    def references(self, engine: Capabilities, before: Side, after: Side) -> Iterator[ReferringRows]:
        """The references that ``before`` may meet and ``after`` may not; one that only warns is left out."""
        for contract, child in self.tables:
            side = Side(qualified(child.name), child.columns)
            plan = KeyPlan(engine, contract, LoadType.FULL, side, None, _NO_PARENTS)
            for key in contract.foreign_keys or ():
                is_ours = fold_name(key.table) == fold_name(self.parent.name)
                orphans = plan.orphans(key, before, after) if is_ours else None
                if orphans is not None and key.severity is Severity.ERROR:
                    yield ReferringRows(child.name, key.fields, key.references, orphans)


_NO_PARENTS: Mapping[str, Side] = {}


def losses_of(session: Session, table: str, reference: ReferringRows, cause: str) -> Losses | None:
    """What one reference loses; None where that is nothing.

    :param cause: what removes the rows, for messages.
    """
    orphans = reference.orphans
    rows, keys, sample = orphans.count_rows(), orphans.count_keys(), orphans.sample_keys(MAX_EXAMPLES)
    count = int(session.query(rows.sql, rows.values)[0][0])
    if not count:
        return None
    examples = session.query(sample.sql, sample.values)
    return Losses(
        table,
        reference.child.name,
        reference.fields,
        reference.references,
        count,
        int(session.query(keys.sql, keys.values)[0][0]),
        tuple(", ".join(str(value) for value in line) for line in examples),
        cause,
    )
