"""Which live table a file's columns match, and which of its names look like renamed columns.

Pure: turns the file's column names (and types, where known) and the tables into scores.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from refdata.core.alignment import own_columns
from refdata.core.filemodel import ScannedColumn
from refdata.core.model import Column, Table, TableName
from refdata.core.naming import fold_name
from refdata.core.sqltypes import SqlType, TypeKind, covers

MIN_MATCH = 0.7
"""The default share of a table's columns that a file must have (the setting ``min_column_match``)."""

LIKE = 0.72
"""How similar two names must be for a rename to be proposed."""

LIKE_IN_PLACE = 0.5
"""How similar they must be where type and neighbours also support it."""

NAMES, TYPES, ORDER = 0.8, 0.15, 0.05
"""The weights in a score of matching names, matching types and preserved order."""

_NUMBERS = frozenset({TypeKind.INT, TypeKind.BIGINT, TypeKind.DECIMAL, TypeKind.FLOAT})
_MOMENTS = frozenset({TypeKind.DATE, TypeKind.DATETIME2})


@dataclass(frozen=True, slots=True)
class Rename:
    """A ``column`` of the table that the file seems to call ``source``; ``likeness`` is between 0 and 1."""

    source: str
    column: str
    likeness: float


@dataclass(frozen=True, slots=True)
class TableMatch:
    """How a file's columns match a table.

    ``matched`` and ``missing`` are columns of the table, ``extra`` those of the file that it does not know,
    all in their own order. ``share`` is the share of the table's columns that the file has (columns that the
    database fills by itself may be missing), ``types`` the share of the matched columns whose types fit
    (None where no type is known), ``order`` the share of them that are in the table's order, ``score`` all
    of these combined; each between 0 and 1. ``renames`` has for each missing column the most similar extra one, each
    once; the most similar first. Tables that are only ranked have none: they take a comparison of every pair of names.
    """

    table: TableName
    matched: tuple[str, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    share: float
    types: float | None
    order: float
    score: float
    renames: tuple[Rename, ...] = ()

    def fits(self, least: float = MIN_MATCH) -> bool:
        """Whether the file has enough of the table's columns to be loaded into it."""
        return self.share >= least


def match_table(columns: Sequence[ScannedColumn], table: Table, *, renames: bool = True) -> TableMatch:
    """Score a file's columns against one table. A table without columns of its own matches nothing."""
    own = own_columns(table)
    by_name = {fold_name(column.name): column for column in columns}
    matched = [column for column in own if fold_name(column.name) in by_name]
    missing = [column for column in own if fold_name(column.name) not in by_name]
    known = {fold_name(column.name) for column in own}
    extra = [column for column in columns if fold_name(column.name) not in known]
    needed = len(own) - sum(column.optional for column in missing)
    share = len(matched) / needed if needed else 0.0
    types = _fitting_types(matched, by_name)
    order = _kept_order(matched, columns)
    return TableMatch(
        table=table.name,
        matched=tuple(column.name for column in matched),
        missing=tuple(column.name for column in missing),
        extra=tuple(column.name for column in extra),
        share=share,
        types=types,
        order=order,
        score=round(share * (NAMES + TYPES * (1.0 if types is None else types) + ORDER * order), 4),
        renames=_renames(missing, extra, own, columns) if renames else (),
    )


def rank_tables(columns: Sequence[ScannedColumn], tables: Sequence[Table], *, named: int = 0) -> tuple[TableMatch, ...]:
    """The matches with all tables that share a column with the file, the best first.

    :param named: so many of the best have their ``renames``.
    """
    by_name = {table.name: table for table in tables}
    matches = (match_table(columns, table, renames=False) for table in tables)
    ranked = sorted((match for match in matches if match.matched), key=lambda match: (-match.score, str(match.table)))
    return (*(match_table(columns, by_name[match.table]) for match in ranked[:named]), *ranked[named:])


def better_tables(
    columns: Sequence[ScannedColumn], own: TableMatch, tables: Sequence[Table], *, least: float = MIN_MATCH
) -> tuple[TableMatch, ...]:
    """The tables that a file matches well enough, and better than the one its name leads to; best first."""
    ranked = rank_tables(columns, [table for table in tables if table.name != own.table])
    return tuple(match for match in ranked if match.fits(least) and match.score > own.score)


def possible_names(column: Column, new: Sequence[ScannedColumn]) -> tuple[str, ...]:
    """The new columns of a file that may be a missing column under another name, the likeliest first.

    Only a column whose values could be stored in the missing one may be; how it is named decides their order.

    >>> from refdata.core import sqltypes
    >>> price = Column("price", sqltypes.decimal(8, 2))
    >>> note = ScannedColumn("Note", "note", sqltypes.text(20))
    >>> possible_names(price, [note, ScannedColumn("Cost", "cost", sqltypes.decimal(6, 2))])
    ('cost',)
    """
    ranked = [(_possible_fit(column, one), name_likeness(one.name, column.name), one.name) for one in new]
    return tuple(name for fit, _, name in sorted(ranked, key=lambda one: (-one[0], -one[1])) if fit)


def _possible_fit(column: Column, one: ScannedColumn) -> float:
    return 0.5 if one.type is None else _type_fit(column.holds, one.type)


def _fitting_types(matched: Sequence[Column], by_name: dict[str, ScannedColumn]) -> float | None:
    pairs = [(column.holds, by_name[fold_name(column.name)].type) for column in matched]
    known = [(live, wanted) for live, wanted in pairs if wanted is not None]
    return sum(_type_fit(live, wanted) for live, wanted in known) / len(known) if known else None


def _type_fit(live: SqlType, wanted: SqlType) -> float:
    """1 where the column stores the values or needs widening within its family, half for text over another type."""
    if covers(live, wanted) and live.kind is not TypeKind.NVARCHAR:
        return 1.0
    families = ({live.kind, wanted.kind} <= family for family in (_NUMBERS, _MOMENTS, {TypeKind.NVARCHAR}))
    if live.kind is wanted.kind or any(families):
        return 1.0
    return 0.5 if live.kind is TypeKind.NVARCHAR else 0.0


def _kept_order(matched: Sequence[Column], columns: Sequence[ScannedColumn]) -> float:
    """The share of the matched columns that are in the table's order: the longest increasing run of positions."""
    places = {fold_name(column.name): at for at, column in enumerate(columns)}
    rising: list[int] = []
    for column in matched:
        place = places[fold_name(column.name)]
        at = next((at for at, end in enumerate(rising) if end >= place), len(rising))
        rising[at : at + 1] = [place]
    return len(rising) / len(matched) if matched else 0.0


def _renames(
    missing: Sequence[Column], extra: Sequence[ScannedColumn], own: Sequence[Column], columns: Sequence[ScannedColumn]
) -> tuple[Rename, ...]:
    pairs = [
        Rename(source.name, column.name, round(likeness, 2))
        for column in missing
        for source in extra
        if (likeness := name_likeness(source.name, column.name, LIKE_IN_PLACE)) >= LIKE_IN_PLACE
        and likeness >= _least(source, column, own, columns)
    ]
    chosen: list[Rename] = []
    for pair in sorted(pairs, key=lambda one: -one.likeness):
        if all(pair.source != other.source and pair.column != other.column for other in chosen):
            chosen.append(pair)
    return tuple(chosen)


def _least(source: ScannedColumn, column: Column, own: Sequence[Column], columns: Sequence[ScannedColumn]) -> float:
    same_place = list(own).index(column) == list(columns).index(source)
    same_type = source.type is not None and _type_fit(column.holds, source.type) == 1.0
    return LIKE_IN_PLACE if same_place and same_type else LIKE


def name_likeness(one: str, other: str, least: float = 0.0) -> float:
    """How similar two names are, 0 to 1: by their words in any order, abbreviations, and their letters.

    :param least: a likeness below it need not be exact.

    >>> name_likeness("unit_price", "price") > name_likeness("unit_price", "valid_from")
    True
    """
    words, others = _words(one), _words(other)
    if not words or not others:
        return 0.0
    letters = _ratio("".join(words), "".join(others), least)
    shorter, longer = sorted((words, others), key=len)
    by_words = sum(max(_word_likeness(word, one) for one in longer) for word in shorter) / len(longer)
    return max(letters, by_words)


@lru_cache(maxsize=65_536)
def _word_likeness(one: str, other: str) -> float:
    if one == other:
        return 1.0
    if _abbreviates(*sorted((one, other), key=len)):
        return 0.85
    ratio = _ratio(one, other, LIKE)
    return ratio if ratio >= LIKE else 0.0


def _ratio(one: str, other: str, least: float) -> float:
    """The likeness of two texts; 0 where even their common letters, in any order, are too few for ``least``."""
    common = (_letters(one) & _letters(other)).total() if least else len(one)
    if 2 * common < least * (len(one) + len(other)):
        return 0.0
    return difflib.SequenceMatcher(None, one, other).ratio()


@lru_cache(maxsize=8_192)
def _letters(text: str) -> Counter[str]:
    return Counter(text)


def _abbreviates(short: str, long: str) -> bool:
    """Whether the letters of a short word occur in order in a long one, from its first on: ``qty``, ``desc``."""
    if len(short) < 2 or short[0] != long[0]:
        return False
    letters = iter(long)
    return all(letter in letters for letter in short) and (long.startswith(short) or len(short) >= 3)


@lru_cache(maxsize=8_192)
def _words(name: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[^\W\d_]+|\d+", fold_name(name)))
