"""Plans how staged or kept rows become the live ones by changing only what differs, in one transaction. Pure.

Rows are matched by a key, or else compared as a whole with their multiplicity. Text compares by code points and length,
whatever the collation; NULL equals NULL. A row that stays keeps the load that it came from. An upsert is the same
change without the removals; a rollback is the same change with rows that bring their load along.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from refdata.core.capabilities import Capabilities
from refdata.core.diffplan import any_of
from refdata.core.model import Column, Publication, RowKey, Table
from refdata.core.naming import LINEAGE_COLUMNS, fold_name, quote
from refdata.core.publishing import column_list, keep_version, qualified
from refdata.core.sqltypes import TypeKind
from refdata.core.statement import Statement

_FOUND = "refdata_delta"
"""The temporary table of rows whose number differs between the live table and the stage."""
_SHRUNK = "refdata_shrunk"
"""The temporary table of the live rows that the table has more often than the file, each with whether it stays."""
_NUMBER = "[refdata number]"
"""Numbers equal rows; the blank distinguishes it from every column of a file."""
_STAYS = "[refdata stays]"
"""1 for a row that stays."""
_INDEXED = 60
"""Most columns of an index on the temporary table; more distinguish no rows that matter."""
_LINEAGE = frozenset(LINEAGE_COLUMNS)


@dataclass(frozen=True, slots=True)
class NewRows:
    """The rows that a table is to contain, in the table ``source`` (a quoted name), whose columns have the live types.

    ``lineage`` are the values that added and changed rows get as their lineage; None where the rows have their own, as
    kept ones do: these are then compared as well. ``table`` is the name of the source itself, and ``is_temporary``
    whether it is a temporary table. ``key`` are the columns that identify a row, if any are declared.
    """

    source: str
    table: str
    columns: tuple[str, ...]
    lineage: tuple[object, ...] | None = None
    key: RowKey | None = None
    is_temporary: bool = False

    @classmethod
    def staged(cls, request: Publication, source: str) -> NewRows:
        """The rows of a load."""
        lineage = request.loaded_at, request.load_type.flag, request.stage.load_id
        return cls(source, request.stage.name, request.columns, lineage, request.key)

    def brings(self, column: Column) -> bool:
        """Whether the rows have the column; otherwise it counts as NULL there."""
        return fold_name(column.name) in {fold_name(name) for name in self.columns}


def kept_columns(live: Table, rows: NewRows) -> tuple[Column, ...]:
    """The live columns that are compared: all but those that the database fills by itself and the rows lack."""
    return tuple(
        column for column in live.columns if rows.brings(column) or not (column.optional or column.name in _LINEAGE)
    )


@dataclass(frozen=True, slots=True)
class DeltaPlan:
    """The common part of both ways."""

    engine: Capabilities
    rows: NewRows
    live: Table

    @property
    def source(self) -> str:
        """The quoted name of the table with the new rows."""
        return self.rows.source

    @property
    def target(self) -> str:
        """The live table's quoted name."""
        return qualified(self.live.name)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that are compared."""
        return kept_columns(self.live, self.rows)

    @property
    def lineage(self) -> dict[str, object]:
        """The values of the lineage columns that the rows do not bring."""
        values = self.rows.lineage
        return {} if values is None else dict(zip(LINEAGE_COLUMNS, values, strict=True))

    @property
    def inserted(self) -> str:
        """The columns of an inserted row."""
        return column_list((*self.rows.columns, *self.lineage))

    @property
    def marks(self) -> str:
        """A placeholder for each value of the lineage, each behind a comma."""
        return ", ?" * len(self.lineage)

    def value(self, side: str, column: Column, *, staged: bool) -> str:
        """A column's value in the form in which equal values are equal."""
        if staged and not self.rows.brings(column):
            return f"CAST(NULL AS {self.engine.type_name(column.type)})"
        value = f"{side}.{quote(column.name)}" if side else quote(column.name)
        if not staged and column.native is not None:
            value = f"CAST({value} AS {self.engine.type_name(column.type)})"
        return self.engine.canonical(value, column.type)

    def parts(self, side: str, column: Column, *, staged: bool) -> tuple[str, ...]:
        """The expressions by which two values are compared."""
        value = self.value(side, column, staged=staged)
        return self.engine.text_parts(value) if is_text(column) else (value,)


