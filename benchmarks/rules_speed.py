"""What rules cost: loading one CSV file into SQLite without a contract and with ten rules, in one run.

usage: python -m benchmarks.rules_speed [--rows 1000000] [--rounds 2]

The rules: a primary key, a foreign key, a required value, a pattern, an enum, a minimum, two maxima and two lengths.
Both loads run in fresh processes and folders, alternating; the least of each counts. CPU seconds are those of the
process with its threads, and say more than seconds on a busy machine.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.load_sqlite import PROJECT, connect, generate
from rich.console import Console
from rich.table import Table

TABLE = "bench"
FOLDER = "none_reference_data_table/fullload"
CONTRACT = """\
name: bench
schema:
  primaryKey: [id]
  foreignKeys: [{fields: country, reference: {resource: countries, fields: code}}]
  fields:
    - {name: id, type: integer}
    - {name: name, type: string, constraints: {required: true, minLength: 1, maxLength: 40}}
    - {name: amount, type: integer, constraints: {minimum: 0, maximum: 1000000}}
    - {name: price, type: number, constraints: {maximum: 1000}}
    - {name: code, type: string, constraints: {pattern: "[0-9]{5}"}}
    - {name: country, type: string, constraints: {enum: [DE, AT, CH]}}
"""
PARENT = "code,name\nDE,Germany\nAT,Austria\nCH,Switzerland\n"


def load(csv: Path, home: Path, *, rules: bool) -> None:
    """Loads the parent table, then the file; prints the figures of the latter for the calling process."""
    deps = connect(home)
    from refdata.ingest.process import process

    (home / "dropoff" / "reference_data_table/fullload/countries.csv").write_text(PARENT)
    process(deps, deps.dropoff.find("reference_data_table/fullload/countries.csv"), "parent")
    if rules:
        contracts = Path(deps.settings.contracts_folder)
        contracts.mkdir(exist_ok=True)
        (contracts / f"{TABLE}.yaml").write_text(CONTRACT)
    shutil.copy(csv, home / "dropoff" / FOLDER / f"{TABLE}.csv")
    began, used = time.perf_counter(), time.process_time()
    row = process(deps, deps.dropoff.find(f"{FOLDER}/{TABLE}.csv"), "benchmark")
    print(
        json.dumps({"seconds": time.perf_counter() - began, "cpu": time.process_time() - used, "rows": row.rows_loaded})
    )


def measure(csv: Path, *, rules: bool) -> dict[str, float]:
    """Seconds, CPU seconds and rows of one load in a process of its own."""
    with tempfile.TemporaryDirectory(dir=csv.parent) as home:
        environment = {**os.environ, "AIRFLOW_HOME": home, "PYTHONPATH": f"{PROJECT / 'plugins'}:{PROJECT}"}
        command = [
            sys.executable,
            "-m",
            "benchmarks.rules_speed",
            "--load",
            str(csv),
            home,
            "rules" if rules else "none",
        ]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, cwd=PROJECT)
    figures: dict[str, float] = json.loads([line for line in done.stdout.decode().splitlines() if line[:1] == "{"][-1])
    return figures


def compare(rows: int, rounds: int, folder: Path) -> None:
    """One table of both loads, and the ratio."""
    csv = folder / f"{TABLE}.csv"
    rows = generate(csv, rows=rows)
    names = {False: "without rules", True: "with ten rules"}
    found: dict[bool, list[dict[str, float]]] = {False: [], True: []}
    for number in range(rounds):
        for rules in found:
            print(f"Round {number + 1} of {rounds}: {names[rules]} ...", file=sys.stderr)
            found[rules].append(measure(csv, rules=rules))
    best = {rules: {key: min(one[key] for one in runs) for key in runs[0]} for rules, runs in found.items()}
    table = Table("Load", "Rows", "Seconds", "CPU seconds", title=f"{rows:,} rows, 13 columns, into SQLite")
    for rules, one in best.items():
        table.add_row(names[rules], f"{one['rows']:,.0f}", f"{one['seconds']:.2f}", f"{one['cpu']:.2f}")
    Console(width=100).print(table)
    ratios = {key: best[True][key] / best[False][key] for key in ("seconds", "cpu")}
    print(f"With rules to without: {ratios['seconds']:.2f} in seconds, {ratios['cpu']:.2f} in CPU seconds")


def main() -> None:
    """Runs the comparison, or one load for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--load", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.load:
        csv, home, rules = options.load
        load(Path(csv), Path(home), rules=rules == "rules")
        return
    with tempfile.TemporaryDirectory() as folder:
        compare(options.rows, options.rounds, Path(folder))


if __name__ == "__main__":
    main()
