"""``Reference_Data_Contract``: what each table's loads have shown about its files, by version.

Rows are written by the publishing transaction and by a rollback, so that a version and what was known with it
stay together.
"""

from __future__ import annotations

import json
from datetime import datetime

from refdata.core.contract import Contract
from refdata.core.contractdocument import from_document, to_document
from refdata.warehouse.base import Session, Warehouse
from refdata.warehouse.schema import read_if_current


def written(contract: Contract) -> str:
    """A contract as the database stores it: JSON."""
    return json.dumps(to_document(contract), ensure_ascii=False)


class ContractStore:
    """``Reference_Data_Contract`` in a warehouse."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def learned(self, table: str, version: int | None = None) -> Contract | None:
        """The facts learned about a table's files up to a version (None: the live one); None if there are none.

        It is also None where refdata's own tables do not exist yet, or are from an earlier release.

        :raises ConfigurationError: when a later release wrote it in a form that this one cannot read.
        """
        return read_if_current(self._warehouse, lambda session: self.learned_in(session, table, version), None)

    def learned_in(self, session: Session, table: str, version: int | None = None) -> Contract | None:
        """``learned`` within a transaction."""
        if version is None:
            version = int(session.query(self._warehouse.statement("select_latest_version"), (table,))[0][0])
        rows = session.query(self._warehouse.statement("select_contract"), (table, version, table))
        return from_document(json.loads(rows[0][3])) if rows else None

    def correct_in(self, session: Session, table: str, contract: Contract) -> None:
        """Replaces the newest learned facts of a table, in the transaction that changes what they describe."""
        session.execute(self._warehouse.statement("update_contract"), (written(contract), table, table))

    def record_in(
        self, session: Session, table: str, version: int, load_id: int, contract: Contract, now: datetime
    ) -> None:
        """Stores what is known about a table's files with a version, in the transaction that makes the version."""
        values = (table, version, load_id, now, written(contract))
        session.execute(self._warehouse.statement("insert_contract"), values)