def is_text(column: Column) -> bool:
    """Whether a column contains text."""
    return column.type.kind is TypeKind.NVARCHAR


@dataclass(frozen=True, slots=True)
class KeyedDelta(DeltaPlan):
    """The change where a key identifies the rows of both sides."""

    key: tuple[Column, ...]

    def faults(self, *, staged: bool) -> Statement:
        """1 where a side has a row with NULL in the key, or two rows with the same key; else 0."""
        source = self.source if staged else self.target
        parts = ", ".join(self._keys("r", staged=staged))
        empty = " OR ".join(f"r.{quote(column.name)} IS NULL" for column in self.key)
        return Statement(
            f"SELECT CASE WHEN EXISTS (SELECT 1 FROM {source} AS r WHERE {empty})"
            f" OR EXISTS (SELECT 1 FROM {source} AS r GROUP BY {parts} HAVING COUNT(*) > 1) THEN 1 ELSE 0 END"
        )

    def prepare(self) -> tuple[Statement, ...]:
        """Makes lookups of staged keys fast."""
        index = self.engine.index_rows if self.rows.is_temporary else self.engine.index_stage
        return index(self.rows.table, self._keys("", staged=True))

    def keep(self, backup_schema: str, version: int) -> tuple[Statement, ...]:
        """Copies the rows that go or change to the version table."""
        gone = f"{self.target} AS t WHERE {self.is_gone('t')}"
        kept = keep_version(self.live.name, self.live.columns, backup_schema, version, gone)
        return kept, self.keep_changed(backup_schema, version)

    def keep_changed(self, backup_schema: str, version: int) -> Statement:
        """The same for the rows that change, which are all that an upsert touches."""
        changed = f"{self.target} AS t WHERE {self.is_changed(self._assigned_columns())}"
        return keep_version(self.live.name, self.live.columns, backup_schema, version, changed)

    def remove(self) -> Statement:
        """Deletes the rows whose key the file does not have."""
        return self.engine.delete_rows(self.live.name, self.is_gone("t"))

    def is_gone(self, side: str) -> str:
        """The condition that a live row's key is not in the file."""
        return self.engine.is_absent(
            self._keys(side, staged=False), f"{self.source} AS s", self._keys("s", staged=True)
        )

    def update(self) -> Statement:
        """Changes the rows that differ, and gives them this load's lineage."""
        changed = self._assigned_columns()
        pairs = [f"{quote(column.name)} = {self._assigned(column)}" for column in changed]
        pairs += [f"{quote(name)} = ?" for name in self.lineage]
        values = tuple(self.lineage.values())
        differs = self.differs(changed)
        return self.engine.update_rows(
            self.live.name, ", ".join(pairs), f"{self.source} AS s", self._is_same(), differs, values
        )

    def differs(self, columns: Sequence[Column]) -> str:
        """The condition that a live row (``t``) and its staged one (``s``) differ in one of the columns."""
        terms = [
            self.engine.differs(
                self.value("t", column, staged=False), self.value("s", column, staged=True), is_text=is_text(column)
            )
            for column in columns
        ]
        return any_of([f"{term} = 1" for term in terms]) if terms else "1 = 0"

    def is_changed(self, columns: Sequence[Column]) -> str:
        """The condition that a live row (``t``) stays, but gets other values in one of the columns."""
        return f"EXISTS (SELECT 1 FROM {self.source} AS s WHERE {self._is_same()} AND {self.differs(columns)})"

    def add(self) -> Statement:
        """Inserts the rows whose key the table does not have."""
        chosen = ", ".join(f"s.{quote(name)}" for name in self.rows.columns)
        absent = self.engine.is_absent(
            self._keys("s", staged=True), f"{self.target} AS o", self._keys("o", staged=False)
        )
        return Statement(
            f"INSERT INTO {self.engine.whole(self.live.name)} ({self.inserted})"
            f" SELECT {chosen}{self.marks} FROM {self.source} AS s WHERE {absent}",
            tuple(self.lineage.values()),
        )

    def _keys(self, side: str, *, staged: bool) -> list[str]:
        return [part for column in self.key for part in self._key_parts(side, column, staged=staged)]

    def _key_parts(self, side: str, column: Column, *, staged: bool) -> tuple[str, ...]:
        value, key = self.value(side, column, staged=staged), self.rows.key
        if not is_text(column):
            return (value,)
        value = f"UPPER({value})" if key and key.ignores_case else value
        value = f"RTRIM({value})" if key and key.ignores_trailing_blanks else value
        return self.engine.text_parts(value)

    def _is_same(self) -> str:
        pairs = zip(self._keys("t", staged=False), self._keys("s", staged=True), strict=True)
        return " AND ".join(f"{one} = {other}" for one, other in pairs)

    def _assigned_columns(self) -> list[Column]:
        return [column for column in self.columns if self._is_assigned(column)]

    def _is_assigned(self, column: Column) -> bool:
        """A key is spelled as in the file where the spelling does not count; an identity never changes."""
        in_key, key = column in self.key, self.rows.key
        spelled = is_text(column) and key is not None and (key.ignores_case or key.ignores_trailing_blanks)
        return spelled if in_key else not column.identity

    def _assigned(self, column: Column) -> str:
        return f"s.{quote(column.name)}" if self.rows.brings(column) else "NULL"


