"""Turns measurements into checks: the thresholds of ``refdata health``. Pure.

Each function names its check, so that each name occurs once: ``refdata.health`` measures and calls these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from refdata.core.health import Check, State
from refdata.core.loadfigures import LoadFigures
from refdata.core.loadstates import FAILED, PUBLISHED
from refdata.core.schemasteps import LATEST
from refdata.core.settings import Settings
from refdata.core.storage import PAGE, StorageReport
from refdata.core.turns import MOST_HELD, most_active

MEBIBYTE = 1024 * 1024
LEAST_LOADS = 5
"""With fewer loads than this, a share is not meaningful."""
NAMED = 3


@dataclass(frozen=True, slots=True)
class Folder:
    """The observed state of a folder. ``device`` distinguishes filesystems; ``free`` is in bytes.

    ``is_link``: it is a symbolic link, in a place where links are not followed.
    """

    path: str
    exists: bool
    writable: bool
    device: int | None = None
    free: int | None = None
    is_link: bool = False


def schema_check(version: int, latest: int = LATEST) -> Check:
    """Compares the version of refdata's own tables with the one that this software knows."""
    figure = f"{version} of {latest}"
    if version < latest:
        return Check("schema", State.WARN, figure, "refdata's own tables belong to an earlier release",
                     "Nothing: the next load upgrades them. Or run `refdata init-db`.")  # fmt: skip
    if version > latest:
        return Check("schema", State.WARN, figure, "refdata's own tables belong to a later release than this software",
                     "Upgrade refdata on this machine.")  # fmt: skip
    return Check("schema", State.OK, figure)


def folder_check(name: str, folder: Folder) -> Check:
    """A folder that loads write to."""
    if not folder.exists:
        advice = "Mount or create it, and make sure that this machine sees it under the same path as the workers."
        return Check(name, State.FAIL, "missing", f"{folder.path} is missing", advice, transient=True)
    if not folder.writable:
        advice = "Give the user that runs Airflow write permission, and mount it writable."
        return Check(name, State.FAIL, "not writable", f"{folder.path} is not writable", advice)
    return Check(name, State.OK, "writable", folder.path)


def dropoff_check(root: Folder, load_folders: Sequence[Folder]) -> Check:
    """The dropoff root and its load folders; like the watcher, it needs only one of them to work."""
    there = [folder for folder in load_folders if folder.exists]
    closed = [folder for folder in there if not folder.writable]
    if not (root.exists and root.writable and there) or closed:
        return folder_check("dropoff", next(iter(closed), root if not root.exists or there else load_folders[0]))
    missing = [folder.path for folder in load_folders if not folder.exists]
    if not missing:
        return folder_check("dropoff", root)
    figure = "1 folder is missing" if len(missing) == 1 else f"{len(missing)} folders are missing"
    advice = "Create them (`refdata init-db` does); until then, no file can be dropped there."
    return Check("dropoff", State.WARN, figure, f"Missing: {', '.join(missing)}", advice)


def archive_check(name: str, folders: Sequence[Folder], earlier: str = "") -> Check:
    """The folders of one archive, at least one.

    :param earlier: path of an earlier installation's archive that still contains files; empty for none.
    """
    if linked := [folder.path for folder in folders if folder.is_link]:
        message = f"{_some(linked)} is a symbolic link, and links are not followed: no file can be archived there"
        advice = f"Remove the link, or set `{name}_root` to the folder that it leads to."
        return Check(name, State.FAIL, "a link", message, advice)
    bad = next((folder for folder in folders if not (folder.exists and folder.writable)), folders[0])
    check = folder_check(name, bad)
    if check.state is not State.OK:
        return check
    place = bad.path if len(folders) == 1 else f"`{name}` inside each load folder"
    if not earlier:
        return Check(name, State.OK, check.figure, place)
    advice = "Leave them there, or move them to their load folders with `refdata move-archives --apply`."
    return Check(name, State.OK, check.figure, f"{place}; {earlier} contains files of an earlier installation", advice)


def filesystem_check(places: Iterable[tuple[Folder, Folder]]) -> Check:
    """Whether archiving is one rename; across filesystems it is a copy.

    :param places: pairs of the drops' folder and their archive folder.
    """
    apart = [archive.path for drops, archive in places
             if drops.exists and archive.exists and not archive.is_link and archive.device != drops.device]  # fmt: skip
    if not apart:
        return Check("filesystem", State.OK, "one", "Archiving is one rename")
    advice = "Nothing is lost, but each copy takes time and twice the space: put them on one filesystem."
    message = f"{', '.join(apart)} are on a different filesystem from the drops"
    return Check("filesystem", State.WARN, "more than one", message, advice)


