"""What a DBA may have made of a table, and which of it a load respects. What it cannot respect is refused first.

Foreign keys, AFTER triggers, temporal tables and change data capture see ordinary inserts, updates and deletes. They
forbid TRUNCATE, whose error would appear only when everything has been read and staged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from refdata.core.errors import SchemaError
from refdata.core.model import TableName
from refdata.warehouse.base import Session, Statements

_HISTORY, _CURRENT = 1, 2
_NO_TRUNCATE = "Set publish_method to auto or delete for this table."


@dataclass(frozen=True, slots=True)
class Traits:
    """A row of ``select_target_traits``, and whether a foreign key of another table refers to this one."""

    temporal: int = 0
    memory_optimised: bool = False
    external: bool = False
    tracked: bool = False
    instead_triggers: int = 0
    bound_views: int = 0
    referred: bool = False


def refusal(traits: Traits, publish_method: str) -> tuple[str, str]:
    """Why a table of these traits cannot be loaded, and what to do; two empty texts where it can.

    >>> refusal(Traits(tracked=True), "auto")
    ('', '')
    """
    never = (
        (traits.memory_optimised, "is memory-optimised, which has no table locks", "Create it as a table on disk."),
        (traits.external, "is an external table, which stores no rows here", "Create it as a table of this database."),
        (
            traits.temporal == _HISTORY,
            "is the history of a temporal table, which the database writes itself",
            "Load the current table instead.",
        ),
        (
            traits.instead_triggers > 0,
            "has an INSTEAD OF trigger, so that what is loaded would not be what is stored",
            "Disable the trigger, or replace it by an AFTER trigger.",
        ),
    )
    no_truncate = (
        (traits.temporal == _CURRENT, "is a system-versioned temporal table"),
        (traits.tracked, "is read by change data capture or replication"),
        (traits.referred, "is referred to by a foreign key"),
        (traits.bound_views > 0, "belongs to a schema-bound view"),
    )
    for applies, reason, advice in never:
        if applies:
            return reason, advice
    for applies, reason in no_truncate if publish_method == "truncate" else ():
        if applies:
            return f"{reason}, which forbids the publish_method truncate", _NO_TRUNCATE
    return "", ""


def check(session: Session, statement: Statements, table: TableName, publish_method: str) -> None:
    """Refuses a table that cannot be loaded, before anything is staged.

    :raises SchemaError: with the reason.
    """
    rows = session.query(statement("select_target_traits"), (table.schema, table.name))
    if not rows:
        return
    referred = bool(session.query(statement("select_referring_keys"), (table.schema, table.name)))
    reason, advice = refusal(_traits(rows[0], referred=referred), publish_method)
    if reason:
        raise SchemaError(f"Table {table} {reason}", where=str(table), advice=advice)


def _traits(row: Sequence[object], *, referred: bool) -> Traits:
    temporal, memory, external, tracked, instead, views = (int(str(value or 0)) for value in row)
    return Traits(temporal, bool(memory), bool(external), bool(tracked), instead, views, referred)
