"""Drops files at a steady rate for a long time, and shows whether anything grows: memory, handles, files, latency.

usage: python -m benchmarks.soak [--minutes 60] [--every SECONDS] [--folder FOLDER] [--plot FILE.png] [--note TEXT]

Real Airflow runs on a home of its own with the embedded engine: API server, scheduler with LocalExecutor, DAG
processor, triggerer. Every ``--every`` seconds a file is dropped: 90 % have 10 to 2,000 rows, 9 % have 20,000, 1 % has
200,000; 20 tables, two thirds by full load. Every ten seconds the processes are measured (PSS, so that shared pages
count once; open files; connections). Samples and latencies are written as they come, so that ``python -m
benchmarks.soak_report FOLDER`` shows a run that goes on or was cut short. Exit code 1 when a file was lost, doubled or
refused, or something is left behind.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import psutil
from benchmarks import soak_report
from benchmarks.mixed_csv import HEADER, mixed_rows
from scripts.local_airflow import COMPONENTS, LocalAirflow, free_port

SAMPLE_SECONDS = 10.0
STABILITY_INTERVAL = 1.0
STANDING_SECONDS = 60.0
"""A process of this age is not a task."""
TABLES = 20
FOLDERS = ("reference_data_table/fullload", "none_reference_data_table/fullload", "none_reference_data_table/append")
DRAIN_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One component at one moment; ``seconds`` since the start, memory in MB.

    ``standing`` processes live longer than a minute, ``passing`` ones are tasks and parsers.
    """

    seconds: float
    component: str
    standing: int
    standing_mb: float
    passing: int
    passing_mb: float
    files: int
    connections: int
    threads: int


@dataclass(frozen=True, slots=True)
class Leftovers:
    """The state of the disk at one moment: files in the stage folder and the temporary one, hidden ones; MB in all.

    ``load`` is the machine's load average over a minute: what else ran beside it.
    """

    seconds: float
    stages: int
    temporary: int
    hidden: int
    warehouse_mb: float
    airflow_mb: float
    waiting: int
    load: float


class Dropper(threading.Thread):
    """Drops files at a steady rate until it is stopped; records when each one was whole."""

    def __init__(self, dropoff: Path, every: float, notes: Path, seed: int = 7) -> None:
        super().__init__(name="dropper", daemon=True)
        self._dropoff, self._every, self._notes = dropoff, every, notes
        self._chance = random.Random(seed)
        self._rows = mixed_rows(self._chance)
        self.stopped = threading.Event()
        self.dropped = 0
        for folder in FOLDERS:
            (dropoff / folder).mkdir(parents=True, exist_ok=True)

    def run(self) -> None:
        due = time.monotonic()
        while not self.stopped.wait(max(0.0, due - time.monotonic())):
            due += self._every
            self._drop()

    def _drop(self) -> None:
        number = self.dropped
        table = number % TABLES
        folder = self._dropoff / FOLDERS[table % len(FOLDERS)]
        # The date makes the name unique, so that a drop never meets an earlier one that still waits.
        name = f"soak_{table:02d}_{20_000_101 + number % 28 + 100 * (number // 28 % 12) + 10_000 * (number // 336)}.csv"
        hidden = folder / f".{name}.writing"
        rows = self._size()
        with hidden.open("w", encoding="utf-8", newline="") as file:
            file.write(",".join(HEADER) + "\n")
            file.writelines(
                f"{number * 1_000_000 + line},{self._rows[line % len(self._rows)]}\n" for line in range(rows)
            )
        hidden.rename(folder / name)
        with self._notes.open("a", newline="") as notes:
            csv.writer(notes).writerow((number, name, rows, round(time.time(), 3)))
        self.dropped += 1

    def _size(self) -> int:
        kind = self._chance.random()
        if kind < 0.01:
            return 200_000
        return 20_000 if kind < 0.1 else self._chance.randint(10, 2_000)


class Sampler:
    """Measures a running Airflow and writes what it finds."""

    def __init__(self, airflow: LocalAirflow, folder: Path, temporary: Path, began: float) -> None:
        self._airflow, self._temporary, self._began = airflow, temporary, began
        self._samples = _Table(folder / "samples.csv", Sample)
        self._leftovers = _Table(folder / "leftovers.csv", Leftovers)

    def take(self) -> Leftovers:
        """One look at everything."""
        seconds = round(time.time() - self._began, 1)
        for name in COMPONENTS:
            self._samples.write(_measure(name, self._airflow.tree(name), seconds))
        found = self._left(seconds)
        self._leftovers.write(found)
        return found

    def _left(self, seconds: float) -> Leftovers:
        dropoff = self._airflow.dropoff
        home = self._airflow.home
        return Leftovers(
            seconds,
            _count(home / "warehouse" / "refdata.stage"),
            _count(self._temporary),
            sum(path.name.startswith(".") for path in dropoff.rglob("*")),
            _megabytes(home / "warehouse"),
            _megabytes(home / "airflow"),
            sum(1 for folder in FOLDERS for path in (dropoff / folder).glob("*.csv") if path.name[0] != "."),
            round(os.getloadavg()[0], 1),
        )


