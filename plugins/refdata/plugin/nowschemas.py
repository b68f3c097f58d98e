"""The answer about what is on its way to a table."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import UTC, datetime

from pydantic import BaseModel, Field

from refdata.arrivalapi import MOST_LISTED, Now
from refdata.core.arrivals import Arrival, NotTaken, Progress
from refdata.core.loadstates import REVIEW
from refdata.core.model import LoadType
from refdata.core.plainadvice import plain_advice
from refdata.plugin.schemas import UtcTime


class ArrivalView(BaseModel):
    """A file in a load folder that is not a load yet."""

    path: str
    file_name: str
    table: str = Field(description="The table that its name leads to.")
    load_type: LoadType
    is_reference_data: bool
    size: int
    arrived_at: UtcTime
    progress: Progress | None = Field(description="Null where the watcher's checks are not known.")
    checks: int = Field(description="Checks so far that found it unchanged.")
    needed: int
    seconds: float | None = Field(description="About how long until its load starts; null where it is not known.")

    @classmethod
    def of(cls, one: Arrival, table: str, *, is_known: bool) -> ArrivalView:
        """A file with its checks, without them where nobody knows them."""
        file = one.file
        return cls(
            path=file.path,
            file_name=file.name,
            table=table,
            load_type=file.load_type,
            is_reference_data=file.is_reference_data,
            size=file.size,
            arrived_at=_time(file.arrived_ns),
            progress=one.progress if is_known else None,
            checks=one.checks if is_known else 0,
            needed=one.needed,
            seconds=one.seconds if is_known else None,
        )


class NotTakenView(BaseModel):
    """Something that is not loaded where it is: why, and what to do."""

    path: str
    reason: str
    advice: str
    plain_advice: str
    changed_at: UtcTime | None

    @classmethod
    def of(cls, one: NotTaken) -> NotTakenView:
        """From what the source found."""
        return cls(
            path=one.path,
            reason=one.reason,
            advice=one.advice,
            plain_advice=plain_advice(one.advice),
            changed_at=_time(one.changed_ns) if one.changed_ns else None,
        )


class NowView(BaseModel):
    """What is on its way, and a mark that is another one whenever something has happened since."""

    mark: str = Field(description="Changes when a file, a check, a load or its progress does.")
    is_moving: bool = Field(description="Whether anything will change without a person.")
    waiting: int = Field(description="Loads that wait for an answer.")
    arriving: tuple[ArrivalView, ...] = Field(
        description=f"At most {MOST_LISTED}; the load that starts first is first."
    )
    arriving_count: int = Field(description="All files that are on their way.")
    not_taken: tuple[NotTakenView, ...] = Field(description=f"At most {MOST_LISTED}.")
    not_taken_count: int = Field(description="All files that are left where they are.")
    place: str = Field(description="The folder or address where files are dropped.")
    is_bucket: bool = Field(
        description="Whether it is an object store, whose uploads show only when they are complete."
    )
    looked_at: UtcTime = Field(description="When the folders were looked at; a bucket is listed every 15 seconds.")
    fault: str = Field(description="Why nobody could look into the folders, or empty.")

    @classmethod
    def of(cls, now: Now) -> NowView:
        """From ledger, folders and the watcher's state."""
        first = now.arriving[:MOST_LISTED]
        arriving = tuple(ArrivalView.of(one, now.tables[one.file.path], is_known=now.is_known) for one in first)
        loads = now.motion.loads
        return cls(
            mark=_mark(now, arriving),
            is_moving=any(load.status is not REVIEW for load in loads) or _is_on_its_way(now),
            waiting=sum(load.status is REVIEW for load in loads),
            arriving=arriving,
            arriving_count=len(now.arriving),
            not_taken=tuple(map(NotTakenView.of, now.look.not_taken)),
            not_taken_count=now.look.not_taken_count,
            place=now.place,
            is_bucket=now.is_bucket,
            looked_at=_time(now.look.at_ns),
            fault=now.look.fault,
        )


def _is_on_its_way(now: Now) -> bool:
    """Whether a file will be a load without a person; where nobody knows the checks, every one may be."""
    return any(not now.is_known or one.progress is not Progress.UNWATCHED for one in now.arriving)


def _mark(now: Now, arriving: tuple[ArrivalView, ...]) -> str:
    checks = Counter((one.progress, one.checks) for one in now.arriving if now.is_known)
    shown = (
        now.motion.newest_id,
        [(load.id, load.status.value, load.attempt, load.rows_staged) for load in now.motion.loads],
        [(one.path, one.progress, one.checks) for one in arriving],
        len(now.arriving),
        sorted(checks.items()),
        now.look.not_taken,
        now.look.not_taken_count,
    )
    return hashlib.blake2b(repr(shown).encode("utf-8", "surrogateescape"), digest_size=9).hexdigest()


def _time(nanoseconds: int) -> datetime:
    """A file's time; the beginning of time where a file system reports one that no calendar has."""
    try:
        return datetime.fromtimestamp(nanoseconds / 1e9, UTC)
    except (OverflowError, OSError, ValueError):
        return datetime.fromtimestamp(0, UTC)