def space_check(folders: Sequence[Folder], least_mb: int) -> Check:
    """Free space on the fullest filesystem: a warning below twice the threshold, a failure below it."""
    folder = min(folders, key=lambda folder: folder.free or 0)
    free = (folder.free or 0) // MEBIBYTE
    figure = f"{free:,} MB free"
    advice = "Free up space; loads wait and continue by themselves. `refdata maintenance` lists what may be deleted."
    if free < least_mb:
        return Check("space", State.FAIL, figure, f"{folder.path} is nearly full", advice, transient=True)
    if free < 2 * least_mb:
        return Check("space", State.WARN, figure, f"{folder.path} is filling up", advice)
    return Check("space", State.OK, figure, folder.path)


def memory_check(available: int | None, least_mb: int) -> Check:
    """Memory available to this machine or container, in bytes; None where it is unknown."""
    if available is None:
        return Check("memory", State.OK, "unknown", "This system does not report it")
    figure = f"{available // MEBIBYTE:,} MB free"
    if available < least_mb * MEBIBYTE:
        advice = "A load needs about 400 MB: lower `max_parallel_loads` or Airflow's parallelism, or add memory."
        return Check("memory", State.WARN, figure, "Little memory is available", advice)
    return Check("memory", State.OK, figure)


def readers_check(*, is_on: bool) -> Check:
    """Whether readers see the rows before a publish instead of waiting for its end.

    >>> readers_check(is_on=True).figure
    'row versions are kept'
    """
    if is_on:
        return Check("readers", State.OK, "row versions are kept")
    message = "READ_COMMITTED_SNAPSHOT is off: readers wait while a load is published, and a load waits for readers"
    advice = (
        "Ask the DBA to run, at a quiet time, because it ends open transactions: ALTER DATABASE CURRENT SET"
        " READ_COMMITTED_SNAPSHOT ON WITH ROLLBACK IMMEDIATE"
    )
    return Check("readers", State.WARN, "off", message, advice)


def storage_check(report: StorageReport) -> Check:
    """Pages against rows: warns of heaps beyond a megabyte, and of tables whose pages are mostly empty."""
    if report.unknown:
        return Check("storage", State.OK, "unknown", report.unknown)
    pages = sum(one.pages for one in report.tables)
    figure = f"{pages:,} pages for {sum(one.rows for one in report.tables):,} rows"
    growing = [one for one in report.heaps if one.is_wasteful or one.pages * PAGE > MEBIBYTE]
    if growing:
        message = f"Heaps keep the pages of deleted rows: {_some(list(map(str, growing)))}"
        advice = "`refdata maintenance --apply --convert-heaps` gives them a clustered index, and frees empty pages."
        return Check("storage", State.WARN, figure, message, advice)
    if empty := [str(one) for one in report.tables if one.is_wasteful]:
        advice = "Ask the DBA to rebuild the table's clustered index (ALTER INDEX … REBUILD)."
        return Check("storage", State.WARN, figure, f"Most pages are empty: {_some(empty)}", advice)
    return Check("storage", State.OK, figure)


COMPONENTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")
_CONSEQUENCE = {
    "metadatabase": "Airflow does nothing without it.",
    "scheduler": "No load is started.",
    "triggerer": "The dropoff folder is not watched.",
    "dag_processor": "Changed DAGs are not seen, and callbacks (alerts on failed runs) are not called.",
}


def component_checks(health: Mapping[str, Mapping[str, str | None]], now: datetime) -> tuple[Check, ...]:
    """Airflow's components, from what its health endpoint says.

    :param now: UTC, with its zone.
    """
    return tuple(_component(name, health.get(name, {}), now) for name in COMPONENTS)


def _component(name: str, component: Mapping[str, str | None], now: datetime) -> Check:
    beat = component.get(f"latest_{name}_heartbeat")
    age = f"seen {max(0, round((now - datetime.fromisoformat(beat)).total_seconds()))} s ago" if beat else ""
    if component.get("status") == "healthy":
        return Check(name, State.OK, age or "healthy")
    message = f"{name} sends no heartbeat. {_CONSEQUENCE[name]}"
    return Check(name, State.FAIL, age or "never seen", message, "Start it, or check its log.", transient=True)


def unseen_check(
    paths: Sequence[str], oldest: float | None, settings: Settings, last: tuple[float, float] | None = None
) -> Check:
    """Files that the ledger does not know, and for how many seconds the oldest has been there unchanged.

    Of thousands dropped at once, the last ones wait for an hour while others are taken up.

    :param last: seconds since the newest load was registered, and since its file was changed.
    """
    patience = settings.stability_checks * settings.stability_interval + settings.alert_unseen
    is_next = last is not None and last[0] < settings.alert_unseen and (oldest or 0) - last[1] < patience
    if oldest is None or oldest < patience or is_next:
        files = _count(len(paths), "file")
        figure = files if oldest is None else f"{files}, {_span(oldest)}"
        return Check("watcher", State.OK, figure, "New files are being checked" if paths else "No file waits unseen")
    message = f"Not picked up: {_some(paths)}"
    advice = "Make sure that refdata_watch is not paused, its runs succeed, and triggerer and scheduler are running."
    return Check("watcher", State.FAIL, _span(oldest), message, advice, transient=True)


