"""Drops small files into a running Airflow: how many are loaded a minute, how soon, and at what cost in CPU and memory.

usage: python -m benchmarks.throughput [--files 200] [--tables 10] [--every SECONDS] [--one-by-one N]
    [--set AIRFLOW__SECTION__NAME=VALUE] [--folder FOLDER] [--plot FILE.png]

Real Airflow runs on a home of its own with the embedded engine: API server, scheduler with LocalExecutor, DAG
processor, triggerer. All files are dropped at once, or one every ``--every`` seconds; every second table by append.
With ``--one-by-one`` a file is dropped when the one before is archived, for the seconds from stable to completed.
While files are loaded, the page's requests are timed. The CPU is that of Airflow's processes and all that they
started. Exit code 1 when a file was not loaded once and in order.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
from rich.console import Console
from rich.table import Table
from scripts.local_airflow import COMPONENTS, LocalAirflow, free_port

FOLDERS = ("reference_data_table/fullload", "none_reference_data_table/append")
CHECKS, INTERVAL = 6, 1.0
ROWS = 200
SAMPLE_SECONDS = 5.0
PATIENCE = 900.0
"""Seconds without a file that comes to an end, after which Airflow counts as stuck."""
PAGES = {"files": "refdata/api/v1/files?limit=50", "now": "refdata/api/v1/now", "tables": "refdata/api/v1/tables"}
SETTINGS = {"AIRFLOW__REFDATA__STABILITY_INTERVAL": f"{INTERVAL:g}"}
LEDGER = "SELECT file_name, status, table_name, version_id, processed_at FROM File_Monitor_Tracking ORDER BY version_id"


@dataclass(slots=True)
class Watched:
    """A run by seconds since the drop: files that are done, MB of memory, ms of the slowest of the page's requests."""

    seconds: list[float] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    page: list[float] = field(default_factory=list)

    def add(self, seconds: float, done: int, memory: float, page: float) -> None:
        """One look."""
        self.seconds.append(seconds)
        self.done.append(done)
        self.memory.append(memory)
        self.page.append(page)


class Site:
    """An Airflow in a folder, and what it says of itself."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.airflow = LocalAirflow(folder, free_port(), {**SETTINGS, **settings})
        self._client = httpx.Client(timeout=60)

    def start(self) -> None:
        """Returns when all components are healthy and the load folders are there."""
        self.airflow.prepare()
        self.airflow.dropoff.mkdir()
        command = [sys.executable, "-m", "refdata.cli", "init-db"]
        subprocess.run(command, env=self.airflow.environment(), check=True, stdout=subprocess.DEVNULL)
        self.airflow.start()
        self.airflow.wait_healthy()
        login = {"username": "admin", "password": self.airflow.password}
        token = self._client.post(f"{self.airflow.url}/auth/token", json=login).json()["access_token"]
        self._client.headers["Authorization"] = f"Bearer {token}"

    def rows(self) -> list[tuple[Any, ...]]:
        """The ledger."""
        with closing(sqlite3.connect(f"file:{self.airflow.ref_database}?mode=ro", uri=True)) as connection:
            return connection.execute(LEDGER).fetchall()

    def cpu(self) -> float:
        """Seconds of CPU so far, with those of processes that ended."""
        return sum(sum(times) for name in COMPONENTS for one in self.airflow.tree(name) if (times := _times(one)))

    def memory(self) -> float:
        """MB of the processes that stand; pages that they share count once."""
        roots = (self.airflow.tree(name)[0] for name in COMPONENTS)
        return sum(one.memory_full_info().pss / 1e6 for one in roots)

    def slowest_page(self) -> float:
        """Milliseconds of the slowest of the page's requests."""
        return max(self._took(path) for path in PAGES.values())

    def _took(self, path: str) -> float:
        began = time.perf_counter()
        answer = self._client.get(f"{self.airflow.url}/{path}")
        answer.raise_for_status()
        return (time.perf_counter() - began) * 1000


def _times(process: psutil.Process) -> tuple[float, ...]:
    try:
        return tuple(process.cpu_times()[:4])  # its own, and those of children that it has waited for
    except psutil.NoSuchProcess:
        return ()


def names(files: int, tables: int) -> Iterator[tuple[str, str, str]]:
    """Folder, table and name of each file, in the order of their turns."""
    for number in range(files):
        table = f"burst_{number % tables:02d}"
        yield FOLDERS[number % tables % 2], table, f"{table}_{20_000_101 + number // tables}.csv"


def drop(site: Site, folder: str, name: str, number: int) -> None:
    """Writes a file under a hidden name first, as uploads do."""
    place = site.airflow.dropoff / folder
    passing = place / f".{name}.writing"
    lines = (f"{number * 1_000_000 + row},of {name}\n" for row in range(ROWS))
    passing.write_text("id,note\n" + "".join(lines))
    os.utime(passing, (moment := 1_700_000_000 + number, moment))
    passing.rename(place / name)


