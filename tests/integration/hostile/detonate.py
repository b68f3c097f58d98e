"""Loads one file in a process of its own and says what it cost.

The process is forked from one that has imported everything, and loads a small table first, so that only what the
file itself costs is counted.
"""

from __future__ import annotations

import resource
import shutil
import time
import traceback
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from refdata.core.errors import RefdataError
from refdata.core.failure import Failure
from refdata.core.model import DroppedFile
from refdata.ingest.align import align_table
from refdata.ingest.archive import move_to_error, move_to_processed
from refdata.ingest.context import Deps
from refdata.ingest.detect import detect_format
from refdata.ingest.load import load_rows
from tests.integration.trust.site import SqliteSite

FULL = "reference_data_table/fullload"
NAME = "cities.csv"
LIVE = "code,name\n01,Graz\n02,Linz\n"
CEILING = 6 << 30
"""Bytes of address space: a file that is read whole after all must not take the machine down."""
MOST_MB = 400.0
"""The memory that no file may need on top of the process's own."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the load ended.

    ``peak_mb`` is the most memory it held above what the process held before it; ``elsewhere`` lists what
    changed beside the file, its table and its ledger row; ``left`` the archived file and those beside it.
    """

    status: str
    category: str
    message: str
    warnings: tuple[str, ...]
    table_made: bool
    seconds: float
    peak_mb: float
    elsewhere: tuple[str, ...]
    left: tuple[str, ...]


def detonate(folder: Path, file: Path, *, timeout: float) -> Outcome:
    """Loads ``file`` in a child process, into which it is moved; ``folder`` is for the site.

    The status is ``crashed`` or ``too slow`` where the load did not come to an end of its own.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    receiving, sending = context.Pipe(duplex=False)
    child = context.Process(target=_run, args=(sending, folder, file))
    child.start()
    sending.close()
    try:
        found = receiving.recv() if receiving.poll(timeout) else _ended("too slow", f"more than {timeout} s")
    except EOFError:
        found = _ended("crashed", "the process died")
    child.kill()
    child.join()
    return found if isinstance(found, Outcome) else _ended("crashed", str(found))


def _ended(status: str, message: str) -> Outcome:
    return Outcome(status, "", message, (), False, 0.0, 0.0, (), ())


def _run(sending: Connection, folder: Path, file: Path) -> None:
    try:
        sending.send(_measure(folder, file))
    except BaseException:
        sending.send(traceback.format_exc())
        raise


def _load(deps: Deps, file: DroppedFile) -> None:
    try:
        detection = detect_format(deps, file, "run")
        align_table(deps, file, detection)
        load_rows(deps, file, detection)
        move_to_processed(deps, file)
    except RefdataError as error:
        move_to_error(deps, file, Failure.of(error, "test"))


def _measure(folder: Path, file: Path) -> Outcome:
    resource.setrlimit(resource.RLIMIT_AS, (CEILING, CEILING))
    site = SqliteSite(folder)
    site.make()
    deps = site.connect()
    site.drop("towns.csv", LIVE, folder=FULL)
    _load(deps, deps.dropoff.find(f"{FULL}/towns.csv"))
    before = _elsewhere(deps, site)
    shutil.move(file, Path(site.settings.dropoff_root) / FULL / NAME)
    base, began = _memory("VmRSS"), time.monotonic()
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts again: proc_pid_clear_refs(5)
    _load(deps, deps.dropoff.find(f"{FULL}/{NAME}"))
    seconds, peak = time.monotonic() - began, _memory("VmHWM") - base
    row = next(row for row in deps.ledger.page(limit=10).files if row.file_name == NAME)
    after = _elsewhere(deps, site)
    changed = tuple(str(item) for item in sorted(before ^ after))
    mine = tuple(sorted(path.name for path in Path(row.file_path).parent.iterdir() if "cities" in path.name))
    made = deps.warehouse.table(deps.target(row)) is not None
    return Outcome(
        row.status, row.error_category or "", row.error_message or "", row.warnings, made, seconds, peak, changed, mine
    )


def _memory(name: str) -> float:
    """A line of ``/proc/self/status``, in MB."""
    found = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(f"{name}:"))
    return int(found.split()[1]) / 1024


def _elsewhere(deps: Deps, site: SqliteSite) -> frozenset[tuple[str, ...]]:
    """Tables, the rows of the existing one, and files, except those of the hostile file."""
    schemas = (deps.settings.ref_schema, deps.settings.bkp_schema)
    tables = {("table", str(table)) for schema in schemas for table in deps.warehouse.tables(schema)}
    with deps.warehouse.transaction(write=False) as session:
        rows = {("row", str(row)) for row in session.query("SELECT * FROM ref.towns")}
        config = {("config", str(row)) for row in session.query("SELECT ref_name FROM ref.Reference_Data_Cfg")}
    paths = (path for folder in site.folders.values() for path in folder.rglob("*") if path.is_file())
    files = {("file", str(path), "" if path.suffix == ".db" else str(path.stat().st_size)) for path in paths}
    return frozenset(item for item in tables | rows | config | files if "cities" not in str(item))
