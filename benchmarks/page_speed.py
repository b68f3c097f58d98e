"""How long the page's requests take over HTTP: 100,000 ledger rows, 300 tables, one of them with 1,000,000 rows.

Run: PYTHONPATH=plugins:. python -m benchmarks.page_speed [--server]

Airflow's own application answers, with a login, so that a figure is what a browser waits for, without the network.
Prints milliseconds: the first answer, and the best of five. ``--server`` uses the T-SQL server of
``REFDATA_TEST_MSSQL_URI`` and its schemas ``page_probe`` and ``page_probe_bkp``, which stay there.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from refdata.warehouse.base import Warehouse

LOADS, TABLES, ROWS = 100_000, 300, 1_000_000
PASSWORD = "test-only"
SCHEMA = "page_probe"
COLUMNS = "code NVARCHAR(10), name NVARCHAR(40), price DECIMAL(12,2), valid DATE, amount INT, ref_data_load_id INT"
CONTRACT = """title: Table {number}
schema:
  primaryKey: code
  fields:
    - {{name: code, type: string, title: Code, constraints: {{pattern: "[0-9]+"}}}}
    - {{name: price, type: number, constraints: {{minimum: 0}}}}
refdata: {{steward: steward {group}, max_rejected_rows: {number}}}
"""
KNOWN = "file_path, file_name, file_size, file_mtime_ns, file_identity, order_key, load_type, table_name, dag_run_id"
# Nine of ten files are loaded, each tenth ends otherwise; versions count up within a table.
ENDED = f"""
    CASE n % 10 WHEN 0 THEN 'error' ELSE 'completed' END, CASE n % 10 WHEN 0 THEN NULL ELSE n / {TABLES} + 1 END,
    n % 5000, 0, 1, CASE n % 10 WHEN 0 THEN 'data' END,
    CASE n % 10 WHEN 0 THEN 'Rows are damaged. What to do: Fix them.' END"""
ENDS = "status, version_id, rows_loaded, rows_rejected, attempt, error_category, error_message"
TIMES = "is_reference_data, created_at, started_at, loaded_at, processed_at"
SQLITE = {
    "loads": f"""
WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < {LOADS - 1}),
t AS (SELECT n, printf('table_%03d', n % {TABLES}) AS name,
    strftime('%Y-%m-%d %H:%M:%f', '2026-01-01', (n * 4) || ' minutes') AS at FROM s)
INSERT INTO [{SCHEMA}].[File_Monitor_Tracking] ({KNOWN}, {ENDS}, {TIMES})
SELECT 'processed/' || name || '_' || n || '.csv', name || '_' || n || '.csv', 1000, n, n, n, 'fullload', name,
    'run_' || n, {ENDED}, 1, at, at, at, at FROM t""",
    "rows": f"""
WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < {ROWS - 1})
INSERT INTO [{SCHEMA}].[table_000]
SELECT printf('%09d', n * 7919 % 1000003), 'Name ' || n || ' of it', n / 100.0,
    date('2000-01-01', (n % 9000) || ' days'), n % 1000, 1 FROM s""",
}
_THOUSAND = "SELECT TOP 1000 ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) - 1 AS n FROM sys.all_columns"
_NUMBERS = f"(SELECT a.n + 1000 * b.n AS n FROM ({_THOUSAND}) AS a CROSS JOIN ({_THOUSAND}) AS b)"
TSQL = {
    "loads": f"""
INSERT INTO [{SCHEMA}].[File_Monitor_Tracking] ({KNOWN}, {ENDS}, {TIMES})
SELECT CONCAT('processed/', name, '_', n, '.csv'), CONCAT(name, '_', n, '.csv'), 1000, n, CAST(n AS VARCHAR(20)),
    CAST(n AS VARCHAR(20)), 'fullload', name, CONCAT('run_', n), {ENDED}, 1, at, at, at, at
FROM (SELECT n, 'table_' + RIGHT('000' + CAST(n % {TABLES} AS VARCHAR(3)), 3) AS name,
    DATEADD(minute, n * 4, CAST('2026-01-01' AS DATETIME2)) AS at FROM {_NUMBERS} AS x WHERE n < {LOADS}) AS t""",
    "rows": f"""
