"""Compares ``Reference_Data_Cfg`` with the tables and the ledger, and repairs the rows that refdata maintains.

A row that a person switched off is left alone in every respect, and so are rows that people wrote for tables of their
own: both are reported, never changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from refdata.audit import AuditAction, AuditEntry, AuditTrail
from refdata.core.errors import RefdataError
from refdata.core.model import TableName
from refdata.core.naming import fold_name
from refdata.ingest.configure import CREATED_BY, upsert_config, wanted_config
from refdata.ingest.context import Deps
from refdata.warehouse.base import Row


class _ConfigKind(StrEnum):
    """The kinds of differences."""

    NOT_REGISTERED = "not_registered"
    CHANGED = "changed"
    TABLE_MISSING = "table_missing"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class ConfigFinding:
    """One difference, in words. ``is_repairable``: refdata can fix it without overruling a person."""

    kind: _ConfigKind
    table: str
    what: str
    remedy: str
    is_repairable: bool


@dataclass(frozen=True, slots=True)
class ConfigRepair:
    """A difference and the result; ``left`` says why it remains, empty when it is fixed."""

    finding: ConfigFinding
    left: str


@dataclass(frozen=True, slots=True)
class _Entry:
    """A row of the register."""

    ref_name: str
    sp_name: str | None
    source_db: str | None
    source_schema: str | None
    source_table: str | None
    is_enabled: bool
    created_by: str | None

    @property
    def values(self) -> tuple[str | None, ...]:
        """The values that a load keeps up to date."""
        return self.sp_name, self.source_db, self.source_schema, self.source_table


def check_register(deps: Deps) -> tuple[ConfigFinding, ...]:
    """The current differences."""
    with deps.warehouse.transaction(write=False) as session:
        lines = session.query(deps.warehouse.statement("select_configs"))
    entries = [_entry(line) for line in lines]
    known = {fold_name(entry.ref_name) for entry in entries}
    loaded = {fold_name(table.table_name) for table in deps.ledger.tables() if table.is_reference_data}
    findings = [finding for entry in entries for finding in _of_entry(deps, entry, fold_name(entry.ref_name) in loaded)]
    return (*findings, *(_not_registered(table) for table in sorted(loaded - known)))


def repair_register(deps: Deps, by: str) -> tuple[ConfigRepair, ...]:
    """Fixes what can be fixed, and records it in the audit trail under the name ``by``."""
    return tuple(ConfigRepair(finding, _repaired(deps, finding, by)) for finding in check_register(deps))


def _entry(line: Row) -> _Entry:
    ref_name, sp_name, source_db, source_schema, source_table, is_enabled, created_by = line
    return _Entry(ref_name, sp_name, source_db, source_schema, source_table, bool(is_enabled), created_by)


def _of_entry(deps: Deps, entry: _Entry, is_loaded: bool) -> Iterator[ConfigFinding]:
    if not entry.is_enabled:
        what = f"Switched off{'' if is_loaded else ', and refdata never loaded it'}"
        yield ConfigFinding(_ConfigKind.DISABLED, entry.ref_name, what, "nothing: a person decided this", False)
    if _is_here(deps, entry) and deps.warehouse.table(_table(deps, entry)) is None:
        yield ConfigFinding(
            _ConfigKind.TABLE_MISSING, entry.ref_name, f"The row names {_table(deps, entry)}, which does not exist",
            "drop the table's file again, or delete the row", False,
        )  # fmt: skip
    wanted = wanted_config(deps, entry.ref_name)
    if is_loaded and entry.values != wanted:
        names = ("sp_name", "source_db", "source_schema", "source_table")
        pairs = zip(names, entry.values, wanted, strict=True)
        changes = "; ".join(f"{name} is {is_!r}, not {be!r}" for name, is_, be in pairs if is_ != be)
        remedy = "write refdata's values" if entry.is_enabled else "nothing while it is switched off"
        yield ConfigFinding(
            _ConfigKind.CHANGED, entry.ref_name, f"Changed by hand: {changes}", remedy, entry.is_enabled
        )


def _is_here(deps: Deps, entry: _Entry) -> bool:
    """Whether the row is about a table of this database, where it can be looked up."""
    here = deps.settings.source_db or deps.warehouse.database
    return entry.created_by == CREATED_BY or fold_name(entry.source_db or here) == fold_name(here)


def _table(deps: Deps, entry: _Entry) -> TableName:
    return TableName(entry.source_schema or deps.settings.ref_schema, entry.source_table or entry.ref_name)


def _not_registered(table: str) -> ConfigFinding:
    what = "The reference table is loaded but has no row"
    return ConfigFinding(_ConfigKind.NOT_REGISTERED, table, what, "register it", True)


def _repaired(deps: Deps, finding: ConfigFinding, by: str) -> str:
    if not finding.is_repairable:
        return "a person has to decide"
    try:
        done = upsert_config(deps, finding.table)
        now = deps.clock()
        entry = AuditEntry(
            now, AuditAction.REPAIR, by, finding.table, subject="Reference_Data_Cfg", reason=finding.what
        )
        AuditTrail(deps.warehouse).record(entry)
    except RefdataError as error:
        return str(error)
    deps.log.info("Register: %s %s", finding.table, done)
    return ""
