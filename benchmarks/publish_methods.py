"""What a publish costs by ``publish_method``, where one row in a hundred of a full load differs.

``deltas`` is the method delta with versions kept as differences.

usage: REFDATA_TEST_MSSQL_URI=mssql://user:password@host:port/database python -m benchmarks.publish_methods
           [--rows 200000] [--loads 30] [--engine mssql|sqlite] [--method delete|truncate|delta|deltas …]

A table of that many rows is loaded as many times as ``--loads`` says; the second load is measured while two readers
ask in a loop (see ``benchmarks/reader_wait.py``), and the sizes after the last. Printed for each method:

- seconds of the measured publish, and the median of the later ones, without readers;
- rows written by the statements of that publish: into the table and the versions, and deleted from the table;
- bytes of log that the server wrote meanwhile, for all its databases: only on an idle server are they the publish's.
  Babelfish has PostgreSQL's position in its log, SQL Server a performance counter (VIEW SERVER STATE), SQLite none;
- the longest answer of a reader during the publish, and before it;
- megabytes of table and versions, with their indexes: what PostgreSQL says, the pages of SQL Server's catalog, or
  SQLite's files.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.reader_wait import FOLDER, METHODS, Loads, clear, open_with, watched
from rich.console import Console
from rich.table import Table

from refdata.core.errors import RefdataError
from refdata.core.model import TableName
from refdata.core.storage import PAGE
from refdata.warehouse.base import Warehouse
from refdata.warehouse.sqlite.connection import SqliteSession
from refdata.warehouse.tsql.driver import TsqlSession

_LOG = {
    "PostgreSQL": "SELECT CAST(pg_wal_lsn_diff(pg_current_wal_lsn(), CAST('0/0' AS pg_lsn)) AS BIGINT)",
    "SQL Server": "SELECT SUM(cntr_value) FROM sys.dm_os_performance_counters"
    " WHERE counter_name LIKE 'Log Bytes Flushed/sec%' AND instance_name = '_Total'",
}
_WRITES = ("INSERT", "DELETE", "UPDATE", "WITH", "SELECT")
_MB = 1 << 20


@dataclass
class Figures:
    """What was seen of one method."""

    seconds: float = 0.0
    rows: int = 0
    log: int | None = None
    wait: float = 0.0
    before: float = 0.0
    later: list[float] = field(default_factory=list)
    sizes: tuple[float, ...] = ()


@contextmanager
def counted() -> Iterator[list[int]]:
    """Counts the rows that statements of all sessions write."""
    written: list[int] = []
    originals = {kind: kind.execute for kind in (TsqlSession, SqliteSession)}

    def counting(kind: Any) -> Any:
        def execute(session: Any, sql: str, values: Sequence[object] = ()) -> int:
            rows = originals[kind](session, sql, values)
            if sql.lstrip().upper().startswith(_WRITES):
                written.append(max(rows, 0))
            return int(rows)

        return execute

    for kind in originals:
        kind.execute = counting(kind)  # type: ignore[method-assign]
    try:
        yield written
    finally:
        for kind, original in originals.items():
            kind.execute = original  # type: ignore[method-assign]


def log_bytes(warehouse: Warehouse) -> int | None:
    """The position in the server's log; None where it shows none."""
    for sql in _LOG.values():
        try:
            with warehouse.transaction(write=False) as session:
                return int(session.query(sql)[0][0])
        except (RefdataError, TypeError, ValueError):
            continue
    return None


def sizes(warehouse: Warehouse, names: Sequence[TableName]) -> tuple[float, ...]:
    """Megabytes of the tables."""
    if folder := os.environ.get(FOLDER):
        files = (Path(folder, f"refdata.{name.schema}.db") for name in names)
        return tuple(file.stat().st_size / _MB for file in files)
    if stored := {one.table: one.pages * PAGE / _MB for one in warehouse.storage().tables}:
        return tuple(stored[name] for name in names)
    with warehouse.transaction(write=False) as session:
        sql = "SELECT pg_total_relation_size(OBJECT_ID(?))"
        return tuple(int(session.query(sql, (str(name),))[0][0]) / _MB for name in names)


def measure(method: str, rows: int, count: int) -> Figures:
    """Loads the table ``count`` times by one method."""
    warehouse, settings = open_with(method)
    warehouse.initialise()
    loads, seen = Loads(warehouse, settings), Figures()
    loads.publish(loads.ready(1, rows))
    second = loads.ready(2, rows)
    log = log_bytes(warehouse)
    with counted() as written:
        answers = watched(loads, second, rows)
    after = log_bytes(warehouse)
    seen.log = after - log if log is not None and after is not None else None
    seen.rows, seen.seconds = sum(written), next(iter(answers.values()))["publish"]
    seen.wait, seen.before = (max(one[when][0] for one in answers.values()) for when in ("during", "before"))
    for number in range(3, count + 1):
        began, ended = loads.publish(loads.ready(number, rows))
        seen.later.append(ended - began)
    names = (TableName(settings.ref_schema, "t"), TableName(settings.bkp_schema, "t_backup"))
    seen.sizes = sizes(warehouse, names)
    return seen


def compare(rows: int, count: int, methods: Sequence[str]) -> None:
    """Measures each method, and prints the table."""
    heads = ("Publish s", "Later s", "Rows written", "Log MB", "Reader s", "Before s", "Table MB", "Versions MB")
    table = Table("Method", *heads, title=f"{rows:,} rows, 1 % changed, sizes after {count} loads")
    for method in methods:
        if folder := os.environ.get(FOLDER):
            os.environ[FOLDER] = tempfile.mkdtemp(dir=Path(folder).parent)  # an emptied file keeps its size
        clear()
        seen = measure(method, rows, count)
        print(method, seen, flush=True)
        later = f"{statistics.median(seen.later):.2f}" if seen.later else "–"
        log = f"{seen.log / _MB:,.1f}" if seen.log is not None else "–"
        waits = (f"{seen.wait:.2f}", f"{seen.before:.2f}")
        table.add_row(
            method, f"{seen.seconds:.2f}", later, f"{seen.rows:,}", log, *waits, *(f"{one:,.1f}" for one in seen.sizes)
        )
    clear()
    Console(width=120).print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--loads", type=int, default=30)
    parser.add_argument("--engine", choices=("mssql", "sqlite"), default="mssql")
    parser.add_argument("--method", choices=METHODS, action="append", help="default: each")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.engine == "sqlite":
            os.environ[FOLDER] = str(Path(folder, "sqlite"))
        compare(options.rows, options.loads, options.method or METHODS)


if __name__ == "__main__":
    main()