@dataclass(frozen=True, slots=True)
class WholeDelta(DeltaPlan):
    """The change where no key identifies the rows: rows that are equal as a whole are interchangeable."""

    def find(self) -> tuple[Statement, ...]:
        """Records each row that one side has more often: its values, ``n_live`` and ``n_staged``."""
        sides = (("t", self.target, False), ("s", self.source, True))
        union = " UNION ALL ".join(
            f"SELECT {', '.join(f'{sql} AS {name}' for name, sql in self._named(side, staged=staged))},"
            f" {0 if staged else 1} AS n_live, {1 if staged else 0} AS n_staged FROM {source} AS {side}"
            for side, source, staged in sides
        )
        names = [name for name, _ in self._named("t", staged=False)]
        store = self.engine.store_rows(
            _FOUND,
            f"SELECT {', '.join(names)}, SUM(n_live) AS n_live, SUM(n_staged) AS n_staged",
            f" FROM ({union}) AS u GROUP BY {', '.join(names)} HAVING SUM(n_live) <> SUM(n_staged)",
        )
        index = self.engine.index_rows(_FOUND, names[:_INDEXED])
        return *self.drop(), store, *index, self._find_shrunk()

    def _find_shrunk(self) -> Statement:
        """Records the live rows of which some or all go, before any of them does: the oldest ones stay."""
        names = tuple(column.name for column in self.live.columns)
        source = f"{self.target} AS t WHERE {self._is_found('t', 'n_live > n_staged')}"
        numbered = self._numbered("t", source, names, staged=False, order=quote(LINEAGE_COLUMNS[2]))
        return self.engine.store_rows(
            _SHRUNK,
            f"SELECT {self._of_x(names)}, CASE WHEN x.{_NUMBER} <= n_staged THEN 1 ELSE 0 END AS {_STAYS}",
            f" FROM {numbered} AS x JOIN {self.engine.temporary(_FOUND)} AS f ON {self._matches('x', plain=True)}",
        )

    def keep(self, backup_schema: str, version: int) -> tuple[Statement, ...]:
        """Copies the rows that go to the version table."""
        gone = f"{self.engine.temporary(_SHRUNK)} WHERE {_STAYS} = 0"
        return (keep_version(self.live.name, self.live.columns, backup_schema, version, gone),)

    def drop(self) -> tuple[Statement, ...]:
        """Removes the temporary tables: a pooled connection would keep them."""
        return tuple(Statement(f"DROP TABLE IF EXISTS {self.engine.temporary(one)}") for one in (_FOUND, _SHRUNK))

    def remove(self) -> Statement:
        """Deletes the rows that the table has more often than the file: all of the equal ones."""
        return self.engine.delete_rows(self.live.name, self._is_found("t", "n_live > n_staged"))

    def is_gone(self, side: str) -> str:
        """The condition that the file has no row equal to a live one."""
        return self._is_found(side, "n_live > n_staged AND n_staged = 0")

    def restore(self) -> Statement:
        """Puts back as many of the equal rows as the file has, each with the load that it came from."""
        names = tuple(column.name for column in self.live.columns if not column.identity or self.rows.brings(column))
        return Statement(
            f"INSERT INTO {self.engine.whole(self.live.name)} ({column_list(names)})"
            f" SELECT {self._of_x(names)} FROM {self.engine.temporary(_SHRUNK)} AS x WHERE x.{_STAYS} = 1"
        )

    def add(self) -> Statement:
        """Inserts the rows that the file has more often than the table: as many as are missing."""
        names = self.rows.columns
        numbered = self._numbered("s", f"{self.source} AS s", names, staged=True, order="(SELECT NULL)")
        return Statement(
            f"INSERT INTO {self.engine.whole(self.live.name)} ({self.inserted})"
            f" SELECT {self._of_x(names)}{self.marks} FROM {numbered} AS x"
            f" JOIN {self.engine.temporary(_FOUND)} AS f ON {self._matches('x', plain=True)}"
            f" WHERE n_staged > n_live AND x.{_NUMBER} <= n_staged - n_live",
            tuple(self.lineage.values()),
        )

    def _named(self, side: str, *, staged: bool) -> list[tuple[str, str]]:
        """The names in the temporary table, each with its expression."""
        return [
            (f"{prefix}{index}", sql)
            for index, column in enumerate(self.columns)
            for prefix, sql in zip("cl", self.parts(side, column, staged=staged), strict=False)
        ]

    def _numbered(self, side: str, source: str, names: Sequence[str], *, staged: bool, order: str) -> str:
        """Rows with their values in the compared form, equal ones numbered from 1."""
        named = self._named(side, staged=staged)
        own = ", ".join(f"{side}.{quote(name)}" for name in names)
        compared = ", ".join(f"{sql} AS [refdata {name}]" for name, sql in named)
        equal = ", ".join(sql for _, sql in named)
        return (
            f"(SELECT {own}, {compared}, ROW_NUMBER() OVER (PARTITION BY {equal} ORDER BY {order}) AS {_NUMBER}"
            f" FROM {source})"
        )

    def _of_x(self, names: Sequence[str]) -> str:
        return ", ".join(f"x.{quote(name)}" for name in names)

    def _is_found(self, side: str, condition: str) -> str:
        recorded = self.engine.temporary(_FOUND)
        return f"EXISTS (SELECT 1 FROM {recorded} AS f WHERE {condition} AND {self._matches(side, plain=False)})"

    def _matches(self, side: str, *, plain: bool) -> str:
        """Whether a recorded row (``f``) equals one of ``side``; ``plain``: that is a numbered one."""
        named = self._named(side, staged=False)
        ours = [f"f.{name}" for name, _ in named]
        theirs = [f"{side}.[refdata {name}]" if plain else sql for name, sql in named]
        return self.engine.same_rows(ours, theirs)
