"""Plans the comparison of two sets of rows in the database: by key columns, or by whole rows with multiplicity.

Pure: returns statements. Both sides are copied once into temporary tables, in the form in which equal values are
equal, and everything after that reads the copies. One statement finds the rows that differ; counts and samples come
from its result. The rows stay in the database: only counts and a bounded sample leave it. Measured by
``benchmarks/diff_speed.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from refdata.core.capabilities import Capabilities
from refdata.core.columntext import unicode_text
from refdata.core.naming import fold_name, quote
from refdata.core.sqltypes import SqlType, TypeKind
from refdata.core.statement import Statement
from refdata.core.tablediff import PROBE, CellChange, ChangedRow, Pair, Rows

_TEXT = SqlType(TypeKind.NVARCHAR)
_LOBS = frozenset(("text", "ntext", "xml", "geography", "geometry", "hierarchyid", "sql_variant"))
_COPIES = ("refdata_diff_before", "refdata_diff_after")
_FOUND = "refdata_diff_found"


@dataclass(frozen=True, slots=True)
class DiffPlan:
    """The statements of one comparison, as ``engine`` writes them. Run ``copy`` first, then a ``find``, ``drop`` last.

    ``sample`` is the number of sample rows of each kind.
    """

    engine: Capabilities
    before: Rows
    after: Rows
    pairs: tuple[Pair, ...]
    sample: int
    keys: tuple[str, ...] = ()

    def with_keys(self, keys: Iterable[str]) -> DiffPlan:
        """The plan for a comparison by key columns, spelled as the table spells their names."""
        known = {fold_name(pair.name): pair.name for pair in self.pairs}
        return replace(self, keys=tuple(known[fold_name(key)] for key in keys))

    def copy(self) -> tuple[Statement, ...]:
        """Copies each side into a temporary table with the columns ``c0``, ``c1`` ..."""
        copies = (one for after in (False, True) for one in self._copied(after=after))
        return (*self.drop(), *self.engine.prepare_copies(), *copies)

    def drop(self) -> tuple[Statement, ...]:
        """Removes the temporary tables: a pooled connection would keep them."""
        return tuple(Statement(f"DROP TABLE IF EXISTS {self.engine.temporary(name)}") for name in (*_COPIES, _FOUND))

    def count(self, *, after: bool) -> Statement:
        """The number of a side's rows."""
        return Statement(f"SELECT COUNT(*) FROM {self._copy(after=after)}")

    def probe(self, *, after: bool) -> Statement:
        """Some rows of a side."""
        return self._top(f"SELECT {self._names()} FROM {self._copy(after=after)}", PROBE)

    def index_keys(self) -> tuple[Statement, ...]:
        """Makes key lookups fast."""
        keys = [f"c{index}" for index in self._key_indexes]
        return tuple(statement for name in _COPIES for statement in self.engine.index_rows(name, keys))

    def key_faults(self, *, after: bool) -> Statement:
        """1 where a side has a row with NULL in the key, or two rows with the same key; else 0."""
        source = self._copy(after=after)
        keys = [self._folded(index) for index in self._key_indexes]
        nulls = " OR ".join(f"c{index} IS NULL" for index in self._key_indexes)
        return Statement(
            f"SELECT CASE WHEN EXISTS (SELECT 1 FROM {source} WHERE {nulls})"
            f" OR EXISTS (SELECT 1 FROM {source} GROUP BY {', '.join(keys)} HAVING COUNT(*) > 1)"
            " THEN 1 ELSE 0 END"
        )

    def find_changes(self) -> tuple[Statement, ...]:
        """Records the key of each row of ``after`` that is new (``fresh``) or differs, with a flag per column."""
        first, keys = self._key_indexes[0], ", ".join(f"b.c{index} AS k{index}" for index in self._key_indexes)
        flags = "".join(f", {self._differs(index)} AS d{index}" for index in self._value_indexes)
        fresh = f"a.c{first} IS NULL"
        differs = any_of([fresh, *(f"{self._differs(index)} = 1" for index in self._value_indexes)])
        return self._into_found(
            f"SELECT {keys}, CASE WHEN {fresh} THEN 1 ELSE 0 END AS fresh{flags}",
            f" FROM {self._joined('LEFT JOIN', after_first=True)} WHERE {differs}",
        )

    def count_changes(self) -> Statement:
        """One row: added rows, changed rows, then the changed values of each non-key column."""
        sums = "".join(f", SUM(CASE WHEN fresh = 0 THEN d{index} ELSE 0 END)" for index in self._value_indexes)
        return Statement(f"SELECT SUM(fresh), SUM(1 - fresh){sums} FROM {self.engine.temporary(_FOUND)}")

    def sample_changes(self) -> Statement:
        """Changed rows, in the order of their keys: each column before, then each after."""
        both = ", ".join(f"{side}.c{index}" for side in "ab" for index in range(len(self.pairs)))
        before, after = (self._copy(after=side) for side in (False, True))
        source = f"{self.engine.temporary(_FOUND)} AS f JOIN {before} AS a ON {self._same_as_found('a')}"
        return self._top(
            f"SELECT {both} FROM {source} JOIN {after} AS b ON {self._same_as_found('b')} WHERE f.fresh = 0"
            f" ORDER BY {self._found_keys()}"
        )

    def sample_added(self) -> Statement:
        """New rows, in the order of their keys."""
        names = ", ".join(f"b.c{index}" for index in range(len(self.pairs)))
        source = (
            f"{self.engine.temporary(_FOUND)} AS f JOIN {self._copy(after=True)} AS b ON {self._same_as_found('b')}"
        )
        return self._top(f"SELECT {names} FROM {source} WHERE f.fresh = 1 ORDER BY {self._found_keys()}")

    def sample_removed(self) -> Statement:
        """Rows whose key is gone, in the order of their keys."""
        names = ", ".join(f"a.c{index}" for index in range(len(self.pairs)))
        order = ", ".join(f"a.c{index}" for index in self._key_indexes)
        missing = f"b.c{self._key_indexes[0]} IS NULL"
        return self._top(f"SELECT {names} FROM {self._joined('LEFT JOIN')} WHERE {missing} ORDER BY {order}")

    def find_rows_moved(self) -> tuple[Statement, ...]:
        """Without keys: records the rows that one side has more often, and how many (``n``; negative: ``before``)."""
        inner, names = [], []
        for index in range(len(self.pairs)):
            for part, sql in zip("cl", self._parts(index), strict=False):
                inner.append(f"{sql} AS {part}{index}")
                names.append(f"{part}{index}")
        columns, group = ", ".join(inner), ", ".join(names)
        before, after = (self._copy(after=side) for side in (False, True))
        return self._into_found(
            f"SELECT {self._names()}, SUM(side) AS n",
            f" FROM (SELECT {columns}, -1 AS side FROM {before} UNION ALL SELECT {columns}, 1 AS side FROM {after})"
            f" AS u GROUP BY {group} HAVING SUM(side) <> 0",
        )

    def count_rows_moved(self) -> Statement:
        """Without keys, one row: rows removed, rows added."""
        return Statement(
            "SELECT SUM(CASE WHEN n < 0 THEN -n ELSE 0 END), SUM(CASE WHEN n > 0 THEN n ELSE 0 END)"
            f" FROM {self.engine.temporary(_FOUND)}"
        )

    def sample_rows_moved(self, *, after: bool) -> Statement:
        """Without keys: rows that one side has more often, and how many more, ordered by the first columns."""
        sign, order = ">" if after else "<", ", ".join(f"c{index}" for index in range(min(len(self.pairs), 8)))
        recorded = self.engine.temporary(_FOUND)
        return self._top(f"SELECT {self._names()}, n FROM {recorded} WHERE n {sign} 0 ORDER BY {order}")

    @property
    def _key_indexes(self) -> list[int]:
        return [index for key in self.keys for index, pair in enumerate(self.pairs) if pair.name == key]

    @property
    def _value_indexes(self) -> list[int]:
        return [index for index, pair in enumerate(self.pairs) if pair.name not in self.keys]

    def value_names(self) -> tuple[str, ...]:
        """The non-key columns, in the order of ``count_changes``."""
        return tuple(self.pairs[index].name for index in self._value_indexes)

    def _names(self) -> str:
        return ", ".join(f"c{index}" for index in range(len(self.pairs)))

    def _copy(self, *, after: bool) -> str:
        return self.engine.temporary(_COPIES[after])

    def _copied(self, *, after: bool) -> tuple[Statement, ...]:
        side = self.after if after else self.before
        columns = ", ".join(f"{self._value(pair, after=after)} AS c{index}" for index, pair in enumerate(self.pairs))
        where = f" WHERE {side.where}" if side.where else ""
        return self.engine.copy_rows(_COPIES[after], f"SELECT {columns} FROM {side.source}", where, side.values)

    def _into_found(self, select: str, rest: str) -> tuple[Statement, ...]:
        drop = Statement(f"DROP TABLE IF EXISTS {self.engine.temporary(_FOUND)}")
        return drop, self.engine.store_rows(_FOUND, select, rest)

    def _value(self, pair: Pair, *, after: bool) -> str:
        """A column's value; text that compares by code points."""
        own, other = (pair.after, pair.before) if after else (pair.before, pair.after)
        if own is None:
            kind = _TEXT if other is None or not pair.is_exact else other.type
            return f"CAST(NULL AS {self.engine.type_name(kind)})"
        if not pair.is_exact or (own.native is not None and own.native.name in _LOBS):
            return f"CAST({quote(own.name)} AS {self.engine.type_name(_TEXT)})"
        return self.engine.canonical(unicode_text(self.engine, own, quote(own.name)), own.type)

    def _is_text(self, index: int) -> bool:
        pair = self.pairs[index]
        return not pair.is_exact or any(side.type.kind is TypeKind.NVARCHAR for side in pair.columns)

    def _parts(self, index: int) -> tuple[str, ...]:
        return self.engine.text_parts(f"c{index}") if self._is_text(index) else (f"c{index}",)

    def _folded(self, index: int) -> str:
        return self._parts(index)[0]

    def _differs(self, index: int) -> str:
        return self.engine.differs(f"a.c{index}", f"b.c{index}", is_text=self._is_text(index))

    def _joined(self, join: str, *, after_first: bool = False) -> str:
        on = " AND ".join(f"a.{self._folded(index)} = b.c{index}" for index in self._key_indexes)
        before, after = f"{self._copy(after=False)} AS a", f"{self._copy(after=True)} AS b"
        first, second = (after, before) if after_first else (before, after)
        return f"{first} {join} {second} ON {on}"

    def _same_as_found(self, side: str) -> str:
        return " AND ".join(f"{side}.{self._folded(index)} = f.k{index}" for index in self._key_indexes)

    def _found_keys(self) -> str:
        return ", ".join(f"f.k{index}" for index in self._key_indexes)

    def _top(self, sql: str, most: int | None = None) -> Statement:
        return self.engine.first_rows(sql, self.sample if most is None else most)


def changed_rows(plan: DiffPlan, rows: Sequence[Sequence[object]]) -> tuple[ChangedRow, ...]:
    """The rows of ``sample_changes`` with what differs in each."""
    return tuple(_changed_row(plan, row) for row in rows)


def _changed_row(plan: DiffPlan, row: Sequence[object]) -> ChangedRow:
    names, width = [pair.name for pair in plan.pairs], len(plan.pairs)
    before, after = row[:width], row[width:]
    cells = tuple(CellChange(name, old, new) for name, old, new in zip(names, before, after, strict=True) if old != new)
    return ChangedRow(tuple(after[names.index(key)] for key in plan.keys), cells)


def any_of(terms: Sequence[str]) -> str:
    """The terms joined by OR in nested halves: SQLite allows 1,000 levels, and tables can have more columns."""
    if len(terms) < 2:
        return terms[0]
    middle = len(terms) // 2
    return f"({any_of(terms[:middle])} OR {any_of(terms[middle:])})"
