"""Changes only what differs between new rows and the live table, the same for every engine.

The statements are those of ``core.deltaplan``. Everything happens in the transaction of a publish or a rollback, which
has already copied the live rows to their version, or has them kept here as far as they go or change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from refdata.core import publishing
from refdata.core.deltaplan import DeltaPlan, KeyedDelta, NewRows, WholeDelta, kept_columns
from refdata.core.errors import DataError
from refdata.core.indexes import ReferringKey
from refdata.core.model import Column, RowCounts, RowKey, Table, TableName
from refdata.core.naming import fold_name, quote
from refdata.core.publishing import qualified
from refdata.core.settings import Settings
from refdata.core.statement import Statement
from refdata.warehouse.base import Session, Warehouse

FILE = "the file"
"""What removes rows in a load, for messages."""


@dataclass(frozen=True, slots=True)
class DeltaChange:
    """One change within ``session``'s transaction, after which the table has ``rows``, or an upsert's as well.

    ``count`` is their number. ``keeps`` is the version of the live rows, if those that go or change are to be
    kept under it. ``cause`` is what changes the table, for messages.
    """

    warehouse: Warehouse
    session: Session
    rows: NewRows
    count: int
    live: Table
    settings: Settings
    keeps: int | None = None
    cause: str = FILE

    def counting(self, rows: int) -> DeltaChange:
        """The same change once the number of its rows is known."""
        return replace(self, count=rows)

    def upsert(self) -> RowCounts:
        """Replaces the rows with the staged keys, and inserts the others.

        :raises DataError: when the table's own rows repeat a key.
        """
        plan = self._keyed(self.rows.key)
        if plan is None:
            key = ", ".join(self.rows.key.columns) if self.rows.key else ""
            raise DataError(
                f"Rows cannot be replaced by their key ({key}): in the table or the file it is empty or repeated",
                where=str(self.live.name),
                advice="Correct the rows that are in the table, for example by a full load, and drop the file again.",
            )
        before = self._count()
        self._run_all(plan.prepare())
        self._refuse_orphans(plan, "1 = 0")
        if self.keeps is not None:
            self._run(plan.keep_changed(self.settings.bkp_schema, self.keeps))
        self._hold_readers()
        updated = self._run(plan.update())
        inserted = self._run(plan.add())
        self._check(before + inserted, self._count())
        staged = int(self.session.query(f"SELECT COUNT(*) FROM {self.rows.source}")[0][0])
        self._check(self.count, staged)
        return RowCounts(inserted, updated, self.count - inserted - updated)

    def replace(self) -> RowCounts | None:
        """Makes the new rows the live ones; None where all rows have to be replaced instead.

        :raises DataError: when a foreign key of another table forbids it.
        """
        if not self.is_wanted() or not self.session.query(publishing.has_rows(self.live.name).sql)[0][0]:
            return None
        plan = next((plan for key in self._keys() if (plan := self._keyed(key)) is not None), None)
        if plan is not None:
            counts = self._replace_by_key(plan)
        elif self.settings.publish_method == "delta":
            counts = self._replace_by_row()
        else:
            return None
        self._check(self.count, self._count())
        return counts

    def is_wanted(self) -> bool:
        """By default, rows are compared where a key is declared, or the table has a unique index."""
        method = self.settings.publish_method
        return method == "delta" or (method == "auto" and any(True for _ in self._keys()))

    def _keys(self) -> Iterable[RowKey]:
        """The columns that may identify a row: the declared key, then the unique indexes of the table."""
        if self.rows.key is not None:
            yield self.rows.key
        for index in self.warehouse.unique_indexes(self.session, self.live.name):
            yield RowKey(index.columns)

    def _keyed(self, key: RowKey | None) -> KeyedDelta | None:
        """The plan by a key that identifies the rows of both sides; None where it does not."""
        columns = tuple(column for name in (key.columns if key else ()) if (column := self.live.column(name)))
        if key is None or len(columns) < len(key.columns) or not all(map(self.rows.brings, columns)):
            return None
        if any(one.identity and one not in columns and self.rows.brings(one) for one in self.live.columns):
            return None
        plan = KeyedDelta(self.warehouse.capabilities, self.rows, self.live, columns)
        faults = (plan.faults(staged=staged) for staged in (False, True))
        return None if any(self.session.query(one.sql, one.values)[0][0] for one in faults) else plan

    def _replace_by_key(self, plan: KeyedDelta) -> RowCounts:
        self._run_all(plan.prepare())
        self._refuse_orphans(plan, plan.is_gone("t"))
        self._keep(plan)
        self._hold_readers()
        removed = self._run(plan.remove())
        updated = self._run(plan.update())
        inserted = self._run(plan.add())
        return RowCounts(inserted, updated, self.count - inserted - updated, removed)

    def _replace_by_row(self) -> RowCounts:
        plan = WholeDelta(self.warehouse.capabilities, self.rows, self.live)
        self._run_all(plan.find())
        self._refuse_orphans(plan, plan.is_gone("t"))
        self._keep(plan)
        self._hold_readers()
        removed = self._run(plan.remove())
        restored = self._run(plan.restore()) if removed else 0
        inserted = self._run(plan.add())
        self._run_all(plan.drop())
        return RowCounts(inserted, 0, self.count - inserted, removed - restored)

    def _refuse_orphans(self, plan: DeltaPlan, is_gone: str) -> None:
        guard = ForeignKeyGuard(self.warehouse, self.session, self.live, self.cause)
        guard.check(lambda key: Statement(f"({is_gone} OR {_changed(plan, key)})"))

    def _keep(self, plan: KeyedDelta | WholeDelta) -> None:
        """Keeps what goes or changes, while readers are not held up yet."""
        if self.keeps is not None:
            self._run_all(plan.keep(self.settings.bkp_schema, self.keeps))

    def _hold_readers(self) -> None:
        """Keeps readers out from the first change on: what differs was found while they could read."""
        self.warehouse.hold_readers(self.session, self.live.name)

    def _check(self, expected: int, rows: int) -> None:
        if rows != expected:
            raise other_rows(self.live.name, expected, rows)

    def _count(self) -> int:
        return int(self.session.query(publishing.count_rows(self.live.name).sql)[0][0])

    def _run(self, statement: Statement) -> int:
        return self.session.execute(statement.sql, statement.values)

    def _run_all(self, statements: Iterable[Statement]) -> None:
        for statement in statements:
            self._run(statement)


@dataclass(frozen=True, slots=True)
class ForeignKeyGuard:
    """Refuses what a foreign key forbids, in words; the database's own error would name no rows."""

    warehouse: Warehouse
    session: Session
    live: Table
    cause: str

    def check(self, is_lost: Callable[[ReferringKey], Statement]) -> None:
        """Checks each foreign key of another table to this one.

        :param is_lost: the condition that a live row ``t`` goes, or changes in what the foreign key refers to.
        :raises DataError: naming the foreign key, the table that has it, and the numbers of rows.
        """
        for key in self.warehouse.referring_keys(self.session, self.live.name):
            if fold_name(str(key.child)) == fold_name(str(self.live.name)):
                continue  # rows that refer to each other go together, which the database decides at the end
            pairs = zip(key.columns, key.references, strict=True)
            same = " AND ".join(f"c.{quote(one)} = t.{quote(other)}" for one, other in pairs)
            lost = is_lost(key)
            condition = Statement(f"{same} AND {lost.sql}", lost.values)
            children = self._count_where(key.child, "c", self.live.name, "t", condition)
            if children:
                parents = self._count_where(self.live.name, "t", key.child, "c", condition)
                raise _forbidden(self.live, key, children, parents, self.cause)

    def _count_where(self, table: TableName, name: str, other: TableName, other_name: str, condition: Statement) -> int:
        """How many rows of a table meet a condition together with some row of another one."""
        inner = f"SELECT 1 FROM {qualified(other)} AS {other_name} WHERE {condition.sql}"
        sql = f"SELECT COUNT(*) FROM {qualified(table)} AS {name} WHERE EXISTS ({inner})"
        return int(self.session.query(sql, condition.values)[0][0])


