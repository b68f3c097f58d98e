"""Loading one CSV file into SQLite: refdata beside pandas.to_sql and sqlite-utils insert, in one run.

usage: python -m benchmarks.load_sqlite [--rows 1000000] [--memory [MB ...]]

refdata's figure is a whole load: detection, full scan, staging, publishing, ledger, archive. Each contender
runs in a process of its own; peak memory is that process's. --memory loads files of these sizes (100 MB and 1 GB) with
refdata alone and prints the ratio of the last one's peak to that of the first. Needs sqlite-utils
(pip install sqlite-utils).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from refdata.ingest.context import Deps

PROJECT = Path(__file__).resolve().parent.parent
NAMES = "id,name,amount,price,active,day,note,code,empty,ratio,moment,country,filler"


def generate(path: Path, *, rows: int = 0, size: int = 0) -> int:
    """Writes 13 mixed columns until ``rows`` rows or ``size`` bytes are there; the number of rows."""
    rng = random.Random(1)
    written = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(NAMES + "\n")
        while written < rows or (size and file.tell() < size):
            file.write("".join(_line(rng, number) for number in range(written, written + 1000)))
            written += 1000
    return written


def _line(rng: random.Random, number: int) -> str:
    note = '"some, text"' if number % 10 == 0 else "some text"
    return (
        f"{number},name {number % 1000},{rng.randrange(10**6)},{rng.random() * 1000:.2f},"
        f"{'true' if number % 2 else 'false'},2024-01-{number % 28 + 1:02d},{note},{number % 99999:05d},,"
        f"{rng.random():.9f},2024-01-01 10:00:{number % 60:02d},DE,{'x' * 20}\n"
    )


def connect(home: Path, server: dict[str, Any] | None = None) -> Deps:
    """What loads need, with its folders below ``home``: in a new embedded warehouse, or by an Airflow connection."""
    (home / "warehouse").mkdir(parents=True)
    embedded = {"conn_type": "sqlite", "host": str(home / "warehouse" / "refdata.db")}
    os.environ["AIRFLOW_CONN_REFDATA_DEFAULT"] = json.dumps(server or embedded)
    os.environ["AIRFLOW__REFDATA__DROPOFF_ROOT"] = str(home / "dropoff")
    from refdata import wiring
    from refdata.dropoff import ensure_tree

    ensure_tree(home / "dropoff")
    return wiring.connect()


def load_refdata(csv: Path, home: Path) -> tuple[int, float]:
    """A whole load into the embedded engine."""
    return load_whole(csv, home, connect(home))


def load_whole(csv: Path, home: Path, deps: Deps) -> tuple[int, float]:
    """A whole load through the use cases; the rows loaded, and the seconds it took without imports."""
    from refdata.plugin.preload import import_ahead

    import_ahead()  # as Airflow's scheduler does for its tasks; pandas is imported before its own time, too
    from refdata.ingest.align import align_table
    from refdata.ingest.archive import move_to_processed
    from refdata.ingest.detect import detect_format
    from refdata.ingest.load import load_rows

    path = "none_reference_data_table/fullload/bench.csv"
    shutil.copy(csv, home / "dropoff" / path)
    began = time.perf_counter()
    file = deps.dropoff.find(path)
    detection = detect_format(deps, file, "benchmark")
    align_table(deps, file, detection)
    loaded = load_rows(deps, file, detection)
    move_to_processed(deps, file)
    return loaded.rows, time.perf_counter() - began


def load_pandas(csv: Path, home: Path) -> tuple[int, float]:
    """pandas.read_csv in chunks and to_sql, as its documentation shows."""
    import sqlite3

    import pandas as pd

    began = time.perf_counter()
    rows = 0
    with sqlite3.connect(home / "pandas.db") as connection:
        for chunk in pd.read_csv(csv, chunksize=100_000):
            chunk.to_sql("bench", connection, if_exists="append", index=False)
            rows += len(chunk)
    return rows, time.perf_counter() - began


def load_sqlite_utils(csv: Path, home: Path) -> tuple[int, float]:
    """``sqlite-utils insert --csv``, which detects types by itself."""
    database = home / "utils.db"
    began = time.perf_counter()
    command = [sys.executable, "-m", "sqlite_utils", "insert", str(database), "bench", str(csv), "--csv"]
    subprocess.run([*command, "--silent"], check=True)
    seconds = time.perf_counter() - began
    import sqlite3

    with sqlite3.connect(database) as connection:
        return int(connection.execute("SELECT COUNT(*) FROM bench").fetchone()[0]), seconds


CONTENDERS: dict[str, Callable[[Path, Path], tuple[int, float]]] = {
    "refdata": load_refdata,
    "pandas": load_pandas,
    "sqlite-utils": load_sqlite_utils,
}


def report(seconds: float) -> None:
    """Prints seconds and peak memory in MB for the parent process, children included."""
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps({"seconds": seconds, "peak_mb": peak / 1024}))


def measure(name: str, csv: Path) -> tuple[float, float]:
    """Seconds and peak MB of one contender in a fresh process and folder."""
    with tempfile.TemporaryDirectory(dir=csv.parent) as home:
        environment = {**os.environ, "AIRFLOW_HOME": home, "PYTHONPATH": f"{PROJECT / 'plugins'}:{PROJECT}"}
        command = [sys.executable, "-m", "benchmarks.load_sqlite", "--contender", name, str(csv), home]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, cwd=PROJECT)
    figures = json.loads([line for line in done.stdout.decode().splitlines() if line.startswith("{")][-1])
    return float(figures["seconds"]), float(figures["peak_mb"])


def compare(rows: int, folder: Path) -> None:
    """One table with all contenders on one file."""
    csv = folder / "bench.csv"
    rows = generate(csv, rows=rows)
    table = Table("Contender", "Seconds", "Rows/s", "Peak MB", "refdata is faster by")
    found = {name: measure(name, csv) for name in CONTENDERS}
    for name, (seconds, peak) in found.items():
        ratio = seconds / found["refdata"][0]
        table.add_row(name, f"{seconds:.2f}", f"{rows / seconds:,.0f}", f"{peak:.0f}", f"{ratio:.1f}x")
    table.title = f"{rows:,} rows, 13 columns, {csv.stat().st_size / 1e6:.0f} MB, into SQLite"
    Console(width=100).print(table)


def memory(folder: Path, sizes: list[int]) -> None:
    """Peak memory of loads of files of some sizes, in MB."""
    peaks = []
    table = Table("File", "Rows", "Seconds", "Peak MB", title="Memory of a whole load into SQLite")
    for size in sizes:
        csv = folder / f"{size}.csv"
        rows = generate(csv, size=size * 1_000_000)
        seconds, peak = measure("refdata", csv)
        csv.unlink()
        peaks.append(peak)
        table.add_row(f"{size:,} MB", f"{rows:,}", f"{seconds:.1f}", f"{peak:.0f}")
    Console(width=100).print(table)
    print(f"Peak of {sizes[-1]:,} MB to peak of {sizes[0]:,} MB: {peaks[-1] / peaks[0]:.3f}")


def main() -> None:
    """Runs the comparison, the memory figures, or one contender."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--memory", type=int, nargs="*", metavar="MB")
    parser.add_argument("--contender", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contender:
        name, csv, home = options.contender
        report(CONTENDERS[name](Path(csv), Path(home))[1])
        return
    with tempfile.TemporaryDirectory() as folder:
        if options.memory is not None:
            memory(Path(folder), options.memory or [100, 1000])
        else:
            compare(options.rows, Path(folder))


if __name__ == "__main__":
    main()
