"""Kills loads at every change that they make to a file, and shows how each ends after the retry.

usage: python -m benchmarks.kill_points [--engine sqlite|mssql] [--source folder|S3|...] [--scenario [=]TEXT]
    [--recovery retry|clear|"give up"] [--every N] [--settled] [--store] [--jobs N]

A change is a system call that alters a file or sends something to the server, made by anybody in the process; there is
one run for each. SIGKILL comes right after it (for a message also right before it), then Airflow's part is played
(--recovery), and tables, versions, ledger, configuration and folders are compared with those of a load that was not
killed. With --settled, messages within a transaction are left out: the server takes back what they did, so a kill there
leaves what one before the transaction does. Sites are in memory (/dev/shm), the archives of the scenarios "on another
disk" in the temporary folder. With another --source than the folder, kills come at each change of the embedded
database, and before and after each change of the store; with --store only at the latter. The engine mssql needs
REFDATA_TEST_MSSQL_URI. Linux only; exit code 1 when one ends differently.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

from rich.console import Console
from rich.table import Table
from tests.integration.places import BUCKETS
from tests.integration.trust.killing import BULK, RECOVERIES, SCENARIOS, Scenario, Trial, across_disks
from tests.integration.trust.site import opened
from tests.integration.trust.syscalls import Change, Point

MEMORY = Path("/dev/shm")
FOLDER = "folder"
Task = tuple[str, str, int, str, int, str]
"""Engine, source, number of the scenario, recovery, every how many points, which points."""


@dataclass
class Outcome:
    """The outcome of one scenario's points."""

    scenario: str
    recovery: str
    changes: tuple[Change, ...] = ()
    runs: int = 0
    seconds: float = 0.0
    failed: list[tuple[Point, list[str]]] = field(default_factory=list)


def kill_all(task: Task) -> Outcome:
    """One scenario by its number, with one recovery, at every n-th point."""
    engine, source, number, recovery, every, which = task
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder, other_disk() as archive:
        scenario = scenarios(engine, source, archive)[number]
        outcome = Outcome(scenario.name, recovery)
        began = time.monotonic()
        bucket = BUCKETS[source](Path(folder)) if source != FOLDER else None
        with opened(engine, Path(folder), bucket=bucket, **scenario.settings) as site:
            trial = Trial(site, scenario)
            outcome.changes = trial.changes
            points = {"settled": trial.settled_points, "store": trial.store_points}.get(which, trial.points)
            for point in points[number % every :: every]:
                outcome.runs += 1
                _count()
                if wrong := trial.kill(point, RECOVERIES[recovery]):
                    outcome.failed.append((point, wrong))
        outcome.seconds = time.monotonic() - began
    return outcome


@contextlib.contextmanager
def other_disk() -> Iterator[str]:
    """A folder on another filesystem than the sites."""
    with tempfile.TemporaryDirectory() as folder:
        yield folder


def scenarios(engine: str, source: str, archive: str) -> tuple[Scenario, ...]:
    """All scenarios of an engine; those with an archive elsewhere only where there is another filesystem.

    Where nothing is dropped, no store changes.
    """
    if source != FOLDER:
        return tuple(scenario for scenario in SCENARIOS if scenario.drops)
    if engine != "sqlite":
        return (*SCENARIOS, BULK)
    differs = MEMORY.is_dir() and MEMORY.stat().st_dev != Path(archive).stat().st_dev
    return SCENARIOS + (across_disks(archive) if differs else ())


def in_parallel(tasks: Sequence[Task], jobs: int) -> list[Outcome]:
    """All outcomes, in the order of the tasks; the points that are done are counted on standard error meanwhile."""
    context = get_context("spawn")
    done = context.Value("i", 0)
    console = Console(stderr=True)
    with context.Pool(jobs, _count_in, (done,)) as pool, console.status("Killing") as status:
        running = [pool.apply_async(kill_all, (task,)) for task in tasks]
        for number, result in enumerate(running):
            while not result.ready():
                status.update(f"{done.value} points killed, {sum(one.ready() for one in running)} of {len(tasks)} done")
                result.wait(1)
            one = result.get()
            console.print(
                f"{number + 1}/{len(tasks)} {one.scenario}, {one.recovery}: {one.runs}, {len(one.failed)} differ"
            )
        return [result.get() for result in running]


_counted: list[Synchronized[int]] = []
"""Of a worker: where it counts the points that it has done."""


def _count_in(done: Synchronized[int]) -> None:
    _counted.append(done)


def _count() -> None:
    for done in _counted:
        with done.get_lock():
            done.value += 1


def show(outcomes: list[Outcome]) -> None:
    """Prints the table, and below it what differed, the first of each kind."""
    console = Console()
    grid = Table("Scenario", "Then", "Changes", "Killed at", "As if once", "Differs", "Seconds")
    for one in outcomes:
        same = one.runs - len(one.failed)
        cells = (len(one.changes), one.runs, same, len(one.failed), round(one.seconds))
        grid.add_row(one.scenario, one.recovery, *map(str, cells))
    grid.add_row("all", "", "", *(str(sum(counts)) for counts in zip(*map(_counts, outcomes), strict=True)), "")
    console.print(grid)
    for one in outcomes:
        for point, wrong in one.failed:
            change = one.changes[point.number - 1] if point.number <= len(one.changes) else None
            console.print(f"{one.scenario}, {one.recovery}, {point}: {change}", *wrong, sep="\n    ", markup=False)


def _counts(one: Outcome) -> tuple[int, int, int]:
    return one.runs, one.runs - len(one.failed), len(one.failed)


def main() -> int:
    """Runs what the arguments ask for."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--engine", choices=("sqlite", "mssql"), default="sqlite")
    options.add_argument("--source", choices=(FOLDER, *BUCKETS), default=FOLDER)
    options.add_argument("--scenario", default="", help="only scenarios whose name contains this text; =TEXT: equals")
    options.add_argument("--recovery", choices=tuple(RECOVERIES), action="append", help="default: each")
    options.add_argument("--every", type=int, default=1, help="take every n-th point only")
    options.add_argument("--settled", action="store_true", help="leave out messages within a transaction")
    options.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options.add_argument("--store", action="store_true", help="only before and after a change of the store")
    chosen = options.parse_args()
    which = "settled" if chosen.settled else "store" if chosen.store else ""
    if chosen.source != FOLDER and chosen.engine != "sqlite":
        options.error("a source other than the folder is killed with the embedded database")
    with other_disk() as archive:
        names = [scenario.name for scenario in scenarios(chosen.engine, chosen.source, archive)]
    tasks = [
        (chosen.engine, chosen.source, number, recovery, chosen.every, which)
        for recovery in chosen.recovery or RECOVERIES
        for number, name in enumerate(names)
        if chosen.scenario in (f"={name}", "") or chosen.scenario in name
    ]
    outcomes = in_parallel(tasks, chosen.jobs)
    show(outcomes)
    return 1 if any(one.failed for one in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
