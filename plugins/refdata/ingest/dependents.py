"""What depends on a table, before a person retires, renames or deletes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from refdata.contracts.files import referring
from refdata.core.errors import DataError
from refdata.core.model import LOAD_COLUMNS, FileStatus, TableName
from refdata.core.naming import fold_name
from refdata.core.owntables import own_tables
from refdata.ingest.context import Deps
from refdata.warehouse.base import Session


class DependentKind(StrEnum):
    """What sort of thing depends on a table."""

    CONTRACT = "contract"
    FOREIGN_KEY = "foreign_key"
    DATABASE = "database"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Dependent:
    """One thing that depends on a table; ``what`` is a sentence without its full stop."""

    kind: DependentKind
    name: str
    what: str


def dependents(deps: Deps, table: str) -> tuple[Dependent, ...]:
    """Contracts and foreign keys that refer to the table, views and procedures that name it, files that wait for it.

    :raises DataError: when there is no such table.
    """
    name = existing(deps, table)
    with deps.warehouse.transaction(write=False) as session:
        return (*dependents_in(deps, session, name), *_files(deps, session, table))


def existing(deps: Deps, table: str) -> TableName:
    """A table that people may change.

    :raises DataError: when there is no such table, or it is one of refdata's own.
    """
    name = deps.live(table)
    own = {fold_name(one) for one in own_tables(deps.settings)}
    if fold_name(table) in own or deps.warehouse.table(name) is None:
        raise DataError(f"There is no table {table}", where=str(name), advice="`refdata tables` lists the loaded ones.")
    return name


def dependents_in(deps: Deps, session: Session, name: TableName) -> tuple[Dependent, ...]:
    """The contracts, keys and definitions, within a transaction."""
    return (*_contracts(deps, name.name), *_in_database(deps, session, name))


def _contracts(deps: Deps, table: str) -> Iterator[Dependent]:
    contracts, unreadable = referring(deps.settings, table)
    for one in contracts:
        yield Dependent(DependentKind.CONTRACT, one.table, f"the contract of {one.table} refers to it")
    for text in unreadable:
        yield Dependent(DependentKind.CONTRACT, "", text)


def _in_database(deps: Deps, session: Session, name: TableName) -> Iterator[Dependent]:
    for key in deps.warehouse.referring_keys(session, name):
        what = f"the foreign key {key.name} of {key.child} refers to it"
        yield Dependent(DependentKind.FOREIGN_KEY, key.name, what)
    for user in deps.warehouse.users(session, name):
        yield Dependent(DependentKind.DATABASE, user.name, f"the {user.kind} {user.name} names it")


def _files(deps: Deps, session: Session, table: str) -> Iterator[Dependent]:
    for line in session.query(deps.warehouse.statement("select_blocking_files"), (table, 0)):
        load = dict(zip(LOAD_COLUMNS, line, strict=True))
        doing = "is waiting for an answer" if load["status"] == FileStatus.REVIEW else "is in the queue"
        name = str(load["file_name"])
        yield Dependent(DependentKind.FILE, name, f"{name} (load {load['id']}) {doing}")
