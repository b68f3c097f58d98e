"""One way to load a CSV file into SQLite, measured in its own process; ``benchmarks.published`` runs them.

usage: python benchmarks/contenders.py NAME FILE.csv FOLDER

Only the standard library is imported before a contender runs: each has a Python with its own packages.
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

CHUNK = 100_000


def load_pandas(file: Path, database: Path) -> None:
    """pandas.read_csv in chunks and to_sql, as its documentation shows."""
    pandas: Any = import_module("pandas")
    with sqlite3.connect(database) as connection:
        for chunk in pandas.read_csv(file, chunksize=CHUNK):
            chunk.to_sql("bench", connection, if_exists="append", index=False)


def load_sqlite_utils(file: Path, database: Path) -> None:
    """``sqlite-utils insert --csv``, which detects types by itself."""
    run("-m", "sqlite_utils", "insert", str(database), "bench", str(file), "--csv", "--silent")


def load_dlt(file: Path, database: Path) -> None:
    """A dlt pipeline to its SQLAlchemy destination, fed with chunks of pandas."""
    dlt: Any = import_module("dlt")
    pandas: Any = import_module("pandas")
    home = database.parent
    destination = dlt.destinations.sqlalchemy(f"sqlite:///{database}")
    pipeline = dlt.pipeline("bench", destination=destination, dataset_name="main", pipelines_dir=str(home / "dlt"))
    pipeline.run(pandas.read_csv(file, chunksize=CHUNK), table_name="bench")


def load_ingestr(file: Path, database: Path) -> None:
    """``ingestr ingest`` from the file to the database."""
    arguments = ["--source-uri", f"csv://{file}", "--source-table", "bench", "--yes"]
    command = [str(Path(sys.executable).with_name("ingestr")), "ingest", *arguments]
    target = ["--dest-uri", f"sqlite:///{database}", "--dest-table", "main.bench"]
    done = subprocess.run([*command, *target], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr + done.stdout)


def load_hook(file: Path, database: Path) -> None:
    """Airflow's own hook: a table of text columns made by hand, then insert_rows with executemany."""
    os.environ["AIRFLOW_CONN_BENCH"] = json.dumps({"conn_type": "sqlite", "host": str(database)})
    hooks: Any = import_module("airflow.providers.sqlite.hooks.sqlite")
    hook = hooks.SqliteHook(sqlite_conn_id="bench")
    with file.open(newline="", encoding="utf-8") as text:
        rows = csv.reader(text)
        names = next(rows)
        with sqlite3.connect(database) as connection:
            connection.execute(f"CREATE TABLE bench ({', '.join(names)})")
        hook.insert_rows("bench", _all(rows), target_fields=names, commit_every=CHUNK, executemany=True)


def _all(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    while part := list(islice(rows, CHUNK)):
        yield from part


def load_refdata(file: Path, database: Path) -> None:
    """A whole load: detection, full scan, staging, publishing with a version, ledger, archive."""
    load: Any = import_module("benchmarks.load_sqlite")
    load.load_refdata(file, database.parent)


CONTENDERS: dict[str, Callable[[Path, Path], None]] = {
    "refdata": load_refdata,
    "Airflow's insert_rows": load_hook,
    "pandas to_sql": load_pandas,
    "sqlite-utils": load_sqlite_utils,
    "dlt": load_dlt,
    "ingestr": load_ingestr,
}


def run(*arguments: str) -> None:
    """This Python with arguments."""
    subprocess.run([sys.executable, *arguments], check=True)


def rows_in(folder: Path) -> int:
    """Rows of the table ``bench`` in whichever file of the folder has it."""
    for path in folder.rglob("*.db"):
        with sqlite3.connect(path) as database:
            if database.execute("SELECT 1 FROM sqlite_master WHERE name = 'bench'").fetchone():
                return int(database.execute("SELECT COUNT(*) FROM bench").fetchone()[0])
    return 0


def spent() -> float:
    """CPU seconds of this process and its ended children."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def main() -> None:
    """Runs one contender and prints its figures; the CPU is that of the process with its imports."""
    name, file, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    began = time.perf_counter()
    CONTENDERS[name](file, folder / "bench.db")
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    print(json.dumps({"seconds": time.perf_counter() - began, "cpu": spent(), "peak": peak, "rows": rows_in(folder)}))


if __name__ == "__main__":
    main()
