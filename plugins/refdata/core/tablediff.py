"""Plans the comparison of two sets of rows in the database: by key columns, or by whole rows with multiplicity.

Pure: returns statements and reads their answers. The rows stay in the database, which compares them set by set; only
counts and a bounded sample come back. Two values are equal when both are NULL or both have the same content: text
compares by code points with its trailing blanks, whatever the collation. A column that one side lacks counts as NULL
there, as a load that does not bring a column leaves it NULL.

Versions of one table have one type per column, since a widening converts the kept rows with the live ones. So a
number that became text is no change where its text is the same (``1`` and ``'1'``), and is one where it is not
(``1`` and ``'01'``). Where somebody altered one side by hand, the column is compared as text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import combinations

from refdata.core.model import Column
from refdata.core.naming import LINEAGE_COLUMNS, VERSION_COLUMN, fold_name, quote
from refdata.core.publishing import Statement
from refdata.core.sqltypes import SqlType, TypeKind

SAMPLE = 100
"""Rows of each kind that a diff shows at most."""

PROBE = 1000
"""Rows that are looked at for columns that may be a key."""

MAX_CANDIDATES = 4
"""Possible keys that are tried on all rows."""

_OWN = frozenset((*LINEAGE_COLUMNS, VERSION_COLUMN))
_KEY_KINDS = (TypeKind.INT, TypeKind.BIGINT, TypeKind.NVARCHAR, TypeKind.DATE, TypeKind.DECIMAL)
_MAX_KEY_TEXT = 450
_TEXT = SqlType(TypeKind.NVARCHAR)
_LOBS = frozenset(("text", "ntext", "xml", "geography", "geometry", "hierarchyid", "sql_variant"))


class Dialect(StrEnum):
    """The two ways to write what the standard leaves open."""

    SQLITE = "sqlite"
    TSQL = "tsql"


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows to compare: a quoted relation, the condition that picks them with its values, and the columns."""

    source: str
    columns: tuple[Column, ...]
    where: str = ""
    values: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """A column as each side has it; None where a side lacks it."""

    name: str
    before: Column | None
    after: Column | None

    @property
    def columns(self) -> tuple[Column, ...]:
        """The sides that have it."""
        return tuple(side for side in (self.before, self.after) if side is not None)

    @property
    def is_exact(self) -> bool:
        """Whether both sides hold one kind of values, so that they compare without a conversion."""
        return len({_family(side) for side in self.columns}) == 1


@dataclass(frozen=True, slots=True)
class CellChange:
    """One value that differs."""

    column: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """A row that both sides have, by its key, and what differs."""

    key: tuple[object, ...]
    cells: tuple[CellChange, ...]


@dataclass(frozen=True, slots=True)
class TableDiff:
    """What became of a table's rows between two versions.

    ``keys`` are the columns by which rows were matched; empty: whole rows were compared, so that a changed row counts
    as one removed and one added. ``column_changes`` counts changed values by column, where rows were matched.
    ``added``, ``removed`` and ``changed`` count all rows; the samples hold ``SAMPLE`` of each at most, in the order of
    ``columns``. ``columns_added`` and ``columns_removed`` are those that one side lacks.
    """

    table: str
    before: str
    after: str
    keys: tuple[str, ...]
    rows_before: int
    rows_after: int
    added: int
    removed: int
    changed: int
    columns: tuple[str, ...]
    column_changes: dict[str, int] = field(default_factory=dict)
    columns_added: tuple[str, ...] = ()
    columns_removed: tuple[str, ...] = ()
    added_sample: tuple[tuple[object, ...], ...] = ()
    removed_sample: tuple[tuple[object, ...], ...] = ()
    changed_sample: tuple[ChangedRow, ...] = ()
    note: str = ""

    @property
    def unchanged(self) -> int:
        """Rows that both sides have alike."""
        return self.rows_before - self.removed - self.changed

    @property
    def is_empty(self) -> bool:
        """Whether both sides hold the same rows."""
        return not (self.added or self.removed or self.changed)


def pair_columns(before: Sequence[Column], after: Sequence[Column]) -> tuple[Pair, ...]:
    """The columns of both sides by name, without those that refdata added; in the order of ``after``."""
    ours = {fold_name(column.name): column for column in before if fold_name(column.name) not in _OWN}
    theirs = {fold_name(column.name): column for column in after if fold_name(column.name) not in _OWN}
    pairs = [Pair(column.name, ours.get(name), column) for name, column in theirs.items()]
    return (*pairs, *(Pair(column.name, column, None) for name, column in ours.items() if name not in theirs))


