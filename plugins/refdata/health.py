"""Checks everything that loads need, for ``refdata health``; changes nothing.

Each function in ``CHECKS`` checks one thing and never raises an error of the tree: whatever prevents the check is its
finding. ``core.healthrules`` decides what a figure means.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias
from urllib.error import URLError
from urllib.request import urlopen

from refdata.alertlog import AlertLog
from refdata.config import load_settings, utc_now
from refdata.core import healthrules
from refdata.core.diagnosis import Trouble
from refdata.core.errors import RefdataError
from refdata.core.health import Check, State, failed, warehouse_check
from refdata.core.model import FileStatus, Load
from refdata.core.settings import Settings
from refdata.ledger import Ledger
from refdata.sources import source_of
from refdata.warehouse.base import Warehouse
from refdata.warehouse.connect import open_warehouse

LONGEST_CONNECT = 10.0
"""Seconds that connecting to the database may take; a monitor does not wait longer."""
_COMPONENTS_TIMEOUT = 5.0
_MEMINFO, _CGROUP = Path("/proc/meminfo"), Path("/sys/fs/cgroup")

_AirflowHealth: TypeAlias = Mapping[str, Mapping[str, str | None]]
Look: TypeAlias = Callable[[Settings], Iterable[Check]]


def check_warehouse(settings: Settings) -> Iterable[Check]:
    """Distinguishes server, login, database, permissions and ledger with one connection; then reads the ledger."""
    try:
        warehouse = open_warehouse(settings)  # imports the driver, which takes longer than the connection itself
        began = time.monotonic()
        diagnosis = warehouse.diagnose()
    except RefdataError as error:
        return (failed("warehouse", error),)
    first = warehouse_check("warehouse", diagnosis, time.monotonic() - began)
    if diagnosis.trouble is not None and diagnosis.trouble is not Trouble.RIGHT_MISSING:
        return (first,)
    try:
        return (first, *_ledger_checks(settings, warehouse, utc_now()))
    except RefdataError as error:
        return (first, failed("ledger", error))


def _ledger_checks(settings: Settings, warehouse: Warehouse, now: datetime) -> Iterable[Check]:
    ledger = Ledger(warehouse)
    yield healthrules.schema_check(warehouse.schema_version())
    unfinished = ledger.unfinished()
    waits = {row.file_path: _seconds(now, row.created_at) for row, _ in unfinished if row.status is FileStatus.PENDING}
    yield healthrules.waiting_check(waits, settings)
    silent = {row.table_name: _seconds(now, seen) for row, seen in unfinished if row.status is FileStatus.PROCESSING}
    yield healthrules.turns_check(silent, settings)
    yield healthrules.answers_check(sum(row.status is FileStatus.REVIEW for row, _ in unfinished), settings)
    recent = ledger.recent(now - timedelta(seconds=settings.health_period))
    yield healthrules.error_rate_check(recent, settings)
    yield healthrules.slow_load_check(recent, settings)
    yield healthrules.alerts_check(AlertLog(warehouse).waiting())
    if (is_on := warehouse.keeps_row_versions()) is not None:
        yield healthrules.readers_check(is_on=is_on)
    yield healthrules.storage_check(warehouse.storage().of_tables(one.table_name for one in ledger.tables()))
    newest = next(iter(ledger.page(limit=1).files), None)
    yield from _unseen(settings, {row.file_path for row, _ in unfinished}, newest, now)


def _unseen(settings: Settings, known: set[str], newest: Load | None, now: datetime) -> Iterable[Check]:
    """Files in their folders that the ledger does not know; ``check_folders`` reports a missing tree.

    :param newest: the load that was registered last.
    """
    try:
        files = source_of(settings).scan().files
    except RefdataError:
        return
    now_ns = time.time_ns()
    ages = {file.path: (now_ns - file.arrived_ns) / 1e9 for file in files if file.path not in known}
    paths = sorted(ages, key=lambda path: -ages[path])
    last = (_seconds(now, newest.created_at), (now_ns - (newest.file_mtime_ns or 0)) / 1e9) if newest else None
    yield healthrules.unseen_check(paths, max(ages.values(), default=None), settings, last)


def check_folders(settings: Settings) -> Iterable[Check]:
    """The place where files are dropped and its archives, as their source sees them."""
    try:
        yield from source_of(settings).checks(settings.min_free_mb)
    except RefdataError as error:
        yield failed("dropoff", error)


def check_memory(settings: Settings) -> Iterable[Check]:
    """Available memory of the machine or its container."""
    return (healthrules.memory_check(available_memory(_MEMINFO, _CGROUP), settings.min_free_memory_mb),)


def available_memory(meminfo: Path, cgroup: Path) -> int | None:
    """Bytes that this process may still use; None where unknown."""
    free = []
    if meminfo.exists():
        values = dict(line.split(":", 1) for line in meminfo.read_text(encoding="ascii").splitlines())
        free.append(int(values["MemAvailable"].split()[0]) * 1024)
    limit, used = cgroup / "memory.max", cgroup / "memory.current"
    if limit.exists() and used.exists() and (text := limit.read_text(encoding="ascii").strip()) != "max":
        free.append(int(text) - int(used.read_text(encoding="ascii")))
    return min(free, default=None)


def check_airflow(settings: Settings) -> Iterable[Check]:  # noqa: ARG001  one form for all checks
    """Heartbeats of Airflow's components, from its health endpoint: the only source about them that a task may use."""
    address = health_address()
    try:
        with urlopen(address, timeout=_COMPONENTS_TIMEOUT) as answer:  # noqa: S310  Airflow's own configuration
            answered = json.load(answer)
    except (URLError, OSError, ValueError) as error:
        message = f"{address} does not answer: {getattr(error, 'reason', error)}"
        advice = "Start the API server, or set [core] execution_api_server_url to an address that this machine reaches."
        return (Check("airflow", State.WARN, "unreachable", message, advice, transient=True),)
    return component_checks(answered)


