"""Plans how a table takes a file's columns: create, add, widen; never narrow, never drop.

Pure: from the live table and the scanned columns to a plan; each engine renders the plan as DDL.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from refdata.core import sqltypes
from refdata.core.errors import SchemaError
from refdata.core.filemodel import ReadColumn, ScannedColumn
from refdata.core.model import MOST_UTF8, Column, Table, TableName
from refdata.core.naming import LINEAGE_COLUMNS, VERSION_COLUMN, fold_name
from refdata.core.sqltypes import SqlType, TypeKind

MAX_COLUMNS = 1024
"""https://learn.microsoft.com/sql/sql-server/maximum-capacity-specifications-for-sql-server"""

LINEAGE = (
    Column("ref_data_loadtime", sqltypes.DATETIME2),
    Column("ref_data_loadtype", SqlType(TypeKind.NVARCHAR, length=1)),
    Column("ref_data_load_id", sqltypes.INT),
)
VERSION = Column(VERSION_COLUMN, sqltypes.INT)
_OWN = frozenset((*LINEAGE_COLUMNS, VERSION_COLUMN))


@dataclass(frozen=True, slots=True)
class Widening:
    """A column whose type changes, and its old form."""

    column: Column
    old: Column


@dataclass(frozen=True, slots=True)
class Alignment:
    """The changes that ``table`` needs before it can store the rows, and how to read them.

    ``columns`` are all columns of the table afterwards, lineage included. ``read`` are the file's
    columns with the types that they are converted to. ``retype`` are text columns that get another type, because all of
    their values fit it or they have none; this comes first.
    """

    table: TableName
    create: bool
    add: tuple[Column, ...]
    widen: tuple[Widening, ...]
    columns: tuple[Column, ...]
    read: tuple[ReadColumn, ...]
    missing: tuple[str, ...] = ()
    retype: tuple[Widening, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether the live table must be altered or created."""
        return self.create or bool(self.add) or bool(self.widen) or bool(self.retype)


@dataclass(frozen=True, slots=True)
class NewTable:
    """A table that the first load creates while it publishes its rows, so that readers see it with them or not at all.

    ``key`` are the columns of its unique index; empty for none.
    """

    plan: Alignment
    key: tuple[str, ...] = ()


def align(
    name: TableName,
    live: Table | None,
    scanned: Sequence[ScannedColumn],
    *,
    min_match: float = 0.7,
    frozen: bool = False,
    better: Sequence[str] = (),
    renames: Sequence[str] = (),
    empty: Sequence[str] = (),
) -> Alignment:
    """The plan for loading ``scanned`` columns into ``live`` (None: the table does not exist yet).

    :param min_match: share of the live table's own columns that the file must have.
    :param frozen: refuse any change of the table.
    :param better: tables that fit the file better, for the message.
    :param renames: columns that seem to be renamed, as ``file → table``, for the message.
    :param empty: live text columns that have never had a value: they get the type of the file's values.
    :raises SchemaError: when too few columns match, a change is not allowed, or the table would be too wide.
    """
    if live is not None:
        _check_distinct(live)
    retype = _retypes(live, scanned, empty) if live is not None else ()
    plan = _create(name, scanned) if live is None else replace(_alter(_retyped(live, retype), scanned), retype=retype)
    if live is not None:
        _check_match(live, plan, min_match, better, renames)
        _check_required(live, plan)
        _check_not_null(live, scanned)
    if frozen and plan.changes:
        raise SchemaError(
            f"Table {name} is frozen, and the file would change it: {describe(plan)}",
            where=str(name),
            advice="Make the file match the table's columns, or remove `frozen` in its contract or in tables.yaml.",
        )
    _check_width(plan)
    return plan


def describe(plan: Alignment) -> str:
    """The plan in words, for logs and messages."""
    if plan.create:
        return f"create {plan.table} with {len(plan.columns)} columns"
    parts = [
        f"make {change.column.name} {change.column.type} ({change.old.type_name} before)" for change in plan.retype
    ]
    parts += [f"add {column.name} {column.type}" for column in plan.add]
    parts += [
        f"widen {change.column.name} from {change.old.type_name} to {change.column.type}" for change in plan.widen
    ]
    return "; ".join(parts) or "no change"


def own_columns(table: Table) -> tuple[Column, ...]:
    """A table's columns without those that refdata added."""
    return tuple(column for column in table.columns if fold_name(column.name) not in _OWN)


def backup_columns(columns: Sequence[Column]) -> tuple[Column, ...]:
    """The columns of the version table: all of them, nullable, and the version."""
    return (*(Column(column.name, column.type) for column in columns), VERSION)


def diff_columns(live: Sequence[Column], wanted: Sequence[Column]) -> tuple[tuple[Column, ...], tuple[Widening, ...]]:
    """The columns to add and to widen so that ``live`` can store every value of ``wanted``."""
    by_name = {fold_name(column.name): column for column in live}
    add = tuple(column for column in wanted if fold_name(column.name) not in by_name)
    widen = []
    for column in wanted:
        old = by_name.get(fold_name(column.name))
        if old is not None and not _suffices(old, column):
            widen.append(Widening(_widened(old, column.type), old))
    return add, tuple(widen)


def _suffices(old: Column, wanted: Column) -> bool:
    if old == wanted:
        return True
    in_code_page = old.native is not None and old.native.single_byte
    return not in_code_page and sqltypes.covers(old.holds, wanted.type)


def _widened(old: Column, wanted: SqlType) -> Column:
    return Column(old.name, sqltypes.widen(old.type, wanted), old.nullable, optional=old.optional)


def _create(name: TableName, scanned: Sequence[ScannedColumn]) -> Alignment:
    columns = tuple(Column(column.name, column.type or sqltypes.text(0)) for column in scanned)
    read = tuple(
        _read_as(target, index, column) for index, (column, target) in enumerate(zip(scanned, columns, strict=True))
    )
    return Alignment(name, True, (), (), (*columns, *LINEAGE), read)


def _alter(live: Table, scanned: Sequence[ScannedColumn]) -> Alignment:
    wanted = tuple(_wanted(live, column) for column in scanned)
    add, widen = diff_columns(live.columns, (*wanted, *LINEAGE))
    widened = {change.column.name: change.column for change in widen}
    columns = (*(widened.get(column.name, column) for column in live.columns), *add)
    final = {fold_name(column.name): column for column in columns}
    read = tuple(_read_as(final[fold_name(column.name)], index, column) for index, column in enumerate(scanned))
    brought = {fold_name(column.name) for column in scanned}
    missing = tuple(column.name for column in own_columns(live) if fold_name(column.name) not in brought)
    return Alignment(live.name, False, add, widen, columns, read, missing)


def _read_as(target: Column, index: int, scanned: ScannedColumn) -> ReadColumn:
    return ReadColumn(index, target.name, target.type, scanned.notation, scanned.reading)


def _retypes(live: Table, scanned: Sequence[ScannedColumn], empty: Sequence[str]) -> tuple[Widening, ...]:
    names = {fold_name(name) for name in empty}
    pairs = ((live.column(column.name), column.type) for column in scanned if fold_name(column.name) in names)
    return tuple(Widening(replace(old, type=kind), old) for old, kind in pairs if old is not None and kind is not None)


def _retyped(live: Table, changes: Sequence[Widening]) -> Table:
    """The table once its columns have the new types."""
    new = {change.old.name: change.column for change in changes}
    return Table(live.name, tuple(new.get(column.name, column) for column in live.columns))


def _wanted(live: Table, scanned: ScannedColumn) -> Column:
    """The smallest type that the live column must cover: for text, only the length that occurs."""
    old = live.column(scanned.name)
    if scanned.type is None:
        return old or Column(scanned.name, sqltypes.text(0))
    if old is None:
        return Column(scanned.name, scanned.type)
    if _fits_code_page(old, scanned):
        return old
    if old.type.kind is TypeKind.NVARCHAR:
        return Column(scanned.name, SqlType(TypeKind.NVARCHAR, length=_exact(scanned)))
    if old.native is not None and scanned.type.kind in (TypeKind.INT, TypeKind.BIGINT):
        # Types such as SMALLINT store some integers: the digits that occur decide.
        return Column(scanned.name, sqltypes.decimal(max(scanned.longest, 1), 0))
    return Column(scanned.name, scanned.type)


def _fits_code_page(old: Column, scanned: ScannedColumn) -> bool:
    """Whether VARCHAR keeps the values: ASCII is in every code page, and numbers and dates are ASCII.

    The length of VARCHAR counts bytes. UTF-8 has up to three for what is one character of NVARCHAR, and four for two.
    """
    if old.native is None or not old.native.single_byte:
        return False
    plain = scanned.ascii or scanned.type is None or scanned.type.kind is not TypeKind.NVARCHAR
    if not plain and not old.native.utf8:
        return False
    most = scanned.longest if plain else MOST_UTF8 * scanned.longest
    return old.holds.length is None or most <= old.holds.length


def _exact(scanned: ScannedColumn) -> int | None:
    return scanned.longest if scanned.longest <= sqltypes.MAX_NVARCHAR else None


def _check_distinct(live: Table) -> None:
    names: dict[str, str] = {}
    for column in live.columns:
        other = names.setdefault(fold_name(column.name), column.name)
        if other != column.name:
            raise SchemaError(
                f"Table {live.name} has the columns {other} and {column.name}, which differ only in case:"
                " a file's column could belong to either",
                where=str(live.name),
                advice="Ask the DBA to rename one of them, or load into another table.",
            )


def _check_width(plan: Alignment) -> None:
    # The version table is the widest: it has one column more than the live table.
    width = len(backup_columns(plan.columns))
    if width > MAX_COLUMNS:
        raise SchemaError(
            f"Table {plan.table} would have {width} columns with those of refdata; SQL Server allows {MAX_COLUMNS}",
            where=str(plan.table),
            advice=f"Split the file; a table can have at most {MAX_COLUMNS - len(LINEAGE) - 1} columns.",
        )


def matches(live: Table, scanned: Sequence[ScannedColumn], min_match: float) -> bool:
    """Whether a file has the share of the table's columns that it must have."""
    matched, own = _matched(live, _alter(live, scanned))
    return not own or matched / own >= min_match


def _matched(live: Table, plan: Alignment) -> tuple[int, int]:
    """How many of the columns that a file must bring it has, and how many there are."""
    own = [column for column in own_columns(live) if not (column.optional and column.name in plan.missing)]
    return sum(column.name not in plan.missing for column in own), len(own)


def _check_match(live: Table, plan: Alignment, min_match: float, better: Sequence[str], renames: Sequence[str]) -> None:
    matched, own = _matched(live, plan)
    if not own or matched / own >= min_match:
        return
    others = f" Tables that match better: {', '.join(better)}." if better else ""
    renamed = f" Possibly renamed: {', '.join(renames)}." if renames else ""
    extra = ", ".join(column.name for column in plan.add) or "none"
    raise SchemaError(
        f"The file has {matched} of the {own} columns of {live.name}"
        f" ({matched / own:.0%}, at least {min_match:.0%} is needed)."
        f" Missing: {', '.join(plan.missing)}. Unknown to the table: {extra}.{renamed}{others}",
        where=str(live.name),
        advice="Check the file's name and header; rename the file if it belongs to another table.",
    )


def _check_required(live: Table, plan: Alignment) -> None:
    required = [
        column.name
        for column in live.columns
        if not column.nullable and not column.optional and column.name in plan.missing
    ]
    if required:
        raise SchemaError(
            f"The file lacks columns that may not be empty in {live.name}: {', '.join(required)}",
            where=str(live.name),
            advice="Add the columns to the file, or allow NULL in the table.",
        )


def _check_not_null(live: Table, scanned: Sequence[ScannedColumn]) -> None:
    refused = [
        f"{column.name} ({column.nulls})"
        for column in scanned
        if column.nulls and (old := live.column(column.name)) is not None and not old.nullable
    ]
    if refused:
        raise SchemaError(
            f"The file has empty values in columns that may not be empty in {live.name}: {', '.join(refused)}",
            where=str(live.name),
            advice="Fill in the values, or allow NULL in the table.",
        )


_DAMAGE = {
    TypeKind.FLOAT: "numbers in scientific notation",
    TypeKind.DATE: "dates",
    TypeKind.DATETIME2: "dates with times",
}


def damage_warnings(live: Table | None, scanned: Sequence[ScannedColumn]) -> tuple[str, ...]:
    """Warnings about columns that held text and now contain what spreadsheets make of codes.

    ``2-3`` becomes a date and ``123E10`` a number when a person opens and saves the file in a spreadsheet.
    """
    warnings = []
    for column in scanned:
        old = live.column(column.name) if live is not None else None
        found = _DAMAGE.get(column.type.kind) if column.type is not None else None
        if found and old is not None and old.type.kind is TypeKind.NVARCHAR:
            warnings.append(
                f"Column {column.source!r} held text and now contains only {found}:"
                " a spreadsheet may have changed its codes. Compare with the source."
            )
    return tuple(warnings)