def watch(site: Site, files: int, every: float, planned: list[tuple[str, str, str]], console: Console) -> Watched:
    """Drops the files and looks until all are done."""
    watched, began, dropped = Watched(), time.monotonic(), 0
    moved, before = began, 0
    while True:
        seconds = time.monotonic() - began
        while dropped < files and seconds >= dropped * every:
            folder, _, name = planned[dropped]
            drop(site, folder, name, dropped)
            dropped += 1
        done = sum(row[4] is not None for row in site.rows())
        if done > before:
            before, moved = done, time.monotonic()
        watched.add(seconds, done, site.memory(), site.slowest_page())
        console.print(f"{seconds:5.0f} s: {done} of {files} done, page {watched.page[-1]:.0f} ms", highlight=False)
        if done >= files or time.monotonic() > moved + PATIENCE:
            return watched
        site.airflow.require_running()
        time.sleep(min(SAMPLE_SECONDS, every or SAMPLE_SECONDS))


def one_by_one(site: Site, files: int) -> list[float]:
    """Seconds from stable to archived of each file, the first left out: it sets up the database."""
    found = []
    for number, (folder, _, name) in enumerate(names(files + 1, 1)):
        drop(site, folder, name, number)
        stable = time.time() + CHECKS * INTERVAL
        site.airflow.wait_for(lambda: sum(row[4] is not None for row in site.rows()) > number, 120, f"{name} waits")  # noqa: B023
        found.append(time.time() - stable)
    return found[1:]


def wrongs(site: Site, planned: list[tuple[str, str, str]]) -> list[str]:
    """What is not as it should be."""
    ledger = site.rows()
    times = Counter(row[0] for row in ledger)
    wrong = [f"{name}: {times[name]} rows in the ledger" for _, _, name in planned if times[name] != 1]
    wrong += [f"{name}: {status}" for name, status, *_ in ledger if status != "completed"]
    for table in dict.fromkeys(table for _, table, _ in planned):
        order = [row[0] for row in ledger if row[2] == table]
        if order != [name for _, of, name in planned if of == table]:
            wrong.append(f"{table}: loaded in the order {order[:5]} …")
    # The archive puts the time before a name.
    paths = (path for folder in FOLDERS for path in (site.airflow.dropoff / folder).rglob("*.csv"))
    archived = Counter(path.name[-len(planned[0][2]) :] for path in paths)
    return wrong + [f"{name}: {archived[name]} files" for _, _, name in planned if archived[name] != 1]


def plot(watched: Watched, target: Path) -> None:
    """Files, memory and page over time."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(3, 1, sharex=True, figsize=(9, 7))
    shown = ((watched.done, "files done"), (watched.memory, "MB of standing processes"), (watched.page, "page, ms"))
    for axis, (values, label) in zip(axes, shown, strict=True):
        axis.plot(watched.seconds, values)
        axis.set_ylabel(label)
        axis.set_ylim(bottom=0)
    axes[-1].set_xlabel("seconds since the drop")
    figure.savefig(target, dpi=110, bbox_inches="tight")


def main() -> int:
    """Runs, prints what it came to."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--files", type=int, default=200)
    options.add_argument("--tables", type=int, default=10)
    options.add_argument("--every", type=float, default=0.0, help="seconds between two files")
    options.add_argument("--one-by-one", type=int, metavar="N", help="drop N files, each when the one before is done")
    options.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a variable for Airflow")
    options.add_argument("--folder", type=Path)
    options.add_argument("--plot", type=Path, help="write a picture")
    chosen, console = options.parse_args(), Console()
    settings = dict(one.split("=", 1) for one in chosen.set)
    site = Site(chosen.folder or Path(tempfile.mkdtemp()), settings)
    planned = list(names(chosen.files, chosen.tables))
    try:
        site.start()
        if chosen.one_by_one:
            _print_latency(one_by_one(site, chosen.one_by_one), console)
            return 0
        before = site.cpu()
        watched = watch(site, chosen.files, chosen.every, planned, console)
        cpu = site.cpu() - before
        wrong = wrongs(site, planned)
    finally:
        site.airflow.stop()
    _print(watched, chosen.files, cpu, wrong, console)
    if chosen.plot:
        plot(watched, chosen.plot)
    return 1 if wrong else 0


def _print_latency(seconds: list[float], console: Console) -> None:
    grid = Table("Files", "Stable to archived, s: least", "median", "most", "Load average")
    figures = (min(seconds), statistics.median(seconds), max(seconds), os.getloadavg()[0])
    grid.add_row(str(len(seconds)), *(f"{one:.1f}" for one in figures))
    console.print(grid)


def _print(watched: Watched, files: int, cpu: float, wrong: list[str], console: Console) -> None:
    grid = Table(
        "Files", "Seconds", "A minute", "CPU s a file", "MB, first", "MB, most", "Page ms, median", "most", "Wrong"
    )
    seconds = watched.seconds[-1]
    page = statistics.median(watched.page), max(watched.page)
    numbers = (seconds, 60 * watched.done[-1] / seconds, cpu / files, watched.memory[0], max(watched.memory), *page)
    grid.add_row(str(files), *(f"{one:.1f}" for one in numbers), str(len(wrong)))
    console.print(grid, f"load average {os.getloadavg()[0]:.1f}")
    for one in wrong[:20]:
        console.print(one, soft_wrap=True, markup=False)


if __name__ == "__main__":
    sys.exit(main())
