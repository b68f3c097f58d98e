"""Upgrades refdata's own tables to the version that this software knows, the same way in all engines."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from refdata import __version__
from refdata.core.errors import SchemaError
from refdata.core.schemasteps import FIRST_SCRIPT, LATEST, STEPS, SchemaChange, pending
from refdata.warehouse.base import Session, Warehouse

T = TypeVar("T")


def read_if_current(warehouse: Warehouse, read: Callable[[Session], T], otherwise: T) -> T:
    """What ``read`` finds in refdata's own tables; ``otherwise`` where they are missing, or of an earlier release."""
    try:
        with warehouse.transaction(write=False) as session:
            return read(session)
    except SchemaError:
        if warehouse.schema_version() >= LATEST:
            raise
        return otherwise


def version_of(session: Session, statement: Callable[[str], str]) -> int:
    """The number of the last step applied to the database; its history table must exist."""
    return int(session.query(statement("select_schema_version"))[0][0] or 0)


def upgrade(session: Session, statement: Callable[[str], str]) -> SchemaChange:
    """Runs and records the missing steps in the caller's transaction, which holds a lock against others.

    :param statement: the text of a file in ``include/sql``.
    """
    session.execute(statement(FIRST_SCRIPT))
    before = version_of(session, statement)
    for step in pending(before):
        for script in step.scripts:
            session.execute(statement(script))
        session.execute(statement("record_schema_step"), (step.number, step.summary, f"refdata {__version__}"))
    return SchemaChange(before, max(before, STEPS[-1].number))
