"""Gives a column that is text by accident its type again: first a preview of the values that would not fit."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

from refdata.audit import AuditAction, AuditEntry, AuditTrail
from refdata.contractstore import ContractStore
from refdata.core.alignment import Widening
from refdata.core.columnreadings import known_notation
from refdata.core.contract import Contract
from refdata.core.errors import ConfigurationError, DataError, SchemaError
from refdata.core.filemodel import Notation
from refdata.core.keyindex import index_key
from refdata.core.learning import FIELD_TYPES
from refdata.core.model import Column, Table, TableName
from refdata.core.naming import VERSION_COLUMN, backup_name, fold_name, quote
from refdata.core.publishing import qualified
from refdata.core.sqltypes import SqlType, TypeKind
from refdata.core.versions import VersionRecord, needing
from refdata.ingest.context import Deps
from refdata.ingest.memory import contract_of
from refdata.ingest.retention import Expired, delete_version_in
from refdata.ledger import version_records
from refdata.versioning.revising import require_turn
from refdata.warehouse.base import Session

MOST_SHOWN = 20
"""Values that a preview lists."""


@dataclass(frozen=True, slots=True)
class _RetypeMisfit:
    """A value that is not of the type: in how many rows of the table it is, and in how many of its earlier versions."""

    value: str
    rows: int
    kept: int


@dataclass(frozen=True, slots=True)
class Retyping:
    """A column's change to another type.

    ``rows`` of the table and ``kept`` ones of its earlier versions have a value; ``misfits`` are the values that do
    not fit, those in the most rows first, and ``versions`` the earlier versions that have one, or are put together from
    kept rows that have one. ``applied`` is whether the column has been changed.
    """

    table: str
    column: str
    before: str
    after: str
    rows: int
    kept: int
    misfits: tuple[_RetypeMisfit, ...] = ()
    versions: tuple[int, ...] = ()
    applied: bool = False

    @property
    def fits(self) -> bool:
        """Whether every value fits."""
        return not self.misfits

    @property
    def fits_without_versions(self) -> bool:
        """Whether every value fits once the rows of ``versions`` are deleted."""
        return not any(one.rows for one in self.misfits)


@dataclass(slots=True)
class _Texts:
    """The texts of a column, with the rows of the table and of its versions that have each."""

    live: Mapping[str, int]
    kept_by_version: Mapping[int, Mapping[str, int]]
    plain: dict[str, str] = field(default_factory=dict)
    misfits: list[str] = field(default_factory=list)

    @property
    def kept(self) -> Counter[str]:
        """The texts of all versions."""
        return sum(map(Counter, self.kept_by_version.values()), Counter[str]())

    def versions(self, records: Sequence[VersionRecord]) -> tuple[int, ...]:
        """The versions that cannot be read without the kept rows that have a text that does not fit."""
        wrong = set(self.misfits)
        numbers = {version for version, texts in self.kept_by_version.items() if wrong & texts.keys()}
        return tuple(sorted(numbers.union(*(needing(records, number) for number in numbers))))


def preview_retype(deps: Deps, table: str, column: str, kind: SqlType) -> Retyping:
    """The effect of changing a text column to another type; changes nothing.

    :raises DataError: when there is no such table or column.
    :raises SchemaError: when the column is not text.
    :raises ConfigurationError: when the contract declares it as text.
    """
    live = deps.warehouse.table(deps.live(table))
    if live is None:
        raise DataError(f"There is no table {table}", where=table, advice="`refdata tables` lists the loaded ones.")
    old = _require_text(deps, live, column, kind)
    with deps.warehouse.transaction(write=False) as session:
        records = version_records(session, deps.warehouse, table)
        return _described(table, old, kind, _read(deps, session, live, old, kind), records)


def retype(deps: Deps, table: str, column: str, kind: SqlType, *, by: str, delete_versions: bool = False) -> Retyping:
    """Changes the column's type in the table and its versions, in one transaction; its rows keep their loads.

    :param delete_versions: delete the rows of earlier versions that have a value that does not fit. A version that is
        deleted cannot be restored; the audit trail says who asked for it.
    :raises DataError: when a value does not fit, also one of an earlier version.
    :raises LockTimeoutError: while a load of the table is running or held.
    """
    with deps.warehouse.replacing(deps.live(table)) as (session, live):
        require_turn(session, deps.warehouse, table, deps.clock() - timedelta(seconds=deps.settings.stale_after))
        old = _require_text(deps, live, column, kind)
        texts = _read(deps, session, live, old, kind)
        retyping = _described(table, old, kind, texts, version_records(session, deps.warehouse, table))
        if not (retyping.fits or (delete_versions and retyping.fits_without_versions)):
            raise _misfit(retyping)
        _delete_versions(deps, session, retyping, by)
        rewritten = {text: plain for text, plain in texts.plain.items() if text != plain}
        deps.warehouse.hold_readers(session, live.name)
        deps.warehouse.retype(session, live.name, [Widening(replace(old, type=kind), old)], rewritten)
        _teach(deps, session, table, old.name, kind)
        detail = {"before": retyping.before, "after": retyping.after, "rows": retyping.rows}
        entry = AuditEntry(deps.clock(), AuditAction.RETYPE, by, table, subject=old.name, detail=detail)
        AuditTrail(deps.warehouse).record_in(session, entry)
    changed = deps.warehouse.table(live.name)
    if changed is not None:
        deps.warehouse.align_key(live.name, index_key(deps.contract(table), changed.columns))
    return replace(retyping, applied=True)


def _delete_versions(deps: Deps, session: Session, retyping: Retyping, by: str) -> None:
    backup = TableName(deps.settings.bkp_schema, backup_name(retyping.table))
    for version in retyping.versions:
        reason = f"values of {retyping.column} that are not {retyping.after}"
        delete_version_in(deps, session, backup, Expired(retyping.table, version, 0), by, reason)


def _require_text(deps: Deps, live: Table, name: str, kind: SqlType) -> Column:
    column = live.column(name)
    if column is None:
        names = ", ".join(one.name for one in live.columns)
        raise DataError(f"{live.name} has no column {name}", where=str(live.name), advice=f"Use one of: {names}.")
    if column.type.kind is not TypeKind.NVARCHAR or column.native is not None or kind.kind is TypeKind.NVARCHAR:
        raise SchemaError(
            f"Column {column.name} is {column.type_name}; only a text column can be given another type",
            where=str(live.name),
            advice="Loads widen other columns by themselves; name another column or type.",
        )
    fact = deps.contract(live.name.name).column(column.name)
    if fact is not None and (fact.type is FIELD_TYPES[TypeKind.NVARCHAR] or _is_text(fact.sql_type)):
        raise ConfigurationError(
            f"The contract of {live.name.name} declares {column.name} as text",
            where=str(fact.origin("type") or fact.origin("sql_type") or live.name),
            advice="Declare the new type there first.",
        )
    return column


def _is_text(kind: SqlType | None) -> bool:
    return kind is not None and kind.kind is TypeKind.NVARCHAR


def _read(deps: Deps, session: Session, live: Table, column: Column, kind: SqlType) -> _Texts:
    backup = TableName(deps.settings.bkp_schema, backup_name(live.name.name))
    texts = _Texts(_counted(deps, session, live.name, column), _by_version(deps, session, backup, column))
    notation = known_notation(contract_of(deps, live.name.name), column.name)
    for text in {**texts.live, **texts.kept}:
        plain = _plain(text, kind, notation) or _plain(text, kind, Notation())
        if plain is None:
            texts.misfits.append(text)
        else:
            texts.plain[text] = plain
    return texts


def _counted(deps: Deps, session: Session, name: TableName, column: Column) -> dict[str, int]:
    """Each text of the column, with its number of rows."""
    text = quote(column.name)
    groups = ", ".join(deps.warehouse.capabilities.text_parts(text))
    sql = f"SELECT MIN({text}), COUNT(*) FROM {qualified(name)} WHERE {text} IS NOT NULL GROUP BY {groups}"
    return {str(value): int(count) for value, count in session.query(sql)}


def _by_version(deps: Deps, session: Session, backup: TableName, column: Column) -> dict[int, dict[str, int]]:
    """The same for each version."""
    text, version = quote(column.name), quote(VERSION_COLUMN)
    groups = ", ".join((version, *deps.warehouse.capabilities.text_parts(text)))
    sql = f"SELECT {version}, MIN({text}), COUNT(*) FROM {qualified(backup)} WHERE {text} IS NOT NULL GROUP BY {groups}"
    found: dict[int, dict[str, int]] = {}
    for number, value, count in session.query(sql):
        found.setdefault(int(number), {})[str(value)] = int(count)
    return found


def _plain(text: str, kind: SqlType, notation: Notation) -> str | None:
    """A text's value as every server converts it; None where it is not of the type, or would lose something."""
    import pyarrow as pa

    from refdata.csvformat.arrowtypes import arrow_type
    from refdata.csvformat.readings import convert_known

    try:
        (value,) = convert_known(pa.array([text]), kind, notation, arrow_type(kind, notation)).to_pylist()
    except (pa.ArrowInvalid, ValueError):
        return None
    return None if value is None else _spelled(value)


