"""Compares two sets of rows: matched columns, possible keys, the result.

Pure; ``core.diffplan`` has the statements. Two values are equal when both are NULL or both have the same content: text
compares by code points with its trailing blanks, whatever the collation. A column that one side lacks counts as NULL
there, just as a load leaves a column NULL that its file lacks.

All versions of a table have one type per column, since a widening converts the kept rows with the live ones. So a
number that became text is unchanged where its text is the same (``1`` and ``'1'``), and changed where it is not
(``1`` and ``'01'``). Where somebody altered one side by hand, the column is compared as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

from refdata.core.model import Column
from refdata.core.naming import LINEAGE_COLUMNS, VERSION_COLUMN, fold_name
from refdata.core.sqltypes import TypeKind

SAMPLE = 100
"""Most rows of each kind that a diff shows."""

PROBE = 1000
"""Rows that are examined to find possible key columns."""

MAX_CANDIDATES = 4
"""Possible keys that are tested on all rows."""

_OWN = frozenset((*LINEAGE_COLUMNS, VERSION_COLUMN))
_KEY_KINDS = (TypeKind.INT, TypeKind.BIGINT, TypeKind.NVARCHAR, TypeKind.DATE, TypeKind.DECIMAL)
_MAX_KEY_TEXT = 450


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows to read: a quoted relation, the condition that picks them with its values, and the columns.

    ``is_derived``: the relation is no table but a SELECT.
    """

    source: str
    columns: tuple[Column, ...]
    where: str = ""
    values: tuple[object, ...] = ()
    is_derived: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """A column on each side; None where a side lacks it."""

    name: str
    before: Column | None
    after: Column | None

    @property
    def columns(self) -> tuple[Column, ...]:
        """The sides that have it."""
        return tuple(side for side in (self.before, self.after) if side is not None)

    @property
    def is_exact(self) -> bool:
        """Whether both sides have the same kind of values, so that they compare without conversion."""
        return len({_family(side) for side in self.columns}) == 1


@dataclass(frozen=True, slots=True)
class CellChange:
    """One value that differs."""

    column: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """A row with the same key on both sides, and the differing values."""

    key: tuple[object, ...]
    cells: tuple[CellChange, ...]


@dataclass(frozen=True, slots=True)
class TableDiff:
    """How a table's rows changed between two versions.

    ``keys`` are the columns by which rows were matched; empty: whole rows were compared, so that a changed row counts
    as one removed and one added. ``column_changes`` counts changed values by column, where rows were matched.
    ``added``, ``removed`` and ``changed`` count all rows; the samples have at most ``SAMPLE`` of each, in the order of
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
        """The number of rows that are the same on both sides."""
        return self.rows_before - self.removed - self.changed

    @property
    def is_empty(self) -> bool:
        """Whether both sides have the same rows."""
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
    """Columns, or pairs of them, that may be a key judging by the examined rows; the most likely first.

    A key is a column that people put first or name like a key. A measure or time that is unique by chance is not one.
    """
    usable = [(index, pair.name) for index, pair in enumerate(pairs) if _may_be_key(pair)]
    if len(pairs) < 2:
        return ()
    singles = [(one,) for one in usable if _unique((one[0],), before, after)]
    singles.sort(key=lambda one: (not sounds_like_key(one[0][1]), one[0][0]))
    doubles = [two for two in combinations(usable[:8], 2) if _unique((two[0][0], two[1][0]), before, after)]
    # If all columns were the key, no row could ever be changed.
    chosen = singles or (doubles if len(pairs) > 2 else [])
    return tuple(tuple(name for _, name in columns) for columns in chosen[:MAX_CANDIDATES])


def _unique(indexes: tuple[int, ...], *sides: Sequence[Sequence[object]]) -> bool:
    for rows in sides:
        keys = [tuple(row[index] for index in indexes) for row in rows]
        if len(set(keys)) < len(keys) or any(None in key for key in keys):
            return False
    return True


def _may_be_key(pair: Pair) -> bool:
    return pair.before is not None and pair.after is not None and pair.is_exact and may_be_key(pair.after)


def may_be_key(column: Column) -> bool:
    """Whether a column's type is one that keys have; a long text, a fraction or a time is none."""
    if column.type.kind is TypeKind.NVARCHAR:
        return column.type.length is not None and column.type.length <= _MAX_KEY_TEXT
    return column.type.kind in _KEY_KINDS and not column.type.scale


def sounds_like_key(name: str) -> bool:
    """Whether a column's name says that it identifies rows."""
    words = fold_name(name).split("_")
    return bool({"id", "code", "key", "nr", "no", "number", "iso", "iata", "icao", "ident"} & set(words))


def _family(column: Column) -> TypeKind:
    """Types that compare by value without a conversion that could fail."""
    numbers = (TypeKind.INT, TypeKind.BIGINT, TypeKind.DECIMAL, TypeKind.FLOAT)
    if column.type.kind in numbers:
        return TypeKind.FLOAT
    return TypeKind.DATETIME2 if column.type.kind is TypeKind.DATE else column.type.kind
