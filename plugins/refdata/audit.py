"""The audit trail: what people and maintenance did to tables, versions and files, and why.

Loads are not in it; the ledger records those.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from refdata.core.naming import like_pattern
from refdata.warehouse.base import Row, Session, Warehouse, moment

MAX_REASON, MAX_SUBJECT = 1000, 500
MAX_ENTRIES = 1000
"""Entries of one table that are read to say who did what."""


class AuditAction(StrEnum):
    """The kinds of actions."""

    ROLLBACK = "rollback"
    TAKE_BACK = "take_back"
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    REPAIR = "repair"
    DELETE = "delete"
    RETIRE = "retire"
    REOPEN = "reopen"
    RENAME = "rename"
    DELETE_TABLE = "delete_table"
    CONTRACT = "contract"
    MOVE = "move"
    RETYPE = "retype"
    UPLOAD = "upload"
    DISCARD = "discard"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One action. ``happened_at`` is UTC; ``subject`` is a path or an object's name.

    ``detail`` contains figures for readers, as plain JSON types; no row values. ``id`` is 0 before it is written.
    """

    happened_at: datetime
    action: AuditAction
    actor: str
    table_name: str | None = None
    load_id: int | None = None
    version_id: int | None = None
    subject: str | None = None
    reason: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    id: int = 0


class AuditTrail:
    """``Reference_Data_Audit`` in a warehouse."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def record(self, entry: AuditEntry) -> None:
        """Adds an entry in its own transaction."""
        with self._warehouse.transaction() as session:
            self.record_in(session, entry)

    def record_in(self, session: Session, entry: AuditEntry) -> None:
        """Adds an entry in the transaction of the action that it records."""
        session.execute(self._warehouse.statement("insert_audit"), _values(entry))

    def entries(
        self,
        table_name: str | None = None,
        *,
        action: AuditAction | None = None,
        by: str = "",
        limit: int = 50,
        offset: int = 0,
    ) -> tuple[AuditEntry, ...]:
        """Entries, newest first; for one table or of one kind if given.

        :param by: text within the name of who did it; upper and lower case are the same.
        """
        person = like_pattern(by) if by else None
        kind = action.value if action else None
        values = (table_name, table_name, kind, kind, person, person, offset, limit)
        with self._warehouse.transaction(write=False) as session:
            return tuple(map(_entry, session.query(self._warehouse.statement("select_audit"), values)))


def uploaders(entries: Iterable[AuditEntry]) -> dict[str, str]:
    """Who uploaded the drops whose turns are ordered by these keys; a drop by other ways is not among them.

    >>> at = datetime(2026, 7, 29)
    >>> uploaders([AuditEntry(at, AuditAction.UPLOAD, "eva", detail={"order_key": "10017a.csv"})])
    {'10017a.csv': 'eva'}
    """
    uploads = (entry for entry in entries if entry.action is AuditAction.UPLOAD)
    return {str(entry.detail["order_key"]): entry.actor for entry in uploads if "order_key" in entry.detail}


def _values(entry: AuditEntry) -> tuple[object, ...]:
    return (
        entry.happened_at,
        entry.action.value,
        entry.actor,
        entry.table_name,
        entry.load_id,
        entry.version_id,
        entry.subject and entry.subject[:MAX_SUBJECT],
        entry.reason and entry.reason[:MAX_REASON],
        json.dumps(dict(entry.detail), ensure_ascii=False, default=str),
    )


def _entry(line: Row) -> AuditEntry:
    names = ("id", *(spec.name for spec in fields(AuditEntry) if spec.name != "id"))
    values = dict(zip(names, line, strict=True))
    values["happened_at"] = moment(values["happened_at"])
    values["action"] = AuditAction(values["action"])
    values["detail"] = json.loads(values["detail"] or "{}")
    return AuditEntry(**values)