def likely_keys(
    pairs: Sequence[Pair], before: Sequence[Sequence[object]], after: Sequence[Sequence[object]]
) -> tuple[tuple[str, ...], ...]:
    """Columns, or pairs of them, that may be a key by the rows looked at; the most likely first.

    A key is what people put first or call so. What only happens to be unique (a measure, a time) is none.
    """
    usable = [(index, pair.name) for index, pair in enumerate(pairs) if _may_be_key(pair)]
    if len(pairs) < 2:
        return ()
    singles = [(one,) for one in usable if _unique((one[0],), before, after)]
    singles.sort(key=lambda one: (not _sounds_like_key(one[0][1]), one[0][0]))
    doubles = [two for two in combinations(usable[:8], 2) if _unique((two[0][0], two[1][0]), before, after)]
    # With a key of all columns no row could be changed.
    chosen = singles or (doubles if len(pairs) > 2 else [])
    return tuple(tuple(name for _, name in columns) for columns in chosen[:MAX_CANDIDATES])


def _unique(indexes: tuple[int, ...], *sides: Sequence[Sequence[object]]) -> bool:
    for rows in sides:
        keys = [tuple(row[index] for index in indexes) for row in rows]
        if len(set(keys)) < len(keys) or any(None in key for key in keys):
            return False
    return True


def _may_be_key(pair: Pair) -> bool:
    if pair.before is None or pair.after is None or not pair.is_exact:
        return False
    kind = pair.after.type
    if kind.kind is TypeKind.NVARCHAR:
        return kind.length is not None and kind.length <= _MAX_KEY_TEXT
    return kind.kind in _KEY_KINDS and not kind.scale


def _sounds_like_key(name: str) -> bool:
    words = fold_name(name).split("_")
    return bool({"id", "code", "key", "nr", "no", "number", "iso", "iata", "icao", "ident"} & set(words))


