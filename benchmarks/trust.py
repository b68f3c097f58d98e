"""Runs everything that shows that nothing is lost, doubled, mixed or leaked, at full size, and what each came to.

usage: python -m benchmarks.trust [--only NAME ...] [--minutes 60]

Where REFDATA_TEST_MSSQL_URI names a server, the parts with an engine run on it too. All of it takes some hours on two
cores; the soak wants the machine for itself. ``./scripts/test`` runs the same at a size that fits. Exit code 1 when a
part fails.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table
from tests.integration.places import BUCKETS


@dataclass(frozen=True, slots=True)
class Part:
    """A command: ``arguments`` of Python, and what is set for it."""

    name: str
    shows: str
    arguments: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)


def parts(minutes: float, server: bool) -> Iterator[Part]:
    """All parts, in the order in which they run; those on a server only where there is one."""
    changed = ("-m", "pytest", "-q", "tests/integration/ingest/test_changed_files.py")
    engines = ("sqlite", "mssql") if server else ("sqlite",)
    for engine in engines:
        on = ("--engine", engine)
        yield Part(f"kill {engine}", "a kill at every change", ("-m", "benchmarks.kill_points", *on))
        yield Part(f"crowd {engine}", "order, two deployments", ("-m", "benchmarks.crowd", *on))
    yield Part("changed", "files that change under our feet", changed, {"REFDATA_TEST_FULL": "1"})
    yield from (part for source in BUCKETS for part in _of_source(source))
    yield Part("hostile", "files made to exhaust their reader", ("-m", "benchmarks.hostile"))
    yield Part("airflow", "Airflow's processes die", ("-m", "benchmarks.airflow_kills", "--files", "50"))
    if shutil.which("redis-server"):
        yield Part("celery", "five hosts die or are cut off", ("-m", "benchmarks.celery_hosts"))
    yield Part("soak", "steady drops", ("-m", "benchmarks.soak", "--minutes", f"{minutes:g}"))


def _of_source(source: str) -> Iterator[Part]:
    """What every place other than a folder must stand too."""
    kills = ("-m", "benchmarks.kill_points", "--source", source, "--store")
    changed = ("-m", "pytest", "-q", "tests/integration/ingest/test_changed_objects.py")
    chosen = {"REFDATA_TEST_FULL": "1", "REFDATA_TEST_SOURCE": source}
    yield Part(f"kill {source}", "a kill before and after every change of the store", kills)
    yield Part(f"changed {source}", "objects that change under our feet", changed, chosen)


def main() -> int:
    """Runs what the arguments ask for."""
    server = "REFDATA_TEST_MSSQL_URI" in os.environ
    names = [part.name for part in parts(0, server)]
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", nargs="+", choices=names, default=names)
    options.add_argument("--minutes", type=float, default=60, help="of the soak")
    chosen = options.parse_args()
    console, failed = Console(), False
    grid = Table("Part", "Shows", "Minutes", "Result")
    for part in parts(chosen.minutes, server):
        if part.name not in chosen.only:
            continue
        console.rule(f"{part.name}: {part.shows}")
        began = time.monotonic()
        done = subprocess.run([sys.executable, *part.arguments], env={**os.environ, **part.environment}, check=False)
        failed = failed or done.returncode != 0
        minutes = f"{(time.monotonic() - began) / 60:.1f}"
        grid.add_row(part.name, part.shows, minutes, "as it must" if done.returncode == 0 else "failed")
    console.print(grid)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
