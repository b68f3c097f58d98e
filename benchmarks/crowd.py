"""Loads many files by several workers at a time, and compares with the same files loaded one by one.

usage: python -m benchmarks.crowd [--engine sqlite|mssql] [--files 200] [--tables 20] [--workers 8]
    [--deployments 1 2] [--seeds 1 2 3]

The files have dates in their names, appear in random order, are written by four processes, and are taken by the
workers in random order, as runs of Airflow would be. Some hold what was loaded before, some are damaged. Two
deployments: each file has two runs at a time. Compared are tables, versions, ledger, configuration and folders,
with those of loads one after the other by mtime, then name. The engine mssql needs REFDATA_TEST_MSSQL_URI. Exit code
1 when anything differs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table
from tests.integration.trust.crowd import Crowd, drops
from tests.integration.trust.site import Site, opened
from tests.integration.trust.state import State, differences

MEMORY = Path("/dev/shm")


def crowd(site: Site, options: argparse.Namespace, seed: int, *, workers: int, deployments: int = 1) -> Crowd:
    """A fresh site with all files dropped."""
    made = Crowd(site, workers, deployments, seed)
    made.site.make()
    made.drop(drops(options.files, options.tables, seed))
    return made


def statuses(state: State) -> str:
    """How many files came to which end."""
    found = [row["status"] for name, row in state.items() if name.startswith("ledger ")]
    return ", ".join(f"{found.count(status)} {status}" for status in sorted(set(found)))


def main() -> int:
    """Runs what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=("sqlite", "mssql"), default="sqlite")
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--tables", type=int, default=20)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--deployments", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    options = parser.parse_args()
    grid = Table("Seed", "Deployments", "Files", "Tables", "Workers", "Seconds", "Ends", "Differs")
    console, wrong = Console(), 0
    memory = tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
    with memory as folder, opened(options.engine, Path(folder)) as site:
        for seed in options.seeds:
            alone = crowd(site, options, seed, workers=1)
            alone.load_one_by_one()
            expected = alone.end()
            for deployments in options.deployments:
                many = crowd(site, options, seed, workers=options.workers, deployments=deployments)
                many.load()
                found = many.end()
                differs = differences(found, expected)
                wrong += len(differs)
                console.print(*differs, sep="\n", markup=False)
                cells = (seed, deployments, options.files, options.tables, options.workers, round(many.seconds, 1))
                grid.add_row(*map(str, cells), statuses(found), str(len(differs)))
    console.print(grid)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