def health_address() -> str:
    """Airflow's own health endpoint, where workers reach the API server."""
    from airflow.configuration import conf

    execution = conf.get("core", "execution_api_server_url", fallback="") or ""
    base = execution.partition("/execution")[0] or conf.get("api", "base_url", fallback="") or "http://localhost:8080"
    return f"{base.rstrip('/')}/api/v2/monitor/health"


def component_checks(airflow: _AirflowHealth) -> tuple[Check, ...]:
    """The components, from Airflow's current health report."""
    return healthrules.component_checks(airflow, datetime.now(UTC))


LOCAL: tuple[Look, ...] = (check_warehouse, check_folders, check_memory)
CHECKS: tuple[Look, ...] = (*LOCAL, check_airflow)


def run_checks(checks: Sequence[Look] = CHECKS) -> tuple[Check, ...]:
    """Runs the checks, settings first: without them nothing else can be checked."""
    try:
        settings = load_settings()
    except RefdataError as error:
        return (failed("settings", error),)
    settings = dataclasses.replace(settings, connect_timeout=min(settings.connect_timeout, LONGEST_CONNECT))
    read = Check("settings", State.OK, "read", f"The warehouse is Airflow connection {settings.conn_id}")
    return (read, *look(settings, checks))


def look(settings: Settings, looks: Sequence[Look] = LOCAL) -> tuple[Check, ...]:
    """Runs the checks with settings that are already read."""
    return tuple(check for one in looks for check in one(settings))


def as_json(checks: Sequence[Check], state: State) -> dict[str, Any]:
    """What ``refdata health --json`` prints."""
    return {"state": state, "checks": [dataclasses.asdict(check) for check in checks]}


def _seconds(now: datetime, since: datetime) -> float:
    return max(0.0, (now - since).total_seconds())
