"""Every statement that the software runs is accepted by a live server of each dialect."""

from __future__ import annotations

import re

import pytest

from refdata import sqlfiles
from tests.integration.engines import Database

ROOT = sqlfiles.root()
_MARKS = re.compile(r"--[^\n]*|'[^']*'|(\?)")
# Tested on their own: most are run by an administrator.
_ELSEWHERE = re.compile(
    r"create_(database|login|user|role)|add_role_member|grant_.*|drop_procedure_.*|create_procedure_.*"
    r"|rename_table"  # wants a table: ingest/test_closing.py
    r"|select_storage"  # Babelfish has no sys.allocation_units: unit/warehouse/test_tsql_clustering.py
    r"|add_ledger_.*"  # run once, by the schema's steps: test_initialise
)
NAMES = sorted({path.stem for path in ROOT.glob("*/*.sql") if not _ELSEWHERE.fullmatch(path.stem)})


class TakenError(Exception):
    """The server took the statement."""


def files(database: Database) -> set[str]:
    folders = ("common", "sqlite" if database.is_sqlite else "mssql")
    return {path.stem for folder in folders for path in (ROOT / folder).glob("*.sql")}


VALUES: dict[str, tuple[object, ...]] = {
    "acquire_lock": ("resource", 0),
    "acquire_shared_lock": ("resource", 0),
    "insert_file": ("path", "name", 1, 1, "identity", "order", "append", "t", True, "run", "2024-01-01"),
    "record_schema_step": (1000, "summary", "test"),
    "insert_audit": ("2024-01-01", "delete", "test", None, None, None, None, None, "{}"),
    "insert_alert": ("2024-01-01", "data", "title", "text", "", "", ""),
    "insert_revision": ("path", "name", None, "rollback", "t", "t", 1, 2, "run", *("2024-01-01",) * 4, 1),
    "insert_contract": ("t", 1, 1, "2024-01-01", "{}"),
    "insert_question": (1, "t", "t.csv", "new_table", "", "0" * 16, "subject", "{}", "2024-01-01", 1, "0" * 16),
    "insert_closed": ("t", "retired", None, "2024-01-01", "test", "test"),
    "insert_config": ("t", None, None, None, None, "2024-01-01", None),
}


def values_of(name: str, text: str) -> tuple[object, ...]:
    """The statement's arguments: NULL, but 0 for the size of a page."""
    marks = sum(mark[1] is not None for mark in _MARKS.finditer(text))
    paged = re.search(r"OFFSET \? ROWS|LIMIT \?", text) is not None
    return VALUES.get(name, (*(None,) * (marks - 2), 0, 0) if paged else (None,) * marks)


@pytest.mark.parametrize("name", NAMES)
def test_the_server_takes_the_statement(database: Database, name: str) -> None:
    if name not in files(database):
        pytest.skip("a statement of another dialect")
    text = database.warehouse.statement(name)
    with pytest.raises(TakenError), database.warehouse.transaction() as session:
        session.execute(text, values_of(name, text))
        raise TakenError  # rolled back: tests of one process share their schemas
