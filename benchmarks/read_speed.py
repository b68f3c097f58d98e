"""Speed and memory of reading one CSV file, ours beside four other readers, each in a process of its own.

    python benchmarks/read_speed.py --megabytes 200

The yardstick is pyarrow.csv, streaming, every column as text: it finds no types and stops at the first ragged
row. The last column of the table is each reader's speed beside it. Times include each library's import.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.mixed_csv import HEADER, write_mixed_csv

YARDSTICK = "pyarrow.csv text"


def our_scan(path: Path) -> int:
    from refdata.core.filemodel import Format
    from refdata.csvformat.scan import scan

    return scan(path, Format("utf-8", ",", '"', "", True, HEADER), HEADER).rows


def our_read_text(path: Path) -> int:
    from refdata.core.filemodel import ReadColumn
    from refdata.core.sqltypes import text

    return _our_rows(path, [ReadColumn(index, name, text(50)) for index, name in enumerate(HEADER)])


def our_read_typed(path: Path) -> int:
    from refdata.core.filemodel import ReadColumn
    from refdata.core.sqltypes import BIT, DATE, DATETIME2, INT, decimal, text

    types = {"id": INT, "elevation_ft": INT, "opened": DATE, "updated_at": DATETIME2, "active": BIT}
    types |= {"latitude_deg": decimal(8, 6), "longitude_deg": decimal(9, 6), "amount": decimal(7, 2)}
    return _our_rows(path, [ReadColumn(index, name, types.get(name, text(50))) for index, name in enumerate(HEADER)])


def _our_rows(path: Path, columns: list) -> int:  # type: ignore[type-arg]
    from refdata.core.filemodel import Format
    from refdata.csvformat.reader import read_rows

    fmt = Format("utf-8", ",", '"', "", True, HEADER)
    return sum(batch.num_rows for batch in read_rows(path, fmt, columns=columns, on_reject=print))


def pyarrow_text(path: Path) -> int:
    import pyarrow as pa
    import pyarrow.csv

    convert = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(HEADER, pa.string()), strings_can_be_null=False)
    read = pyarrow.csv.ReadOptions(block_size=4 << 20)
    parse = pyarrow.csv.ParseOptions(newlines_in_values=True)
    with pyarrow.csv.open_csv(path, read_options=read, convert_options=convert, parse_options=parse) as batches:
        return sum(batch.num_rows for batch in batches)


def pyarrow_guessed(path: Path) -> int:
    import pyarrow.csv

    with pyarrow.csv.open_csv(path, read_options=pyarrow.csv.ReadOptions(block_size=4 << 20)) as batches:
        return sum(batch.num_rows for batch in batches)


def csv_module(path: Path) -> int:
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


def pandas_chunks(path: Path) -> int:
    import pandas as pd

    return sum(len(chunk) for chunk in pd.read_csv(path, chunksize=50_000, keep_default_na=False))


def duckdb_text(path: Path) -> int:
    return _duckdb(path, "all_varchar = true")


def duckdb_guessed(path: Path) -> int:
    return _duckdb(path, "sample_size = -1")


def _duckdb(path: Path, option: str) -> int:
    import duckdb

    with duckdb.connect() as connection:
        found = connection.sql(f"FROM read_csv('{path}', header = true, {option})")
        return sum(batch.num_rows for batch in found.to_arrow_reader(65_536))


READERS: dict[str, Callable[[Path], int]] = {
    YARDSTICK: pyarrow_text,
    "refdata scan": our_scan,
    "refdata read_rows text": our_read_text,
    "refdata read_rows typed": our_read_typed,
    "pyarrow.csv types by first block": pyarrow_guessed,
    "csv.reader": csv_module,
    "pandas.read_csv chunks": pandas_chunks,
    "DuckDB text": duckdb_text,
    "DuckDB types by full sample": duckdb_guessed,
}


def peak_mib() -> float:
    """Highest resident memory of this process so far."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


@dataclass(frozen=True, order=True)
class Run:
    """One reading: wall seconds, CPU seconds of all threads, rows, and the peak in MiB."""

    seconds: float
    cpu: float
    rows: int
    memory: float


def run_one(name: str, path: Path) -> None:
    """Read the file once and print a ``Run``."""
    start = time.perf_counter()
    rows = READERS[name](path)
    print(time.perf_counter() - start, time.process_time(), rows, peak_mib())


def measure(name: str, path: Path) -> Run:
    """One run in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.read_speed", "--only", name, "--file", str(path)]
    seconds, cpu, rows, memory = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return Run(float(seconds), float(cpu), int(rows), float(memory))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--file", type=Path)
    parser.add_argument("--only", choices=READERS)
    options = parser.parse_args()
    if options.only:
        run_one(options.only, options.file)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = options.file or write_mixed_csv(Path(folder) / "mixed.csv", options.megabytes)
        report(path, options.rounds)


def report(path: Path, rounds: int) -> None:
    size = path.stat().st_size / 1e6
    runs: dict[str, list[Run]] = {name: [] for name in READERS}
    for _ in range(rounds):
        for name in READERS:
            runs[name].append(measure(name, path))
    best = {name: min(found) for name, found in runs.items()}
    base = best[YARDSTICK].seconds
    print(f"{size:.0f} MB, best of {rounds}, rounds in turn\n")
    print(f"| {'reader':33} | MB/s | rows/s | CPU s | peak MiB | beside {YARDSTICK} |")
    print(f"| {'-' * 33} | ---: | ---: | ---: | ---: | ---: |")
    for name, run in best.items():
        speed = f"{size / run.seconds:.0f} | {run.rows / run.seconds:,.0f} | {min(one.cpu for one in runs[name]):.2f}"
        print(f"| {name:33} | {speed} | {run.memory:.0f} | {base / run.seconds:.0%} |")


if __name__ == "__main__":
    main()
