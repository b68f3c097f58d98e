"""How long a page of rows takes in a table of 1,000,000 rows; prints milliseconds, best of five.

Run: PYTHONPATH=plugins:. python -m benchmarks.rows_speed [--server]

``--server`` uses the T-SQL server of ``REFDATA_TEST_MSSQL_URI`` and its schemas ``rows_probe`` and ``rows_probe_bkp``;
the table stays there, because some servers need minutes to fill it.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.page_speed import best_of_five
from tests.integration.engines import Server

from refdata.core.browsing import Condition, Operator, Position, RowRequest
from refdata.core.settings import Settings
from refdata.versioning.browsing import RowPage, read_page
from refdata.versioning.locating import Versions
from refdata.warehouse.base import Warehouse
from refdata.warehouse.connect import open_warehouse

ROWS = 1_000_000
COLUMNS = (
    "code NVARCHAR(10), name NVARCHAR(40), country NVARCHAR(2), price DECIMAL(12,2), valid DATE, amount INT,"
    " note NVARCHAR(200)"
)
SQLITE = f"""
WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < {ROWS - 1})
INSERT INTO [rows_probe].[big]
SELECT printf('%09d', n * 7919 % 1000003), 'Name ' || n || ' of it', char(65 + n % 26) || char(65 + n / 26 % 26),
    n / 100.0, date('2000-01-01', (n % 9000) || ' days'), n % 1000,
    CASE n % 5 WHEN 0 THEN NULL ELSE 'note ' || n % 777 END
FROM s
"""
_THOUSAND = "SELECT TOP 1000 ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) - 1 AS n FROM sys.all_columns"
TSQL = f"""
INSERT INTO [rows_probe].[big]
SELECT RIGHT('000000000' + CAST((n * 7919) % 1000003 AS VARCHAR(10)), 9), CONCAT('Name ', n, ' of it'),
    CHAR(65 + n % 26) + CHAR(65 + (n / 26) % 26), n / 100.0, DATEADD(day, n % 9000, '2000-01-01'), n % 1000,
    CASE n % 5 WHEN 0 THEN NULL ELSE CONCAT('note ', n % 777) END
FROM (SELECT a.n + 1000 * b.n AS n FROM ({_THOUSAND}) AS a CROSS JOIN ({_THOUSAND}) AS b) AS x
"""


def fill(warehouse: Warehouse) -> None:
    """The table with its unique index, unless it is there already."""
    warehouse.initialise()
    if any(table.name.name == "big" for table in warehouse.tables("rows_probe")):
        return
    is_sqlite = warehouse.engine == "sqlite"
    index = "[rows_probe].[big_key] ON [big]" if is_sqlite else "[big_key] ON [rows_probe].[big]"
    with warehouse.transaction() as session:
        session.execute(f"CREATE TABLE [rows_probe].[big] ({COLUMNS})")
        session.execute(SQLITE if is_sqlite else TSQL)
        session.execute(f"CREATE UNIQUE INDEX {index} (code)")


def pages(versions: Versions) -> dict[str, Callable[[], RowPage]]:
    """What a person asks of the rows."""

    def page(**asked: object) -> Callable[[], RowPage]:
        return lambda: read_page(versions, "big", None, RowRequest(**asked))  # type: ignore[arg-type]

    first = page(sort="code")()
    assert first.next is not None
    deep = Position(("000500000", *first.next.values[1:]), 0, ROWS // 2)
    return {
        "first page": page(),
        "sorted by the key": page(sort="code"),
        "its page in the middle": page(sort="code", after=deep),
        "sorted by a number": page(sort="amount"),
        "sorted by a text": page(sort="name"),
        "filter, many match": page(conditions=(Condition("amount", Operator.FROM, "500"),)),
        "filter on the key": page(conditions=(Condition("code", Operator.IS, "000500001"),)),
        "search, many match": page(search="99"),
        "search, none matches": page(search="nowhere"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", action="store_true", help="measure the T-SQL server")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        local = {"conn_type": "sqlite", "host": str(Path(folder) / "rows.db")}
        connection = Server.named().connection("mssql") if options.server else local
        os.environ["AIRFLOW_CONN_ROWS_SPEED"] = json.dumps(connection)
        settings = Settings(conn_id="rows_speed", ref_schema="rows_probe", bkp_schema="rows_probe_bkp")
        warehouse = open_warehouse(settings)
        fill(warehouse)
        for name, ask in pages(Versions(settings, warehouse)).items():
            print(f"{name:<24}{best_of_five(ask):>10.1f} ms", flush=True)


if __name__ == "__main__":
    main()
