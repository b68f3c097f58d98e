"""Staging one CSV file of 13 mixed columns on a T-SQL server: every method in one run.

usage: REFDATA_TEST_MSSQL_URI=mssql://user:password@host:port/database python -m benchmarks.load_mssql
           [--rows 1000000] [--slow-rows 50000] [--floats] [--crossover]

Each contender runs in a process of its own against the same server, from the same file. Timed is reading the
file's rows and staging them; detection and scan are done before, and so is parsing for the contenders that
start from ready rows. ``--slow-rows`` is the subset for those that would take an hour. Peak memory is the
process's, and the load average is the machine's at its end. The ready Arrow table is bulk copy's ceiling: the
whole file in memory before the clock starts. Contenders outside refdata need sqlalchemy; pandas' own check for
the table is left out, as SQLAlchemy's inspector fails on Babelfish. ``--crossover`` measures instead how long
bulk copy and insert take for small files, whence ``SMALL_CELLS`` in ``warehouse/tsql/staging.py``. An address
may carry ``bulk_port``; see tests/integration/engines.py. ``--floats`` stages the file's decimals as FLOAT for every
contender: Babelfish cannot read a DECIMAL that bulk copy sends.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from benchmarks.load_sqlite import generate
from rich.console import Console
from rich.table import Table
from tests.integration.engines import Server

from refdata.core import alignment, naming
from refdata.core.filemodel import Format, ReadColumn
from refdata.core.model import Column, Stage, TableName
from refdata.core.publishing import column_list, qualified
from refdata.core.settings import Settings
from refdata.core.sqltypes import FLOAT, TypeKind
from refdata.csvformat.detection import detect
from refdata.csvformat.reader import read_rows
from refdata.csvformat.scan import scan
from refdata.warehouse.connect import open_warehouse

PROJECT = Path(__file__).resolve().parent.parent
CONN_ID = "refdata_benchmark"


@dataclass(frozen=True)
class Job:
    """A file, how it is read, and how many of its rows."""

    csv: Path
    format: Format
    columns: tuple[ReadColumn, ...]
    rows: int

    def batches(self) -> Iterator[pa.RecordBatch]:
        left = self.rows
        for batch in read_rows(self.csv, self.format, columns=self.columns, on_reject=_refuse):
            yield batch.slice(0, left)
            left -= batch.num_rows
            if left <= 0:
                return

    @property
    def targets(self) -> tuple[Column, ...]:
        return tuple(Column(column.name, column.type) for column in self.columns)


def _refuse(reject: object) -> None:
    raise ValueError(reject)


def refdata(engine: str, method: str, *, ready: bool = False) -> Callable[[Job], float]:
    """Stages by refdata; the seconds it took."""

    def run(job: Job) -> float:
        os.environ[f"AIRFLOW_CONN_{CONN_ID.upper()}"] = json.dumps(Server.named().connection(engine))
        settings = Settings(conn_id=CONN_ID, load_method=method, ref_schema="ref_benchmark", bkp_schema="bkp_benchmark")
        warehouse = open_warehouse(settings)
        warehouse.initialise()
        stage = Stage(TableName(settings.ref_schema, "bench"), os.getpid(), 1)
        batches = iter(list(job.batches())) if ready else job.batches()
        began = time.perf_counter()
        staged, used = warehouse.stage(stage, job.targets, batches, lambda _: None)
        seconds = time.perf_counter() - began
        assert (staged, used) == (job.rows, method if method != "auto" else used)
        warehouse.drop_stage(stage)
        return seconds

    return run


def stock(job: Job) -> float:
    """``MsSqlHook.insert_rows`` as it comes with Airflow, from ready rows."""
    from airflow.providers.microsoft.mssql.hooks.mssql import MsSqlHook

    server = Server.named()
    os.environ["AIRFLOW_CONN_STOCK"] = json.dumps(server.connection("mssql", extra={}))
    hook = MsSqlHook("stock")
    rows = [tuple(row.values()) for batch in job.batches() for row in batch.to_pylist()]
    hook.run(_create(job), autocommit=True)
    began = time.perf_counter()
    hook.insert_rows("dbo.bench", rows, target_fields=[column.name for column in job.columns])
    seconds = time.perf_counter() - began
    assert hook.get_first("SELECT COUNT(*) FROM dbo.bench")[0] == job.rows
    hook.run("DROP TABLE dbo.bench", autocommit=True)
    return seconds


def pandas(job: Job) -> float:
    """``DataFrame.to_sql`` over pyodbc with fast_executemany, from a ready frame."""
    import pandas.io.sql as pandas_sql
    import sqlalchemy

    from refdata.warehouse.odbc.hook import SecureOdbcHook

    os.environ["AIRFLOW_CONN_PANDAS"] = json.dumps(Server.named().connection("odbc"))
    hook = SecureOdbcHook("pandas")
    frame = pa.Table.from_batches(list(job.batches())).to_pandas()
    url = sqlalchemy.URL.create("mssql+pyodbc", query={"odbc_connect": hook.odbc_connection_string})
    engine = sqlalchemy.create_engine(url, fast_executemany=True)
    with engine.connect() as connection:
        connection.exec_driver_sql(_create(job))
        connection.commit()
        database = pandas_sql.pandasSQL_builder(connection)  # type: ignore[attr-defined]
        table = pandas_sql.SQLTable("bench", database, frame=frame, index=False, schema="dbo")
        began = time.perf_counter()
        table.insert()
        connection.commit()
        seconds = time.perf_counter() - began
        assert connection.exec_driver_sql("SELECT COUNT(*) FROM dbo.bench").scalar() == job.rows
        connection.exec_driver_sql("DROP TABLE dbo.bench")
        connection.commit()
    return seconds


def _create(job: Job) -> str:
    from refdata.warehouse.tsql import ddl

    name = TableName("dbo", "bench")
    return f"DROP TABLE IF EXISTS {qualified(name)}; {ddl.create_table(name, job.targets)}"


CONTENDERS: dict[str, tuple[Callable[[Job], float], bool]] = {
    # its name: (how it runs, whether it gets all rows)
    "bulk": (refdata("mssql", "bulk"), True),
    "bulk, ready Arrow table": (refdata("mssql", "bulk", ready=True), True),
    "insert (pymssql)": (refdata("mssql", "insert"), True),
    "insert (pyodbc)": (refdata("odbc", "insert"), True),
    "pandas.to_sql, fast_executemany": (pandas, False),
    "stock MsSqlHook.insert_rows": (stock, False),
}


def prepare(csv: Path, rows: int, *, floats: bool = False) -> Job:
    """Detects and scans the file."""
    found = detect(csv)
    scanned = scan(csv, found, naming.column_names(found.header))
    plan = alignment.align(TableName("ref", "bench"), None, scanned.columns)
    assert column_list(tuple(column.name for column in plan.read))
    read = tuple(replace(one, type=FLOAT) if floats and one.type.kind is TypeKind.DECIMAL else one for one in plan.read)
    return Job(csv, found, read, rows)


def measure(name: str, job: Job) -> dict[str, Any]:
    """Seconds and peak MB of a contender in a fresh process."""
    with tempfile.TemporaryDirectory(dir=job.csv.parent) as home:
        (Path(home) / "job").write_bytes(pickle.dumps(job))
        environment = {**os.environ, "AIRFLOW_HOME": home, "PYTHONPATH": f"{PROJECT / 'plugins'}:{PROJECT}"}
        command = [sys.executable, "-m", "benchmarks.load_mssql", "--contender", name, str(Path(home) / "job")]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, cwd=PROJECT, check=False)
    lines = [line for line in done.stdout.decode().splitlines() if line.startswith('{"seconds"')]
    figures = dict(json.loads(lines[-1])) if lines else {"seconds": None, "peak_mb": 0.0}
    return {**figures, "load": os.getloadavg()[0]}


def contend(name: str, path: Path) -> None:
    job: Job = pickle.loads(path.read_bytes())
    seconds = CONTENDERS[name][0](job)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_mb": peak}))


def compare(rows: int, slow_rows: int, folder: Path, *, floats: bool) -> None:
    """One table with all contenders."""
    csv = folder / "bench.csv"
    rows = generate(csv, rows=rows)
    slow_rows = min(slow_rows, rows)
    table = Table("Contender", "Rows", "Seconds", "Rows/s", "Times stock", "Peak MB", "Load average")
    found = {}
    for name, (_, whole) in CONTENDERS.items():
        taken = rows if whole else slow_rows
        found[name] = (taken, measure(name, prepare(csv, taken, floats=floats)))
        print(name, found[name], flush=True)
    base_rows, base = found["stock MsSqlHook.insert_rows"]
    for name, (taken, figures) in found.items():
        if figures["seconds"] is None:
            table.add_row(name, f"{taken:,}", "failed", "", "", "", "")
            continue
        rate = taken / figures["seconds"]
        ratio = f"{rate * base['seconds'] / base_rows:.1f}" if base["seconds"] else ""
        measured = (f"{figures['seconds']:.1f}", f"{rate:,.0f}", ratio, f"{figures['peak_mb']:.0f}")
        table.add_row(name, f"{taken:,}", *measured, f"{figures['load']:.1f}")
    Console(width=110).print(table)


def cross(folder: Path, repeats: int = 3) -> None:
    """Seconds of bulk copy and insert by rows, the best of some tries, on connections that are open already."""
    csv = folder / "bench.csv"
    generate(csv, rows=50_000)
    table = Table("Rows", "Cells", "Bulk s", "Insert s")
    refdata("mssql", "insert")(prepare(csv, 10))
    for rows in (10, 100, 300, 1000, 2000, 3000, 5000, 10_000, 20_000, 50_000):
        job = prepare(csv, rows)
        bulk, insert = (min(refdata("mssql", method)(job) for _ in range(repeats)) for method in ("bulk", "insert"))
        table.add_row(f"{rows:,}", f"{rows * len(job.columns):,}", f"{bulk:.2f}", f"{insert:.2f}")
    Console(width=110).print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--slow-rows", type=int, default=50_000)
    parser.add_argument("--floats", action="store_true")
    parser.add_argument("--crossover", action="store_true")
    parser.add_argument("--contender", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contender:
        contend(options.contender[0], Path(options.contender[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        if options.crossover:
            cross(Path(folder))
            return
        compare(options.rows, options.slow_rows, Path(folder), floats=options.floats)


if __name__ == "__main__":
    main()
