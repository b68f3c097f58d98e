"""One way to load a CSV file into SQLite or a T-SQL server, measured in its own process by ``benchmarks.published``.

usage: python benchmarks/contenders.py sqlite|server NAME FILE.csv FOLDER

Only the standard library is imported before a contender runs: each has a Python with its own packages. The server is
that of ``REFDATA_TEST_MSSQL_URI``. A contender returns when its imports were done; a program of its own returns None.
"""

from __future__ import annotations

import csv
import json
import os
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

CHUNK = 100_000
ODBC_DRIVER = "ODBC Driver 18 for SQL Server"
URI = os.environ.get("REFDATA_TEST_MSSQL_URI", "")
TABLE = f"bench_{os.getpid()}"
"""On the server, where tables of earlier runs may be left."""
Contender = Callable[[Path, Path], float | None]


def load_pandas(file: Path, home: Path) -> float:
    """pandas.read_csv in chunks and to_sql, as its documentation shows."""
    pandas: Any = import_module("pandas")
    ready = time.perf_counter()
    with sqlite3.connect(home / "bench.db") as connection:
        for chunk in pandas.read_csv(file, chunksize=CHUNK):
            chunk.to_sql("bench", connection, if_exists="append", index=False)
    return ready


def load_sqlite_utils(file: Path, home: Path) -> None:
    """``sqlite-utils insert --csv``, which detects types by itself."""
    run("-m", "sqlite_utils", "insert", str(home / "bench.db"), "bench", str(file), "--csv", "--silent")


def load_dlt(file: Path, home: Path) -> float:
    """A dlt pipeline to its SQLAlchemy destination, fed with chunks of pandas."""
    return pipe(file, home, f"sqlite:///{home / 'bench.db'}", "main", "bench")


def pipe(file: Path, home: Path, address: str, schema: str, table: str) -> float:
    """A dlt pipeline to a database by its SQLAlchemy address."""
    dlt: Any = import_module("dlt")
    pandas: Any = import_module("pandas")
    ready = time.perf_counter()
    destination = dlt.destinations.sqlalchemy(address)
    pipeline = dlt.pipeline("bench", destination=destination, dataset_name=schema, pipelines_dir=str(home / "dlt"))
    pipeline.run(pandas.read_csv(file, chunksize=CHUNK), table_name=table)
    return ready


def load_ingestr(file: Path, home: Path) -> None:
    """``ingestr ingest`` from the file to the database."""
    ingest(file, f"sqlite:///{home / 'bench.db'}", "main.bench")


def ingest(file: Path, address: str, table: str) -> None:
    """``ingestr ingest`` to a database by its address; it says nothing to its makers, whom it cannot reach here."""
    arguments = ["--source-uri", f"csv://{file}", "--source-table", "bench", "--yes"]
    command = [str(Path(sys.executable).with_name("ingestr")), "ingest", *arguments]
    quiet = {**os.environ, "INGESTR_DISABLE_TELEMETRY": "true", "RUNTIME__DLTHUB_TELEMETRY": "false"}
    target = ["--dest-uri", address, "--dest-table", table]
    done = subprocess.run([*command, *target], capture_output=True, text=True, check=False, env=quiet)
    if done.returncode:
        sys.exit(done.stderr + done.stdout)


def load_hook(file: Path, home: Path) -> float:
    """Airflow's own hook: a table of text columns made by hand, then insert_rows with executemany."""
    database = home / "bench.db"
    os.environ["AIRFLOW_CONN_BENCH"] = json.dumps({"conn_type": "sqlite", "host": str(database)})
    hooks: Any = import_module("airflow.providers.sqlite.hooks.sqlite")
    ready = time.perf_counter()
    with sqlite3.connect(database) as connection:
        connection.execute(f"CREATE TABLE bench ({', '.join(names_of(file))})")
    insert(hooks.SqliteHook(sqlite_conn_id="bench"), file, "bench")
    return ready


def insert(hook: Any, file: Path, table: str) -> None:
    """All rows through a hook's ``insert_rows``."""
    with file.open(newline="", encoding="utf-8") as text:
        rows = csv.reader(text)
        hook.insert_rows(table, _all(rows), target_fields=next(rows), commit_every=CHUNK, executemany=True)


def names_of(file: Path) -> list[str]:
    """The names in the file's first line."""
    with file.open(newline="", encoding="utf-8") as text:
        return next(csv.reader(text))