@dataclass(frozen=True, slots=True)
class DiffPlan:
    """The statements of one comparison, for one dialect."""

    dialect: Dialect
    before: Rows
    after: Rows
    pairs: tuple[Pair, ...]
    keys: tuple[str, ...] = ()

    def with_keys(self, keys: Iterable[str]) -> DiffPlan:
        """The plan for a comparison by key columns, under the table's own spelling of their names."""
        known = {fold_name(pair.name): pair.name for pair in self.pairs}
        return DiffPlan(self.dialect, self.before, self.after, self.pairs, tuple(known[fold_name(key)] for key in keys))

    def probe(self, *, after: bool) -> Statement:
        """Some rows of a side."""
        rows, values = self._side(after=after)
        return self._top(f"SELECT {self._names()} FROM ({rows}) AS s", values, PROBE)

    def count(self, *, after: bool) -> Statement:
        """The number of a side's rows."""
        side = self.after if after else self.before
        return Statement(f"SELECT COUNT(*) FROM {side.source}{_where(side)}", side.values)

    def key_faults(self, *, after: bool) -> Statement:
        """1 where the key columns are NULL in a row of a side, or the same in two; else 0."""
        rows, values = self._side(after=after)
        keys = [self._folded(index) for index in self._key_indexes]
        nulls = " OR ".join(f"c{index} IS NULL" for index in self._key_indexes)
        return Statement(
            f"SELECT CASE WHEN EXISTS (SELECT 1 FROM ({rows}) AS s WHERE {nulls})"
            f" OR EXISTS (SELECT 1 FROM ({rows}) AS s GROUP BY {', '.join(keys)} HAVING COUNT(*) > 1)"
            " THEN 1 ELSE 0 END",
            (*values, *values),
        )

    def count_changes(self) -> Statement:
        """One row: matched rows, changed rows, then the changed values of each column that is no key."""
        joined, values = self._joined("JOIN")
        flags = ", ".join(f"{self._differs(index)} AS d{index}" for index in self._value_indexes)
        if not flags:
            return Statement(f"SELECT COUNT(*), 0 FROM {joined}", values)
        any_changed = _balanced([f"d{index}" for index in self._value_indexes])
        sums = ", ".join(f"SUM(d{index})" for index in self._value_indexes)
        return Statement(
            f"SELECT COUNT(*), SUM(CASE WHEN {any_changed} > 0 THEN 1 ELSE 0 END), {sums}"
            f" FROM (SELECT {flags} FROM {joined}) AS p",
            values,
        )

    def sample_changes(self) -> Statement:
        """Changed rows, in the order of their keys: each column before, then each after."""
        joined, values = self._joined("JOIN")
        both = ", ".join(f"{side}.c{index}" for side in "ab" for index in range(len(self.pairs)))
        changed = _balanced([self._differs(index) for index in self._value_indexes])
        order = ", ".join(f"b.c{index}" for index in self._key_indexes)
        return self._top(f"SELECT {both} FROM {joined} WHERE {changed} > 0 ORDER BY {order}", values)

    def sample_only(self, *, after: bool) -> Statement:
        """Rows of a side whose key the other lacks, in the order of their keys."""
        joined, values = self._joined("LEFT JOIN", after_first=after)
        first, second = ("b", "a") if after else ("a", "b")
        names = ", ".join(f"{first}.c{index}" for index in range(len(self.pairs)))
        order = ", ".join(f"{first}.c{index}" for index in self._key_indexes)
        missing = f"{second}.c{self._key_indexes[0]} IS NULL"
        return self._top(f"SELECT {names} FROM {joined} WHERE {missing} ORDER BY {order}", values)

    def count_rows_moved(self) -> Statement:
        """Without keys, one row: rows removed, rows added."""
        grouped, values = self._grouped()
        return Statement(
            "SELECT SUM(CASE WHEN n < 0 THEN -n ELSE 0 END), SUM(CASE WHEN n > 0 THEN n ELSE 0 END)"
            f" FROM ({grouped}) AS g",
            values,
        )

    def sample_rows_moved(self, *, after: bool) -> Statement:
        """Without keys: rows that one side has more often, and by how much; the first columns give the order."""
        grouped, values = self._grouped()
        sign, order = ">" if after else "<", ", ".join(f"c{index}" for index in range(min(len(self.pairs), 8)))
        return self._top(f"SELECT {self._names()}, n FROM ({grouped}) AS g WHERE n {sign} 0 ORDER BY {order}", values)

    @property
    def _key_indexes(self) -> list[int]:
        return [index for key in self.keys for index, pair in enumerate(self.pairs) if pair.name == key]

    @property
    def _value_indexes(self) -> list[int]:
        return [index for index, pair in enumerate(self.pairs) if pair.name not in self.keys]

    def value_names(self) -> tuple[str, ...]:
        """The columns that are no keys, in the order of ``count_changes``."""
        return tuple(self.pairs[index].name for index in self._value_indexes)

    def _names(self) -> str:
        return ", ".join(f"c{index}" for index in range(len(self.pairs)))

    def _side(self, *, after: bool) -> tuple[str, tuple[object, ...]]:
        """A side with its columns as ``c0``, ``c1`` ...; text that compares by code points."""
        side = self.after if after else self.before
        columns = ", ".join(f"{self._value(pair, after=after)} AS c{index}" for index, pair in enumerate(self.pairs))
        return f"SELECT {columns} FROM {side.source}{_where(side)}", side.values

    def _value(self, pair: Pair, *, after: bool) -> str:
        own, other = (pair.after, pair.before) if after else (pair.before, pair.after)
        if own is None:
            kind = _TEXT if other is None or not pair.is_exact else other.type
            return f"CAST(NULL AS {_cast_name(kind, self.dialect)})"
        if not pair.is_exact or (own.native is not None and own.native.name in _LOBS):
            return f"CAST({quote(own.name)} AS {_cast_name(_TEXT, self.dialect)})"
        return _exact(quote(own.name), own.type, self.dialect)

    def _is_text(self, index: int) -> bool:
        pair = self.pairs[index]
        return not pair.is_exact or any(side.type.kind is TypeKind.NVARCHAR for side in pair.columns)

    def _folded(self, index: int) -> str:
        binary = self.dialect is Dialect.TSQL and self._is_text(index)
        return f"c{index} COLLATE Latin1_General_BIN2" if binary else f"c{index}"

    def _differs(self, index: int) -> str:
        """1 where a column differs, else 0; never NULL."""
        a, b = f"a.c{index}", f"b.c{index}"
        if self.dialect is Dialect.SQLITE:
            return f"({a} IS NOT {b})"
        same = f"{a} = {b}"
        if self._is_text(index):
            # T-SQL pads the shorter text with blanks before it compares.
            same = f"{a} COLLATE Latin1_General_BIN2 = {b} AND DATALENGTH({a}) = DATALENGTH({b})"
        return f"CASE WHEN {same} OR ({a} IS NULL AND {b} IS NULL) THEN 0 ELSE 1 END"

    def _joined(self, join: str, *, after_first: bool = False) -> tuple[str, tuple[object, ...]]:
        (before, ours), (after, theirs) = self._side(after=False), self._side(after=True)
        on = " AND ".join(f"a.{self._folded(index)} = b.c{index}" for index in self._key_indexes)
        first, second = (f"({before}) AS a", f"({after}) AS b")
        if after_first:
            return f"{second} {join} {first} ON {on}", (*theirs, *ours)
        return f"{first} {join} {second} ON {on}", (*ours, *theirs)

    def _grouped(self) -> tuple[str, tuple[object, ...]]:
        (before, ours), (after, theirs) = self._side(after=False), self._side(after=True)
        inner, names = [], []
        for index in range(len(self.pairs)):
            inner.append(f"{self._folded(index)} AS c{index}")
            names.append(f"c{index}")
            if self.dialect is Dialect.TSQL and self._is_text(index):
                inner.append(f"DATALENGTH(c{index}) AS l{index}")
                names.append(f"l{index}")
        columns, group = ", ".join(inner), ", ".join(names)
        return (
            f"SELECT {group}, SUM(side) AS n FROM (SELECT {columns}, -1 AS side FROM ({before}) AS s"
            f" UNION ALL SELECT {columns}, 1 AS side FROM ({after}) AS s) AS u GROUP BY {group} HAVING SUM(side) <> 0",
            (*ours, *theirs),
        )

    def _top(self, sql: str, values: tuple[object, ...], most: int = SAMPLE) -> Statement:
        if self.dialect is Dialect.TSQL:
            return Statement(sql.replace("SELECT ", "SELECT TOP (?) ", 1), (most, *values))
        return Statement(f"{sql} LIMIT ?", (*values, most))


