"""Loads files with Airflow's CeleryExecutor on five hosts of which some die or are cut off; each must be loaded once.

usage: python -m benchmarks.celery_hosts [--files 500] [--faults 14] [--server] [--packages FOLDER] [--folder FOLDER]

The hosts are network namespaces on one switch (as root): ``data`` with Redis, PostgreSQL, moto's S3 server and the API
server; two with scheduler, triggerer and DAG processor; two with a Celery worker. Each has an address, a name and
temporary folders of its own. The warehouse is with ``--server`` the T-SQL server of ``REFDATA_TEST_MSSQL_URI``, else
the embedded engine's files. Files for ten tables are uploaded in waves. Meanwhile, in random order, components are
killed by SIGKILL, hosts are cut off for up to a minute, and lose power (cut off, all is killed, all starts again);
Redis is restarted and loses its queue, and all workers are away for minutes. At the end every file must be in the
ledger and in its archive once, each table must have its files in their order, and the doctor must have nothing to
report. Exit code 1 when something is wrong.

Needs, on Debian, redis-server, postgresql, socat with ``--server``, and what Celery needs, beside the environment:
``uv pip install --no-deps --target .venv/celery -r docker/requirements.txt``.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.celery_site import AIRFLOW, DATA, HOSTS, Cluster, make_cluster, start_airflow
from benchmarks.hosts import alone
from benchmarks.uploads import TABLES, Uploaded, upload, wrongs
from rich.console import Console
from rich.table import Table
from scripts.local_airflow import PROJECT

from refdata.core.errors import RefdataError

WAVE = 2 * TABLES
"""Files that are uploaded at a time; the next wave follows when no more than two waves are under way."""
SIZES = (200, 3, 20_000)
BETWEEN_FAULTS = (10.0, 30.0)
RESTART_SECONDS = 2.0
PATIENCE = 600.0
"""Seconds without a file that comes to an end, after which the run counts as stuck."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that happens to a host or to a program on it; ``seconds`` that it lasts, at least and at most."""

    kind: str
    host: str
    program: str = ""
    seconds: tuple[float, float] = (RESTART_SECONDS, RESTART_SECONDS)

    def __str__(self) -> str:
        return f"{self.kind} {self.program or self.host}"

    @property
    def hosts(self) -> list[str]:
        """The hosts that are cut off."""
        return [self.host] if self.kind in ("cut", "power") else []

    @property
    def programs(self) -> list[str]:
        """The programs that are killed, and started again at the end."""
        if self.kind == "outage":
            return [name for name, (_, command) in AIRFLOW.items() if command[0] == "celery"]
        if self.kind == "power":
            return [name for name, (host, _) in AIRFLOW.items() if host == self.host]
        return [self.program] if self.program else []


FAULTS = (
    *(Fault("kill", host, name) for name, (host, _) in AIRFLOW.items()),
    *(Fault("cut", host, seconds=(5, 20) if host == DATA else (5, 60)) for host in HOSTS),
    Fault("power", "worker-1", seconds=(5, 30)),
    Fault("power", "scheduler-2", seconds=(5, 30)),
    Fault("restart", DATA, "redis"),
    Fault("outage", "worker-1", seconds=(180, 200)),
)
KINDS = tuple(dict.fromkeys(fault.kind for fault in FAULTS))