def _spelled(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, dt.datetime):
        return value.isoformat(" ")
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else repr(value)


def _described(table: str, column: Column, kind: SqlType, texts: _Texts, records: Sequence[VersionRecord]) -> Retyping:
    of_versions = texts.kept
    misfits = [_RetypeMisfit(one, texts.live.get(one, 0), of_versions[one]) for one in texts.misfits]
    misfits.sort(key=lambda one: (-one.rows, -one.kept, one.value))
    rows, kept = sum(texts.live.values()), of_versions.total()
    versions = texts.versions(records) if misfits else ()
    return Retyping(table, column.name, column.type_name, str(kind), rows, kept, tuple(misfits), versions)


def _misfit(retyping: Retyping) -> DataError:
    rows, kept = sum(one.rows for one in retyping.misfits), sum(one.kept for one in retyping.misfits)
    where = f"{rows} rows of {retyping.table}" + (f" and {kept} of its earlier versions" if kept else "")
    return DataError(
        f"{len(retyping.misfits)} values of {retyping.column} are not {retyping.after}, in {where};"
        " nothing was changed",
        where=retyping.table,
        advice="Choose another type, or correct those rows by a load and let the versions that have them expire, or"
        " delete these with --delete-versions.",
    )


def _teach(deps: Deps, session: Session, table: str, column: str, kind: SqlType) -> None:
    """The facts learned about the column no longer apply: its type is decided."""
    store = ContractStore(deps.warehouse)
    known = store.learned_in(session, table)
    if known is not None:
        store.correct_in(session, table, _with_type(known, column, kind))


def _with_type(known: Contract, column: str, kind: SqlType) -> Contract:
    fields = tuple(
        replace(one, type=FIELD_TYPES[kind.kind], sql_type=kind) if fold_name(one.name) == fold_name(column) else one
        for one in known.fields
    )
    return replace(known, fields=fields)


def misfits_of(retyping: Retyping, most: int = MOST_SHOWN) -> Iterator[Sequence[str]]:
    """The values that do not fit as rows of a table, and how many more there are."""
    for one in retyping.misfits[:most]:
        yield one.value, f"{one.rows:,}", f"{one.kept:,}"
    if len(retyping.misfits) > most:
        yield f"{len(retyping.misfits) - most:,} more values", "", ""