def waiting_check(waits: Mapping[str, float], settings: Settings) -> Check:
    """The files waiting for their load, with the seconds since each was registered."""
    if not waits:
        return Check("queue", State.OK, "0 files")
    oldest = max(waits.values())
    figure = f"{_count(len(waits), 'file')}, {_span(oldest)}"
    if oldest < settings.alert_waiting:
        return Check("queue", State.OK, figure)
    late = sorted((path for path in waits if waits[path] >= settings.alert_waiting), key=lambda path: -waits[path])
    advice = "`refdata status` shows the loads ahead of them. If there are none, check whether refdata_load is paused."
    return Check("queue", State.WARN, figure, f"Waiting too long: {_some(late)}", advice)


def turns_check(silent: Mapping[str, float], settings: Settings) -> Check:
    """The tables that a load has blocked for longer than a repair takes, with seconds since its last heartbeat.

    A turn is free after ``stale_after``, and one of the next two runs of ``refdata_health`` repairs it.
    """
    bound = settings.stale_after + 2 * settings.health_interval
    stuck = {table: age for table, age in silent.items() if age > bound}
    if not stuck:
        return Check("turns", State.OK, "none stuck")
    message = f"Loads of {_some(sorted(stuck))} hold their table's turn but send no heartbeat"
    advice = "If their runs hang, mark them failed in Airflow; `refdata_health` must be running, it repairs the rest."
    return Check("turns", State.WARN, f"{len(stuck)}, {_span(max(stuck.values()))}", message, advice)


def answers_check(held: int, settings: Settings) -> Check:
    """The loads that wait for a person's answer; each keeps a place that another load could have."""
    figure = _count(held, "load")
    if held < MOST_HELD:
        return Check("answers", State.OK, figure)
    advice = "Answer some of them: Home on refdata's page lists them."
    if held < most_active(settings.max_parallel_loads):
        return Check("answers", State.WARN, figure, "So many loads wait for an answer that fewer others run", advice)
    return Check("answers", State.FAIL, figure, "So many loads wait for an answer that no other can begin", advice)


def error_rate_check(loads: Sequence[LoadFigures], settings: Settings) -> Check:
    """The share of refused files among recently finished loads."""
    ended = [load for load in loads if load.status in PUBLISHED | FAILED]
    refused = [load for load in ended if load.status in FAILED]
    if len(ended) < LEAST_LOADS:
        return Check("error_rate", State.OK, f"{len(refused)} of {len(ended)}")
    figure = f"{len(refused) / len(ended):.0%} of {len(ended)}"
    if len(refused) <= settings.alert_error_rate * len(ended):
        return Check("error_rate", State.OK, figure)
    counts = {load.error_category or "internal": 0 for load in refused}
    for load in refused:
        counts[load.error_category or "internal"] += 1
    named = ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda item: -item[1]))
    advice = "`refdata errors` lists the usual causes, and what to do."
    return Check("error_rate", State.WARN, figure, f"Many files are refused: {named}", advice)


def slow_load_check(loads: Sequence[LoadFigures], settings: Settings) -> Check:
    """The loads that took longer than ``alert_slow_load``."""
    timed = {load.id: load.seconds for load in loads if load.seconds is not None}
    if not timed:
        return Check("slow_loads", State.OK, "no load")
    slow = [load for load in loads if timed.get(load.id, 0) > settings.alert_slow_load]
    figure = f"slowest {_span(max(timed.values()))}"
    if not slow:
        return Check("slow_loads", State.OK, figure)
    named = _some(sorted({load.table_name for load in slow}))
    return Check("slow_loads", State.WARN, figure, f"Slow: {named}", "See `refdata report`.")


def alerts_check(waiting: int) -> Check:
    """Alerts that are waiting to be sent together, or that no channel accepted."""
    return Check("alerts", State.OK, f"{waiting} gathered" if waiting else "none waiting")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _span(seconds: float) -> str:
    """A time for people: ``42 s``, ``12 min``, ``3.5 h``, ``2.1 days``."""
    for unit, size in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}".replace(".0 ", " ")
    return f"{seconds:.0f} s"


def _some(names: Sequence[str]) -> str:
    """The first few, and how many more."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