INSERT INTO [{SCHEMA}].[table_000]
SELECT RIGHT('000000000' + CAST((n * 7919) % 1000003 AS VARCHAR(10)), 9), CONCAT('Name ', n, ' of it'), n / 100.0,
    DATEADD(day, n % 9000, '2000-01-01'), n % 1000, 1 FROM {_NUMBERS} AS x""",
}
REQUESTS = {
    "the page itself": "",
    "home: newest files": "api/v1/files?limit=8",
    "home: held files": "api/v1/files?status=review&limit=50",
    "home: questions": "api/v1/questions",
    "home: tables by steward": "api/v1/tables",
    "home: discards": "api/v1/audit?action=discard&limit=200",
    "what happens now": "api/v1/now",
    "files, newest 50": "api/v1/files?limit=50",
    "files, last page": f"api/v1/files?limit=50&offset={LOADS - 50}",
    "files, one status": "api/v1/files?status=error",
    "files, search, one": "api/v1/files?search=table_007_99907",
    "files, search, none": "api/v1/files?search=no+such+file",
    "files, sorted by rows": "api/v1/files?sort=-rows_loaded",
    "one file": f"api/v1/files/{LOADS - 7}",
    "statistics, 30 days": "api/v1/statistics?days=30",
    "statistics, a year": "api/v1/statistics?days=366",
    "one table": "api/v1/tables/table_007",
    "its versions": "api/v1/tables/table_007/versions",
    "its contract": "api/v1/tables/table_007/contract",
    "rows, first page": "api/v1/tables/table_000/rows",
    "rows, by the key": "api/v1/tables/table_000/rows?sort=code",
    "rows, by a number": "api/v1/tables/table_000/rows?sort=amount",
    "rows, one by its key": "api/v1/tables/table_000/rows?filter=%5B%22code%22%2C%22is%22%2C%22000500001%22%5D",
    "rows, search, many": "api/v1/tables/table_000/rows?search=99",
    "rows, search, none": "api/v1/tables/table_000/rows?search=nowhere",
    "one row's history": "api/v1/tables/table_000/row?where=%7B%22code%22%3A%22000500001%22%7D",
    "search of all tables": "api/v1/find?text=nowhere",
    "contracts and rules": "api/v1/contracts",
    "the register": "api/v1/config",
    "audit trail": "api/v1/audit",
}


def best_of_five(ask: Callable[[], object]) -> float:
    """Milliseconds."""
    return min(milliseconds(ask) for _ in range(5))


def milliseconds(ask: Callable[[], object]) -> float:
    """How long one call took."""
    begin = time.perf_counter()
    ask()
    return 1000 * (time.perf_counter() - begin)


def configure(home: Path, connection: dict[str, object]) -> None:
    """Airflow's settings; before its first import."""
    passwords = home / "passwords.json"
    passwords.write_text(json.dumps({"viewer": PASSWORD}))
    os.environ |= {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(Path(__file__).parents[1] / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "viewer:viewer",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "AIRFLOW__API_AUTH__JWT_SECRET": "a secret of the benchmark, long enough for its algorithm to be content",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "AIRFLOW__REFDATA__DROPOFF_ROOT": str(home / "dropoff"),
        "AIRFLOW__REFDATA__MIN_FREE_MB": "0",
        "AIRFLOW__REFDATA__REF_SCHEMA": SCHEMA,
        "AIRFLOW__REFDATA__BKP_SCHEMA": f"{SCHEMA}_bkp",
        "AIRFLOW_CONN_REFDATA_DEFAULT": json.dumps(connection),
    }


def fill(home: Path) -> None:
    """The ledger, the tables and the contracts; a server that has them already keeps them."""
    from refdata.config import load_settings
    from refdata.dropoff import ensure_tree
    from refdata.warehouse.connect import open_warehouse

    ensure_tree(home / "dropoff")
    contracts = home / "dropoff" / "contracts"
    contracts.mkdir()
    for number in range(TABLES):
        (contracts / f"table_{number:03d}.yaml").write_text(CONTRACT.format(number=number, group=number % 9))
    warehouse = open_warehouse(load_settings())
    warehouse.initialise()
    if not any(table.name.name == "table_000" for table in warehouse.tables(SCHEMA)):
        _fill(warehouse)


def _fill(warehouse: Warehouse) -> None:
    is_sqlite = warehouse.engine == "sqlite"
    statements = SQLITE if is_sqlite else TSQL
    index = f"[{SCHEMA}].[big_key] ON [table_000]" if is_sqlite else f"[big_key] ON [{SCHEMA}].[table_000]"
    with warehouse.transaction() as session:
        session.execute(statements["loads"])
    with warehouse.transaction() as session:
        for number in range(TABLES):
            session.execute(f"CREATE TABLE [{SCHEMA}].[table_{number:03d}] ({COLUMNS})")
        session.execute(statements["rows"])
        session.execute(f"CREATE UNIQUE INDEX {index} (code)")


def answered(client: TestClient, path: str, headers: dict[str, str]) -> None:
    """Asks, and insists on an answer."""
    answer = client.get(f"/refdata/{path}", headers=headers)
    assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:300]}"


def measure(home: Path) -> None:
    """Prints each request's figures; what Airflow logs goes to standard error."""
    out = sys.stdout
    with redirect_stdout(sys.stderr):
        _measure(home, out)


def _measure(home: Path, out: TextIO) -> None:
    from airflow.utils.db import initdb

    initdb()
    fill(home)
    from airflow.api_fastapi.app import create_app
    from fastapi.testclient import TestClient

    with TestClient(create_app("core"), base_url="http://testserver") as client:
        login = {"username": "viewer", "password": PASSWORD}
        headers = {"Authorization": f"Bearer {client.post('/auth/token', json=login).json()['access_token']}"}
        answered(client, "api/v1/me", headers)
        print(f"{'request':<26}{'first':>10}{'best of 5':>12}   ms", file=out, flush=True)
        for name, path in REQUESTS.items():
            first = milliseconds(lambda path=path: answered(client, path, headers))  # type: ignore[misc]
            best = best_of_five(lambda path=path: answered(client, path, headers))  # type: ignore[misc]
            print(f"{name:<26}{first:>10.1f}{best:>12.1f}", file=out, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", action="store_true", help="measure the T-SQL server")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        connection: dict[str, object] = {"conn_type": "sqlite", "host": str(home / "refdata.db")}
        if options.server:
            from tests.integration.engines import Server

            connection = Server.named().connection("mssql")
        configure(home, connection)
        measure(home)


if __name__ == "__main__":
    main()