def _all(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    while part := list(islice(rows, CHUNK)):
        yield from part


def load_refdata(file: Path, home: Path) -> float:
    """A whole load: detection, full scan, staging, publishing with a version, ledger, archive."""
    loads: Any = import_module("benchmarks.load_sqlite")
    _, seconds = loads.load_refdata(file, home)
    return time.perf_counter() - float(seconds)


def load_refdata_on_server(file: Path, home: Path) -> float:
    """The same with the tables on the server, in schemas of their own, which are emptied afterwards."""
    engines: Any = import_module("tests.integration.engines")
    loads: Any = import_module("benchmarks.load_sqlite")
    for name, schema in engines.SCHEMAS.items():
        os.environ[f"AIRFLOW__REFDATA__{name.upper()}"] = schema
    deps = loads.connect(home, engines.Server.named().connection("mssql"))
    _afterwards.append(engines.Database("mssql", deps.settings, deps.warehouse).clear)
    deps.warehouse.initialise()
    rows, seconds = loads.load_whole(file, home, deps)
    _counts.append(lambda: rows)
    return time.perf_counter() - float(seconds)


def load_hook_on_server(file: Path, home: Path) -> float:  # noqa: ARG001
    """``MsSqlHook.insert_rows`` as it comes with Airflow, into text columns."""
    engines: Any = import_module("tests.integration.engines")
    hooks: Any = import_module("airflow.providers.microsoft.mssql.hooks.mssql")
    os.environ["AIRFLOW_CONN_BENCH"] = json.dumps(engines.Server.named().connection("mssql", extra={}))
    hook = hooks.MsSqlHook("bench")
    ready = time.perf_counter()
    columns = ", ".join(f"[{name}] NVARCHAR(50)" for name in names_of(file))
    hook.run(f"CREATE TABLE dbo.{TABLE} ({columns})", autocommit=True)
    _afterwards.append(lambda: hook.run(f"DROP TABLE dbo.{TABLE}", autocommit=True))
    insert(hook, file, f"dbo.{TABLE}")
    _counts.append(lambda: hook.get_first(f"SELECT COUNT(*) FROM dbo.{TABLE}")[0])
    return ready


def load_pandas_on_server(file: Path, home: Path) -> float:  # noqa: ARG001
    """``to_sql`` over ODBC with fast_executemany, without its look for the table, which fails on Babelfish."""
    pandas_sql: Any = import_module("pandas.io.sql")
    pandas: Any = import_module("pandas")
    sqlalchemy: Any = import_module("sqlalchemy")
    ready = time.perf_counter()
    engine = sqlalchemy.create_engine(server_address("mssql+pyodbc"), fast_executemany=True)
    with engine.begin() as connection:
        database = pandas_sql.pandasSQL_builder(connection)
        for number, chunk in enumerate(pandas.read_csv(file, chunksize=CHUNK)):
            if not number:
                connection.exec_driver_sql(pandas_sql.get_schema(chunk, TABLE, con=connection, schema="dbo"))
            pandas_sql.SQLTable(TABLE, database, frame=chunk, index=False, schema="dbo").insert()
    count_with_sqlalchemy()
    return ready


def count_with_sqlalchemy() -> None:
    """Lets the server's table be counted and dropped afterwards."""
    connection = import_module("sqlalchemy").create_engine(server_address("mssql+pyodbc")).connect()
    _counts.append(lambda: connection.exec_driver_sql(f"SELECT COUNT(*) FROM dbo.{TABLE}").scalar())
    _afterwards.append(lambda: (connection.exec_driver_sql(f"DROP TABLE dbo.{TABLE}"), connection.commit()))


def load_dlt_on_server(file: Path, home: Path) -> float:
    """A dlt pipeline to its SQLAlchemy destination over ODBC."""
    ready = pipe(file, home, server_address("mssql+pyodbc"), "dbo", TABLE)
    count_with_sqlalchemy()
    return ready


def load_ingestr_on_server(file: Path, home: Path) -> None:  # noqa: ARG001
    """``ingestr ingest`` to the server."""
    ingest(file, server_address("mssql"), f"dbo.{TABLE}")
    count_with_sqlalchemy()


def server_address(scheme: str) -> str:
    """The server's address as SQLAlchemy and ingestr have it, through Microsoft's ODBC driver."""
    place = f"{urlsplit(URI).netloc}{urlsplit(URI).path}"
    encrypt = parse_qs(urlsplit(URI).query).get("encrypt", ["yes"])[0]
    words = {"driver": ODBC_DRIVER, "Encrypt": encrypt, "TrustServerCertificate": "yes"}
    return f"{scheme}://{place}?{urlencode(words)}"


CONTENDERS: dict[str, dict[str, Contender]] = {
    "sqlite": {
        "refdata": load_refdata,
        "Airflow's insert_rows": load_hook,
        "pandas to_sql": load_pandas,
        "sqlite-utils": load_sqlite_utils,
        "dlt": load_dlt,
        "ingestr": load_ingestr,
    },
    "server": {
        "refdata": load_refdata_on_server,
        "Airflow's insert_rows": load_hook_on_server,
        "pandas to_sql": load_pandas_on_server,
        "dlt": load_dlt_on_server,
        "ingestr": load_ingestr_on_server,
    },
}
_counts: list[Callable[[], int]] = []
"""What counts the rows on the server."""
_afterwards: list[Callable[[], object]] = []
"""What leaves the server as it was."""


def run(*arguments: str) -> None:
    """This Python with arguments."""
    subprocess.run([sys.executable, *arguments], check=True)


def rows_in(folder: Path) -> int:
    """Rows of the contender's table, on the server or in whichever file of the folder has it."""
    if _counts:
        return int(_counts[0]())
    for path in folder.rglob("*.db"):
        with sqlite3.connect(path) as database:
            named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('bench', 'main_bench')"
            if found := database.execute(named).fetchone():
                return int(database.execute(f"SELECT COUNT(*) FROM {found[0]}").fetchone()[0])
    return 0


def spent() -> float:
    """CPU seconds of this process and its ended children."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def main() -> None:
    """Runs one contender and prints its figures: of the whole process, and the seconds after its imports."""
    target, name, file, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4])
    began = time.perf_counter()
    try:
        ready = CONTENDERS[target][name](file, folder)
        ended = time.perf_counter()
        figures = {"seconds": ended - began, "loading": None if ready is None else ended - ready, "cpu": spent()}
        peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
        print(json.dumps({**figures, "peak": peak, "rows": rows_in(folder)}))
    finally:
        for clean in _afterwards:
            clean()


if __name__ == "__main__":
    main()
