"""Decides what may be deleted by age before anything is deleted. Pure; the clock is an argument.

Nothing that live rows or versions refer to is deleted: a load that published keeps its ledger row for good, because
``ref_data_load_id`` and the table's versions refer to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from refdata.core.model import Load

_ARCHIVED = re.compile(r"(?:ERROR_)?(\d{8}_\d{6})_.+")


class DeletionKind(StrEnum):
    """The kinds of data that maintenance deletes."""

    PROCESSED_FILE = "processed_file"
    ERROR_FILE = "error_file"
    VERSION = "version"
    LEDGER_ROW = "ledger_row"
    AUDIT_ROWS = "audit_rows"
    ALERT_ROWS = "alert_rows"


@dataclass(frozen=True, slots=True)
class Deletion:
    """One thing to delete. ``amount`` counts rows or files, ``size`` is in bytes (0 for rows).

    ``folder`` is the absolute path of a file's archive folder, ``""`` for anything else.
    """

    kind: DeletionKind
    subject: str
    why: str
    amount: int = 1
    size: int = 0
    table_name: str | None = None
    load_id: int | None = None
    folder: str = ""


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """A file in an archive folder, with its absolute path; ``size`` in bytes."""

    name: str
    size: int
    folder: str = ""


def before(now: datetime, days: int) -> datetime | None:
    """The time before which things are deleted; None for never."""
    return now - timedelta(days=days) if days else None


def archived_at(name: str) -> datetime | None:
    """When a file was received, from its archive name; None for a name that is not an archive name."""
    match = _ARCHIVED.fullmatch(name)
    try:
        return datetime.strptime(match[1], "%Y%m%d_%H%M%S") if match else None  # noqa: DTZ007  naive UTC
    except ValueError:
        return None


def expired_files(kind: DeletionKind, files: Iterable[ArchivedFile], days: int, now: datetime) -> Iterator[Deletion]:
    """The archived files, with those beside them, that are older than ``days``; foreign files stay."""
    limit = before(now, days)
    for file in sorted(files, key=lambda one: one.name):
        received = archived_at(file.name)
        if limit is not None and received is not None and received < limit:
            why = f"received {received:%Y-%m-%d}, kept for {days} days"
            yield Deletion(kind, file.name, why, size=file.size, folder=file.folder)


def expired_rows(loads: Iterable[Load], days: int) -> Iterator[Deletion]:
    """The ledger rows of loads that ended without effect before the limit used in the ledger query."""
    for load in loads:
        why = f"ended {load.processed_at:%Y-%m-%d} without loading, kept for {days} days"
        yield Deletion(DeletionKind.LEDGER_ROW, load.file_path, why, table_name=load.table_name, load_id=load.id)


def expired_records(kind: DeletionKind, count: int, days: int) -> Iterator[Deletion]:
    """Rows of a trail that are deleted together."""
    if count:
        yield Deletion(kind, kind.value, f"older than {days} days", amount=count)
