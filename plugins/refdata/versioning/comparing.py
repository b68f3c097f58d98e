"""Compares two sets of rows in the database, using the plan of ``core.diffplan``."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from refdata.core import diffplan, tablediff
from refdata.core.capabilities import Capabilities
from refdata.core.diffplan import DiffPlan
from refdata.core.errors import ConfigurationError
from refdata.core.naming import fold_name
from refdata.core.statement import Statement
from refdata.core.tablediff import Pair, Rows, TableDiff
from refdata.core.versions import VersionRecord
from refdata.versioning.locating import Versions
from refdata.warehouse.base import Row, Session

_T = TypeVar("_T")

REMOVED, BEFORE, AFTER, ADDED = "removed", "before", "after", "added"
"""What a row of ``each_difference`` is: gone, a changed row as it was and as it is, or new."""


def diff_versions(versions: Versions, table: str, before: int, after: int, keys: Sequence[str] = ()) -> TableDiff:
    """How the rows changed from version ``before`` to version ``after``.

    :param keys: columns that identify a row; empty: determined from the data.
    :raises DataError: when there is no such version, or its rows were deleted.
    :raises ConfigurationError: when a key is not a column.
    :raises LockTimeoutError: when the table changes faster than it can be compared.
    """
    engine = versions.warehouse.capabilities
    difference = with_both(
        versions, table, before, after,
        lambda session, ours, theirs: compare(session, engine, ours, theirs, keys, table),
    )  # fmt: skip
    return dataclasses.replace(difference, before=f"version {before}", after=f"version {after}")


def with_both(versions: Versions, table: str, before: int, after: int, work: Callable[[Session, Rows, Rows], _T]) -> _T:
    """What ``work`` makes of the rows of two versions; it is called again where the table is loaded meanwhile.

    :raises DataError: when there is no such version, or its rows were deleted.
    :raises LockTimeoutError: when the table changes faster than it can be compared.
    """

    def read(records: tuple[VersionRecord, ...]) -> _T:
        ours, theirs = versions.rows_of(table, before, records), versions.rows_of(table, after, records)
        with versions.warehouse.transaction(write=False) as session:
            versions.require_rows(session, ours, table, before, records)
            versions.require_rows(session, theirs, table, after, records)
            return work(session, ours, theirs)

    return versions.while_unchanged(table, read)


def compare(
    session: Session,
    engine: Capabilities,
    before: Rows,
    after: Rows,
    keys: Sequence[str],
    table: str,
    *,
    sample: int = tablediff.SAMPLE,
) -> TableDiff:
    """The difference of two sets of rows, matched by ``keys`` where these are unique on both sides.

    :param sample: sample rows of each kind; 0 for counts only.
    :raises ConfigurationError: when a key is not a column.
    """
    pairs = tablediff.pair_columns(before.columns, after.columns)
    plan = DiffPlan(engine, before, after, pairs, sample)
    _require_columns(pairs, keys, table)
    _run(session, plan.copy())
    difference = _compared(session, plan, keys, table)
    _run(session, plan.drop())
    return difference


def each_difference(
    session: Session, plan: DiffPlan, keys: Sequence[str], table: str
) -> Iterator[tuple[str, list[Row]]]:
    """All rows that differ, in batches: what became of them (``ADDED`` ...), and the rows in the order of the pairs.

    A changed row comes twice, first as it was. No other statement may run while a batch is used.

    :raises ConfigurationError: when a key is not a column.
    """
    _require_columns(plan.pairs, keys, table)
    _run(session, plan.copy())
    keyed, _ = _keyed(session, plan, keys)
    yield from _each_by_keys(session, keyed) if keyed.keys else _each_by_rows(session, plan)
    _run(session, plan.drop())


def _each_by_keys(session: Session, plan: DiffPlan) -> Iterator[tuple[str, list[Row]]]:
    _run(session, plan.find_changes())
    width = len(plan.pairs)
    for batch in _stream(session, plan.sample_removed()):
        yield REMOVED, batch
    for batch in _stream(session, plan.sample_changes()):
        for row in batch:
            yield BEFORE, [row[:width]]
            yield AFTER, [row[width:]]
    for batch in _stream(session, plan.sample_added()):
        yield ADDED, batch


def _each_by_rows(session: Session, plan: DiffPlan) -> Iterator[tuple[str, list[Row]]]:
    _run(session, plan.find_rows_moved())
    for change, after in ((REMOVED, False), (ADDED, True)):
        for batch in _stream(session, plan.sample_rows_moved(after=after)):
            yield change, [row[:-1] for row in batch for _ in range(abs(int(row[-1])))]


def _stream(session: Session, statement: Statement) -> Iterator[list[Row]]:
    return session.stream(statement.sql, statement.values)


def _require_columns(pairs: Sequence[Pair], keys: Sequence[str], table: str) -> None:
    known = {fold_name(pair.name) for pair in pairs}
    unknown = [key for key in keys if fold_name(key) not in known]
    if unknown:
        raise ConfigurationError(
            f"Key {', '.join(unknown)} is not a column of {table}",
            where=f"tables.{table}.keys",
            advice=f"Use one of: {', '.join(pair.name for pair in pairs)}.",
        )


def _compared(session: Session, plan: DiffPlan, keys: Sequence[str], table: str) -> TableDiff:
    counts = [int(_ask(session, plan.count(after=side))[0][0]) for side in (False, True)]
    keyed, note = _keyed(session, plan, keys)
    empty = TableDiff(
        table, "", "", keyed.keys, counts[0], counts[1], 0, 0, 0,
        tuple(pair.name for pair in plan.pairs),
        columns_added=tuple(pair.name for pair in plan.pairs if pair.before is None),
        columns_removed=tuple(pair.name for pair in plan.pairs if pair.after is None),
        note=note,
    )  # fmt: skip
    return _by_keys(session, keyed, empty) if keyed.keys else _by_rows(session, keyed, empty)


def _keyed(session: Session, plan: DiffPlan, keys: Sequence[str]) -> tuple[DiffPlan, str]:
    """The plan by the stated keys, by found ones, or by whole rows; and why not by the stated ones."""
    if keys:
        stated = plan.with_keys(keys)
        if _tells_rows_apart(session, stated):
            return stated, ""
        return plan, f"{', '.join(keys)} is empty or repeated in some rows, so whole rows are compared."
    probes = [_ask(session, plan.probe(after=side)) for side in (False, True)]
    for candidate in tablediff.likely_keys(plan.pairs, *probes) if all(probes) else ():
        keyed = plan.with_keys(candidate)
        if _tells_rows_apart(session, keyed):
            return keyed, ""
    return (
        plan,
        "No column identifies the rows, so whole rows are compared; state a primary key in the contract to match them.",
    )


def _tells_rows_apart(session: Session, plan: DiffPlan) -> bool:
    _run(session, plan.index_keys())
    return not any(_ask(session, plan.key_faults(after=side))[0][0] for side in (False, True))


def _by_keys(session: Session, plan: DiffPlan, empty: TableDiff) -> TableDiff:
    _run(session, plan.find_changes())
    added, changed, *columns = (int(value or 0) for value in _ask(session, plan.count_changes())[0])
    removed = empty.rows_before - (empty.rows_after - added)
    changes = {name: count for name, count in zip(plan.value_names(), columns, strict=True) if count}
    return dataclasses.replace(
        empty,
        added=added,
        removed=removed,
        changed=changed,
        column_changes=changes,
        added_sample=_sample(session, plan, plan.sample_added(), added),
        removed_sample=_sample(session, plan, plan.sample_removed(), removed),
        changed_sample=diffplan.changed_rows(plan, _sample(session, plan, plan.sample_changes(), changed)),
    )


def _by_rows(session: Session, plan: DiffPlan, empty: TableDiff) -> TableDiff:
    _run(session, plan.find_rows_moved())
    removed, added = (int(value or 0) for value in _ask(session, plan.count_rows_moved())[0])
    return dataclasses.replace(
        empty,
        added=added,
        removed=removed,
        added_sample=_repeated(_sample(session, plan, plan.sample_rows_moved(after=True), added), plan.sample),
        removed_sample=_repeated(_sample(session, plan, plan.sample_rows_moved(after=False), removed), plan.sample),
    )


def _repeated(sampled: Sequence[Row], most: int) -> tuple[Row, ...]:
    """Each row as often as one side has more of it, up to the sample's size."""
    rows = [row[:-1] for row in sampled for _ in range(min(abs(int(row[-1])), most))]
    return tuple(rows[:most])


def _sample(session: Session, plan: DiffPlan, statement: Statement, expected: int) -> tuple[Row, ...]:
    return tuple(_ask(session, statement)) if expected and plan.sample else ()


def _ask(session: Session, statement: Statement) -> list[Row]:
    return session.query(statement.sql, statement.values)


def _run(session: Session, statements: Sequence[Statement]) -> None:
    for statement in statements:
        session.execute(statement.sql, statement.values)