class _Table:
    def __init__(self, path: Path, kind: type[Sample | Leftovers]) -> None:
        self._path = path
        with path.open("w", newline="") as file:
            csv.writer(file).writerow(spec.name for spec in fields(kind))

    def write(self, line: Sample | Leftovers) -> None:
        with self._path.open("a", newline="") as file:
            csv.writer(file).writerow(asdict(line).values())


def _measure(name: str, tree: list[psutil.Process], seconds: float) -> Sample:
    found = [one for process in tree if (one := _one(process)) is not None]
    standing = [one for one in found if one.age > STANDING_SECONDS]
    passing = [one for one in found if one.age <= STANDING_SECONDS]
    memory, passing_memory = (round(sum(one.memory_mb for one in some), 1) for some in (standing, passing))
    files, connections, threads = (
        sum(one.files for one in standing),
        sum(one.connections for one in standing),
        sum(one.threads for one in standing),
    )
    return Sample(seconds, name, len(standing), memory, len(passing), passing_memory, files, connections, threads)


@dataclass(frozen=True, slots=True)
class _Process:
    age: float
    memory_mb: float
    files: int
    connections: int
    threads: int


def _one(process: psutil.Process) -> _Process | None:
    """A process now; None when it has just ended."""
    try:
        with process.oneshot():
            age = time.time() - process.create_time()
            memory = process.memory_full_info().pss / 1e6
            connections = len(process.net_connections("all"))
            return _Process(age, memory, process.num_fds(), connections, process.num_threads())
    except (psutil.NoSuchProcess, psutil.AccessDenied, FileNotFoundError):
        return None


def _count(folder: Path) -> int:
    return sum(1 for path in folder.iterdir() if path.is_file()) if folder.is_dir() else 0


def _megabytes(folder: Path) -> float:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_size
        except FileNotFoundError:
            continue
    return round(total / 1e6, 1)


def drain(airflow: LocalAirflow, sampler: Sampler) -> None:
    """Waits until every file has left the folders, or none did for long; measures a minute more, when all is quiet."""
    fewest, deadline = sampler.take().waiting, time.monotonic() + DRAIN_SECONDS
    while fewest and time.monotonic() < deadline:
        airflow.require_running()
        time.sleep(SAMPLE_SECONDS)
        if (waiting := sampler.take().waiting) < fewest:
            fewest, deadline = waiting, time.monotonic() + DRAIN_SECONDS
    for _ in range(6):
        time.sleep(SAMPLE_SECONDS)
        sampler.take()


def wrongs(airflow: LocalAirflow, dropped: int) -> Iterator[str]:
    """The problems at the end."""
    with closing(sqlite3.connect(f"file:{airflow.ref_database}?mode=ro", uri=True)) as connection:
        found = dict(connection.execute("SELECT status, COUNT(*) FROM File_Monitor_Tracking GROUP BY status"))
        names = connection.execute("SELECT COUNT(DISTINCT file_name) FROM File_Monitor_Tracking").fetchone()[0]
    if found != {"completed": dropped} or names != dropped:
        yield f"{dropped} files dropped, {names} in the ledger: {found}"
    archived = sum(_count(airflow.dropoff / folder / "processed") for folder in FOLDERS)
    if archived != dropped:
        yield f"{archived} files in processed/"
    for place in (airflow.home / "warehouse" / "refdata.stage", *(airflow.dropoff / folder for folder in FOLDERS)):
        if _count(place):
            yield f"{_count(place)} files left in {place}"


def soak(folder: Path, minutes: float, every: float) -> list[str]:
    """The whole run; what is wrong at its end."""
    temporary = folder / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    settings = {
        "AIRFLOW__REFDATA__STABILITY_INTERVAL": str(STABILITY_INTERVAL),
        "AIRFLOW__REFDATA__TURN_POLL_INTERVAL": "2",
        "TMPDIR": str(temporary),
    }
    airflow = LocalAirflow(folder / "home", free_port(), settings)
    airflow.prepare()
    airflow.start()
    try:
        airflow.wait_healthy()
        began = time.time()
        sampler = Sampler(airflow, folder, temporary, began)
        dropper = Dropper(airflow.dropoff, every, folder / "drops.csv")
        (folder / "began.txt").write_text(f"{began}\n{every}\n")
        dropper.start()
        while time.time() - began < minutes * 60:
            airflow.require_running()
            sampler.take()
            time.sleep(SAMPLE_SECONDS)
        dropper.stopped.set()
        dropper.join()
        drain(airflow, sampler)
        return list(wrongs(airflow, dropper.dropped))
    finally:
        airflow.stop()


def main() -> int:
    """Runs what the arguments ask for."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--minutes", type=float, default=60)
    options.add_argument("--every", type=float, default=5, help="seconds between two files")
    options.add_argument("--folder", type=Path, help="where everything is written; a temporary folder when left out")
    options.add_argument("--plot", type=Path, help="the picture; soak.png in the folder when left out")
    options.add_argument("--note", default="", help="a sentence for the picture, such as what else ran on the machine")
    chosen = options.parse_args()
    folder = (chosen.folder or Path(tempfile.mkdtemp(prefix="refdata-soak-"))).resolve()
    print(f"Written to {folder}", flush=True)
    found = soak(folder, chosen.minutes, chosen.every)
    soak_report.report(folder, chosen.plot or folder / "soak.png", chosen.note)
    print(*found or ["Every file completed, nothing is left behind."], sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
