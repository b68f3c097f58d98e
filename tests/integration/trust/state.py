"""Everything that a load leaves, without what differs between two equal loads: ids, moments, attempts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from refdata.core.model import TableName
from refdata.core.owntables import AUDIT_TABLE
from refdata.core.publishing import qualified
from refdata.ingest.context import Deps

State = dict[str, Any]
_LEDGER = (
    "id", "file_path", "file_name", "file_size", "file_hash", "load_type", "table_name", "detected_delimiter",
    "detected_headers", "detected_encoding", "is_reference_data", "reference_config_inserted", "status", "rows_read",
    "rows_loaded", "rows_inserted", "rows_updated", "rows_unchanged",
    "rows_rejected", "version_id", "error_category", "error_message", "warnings", "loaded_at",
    "processed_at",
)  # fmt: skip
_FINDINGS = ("file_hash", "detected_delimiter", "detected_headers", "detected_encoding", "rows_read", "rows_rejected",
             "warnings")  # fmt: skip
_AUDIT = ("id", "action", "actor", "table_name", "load_id", "version_id", "subject", "reason", "detail")
_CONFIG = ("ref_name", "sp_name", "source_schema", "source_table", "is_enabled", "created_by")


def observe(deps: Deps, files: Mapping[str, bytes], *, by_name: bool = False) -> State:
    """The state of a site as plain values: tables, versions, ledger, configuration, stages, files.

    :param files: path → content of the files that belong to the state.
    :param by_name: a load is called by its file's name where no two loads have the same, else by its rank.
    """
    ledger = _rows(deps, TableName(deps.settings.ref_schema, deps.settings.ledger_table), _LEDGER)
    ledger.sort(key=lambda row: row["id"])
    names = [row["file_name"] for row in ledger]
    twice = {name for name in names if names.count(name) > 1}
    ranks = {
        row["id"]: row["file_name"] if by_name and row["file_name"] not in twice else rank
        for rank, row in enumerate(ledger)
    }
    config = TableName(deps.settings.ref_schema, deps.settings.config_table)
    state: State = {f"ledger {ranks[row['id']]}": {**row, "id": ranks[row["id"]]} for row in ledger}
    state |= {f"config {row['ref_name']}": row for row in _rows(deps, config, _CONFIG)}
    audit = _rows(deps, TableName(deps.settings.ref_schema, AUDIT_TABLE), _AUDIT)
    state["audit"] = [
        {**row, "id": None, "load_id": ranks.get(row["load_id"])} for row in sorted(audit, key=lambda row: row["id"])
    ]
    state["stages"] = [stage.name for stage in deps.warehouse.stages()]
    for schema in (deps.settings.ref_schema, deps.settings.bkp_schema):
        for table in deps.warehouse.tables(schema):
            columns = tuple(column.name for column in table.columns)
            rows = [
                {**row, "ref_data_load_id": ranks[row["ref_data_load_id"]]} for row in _rows(deps, table.name, columns)
            ]
            state[f"columns of {table.name}"] = [f"{column.name} {column.type_name}" for column in table.columns]
            with deps.warehouse.transaction(write=False) as session:
                indexes = deps.warehouse.unique_indexes(session, table.name)
            state[f"indexes of {table.name}"] = [list(index.columns) for index in indexes]
            state[f"rows of {table.name}"] = sorted(map(json.dumps, rows))
    # A killed process leaves its journal; SQLite plays it back, or overwrites it, before it does anything else.
    kept = {path: content for path, content in files.items() if not path.endswith(".db-journal")}
    return state | {f"file {path}": _content(path, content, ranks) for path, content in kept.items()}


def outlined(state: State) -> State:
    """The state without what is known and said of a file that was refused: the more, the later its attempt died.

    That is what the attempt had found out, its (whole) list of damaged rows, and the approval that it had been given.
    Nor what its alignment had done on a server that alters tables in steps: the version table may have the new columns
    already, and the key's index may wait for the next load, which creates it.
    """
    refused = [row["id"] for key, row in state.items() if key.startswith("ledger ") and row["status"] == "error"]
    kept = {key: value for key, value in state.items() if not (_is_rejects_of_refused(key) or _is_ahead(key))}
    return {
        **{key: _without_findings(value) for key, value in kept.items()},
        "audit": [entry for entry in state["audit"] if entry["load_id"] not in refused],
    }


def _is_rejects_of_refused(key: str) -> bool:
    return key.startswith("file ") and "/ERROR_" in key and key.endswith(".rejects.csv")


def _is_ahead(key: str) -> bool:
    return key.startswith("indexes of ") or (key.startswith("columns of ") and key.endswith("_backup"))


def _without_findings(value: Any) -> Any:
    refused = isinstance(value, dict) and value.get("status") == "error"
    return {**value, **dict.fromkeys(_FINDINGS)} if refused else value


def differences(found: State, expected: State) -> list[str]:
    """The differences from the expected state, one per line."""
    return [
        f"{key}: {found.get(key, 'missing')!r} instead of {expected.get(key, 'nothing')!r}"
        for key in sorted({*found, *expected})
        if found.get(key) != expected.get(key)
    ]


def _rows(deps: Deps, table: TableName, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    names = ", ".join(f"[{name}]" for name in columns)
    with deps.warehouse.transaction(write=False) as session:
        found = session.query(f"SELECT {names} FROM {qualified(table)}")
    return [dict(zip(columns, map(_plain, columns, row), strict=True)) for row in found]


def _plain(column: str, value: object) -> object:
    """A moment only says that there is one; the load ids become ranks later."""
    if column in ("ref_data_loadtime", "loaded_at", "processed_at"):
        return value is not None
    return value if isinstance(value, (int, float, str, type(None))) else str(value)


def _content(path: str, content: bytes, ranks: Mapping[int, object]) -> object:
    # A database's bytes depend on its past; that its rows are right is seen above, that nothing is left over here.
    if path.endswith(".db"):
        return "a database"
    if path.endswith(".json"):
        report = json.loads(content)
        return {**report, "load_id": ranks.get(report.get("load_id"))}
    return hashlib.sha256(content).hexdigest()[:16]
