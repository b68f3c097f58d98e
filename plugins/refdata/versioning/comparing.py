"""Compares two sets of rows in the database, by the plan of ``core.tablediff``."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from refdata.core import tablediff
from refdata.core.errors import ConfigurationError, LockTimeoutError
from refdata.core.naming import fold_name
from refdata.core.publishing import Statement
from refdata.core.tablediff import Dialect, DiffPlan, Rows, TableDiff
from refdata.core.versions import live_version
from refdata.versioning.locating import Versions
from refdata.warehouse.base import Row, Session, Warehouse

TRIES = 3
"""Comparisons that are begun anew because a load was published meanwhile."""


def dialect_of(warehouse: Warehouse) -> Dialect:
    """How the warehouse's engine writes SQL."""
    return Dialect.SQLITE if warehouse.engine == "sqlite" else Dialect.TSQL


def diff_versions(versions: Versions, table: str, before: int, after: int, keys: Sequence[str] = ()) -> TableDiff:
    """What became of the rows from version ``before`` to version ``after``.

    :param keys: columns that tell a row from the others; empty: found out.
    :raises DataError: when there is no such version, or its rows were deleted.
    :raises ConfigurationError: when a key is no column.
    :raises LockTimeoutError: when the table changes faster than it can be compared.
    """
    for _ in range(TRIES):
        records = versions.ledger.versions(table)
        ours, theirs = versions.rows_of(table, before, records), versions.rows_of(table, after, records)
        with versions.warehouse.transaction(write=False) as session:
            versions.require_rows(session, ours, table, before, records)
            versions.require_rows(session, theirs, table, after, records)
            found = compare(session, dialect_of(versions.warehouse), ours, theirs, keys, table)
        if live_version(versions.ledger.versions(table)) == live_version(records):
            return dataclasses.replace(found, before=f"version {before}", after=f"version {after}")
    raise LockTimeoutError(
        f"{table} was loaded each time while its versions were compared", where=table, advice="Try again later."
    )


def compare(
    session: Session, dialect: Dialect, before: Rows, after: Rows, keys: Sequence[str], table: str
) -> TableDiff:
    """The difference of two sets of rows, by ``keys`` where they tell every row of both sides from the others.

    :raises ConfigurationError: when a key is no column.
    """
    plan = DiffPlan(dialect, before, after, tablediff.pair_columns(before.columns, after.columns))
    counts = [int(_ask(session, plan.count(after=side))[0][0]) for side in (False, True)]
    keyed, note = _keyed(session, plan, keys, table)
    empty = TableDiff(
        table, "", "", keyed.keys, counts[0], counts[1], 0, 0, 0,
        tuple(pair.name for pair in plan.pairs),
        columns_added=tuple(pair.name for pair in plan.pairs if pair.before is None),
        columns_removed=tuple(pair.name for pair in plan.pairs if pair.after is None),
        note=note,
    )  # fmt: skip
    return _by_keys(session, keyed, empty) if keyed.keys else _by_rows(session, keyed, empty)


def _keyed(session: Session, plan: DiffPlan, keys: Sequence[str], table: str) -> tuple[DiffPlan, str]:
    """The plan by the stated keys, by found ones, or by whole rows; and why not by the stated ones."""
    if keys:
        known = {fold_name(pair.name) for pair in plan.pairs}
        unknown = [key for key in keys if fold_name(key) not in known]
        if unknown:
            raise ConfigurationError(
                f"Key {', '.join(unknown)} is no column of {table}",
                where=f"tables.{table}.keys",
                advice=f"Use one of: {', '.join(pair.name for pair in plan.pairs)}.",
            )
        stated = plan.with_keys(keys)
        if _tells_rows_apart(session, stated):
            return stated, ""
        return plan, f"{', '.join(keys)} is empty or the same in several rows, so whole rows are compared."
    probes = [_ask(session, plan.probe(after=side)) for side in (False, True)]
    for candidate in tablediff.likely_keys(plan.pairs, *probes) if all(probes) else ():
        found = plan.with_keys(candidate)
        if _tells_rows_apart(session, found):
            return found, ""
    return (
        plan,
        "No column tells the rows apart, so whole rows are compared; state `keys` in tables.yaml to match them.",
    )


def _tells_rows_apart(session: Session, plan: DiffPlan) -> bool:
    return not any(_ask(session, plan.key_faults(after=side))[0][0] for side in (False, True))


def _by_keys(session: Session, plan: DiffPlan, empty: TableDiff) -> TableDiff:
    matched, changed, *columns = (int(value or 0) for value in _ask(session, plan.count_changes())[0])
    removed, added = empty.rows_before - matched, empty.rows_after - matched
    changes = {name: count for name, count in zip(plan.value_names(), columns, strict=False) if count}
    return dataclasses.replace(
        empty,
        added=added,
        removed=removed,
        changed=changed,
        column_changes=changes,
        added_sample=_rows(session, plan.sample_only(after=True), added),
        removed_sample=_rows(session, plan.sample_only(after=False), removed),
        changed_sample=tablediff.changed_rows(plan, _rows(session, plan.sample_changes(), changed)),
    )


def _by_rows(session: Session, plan: DiffPlan, empty: TableDiff) -> TableDiff:
    removed, added = (int(value or 0) for value in _ask(session, plan.count_rows_moved())[0])
    return dataclasses.replace(
        empty,
        added=added,
        removed=removed,
        added_sample=_repeated(_rows(session, plan.sample_rows_moved(after=True), added)),
        removed_sample=_repeated(_rows(session, plan.sample_rows_moved(after=False), removed)),
    )


def _repeated(found: Sequence[Row]) -> tuple[Row, ...]:
    """Each row as often as one side has more of it, up to the sample's size."""
    rows = [row[:-1] for row in found for _ in range(min(abs(int(row[-1])), tablediff.SAMPLE))]
    return tuple(rows[: tablediff.SAMPLE])


def _rows(session: Session, statement: Statement, expected: int) -> tuple[Row, ...]:
    return tuple(_ask(session, statement)) if expected else ()


def _ask(session: Session, statement: Statement) -> list[Row]:
    return session.query(statement.sql, statement.values)