def _changed(plan: DeltaPlan, key: ReferringKey) -> str:
    """The condition that a row stays, but gets other values in what the foreign key refers to."""
    if not isinstance(plan, KeyedDelta):
        return "1 = 0"
    columns: list[Column] = [column for name in key.references if (column := plan.live.column(name)) is not None]
    others = [column for column in columns if column not in plan.key and column in kept_columns(plan.live, plan.rows)]
    return plan.is_changed(others) if others else "1 = 0"


def _forbidden(live: Table, key: ReferringKey, children: int, parents: int, cause: str) -> DataError:
    rows = "1 row" if parents == 1 else f"{parents} rows"
    refer = "1 row refers" if children == 1 else f"{children} rows refer"
    advice = f"Keep those rows in the file, or first remove what refers to them from {key.child}."
    return DataError(
        f"{rows} of {live.name} that {cause} removes or changes cannot go: in {key.child}, {refer} to them"
        f" (foreign key {key.name}: {', '.join(key.columns)} refers to {', '.join(key.references)})",
        where=str(live.name),
        advice=advice if cause == FILE else f"First remove what refers to them from {key.child}.",
    )


def other_rows(table: TableName, expected: int, rows: int) -> DataError:
    """The error for a change whose result is not what was staged."""
    return DataError(
        f"{expected} rows were staged and {rows} would be published; nothing was changed",
        where=str(table),
        advice="Look for a trigger on the table or another writer to the stage table, then load the file again.",
    )
