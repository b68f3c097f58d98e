"""Drops small files into a running Airflow: how many are loaded a minute, how soon, and at what cost in CPU and memory.

usage: python -m benchmarks.throughput [--files 200] [--tables 10] [--every SECONDS] [--one-by-one N [--browser]]
    [--postgres] [--set AIRFLOW__SECTION__NAME=VALUE] [--folder FOLDER] [--plot FILE.png]

Real Airflow runs on a home of its own with the embedded engine: API server, scheduler with LocalExecutor, DAG
processor, triggerer. All files are dropped at once, or one every ``--every`` seconds; every second table by append.
With ``--one-by-one`` a file is dropped when the one before is archived, for the seconds from stable to completed; with
``--browser``, also for those until a page that is open in Chromium shows it so.
While files are loaded, the page's requests are timed. The CPU is that of Airflow's processes and all that they
started. Exit code 1 when a file was not loaded once and in order.

With ``--postgres``, Airflow's own database is a PostgreSQL server instead of SQLite, which lets one process write at a
time. That needs, as root, Debian's package postgresql and
``uv pip install --no-deps --target .venv/celery -r docker/requirements.txt``.
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
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psutil
from benchmarks import postgres
from benchmarks.uploads import APART, APPEND, FULL, Uploaded, wrong_loads
from rich.console import Console
from rich.table import Table
from scripts.local_airflow import PROJECT, LocalAirflow, free_port

if TYPE_CHECKING:
    from playwright.sync_api import FrameLocator

CHECKS, INTERVAL = 6, 1.0
TASKS_NICE = 10
ROWS = 200
FIRST_DAY = date(2000, 1, 1)
SAMPLE_SECONDS, MOST_SAMPLES = 5.0, 500
PATIENCE = 900.0
"""Seconds without a file that comes to an end, after which Airflow counts as stuck."""
PAGES = {"files": "refdata/api/v1/files?limit=50", "now": "refdata/api/v1/now", "tables": "refdata/api/v1/tables"}
SETTINGS = {"AIRFLOW__REFDATA__STABILITY_INTERVAL": f"{INTERVAL:g}"}
ARCHIVED = "SELECT MAX(processed_at) FROM {ref}.[File_Monitor_Tracking]"
DONE = "SELECT COUNT(*) FROM {ref}.[File_Monitor_Tracking] WHERE processed_at IS NOT NULL"


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

    def __init__(self, folder: Path, settings: Mapping[str, str], postgres_port: int = 0) -> None:
        more = _metadata(postgres_port) if postgres_port else {}
        self.airflow = LocalAirflow(folder, free_port(), {**SETTINGS, **more, **settings}, tasks_nice=TASKS_NICE)
        self._client = httpx.Client(timeout=60)
        self._postgres_port = postgres_port

    def start(self) -> None:
        """Returns when all components are healthy and the load folders are there."""
        if self._postgres_port:
            self._start_postgres(self.airflow.home)
        self.airflow.prepare()
        self.airflow.dropoff.mkdir()
        command = [sys.executable, "-m", "refdata.cli", "init-db"]
        subprocess.run(command, env=self.airflow.environment(), check=True, stdout=subprocess.DEVNULL)
        self.airflow.start()
        self.airflow.wait_healthy()
        login = {"username": "admin", "password": self.airflow.password}
        token = self._client.post(f"{self.airflow.url}/auth/token", json=login).json()["access_token"]
        self._client.headers["Authorization"] = f"Bearer {token}"
        self.slowest_page()  # the API server builds the page beside its first requests
        # And what tasks ask, beside the first task's: a site is not measured in its first seconds.
        self.airflow.wait_for(self._has_run, 180, "No run of refdata_health has ended")

    def _has_run(self) -> bool:
        answer = self._client.get(f"{self.airflow.url}/api/v2/dags/refdata_health/dagRuns", params={"state": "success"})
        answer.raise_for_status()
        return bool(answer.json()["total_entries"])

    def _start_postgres(self, folder: Path) -> None:
        folder.chmod(0o711)  # PostgreSQL's user goes through it
        (folder / "logs").mkdir()
        command = postgres.server(folder, self._postgres_port, "127.0.0.1")
        self.airflow.start_beside("postgres", command)
        asking = [str(postgres.programs() / "pg_isready"), "--host", "127.0.0.1", "--port", str(self._postgres_port)]
        self.airflow.wait_for(lambda: subprocess.call(asking, stdout=subprocess.DEVNULL) == 0, 60, "No PostgreSQL")

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of ledger and tables; ``{ref}`` stands for their schema."""
        with closing(sqlite3.connect(f"file:{self.airflow.ref_database}?mode=ro", uri=True)) as connection:
            return connection.execute(sql.format(ref="main")).fetchall()

    def done(self) -> int:
        """How many files are archived."""
        return int(self.query(DONE)[0][0])

    def cpu(self) -> dict[str, float]:
        """Seconds of CPU so far by component, with those of processes that ended."""
        return {name: sum(sum(_times(one)) for one in self.airflow.tree(name)) for name in self.airflow.processes}

    def memory(self) -> float:
        """MB of the processes that stand; pages that they share count once."""
        roots = (self.airflow.tree(name)[0] for name in self.airflow.processes)
        return sum(one.memory_full_info().pss / 1e6 for one in roots)

    def slowest_page(self) -> tuple[float, str]:
        """Milliseconds of the slowest of the page's requests, and which it is."""
        return max((self._took(path), name) for name, path in PAGES.items())

    def _took(self, path: str) -> float:
        began = time.perf_counter()
        answer = self._client.get(f"{self.airflow.url}/{path}")
        answer.raise_for_status()
        return (time.perf_counter() - began) * 1000


