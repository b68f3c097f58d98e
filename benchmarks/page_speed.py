"""How long the page's questions take on ledgers of 10,000 and 100,000 rows; prints milliseconds, best of five.

Run: PYTHONPATH=plugins:. python benchmarks/page_speed.py
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from airflow.providers.sqlite.hooks.sqlite import SqliteHook

from refdata.api import FileOrder, ReferenceData
from refdata.core.model import FileStatus
from refdata.core.settings import Settings
from refdata.plugin.schemas import Envelope, FileView
from refdata.warehouse.sqlite.engine import SqliteWarehouse

TABLES = 200
BEGIN = datetime(2026, 1, 1)  # noqa: DTZ001  the ledger keeps UTC without a zone
# Nine of ten files are loaded, each tenth ends otherwise; versions count up within a table.
SHAPE = f"""
UPDATE [ref].[File_Monitor_Tracking]
SET status = CASE id % 10 WHEN 0 THEN 'error' ELSE 'completed' END,
    version_id = CASE id % 10 WHEN 0 THEN NULL ELSE (id - 1) / {TABLES} + 1 END,
    rows_loaded = id % 5000, rows_rejected = 0, attempt = 1,
    error_category = CASE id % 10 WHEN 0 THEN 'data' END,
    error_message = CASE id % 10 WHEN 0 THEN 'Rows are damaged. What to do: Fix them.' END,
    started_at = created_at, loaded_at = created_at, processed_at = created_at
"""


def fill(warehouse: SqliteWarehouse, rows: int) -> None:
    """So many ledger rows of 200 tables, in one transaction."""
    warehouse.initialise()
    insert = warehouse.statement("insert_file")
    with warehouse.transaction() as session:
        for number in range(rows):
            name = f"table_{number % TABLES:03d}_{number:06d}.csv"
            at = BEGIN + timedelta(minutes=number)
            known = (f"processed/{name}", name, 1000, number, f"{number}", "fullload", f"table_{number % TABLES:03d}")
            session.query(insert, (*known, True, f"run_{number}", at))
        session.execute(SHAPE)
        session.execute("CREATE TABLE [ref].[table_007] (code NVARCHAR(10), ref_data_load_id INT)")


def questions(data: ReferenceData, rows: int) -> dict[str, Callable[[], object]]:
    """The requests of the page while a person uses it."""
    return {
        "newest 50": data.history,
        "newest 50 as JSON": lambda: as_json(data),
        "last page": lambda: data.history(offset=rows - 50),
        "one status": lambda: data.history(status=FileStatus.ERROR),
        "search, one file": lambda: data.history(search=f"{rows - 7:06d}"),
        "search, nothing": lambda: data.history(search="no such file"),
        "sorted by file": lambda: data.history(order=FileOrder.FILE_NAME, descending=False),
        "sorted by rows": lambda: data.history(order=FileOrder.ROWS_LOADED),
        "tables": data.tables,
        "counts": data.counts,
        "statistics, 30 days": data.statistics,
        "statistics, a year": lambda: data.statistics(366),
        "one story": lambda: data.story(rows - 7),
        "one table": lambda: data.table_info("table_007"),
        "its versions": lambda: data.versions("table_007"),
    }


def as_json(data: ReferenceData) -> str:
    """The endpoint's answer without the way over HTTP."""
    return Envelope(data=[FileView.of(row) for row in data.history().files]).model_dump_json()


def best_of_five(ask: Callable[[], object]) -> float:
    """Milliseconds."""
    taken = []
    for _ in range(5):
        begin = time.perf_counter()
        ask()
        taken.append(1000 * (time.perf_counter() - begin))
    return min(taken)


def measure(rows: int, folder: Path) -> dict[str, float]:
    """Milliseconds of each question on a ledger of so many rows."""
    os.environ["AIRFLOW_CONN_PAGE_SPEED"] = json.dumps({"conn_type": "sqlite", "host": str(folder / f"{rows}.db")})
    settings = Settings(conn_id="page_speed", tables_file=str(folder / "tables.yaml"))
    warehouse = SqliteWarehouse(SqliteHook(sqlite_conn_id="page_speed"), settings)  # type: ignore[no-untyped-call]
    fill(warehouse, rows)
    data = ReferenceData(settings, warehouse, clock=lambda: BEGIN + timedelta(minutes=rows))
    return {name: best_of_five(ask) for name, ask in questions(data, rows).items()}


def main() -> None:
    sizes = (10_000, 100_000)
    with tempfile.TemporaryDirectory() as folder:
        measured = {rows: measure(rows, Path(folder)) for rows in sizes}
    print(f"{'question':<20}" + "".join(f"{rows:>14,} rows" for rows in sizes))
    for name in measured[sizes[0]]:
        print(f"{name:<20}" + "".join(f"{measured[rows][name]:>16.1f} ms" for rows in sizes))


if __name__ == "__main__":
    main()