@dataclass
class Run:
    """One run: what was uploaded and what happened."""

    cluster: Cluster
    files: int
    minutes: float
    chance: random.Random
    console: Console
    began: float = field(default_factory=time.monotonic)
    uploads: list[Uploaded] = field(default_factory=list)
    happened: list[Fault] = field(default_factory=list)
    ended: Counter[str] = field(default_factory=Counter)
    archived: int = 0

    def say(self, text: str) -> None:
        """A line of progress, with the time and how far the files are."""
        line = f"{time.monotonic() - self.began:5.0f} s  {self.archived:3} of {len(self.uploads):3}  {text}"
        self.console.print(line, highlight=False, markup=False, soft_wrap=True)

    def upload(self) -> None:
        """All files, or as many as time allows, in waves; the next one when most of those before it are archived."""
        while len(self.uploads) < self.files and time.monotonic() < self.began + 60 * self.minutes:
            if len(self.uploads) - self.archived > 2 * WAVE:
                time.sleep(2)
                continue
            first = len(self.uploads)
            wave = range(first, min(first + WAVE, self.files))
            try:
                for file in upload(self.cluster.site, wave, SIZES):
                    self.uploads.append(file)
            except OSError as error:  # the data host is cut off: the next try begins with the file that failed
                self.say(f"no upload: {type(error).__name__}")
                time.sleep(2)

    def look(self) -> None:
        """Counts the archived files, and starts again what ended by itself."""
        with contextlib.suppress(RefdataError):  # the data host is cut off
            self.archived = self.cluster.site.archived()
        for name in self.cluster.revive():
            self.ended[name] += 1
            self.say(f"{name} ended by itself, started again")

    def pause(self, seconds: float) -> None:
        """Looks on meanwhile."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.look()
            time.sleep(max(0.0, min(2.0, until - time.monotonic())))

    def happen(self, fault: Fault) -> None:
        """Lets a fault happen, and undoes it."""
        seconds = self.chance.uniform(*fault.seconds)
        self.say(f"{fault} for {seconds:.0f} s")
        self.happened.append(fault)
        hosts = [self.cluster.hosts[name] for name in fault.hosts]
        doomed = fault.programs
        for host in hosts:
            host.cut()
        for name in doomed:
            if name in self.cluster.airflow.processes:
                self.cluster.airflow.kill(name)
        self.pause(seconds)
        for host in hosts:
            host.connect()
        for name in doomed:
            self.cluster.start(name)

    def finish(self, uploading: threading.Thread) -> None:
        """Returns when every file is uploaded and archived, or none came to its end for a long time."""
        most, since, said = self.archived, time.monotonic(), 0.0
        while uploading.is_alive() or self.archived < len(self.uploads):
            if time.monotonic() > since + PATIENCE:
                return
            self.pause(2)
            if self.archived > most:
                most, since = self.archived, time.monotonic()
            if time.monotonic() > said + 20:
                said = time.monotonic()
                self.say("")


def run(cluster: Cluster, chosen: argparse.Namespace, console: Console) -> list[str]:
    """Uploads, lets faults happen, waits and judges."""
    this = Run(cluster, chosen.files, chosen.minutes, random.Random(chosen.seed), console)
    start_airflow(cluster, this.say)
    this.began = time.monotonic()
    uploading = threading.Thread(target=this.upload, daemon=True)
    uploading.start()
    for fault in planned(this.chance, chosen.faults, chosen.only):
        if not uploading.is_alive() and this.archived == len(this.uploads):
            break
        this.pause(this.chance.uniform(*BETWEEN_FAULTS))
        this.happen(fault)
    this.finish(uploading)
    seconds = time.monotonic() - this.began
    wrong = wrongs(cluster.site, this.uploads)
    if said := doctor_says(this):
        wrong.append(f"the doctor says: {said}")
    show(this, seconds, wrong)
    return wrong


def planned(chance: random.Random, faults: int, kinds: Sequence[str]) -> Iterator[Fault]:
    """All faults of these kinds in random order, again and again."""
    chosen, plan = [fault for fault in FAULTS if fault.kind in kinds], list[Fault]()
    while len(plan) < faults:
        plan += chance.sample(chosen, len(chosen))
    return iter(plan[:faults])


def doctor_says(this: Run) -> str:
    """What is left over once every run has ended: the last tasks of a run come after the archive."""
    until = time.monotonic() + 180
    sql = "SELECT run_id FROM dag_run WHERE dag_id = 'refdata_load' AND state IN ('queued', 'running')"
    while this.cluster.metadata(sql) and time.monotonic() < until:
        this.pause(2)
    return this.cluster.doctor()


def given_up(this: Run) -> list[tuple[str, str, str]]:
    """The runs that failed: their file, the tasks that failed, and how the file came to its end."""
    sql = """SELECT r.run_id, coalesce(r.conf->>'path', '') AS path, r.state,
        (SELECT string_agg(t.task_id || ' (' || t.try_number || '. try)', ', ') FROM task_instance AS t
         WHERE t.dag_id = r.dag_id AND t.run_id = r.run_id AND t.state = 'failed') AS tasks
        FROM dag_run AS r WHERE r.dag_id = 'refdata_load' AND r.state = 'failed'"""
    ledger = this.cluster.site.query("SELECT file_name, status, dag_run_id FROM {ref}.[File_Monitor_Tracking]")
    rows = []
    for failed in this.cluster.metadata(sql):
        own = [row for row in ledger if failed["path"].endswith(row[0]) or row[2] == failed["run_id"]]
        ends = [
            f"{status}, {'by this run' if run_id == failed['run_id'] else 'by a later run'}"
            for _, status, run_id in own
        ]
        name = own[0][0] if own else failed["run_id"]
        rows.append((name, failed["tasks"] or "none", ", ".join(ends) or "not in the ledger"))
    return rows


def show(this: Run, seconds: float, wrong: list[str]) -> None:
    """Prints the figures, the faults, the runs that Airflow gave up, and what is wrong."""
    files, failed = len(this.uploads), given_up(this)
    summary = Table("Engine", "Files", "Seconds", "A minute", "Faults", "Runs given up", "Wrong", "Load average")
    cells = (files, f"{seconds:.0f}", f"{60 * files / seconds:.0f}", len(this.happened), len(failed), len(wrong))
    summary.add_row(this.cluster.site.warehouse.engine, *map(str, cells), f"{os.getloadavg()[0]:.1f}")
    faults = Table("Host", "Killed", "Cut off", "Power", "Restarted", "Outage", "Ended by itself")
    for host in HOSTS:
        kinds = Counter(fault.kind for fault in this.happened if fault.host == host)
        by_itself = sum(number for name, number in this.ended.items() if AIRFLOW.get(name, (DATA,))[0] == host)
        faults.add_row(host, *(str(kinds[kind]) for kind in KINDS), str(by_itself))
    this.console.print(summary, faults)
    if failed:
        runs = Table("File", "Failed tasks", "End", title="Runs that Airflow gave up")
        for row in failed:
            runs.add_row(*row)
        this.console.print(runs)
    for one in wrong[:30]:
        this.console.print(one, soft_wrap=True, markup=False)


def main() -> int:
    """Runs what the arguments ask for, on hosts of its own."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--files", type=int, default=500)
    options.add_argument("--minutes", type=float, default=120, help="after which no more files are uploaded")
    options.add_argument("--faults", type=int, default=2 * len(FAULTS), help="how many kills and cuts")
    options.add_argument("--only", nargs="+", choices=KINDS, default=KINDS, help="kinds of faults")
    options.add_argument("--server", action="store_true", help="load into the T-SQL server")
    options.add_argument("--packages", type=Path, default=PROJECT / ".venv" / "celery")
    options.add_argument("--folder", type=Path, help="Airflow's homes; a temporary folder when left out")
    options.add_argument("--seed", type=int, default=7)
    chosen = options.parse_args()
    if (code := alone("benchmarks.celery_hosts", sys.argv[1:])) is not None:
        return code
    folder = (chosen.folder or Path(tempfile.mkdtemp(prefix="refdata-celery-"))).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)  # PostgreSQL's user goes through it
    console = Console(width=120)
    console.print(f"Written to {folder}", highlight=False)
    cluster = make_cluster(folder, chosen.packages, server=chosen.server)
    try:
        wrong = run(cluster, chosen, console)
    finally:
        cluster.stop(server=chosen.server)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