def changed_rows(plan: DiffPlan, found: Sequence[Sequence[object]]) -> tuple[ChangedRow, ...]:
    """The rows of ``sample_changes`` with what differs in each."""
    return tuple(_changed_row(plan, row) for row in found)


def _changed_row(plan: DiffPlan, row: Sequence[object]) -> ChangedRow:
    names, width = [pair.name for pair in plan.pairs], len(plan.pairs)
    before, after = row[:width], row[width:]
    cells = tuple(CellChange(name, old, new) for name, old, new in zip(names, before, after, strict=True) if old != new)
    return ChangedRow(tuple(after[names.index(key)] for key in plan.keys), cells)


def _where(side: Rows) -> str:
    return f" WHERE {side.where}" if side.where else ""


def _family(column: Column) -> TypeKind:
    """What compares by value without a conversion that could fail."""
    numbers = (TypeKind.INT, TypeKind.BIGINT, TypeKind.DECIMAL, TypeKind.FLOAT)
    if column.type.kind in numbers:
        return TypeKind.FLOAT
    return TypeKind.DATETIME2 if column.type.kind is TypeKind.DATE else column.type.kind


def _exact(value: str, kind: SqlType, dialect: Dialect) -> str:
    """A value in the one form in which equal ones are equal.

    SQLite keeps long decimals and times as text (``sqlite/ddl.py``), in which ``1.10`` and ``1.1000``, or a date
    and its midnight, differ after a widening.
    """
    if dialect is Dialect.TSQL:
        return value
    if kind.kind is TypeKind.DECIMAL and (kind.precision or 0) > 15:
        return f"CASE WHEN instr({value}, '.') THEN rtrim(rtrim({value}, '0'), '.') ELSE {value} END"
    if kind.kind is TypeKind.DATETIME2:
        return f"CASE WHEN length({value}) = 10 THEN {value} || ' 00:00:00' ELSE {value} END"
    return value


def _cast_name(kind: SqlType, dialect: Dialect) -> str:
    return "TEXT" if dialect is Dialect.SQLITE and kind.kind is TypeKind.NVARCHAR else str(kind)


def _balanced(terms: Sequence[str]) -> str:
    """The sum of the terms in nested halves: SQLite takes an expression 1,000 levels deep, tables have more columns."""
    if len(terms) < 2:
        return terms[0] if terms else "0"
    middle = len(terms) // 2
    return f"({_balanced(terms[:middle])} + {_balanced(terms[middle:])})"
