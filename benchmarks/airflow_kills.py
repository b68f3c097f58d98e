"""Kills Airflow's processes with SIGKILL while files are loaded, restarts them, and looks whether all is well.

usage: python -m benchmarks.airflow_kills [--files 50] [--rounds 1] [--folder FOLDER] [--seed 7]

Real Airflow runs with the embedded engine, each component a process of its own. Files are dropped for ten tables, full
loads and appends, each row in one file only. Meanwhile a round kills, in random order: a task's process, a worker of
the LocalExecutor that has a task (an idle one holds the lock of the executor's queue, and takes the queue with it
until the scheduler is restarted: so in any Airflow), the triggerer, the API server, the DAG processor, the scheduler
alone (its workers live on as orphans), and the scheduler with all that it started; each is started again two seconds
later. At the end every file must be in ``processed/`` once with one row in the ledger, every row must be there once,
nothing may be left behind, and no file may have been released before six unchanged checks: the watcher's counts are
read from Airflow's database all the while. Exit code 1 when something is wrong.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from benchmarks.uploads import dated
from rich.console import Console
from rich.table import Table
from scripts.local_airflow import LocalAirflow, free_port

from refdata.core.statecodec import decode

INTERVAL, CHECKS = 0.5, 6
TABLES = 10
FULL, APPEND = "reference_data_table/fullload", "none_reference_data_table/append"
RESTART_SECONDS = 2.0
BETWEEN_KILLS = (6.0, 14.0)
PATIENCE = 300.0
"""Seconds without a file that comes to an end, after which Airflow counts as stuck."""
SETTINGS = {
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "20",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",
    "AIRFLOW__REFDATA__STABILITY_INTERVAL": str(INTERVAL),
    "AIRFLOW__REFDATA__STABILITY_CHECKS": str(CHECKS),
    "AIRFLOW__REFDATA__TURN_POLL_INTERVAL": "1",
    "AIRFLOW__REFDATA__RETRY_DELAY": "2",
    "AIRFLOW__REFDATA__MAX_RETRY_DELAY": "10",
}
KINDS = ("task", "worker", "triggerer", "api-server", "dag-processor", "scheduler alone", "scheduler and workers")


@dataclass(frozen=True, slots=True)
class Drop:
    """A dropped file: its table, the ids of its rows, the moment it was whole."""

    name: str
    folder: str
    table: str
    rows: range
    at: float


@dataclass(slots=True)
class Outcome:
    """The kills with their times, and the problems at the end."""

    kills: list[tuple[float, str, int]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    counts_read: int = 0
    most_seen: dict[str, int] = field(default_factory=dict)


class Counts(threading.Thread):
    """Reads the watcher's counts out of Airflow's database; notes every count that rose faster than checks can come."""

    def __init__(self, database: Path) -> None:
        super().__init__(daemon=True)
        self._database = database
        self._risen: dict[tuple[str, str], list[tuple[int, int]]] = {}
        self.stopped = threading.Event()
        self.read = 0
        self.wrong: list[str] = []

    def run(self) -> None:
        while not self.stopped.wait(INTERVAL / 4):
            try:
                self._look()
            except sqlite3.Error:
                continue  # Airflow is writing

    def _look(self) -> None:
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True, timeout=2)) as connection:
            rows = connection.execute("SELECT value FROM asset_state_store WHERE key LIKE 'watch.%' ORDER BY key")
            values = [json.loads(row[0]) for row in rows]
        if not values:
            return
        state = decode(values)
        self.read += 1
        for place, watched in state.files.items():
            seen = self._risen.setdefault((place, watched.identity), [])
            if state.checked_ns is not None and (not seen or seen[-1][1] != watched.checks):
                seen.append((state.checked_ns, watched.checks))
                self._judge(place, seen)

    def _judge(self, place: str, seen: list[tuple[int, int]]) -> None:
        """Between any two looks a count may rise by one an interval, and not more."""
        for moment, count in seen[:-1]:
            allowed = (seen[-1][0] - moment) / (INTERVAL * 1e9) + 0.01
            if seen[-1][1] - count > allowed:
                self.wrong.append(f"the count of {place} rose from {count} to {seen[-1][1]} in {allowed:.2f} intervals")


class Dropper(threading.Thread):
    """Drops the files in bursts over the time of the kills."""

    def __init__(self, dropoff: Path, files: int, chance: random.Random) -> None:
        super().__init__(daemon=True)
        self._dropoff, self._files, self._chance = dropoff, files, chance
        self.drops: list[Drop] = []
        for folder in (FULL, APPEND):
            (dropoff / folder).mkdir(parents=True, exist_ok=True)

    def run(self) -> None:
        while len(self.drops) < self._files:
            for _ in range(min(self._chance.randint(1, 6), self._files - len(self.drops))):
                self.drops.append(self._drop(len(self.drops)))
            time.sleep(self._chance.uniform(1, 10))

    def _drop(self, number: int) -> Drop:
        table = f"kills_{number % TABLES}"
        folder = FULL if number % 2 else APPEND
        name = dated(table, number // TABLES)
        rows = range(number * 100_000, number * 100_000 + self._chance.choice([3, 100, 20_000]))
        hidden = self._dropoff / folder / f".{name}.writing"
        hidden.write_text("id,note\n" + "".join(f"{row},of {name}\n" for row in rows))
        hidden.rename(self._dropoff / folder / name)
        return Drop(name, folder, table, rows, time.time())


def victims(airflow: LocalAirflow, kind: str) -> list[psutil.Process]:
    """The processes that a kill of this kind ends."""
    if kind in airflow.processes:
        return airflow.tree(kind)
    tree = airflow.tree("scheduler")
    if kind == "scheduler alone":
        return tree[:1]
    if kind == "scheduler and workers":
        return tree
    workers = [process for process in tree[1:] if _parent(process) == tree[0].pid]
    if kind == "worker":
        return [process for process in workers if _children(process)][:1]
    return [task for worker in workers for task in _children(worker)][:1]


def _parent(process: psutil.Process) -> int:
    try:
        return int(process.ppid())
    except psutil.NoSuchProcess:
        return 0


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return list(process.children())
    except psutil.NoSuchProcess:
        return []


def kill(airflow: LocalAirflow, kind: str) -> int:
    """Kills, and starts again what does not come back by itself; how many processes died."""
    component = kind.split(maxsplit=1)[0]
    if component in airflow.processes:
        died = airflow.kill(component, with_children=kind != "scheduler alone")
        time.sleep(RESTART_SECONDS)
        airflow.start((component,))
        return len(died)
    found = victims(airflow, kind)
    for process in found:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    return len(found)


def wait_for_victim(airflow: LocalAirflow, kind: str) -> None:
    """Returns when there is something to kill: tasks come and go."""
    until = time.monotonic() + 60
    while not victims(airflow, kind) and time.monotonic() < until:
        time.sleep(0.05)


def run(folder: Path, files: int, rounds: int, seed: int, say: Callable[[str], None]) -> Outcome:
    """Drops, kills, waits, judges."""
    chance = random.Random(seed)
    airflow = LocalAirflow(folder, free_port(), SETTINGS)
    airflow.prepare()
    airflow.start()
    outcome = Outcome()
    orphans: list[psutil.Process] = []
    try:
        airflow.wait_healthy()
        began = time.monotonic()
        counts, dropper = Counts(folder / "airflow" / "airflow.db"), Dropper(airflow.dropoff, files, chance)
        counts.start()
        dropper.start()
        for kind in [kind for _ in range(rounds) for kind in chance.sample(KINDS, len(KINDS))]:
            time.sleep(chance.uniform(*BETWEEN_KILLS))
            wait_for_victim(airflow, kind)
            if kind == "scheduler alone":
                orphans += airflow.tree("scheduler")[1:]
            died = kill(airflow, kind)
            outcome.kills.append((time.monotonic() - began, kind, died))
            say(f"{time.monotonic() - began:5.0f} s: killed {kind} ({died} processes), {len(dropper.drops)} dropped")
        dropper.join()
        waited = _wait_archived(airflow, dropper.drops)
        counts.stopped.set()
        counts.join()
        outcome.seconds = time.monotonic() - began
        outcome.counts_read = counts.read
        outcome.wrong = [*waited, *counts.wrong, *wrongs(airflow, dropper.drops, outcome)]
    finally:
        airflow.stop()
        for process in orphans:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
    return outcome


def _wait_archived(airflow: LocalAirflow, drops: list[Drop]) -> list[str]:
    most, until = 0, time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if (ended := _ended(airflow)) >= len(drops):
            return []
        if ended > most:
            most, until = ended, time.monotonic() + PATIENCE
        time.sleep(1)
    return [f"{most} of {len(drops)} files have come to an end, and none in the last {PATIENCE:.0f} s"]


def _ended(airflow: LocalAirflow) -> int:
    sql = "SELECT COUNT(*) FROM File_Monitor_Tracking WHERE status IN ('completed', 'error', 'duplicate', 'cancelled')"
    found = query(airflow, f"{sql} AND processed_at IS NOT NULL")
    return int(found[0][0]) if found else 0


def query(airflow: LocalAirflow, sql: str, schema: str = "ref") -> list[tuple[Any, ...]]:
    """Rows of the warehouse."""
    path = airflow.database.with_name(f"refdata.{schema}.db")
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
        try:
            return connection.execute(sql).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []  # nothing was loaded yet
            raise


def wrongs(airflow: LocalAirflow, drops: list[Drop], outcome: Outcome) -> Iterator[str]:
    """The differences from a run without kills."""
    found = query(airflow, "SELECT file_name, status, created_at, error_message FROM File_Monitor_Tracking")
    for drop in drops:
        rows = [row for row in found if row[0] == drop.name]
        if [row[1] for row in rows] != ["completed"]:
            yield f"{drop.name}: {[(row[1], row[3]) for row in rows]}"
        for row in rows:
            registered = datetime.fromisoformat(str(row[2])).replace(tzinfo=UTC).timestamp()
            outcome.latencies.append(registered - drop.at)
            if registered - drop.at < CHECKS * INTERVAL:
                yield f"{drop.name} was registered {registered - drop.at:.2f} s after its drop"
    yield from _folders(airflow, drops)
    yield from _rows(airflow, drops)


def _folders(airflow: LocalAirflow, drops: list[Drop]) -> Iterator[str]:
    names = {
        folder: [path.name for path in airflow.dropoff.glob(f"*_table/*/{folder}/*")]
        for folder in ("processed", "error")
    }
    archived = sorted(name.split("_", 2)[2] for name in names["processed"])
    if archived != sorted(drop.name for drop in drops) or names["error"]:
        yield f"{len(archived)} files in processed/, in error/: {names['error']}"
    for folder in (airflow.dropoff / FULL, airflow.dropoff / APPEND, airflow.home / "warehouse" / "refdata.stage"):
        if left := [path.name for path in folder.iterdir() if path.is_file()]:
            yield f"left in {folder}: {left}"


def _rows(airflow: LocalAirflow, drops: list[Drop]) -> Iterator[str]:
    """Tables of even number are appended to; the others hold the last file, and their versions the earlier ones."""
    for table in sorted({drop.table for drop in drops}):
        own = [drop for drop in drops if drop.table == table]
        live = [row[0] for row in query(airflow, f'SELECT id FROM "{table}" ORDER BY id')]
        wanted = own if own[0].folder == APPEND else own[-1:]
        if live != [row for drop in wanted for row in drop.rows]:
            yield f"{table} has {len(live)} rows, {sum(len(drop.rows) for drop in wanted)} were expected"
        if own[0].folder == FULL:
            kept = [row[0] for row in query(airflow, f'SELECT id FROM "{table}_backup" ORDER BY id', "bkp")]
            if kept != [row for drop in own[:-1] for row in drop.rows]:
                yield f"the versions of {table} hold {len(kept)} rows"


def show(outcome: Outcome, files: int) -> None:
    """Prints the kills and the verdict."""
    grid = Table("At second", "Killed", "Processes")
    for at, kind, died in outcome.kills:
        grid.add_row(f"{at:.0f}", kind, str(died))
    console = Console(width=110)
    console.print(grid)
    waits = sorted(outcome.latencies) or [0.0]
    print(f"{files} files, {outcome.seconds:.0f} s; drop to registration: shortest {waits[0]:.1f} s (at least "
          f"{CHECKS * INTERVAL:.1f} needed), median {waits[len(waits) // 2]:.1f} s, longest {waits[-1]:.1f} s; "
          f"the counts were read {outcome.counts_read} times")  # fmt: skip
    print(
        *outcome.wrong or ["Every file is in processed/ once, every row is there once, no wait was shortened."],
        sep="\n",
    )


def main() -> int:
    """Runs what the arguments ask for."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--files", type=int, default=50)
    options.add_argument("--rounds", type=int, default=1, help="how often each kind of process is killed")
    options.add_argument("--folder", type=Path, help="Airflow's home; a temporary folder when left out")
    options.add_argument("--seed", type=int, default=7)
    chosen = options.parse_args()
    folder = (chosen.folder or Path(tempfile.mkdtemp(prefix="refdata-kills-"))).resolve()
    print(f"Written to {folder}", flush=True)
    outcome = run(folder, chosen.files, chosen.rounds, chosen.seed, lambda text: print(text, flush=True))
    show(outcome, chosen.files)
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