def _metadata(port: int) -> dict[str, str]:
    return {
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://postgres@127.0.0.1:{port}/postgres",
        "PYTHONPATH": os.pathsep.join((os.environ.get("PYTHONPATH", ""), str(PROJECT / ".venv" / "celery"))),
    }


def _times(process: psutil.Process) -> tuple[float, ...]:
    try:
        return tuple(process.cpu_times()[:4])  # its own, and those of children that it has waited for
    except psutil.NoSuchProcess:
        return ()


def planned(files: int, tables: int) -> Iterator[Uploaded]:
    """The files in the order of their turns; every second table is appended to."""
    for number in range(files):
        table = f"burst_{number % tables:02d}"
        rows = range(number * APART, number * APART + ROWS)
        day = FIRST_DAY + timedelta(days=number // tables)  # what is no date belongs to the table's name
        yield Uploaded(f"{table}_{day:%Y%m%d}.csv", table, rows, not number % tables % 2)


def drop(site: Site, file: Uploaded, number: int) -> None:
    """Writes a file under a hidden name first, as uploads do."""
    place = site.airflow.dropoff / (FULL if file.replaces else APPEND)
    passing = place / f".{file.name}.writing"
    passing.write_text("id,note\n" + "".join(f"{row},of {file.name}\n" for row in file.rows))
    os.utime(passing, (moment := 1_700_000_000 + number, moment))
    passing.rename(place / file.name)


def watch(site: Site, files: list[Uploaded], every: float, console: Console) -> Watched:
    """Drops the files and looks until all are done."""
    watched, began, dropped = Watched(), time.monotonic(), 0
    pause = max(SAMPLE_SECONDS, len(files) / MOST_SAMPLES)  # a look at the memory of all processes costs CPU itself
    moved, before = began, 0
    while True:
        seconds = time.monotonic() - began
        while dropped < len(files) and seconds >= dropped * every:
            drop(site, files[dropped], dropped)
            dropped += 1
        done = site.done()
        if done > before:
            before, moved = done, time.monotonic()
        page, request = site.slowest_page()
        watched.add(seconds, done, site.memory(), page)
        console.print(f"{seconds:5.0f} s: {done} of {len(files)} done, {request} in {page:.0f} ms", highlight=False)
        if done >= len(files) or time.monotonic() > moved + PATIENCE:
            return watched
        site.airflow.require_running()
        time.sleep(min(pause, every or pause))


def one_by_one(site: Site, files: int, page: FrameLocator | None) -> list[tuple[float, float]]:
    """Seconds from stable to archived of each file, and from then until the page shows it.

    The first file is left out: it sets up the database.
    """
    found = []
    for number, file in enumerate(planned(files + 1, 1)):
        drop(site, file, number)
        stable = time.time() + CHECKS * INTERVAL
        if page:
            _shown(page, file.name)
        seen = time.time()
        site.airflow.wait_for(lambda: site.done() > number, 120, f"{file.name} waits")  # noqa: B023
        archived = datetime.fromisoformat(site.query(ARCHIVED)[0][0]).replace(tzinfo=UTC).timestamp()
        found.append((archived - stable, seen - archived))
    return found[1:]


def _shown(page: FrameLocator, name: str) -> None:
    file = page.locator("tbody", has=page.get_by_role("link", name=name, exact=True))
    file.locator(".badge.completed").wait_for(timeout=120_000)


@contextmanager
def open_page(site: Site) -> Iterator[FrameLocator]:
    """refdata's page with its files, in a browser."""
    from tests.e2e.browser import log_in, running_browser
    from tests.e2e.browser import open_page as opened

    with running_browser() as browser:
        window = browser.new_page()
        log_in(window, site.airflow.url, "admin", site.airflow.password)
        frame = opened(window)
        frame.get_by_role("link", name="Files", exact=True).first.click()
        yield frame


def wrongs(site: Site, files: list[Uploaded]) -> list[str]:
    """What is not as it should be."""
    # The archive puts the time before a name.
    paths = (path for folder in (FULL, APPEND) for path in (site.airflow.dropoff / folder).rglob("*.csv"))
    archived = Counter(path.name[-len(files[0].name) :] for path in paths)
    wrong = [f"{file.name}: {archived[file.name]} files" for file in files if archived[file.name] != 1]
    return wrong_loads(site.query, files) + wrong


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
    options.add_argument("--browser", action="store_true", help="with --one-by-one: when an open page shows it, too")
    options.add_argument("--postgres", action="store_true", help="PostgreSQL for Airflow's own database")
    options.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a variable for Airflow")
    options.add_argument("--folder", type=Path)
    options.add_argument("--plot", type=Path, help="write a picture")
    chosen, console = options.parse_args(), Console()
    settings = dict(one.split("=", 1) for one in chosen.set)
    site = Site(chosen.folder or Path(tempfile.mkdtemp()), settings, free_port() if chosen.postgres else 0)
    files = list(planned(chosen.files, chosen.tables))
    try:
        site.start()
        if chosen.one_by_one:
            with open_page(site) if chosen.browser else nullcontext() as page:
                _print_latency(one_by_one(site, chosen.one_by_one, page), console, is_watched=chosen.browser)
            return 0
        before = site.cpu()
        watched = watch(site, files, chosen.every, console)
        cpu = {name: seconds - before[name] for name, seconds in site.cpu().items()}
        wrong = wrongs(site, files)
    finally:
        site.airflow.stop()
    _print(watched, chosen.files, cpu, wrong, console)
    if chosen.plot:
        plot(watched, chosen.plot)
    return 1 if wrong else 0


def _print_latency(found: list[tuple[float, float]], console: Console, *, is_watched: bool) -> None:
    grid = Table("Seconds", "Files", "Least", "Median", "Most")
    labels = ("stable to archived", "archived to shown in the browser")[: 2 if is_watched else 1]
    for label, seconds in zip(labels, zip(*found, strict=True), strict=False):
        figures = (min(seconds), statistics.median(seconds), max(seconds))
        grid.add_row(label, str(len(seconds)), *(f"{one:.1f}" for one in figures))
    console.print(grid, f"load average {os.getloadavg()[0]:.1f}")


def _print(watched: Watched, files: int, cpu: Mapping[str, float], wrong: list[str], console: Console) -> None:
    grid = Table(
        "Files", "Seconds", "A minute", "CPU s a file", "MB, first", "MB, most", "Page ms, median", "most", "Wrong"
    )
    parts = Table("Component", "CPU s a file", "of one core, %")
    for name, spent in cpu.items():
        parts.add_row(name, f"{spent / files:.2f}", f"{100 * spent / watched.seconds[-1]:.0f}")
    seconds = watched.seconds[-1]
    page = statistics.median(watched.page), max(watched.page)
    each, memory = sum(cpu.values()) / files, (watched.memory[0], max(watched.memory))
    numbers = (seconds, 60 * watched.done[-1] / seconds, each, *memory, *page)
    grid.add_row(str(files), *(f"{one:.1f}" for one in numbers), str(len(wrong)))
    console.print(parts, grid, f"load average {os.getloadavg()[0]:.1f}")
    for one in wrong[:20]:
        console.print(one, soft_wrap=True, markup=False)


if __name__ == "__main__":
    sys.exit(main())
