"""The versions of a table, from its ledger: what each contained, where its rows are now, which one is live.

Each published change of a table makes the next number. A full load, a rollback and a take-back replace rows, so they
first copy the live ones to the version table, under the number that is live then; so does an upsert, an append that
replaces rows of the same key. Any other append adds rows and copies nothing: the version before it is the later
snapshot without the rows of the appends that came after. So every version can be read from one snapshot (or from the
live table) by listing the appends to leave out.

Where a load compared its rows with the live ones, it may keep only the rows that it removed or replaced
(``kept_as_delta``). The version before it is then the one after it, without the rows of that load and with those rows.

Pure: derives the answers from the ledger's rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from refdata.core.errors import DataError
from refdata.core.model import LoadType


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """A published change of a table, as recorded in the ledger.

    ``rows`` counts the rows that a full load or an append brought, or all rows of the table after a rollback or a
    take-back. ``origin_id`` is the version that a rollback restored, or the load that a take-back removed.
    ``removed_at`` is when the rows kept under this number were deleted by count or age. ``inserted`` and ``updated``
    count the rows that a load added and replaced, where it compared them with those of the table. ``kept_as_delta``:
    of the version before, only the rows that this load removed or replaced are kept. ``order_key`` ordered its turn.
    """

    load_id: int
    version: int
    kind: LoadType
    rows: int
    published_at: datetime | None
    file_name: str
    file_hash: str | None
    run_id: str | None
    origin_id: int | None = None
    removed_at: datetime | None = None
    inserted: int | None = None
    updated: int | None = None
    kept_as_delta: bool = False
    order_key: str | None = None

    @property
    def is_upsert(self) -> bool:
        """Whether it is an append whose rows replaced those of the same key."""
        return self.kind is LoadType.APPEND and self.updated is not None


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a table for its readers: number, origin, size and whether its rows can still be read.

    ``rows`` counts the rows that were in the table; None for version 0, the rows from before refdata. ``actor`` and
    ``reason`` say who requested a rollback or take-back, or approved a held load, and why; ``uploaded_by`` who uploaded
    the file on the page. Times are UTC.
    """

    version: int
    kind: LoadType | None
    load_id: int | None
    file_name: str
    file_hash: str | None
    published_at: datetime | None
    rows: int | None
    is_live: bool
    is_kept: bool
    run_id: str | None = None
    origin_id: int | None = None
    actor: str | None = None
    reason: str | None = None
    uploaded_by: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where the rows of ``version`` are: under ``snapshot`` in the version table, or live where that is None.

    ``has_later``: there are also rows of later loads, which must be left out. ``has_deltas``: the rows that went since
    are kept too, each under the last version that had it.
    """

    version: int
    snapshot: int | None
    has_later: bool
    has_deltas: bool = False

    def kept_under(self, version: int) -> Place:
        """The same place once the live rows are copied under the number ``version``."""
        return replace(self, snapshot=version) if self.snapshot is None else self

    @property
    def first(self) -> int | None:
        """The first number under which rows of the version are kept, ``snapshot`` the last; None: all are live."""
        return self.version if self.has_deltas else self.snapshot

    def has_kept(self, number: int) -> bool:
        """Whether rows kept under ``number`` may belong to the version."""
        last = number if self.snapshot is None else self.snapshot
        return self.first is not None and self.first <= number <= last


def replaces(record: VersionRecord) -> bool:
    """Whether a change has copied the rows that were live before it."""
    return record.kind is not LoadType.APPEND or record.is_upsert


def live_version(records: Sequence[VersionRecord]) -> int:
    """The number of the live version, 0 before the first load."""
    return max((record.version for record in records), default=0)


def locate(records: Sequence[VersionRecord], version: int) -> Place:
    """Where a version's rows are. ``records`` are in the order of their versions."""
    snapshot, deltas = version, False
    for record in records:
        if record.version > version:
            if replaces(record) and not record.kept_as_delta:
                return Place(version, snapshot, snapshot != version, deltas)
            snapshot, deltas = record.version, deltas or record.kept_as_delta
    return Place(version, None, snapshot != version, deltas)


def needing(records: Sequence[VersionRecord], number: int) -> tuple[int, ...]:
    """The versions, oldest first, that can still be read and no longer could without the rows kept under ``number``."""
    versions = [record.version for record in records]
    places = [locate(records, version) for version in versions]
    return tuple(one.version for one in places if one.has_kept(number) and _removed_at(records, one) is None)


def _removed_at(records: Sequence[VersionRecord], place: Place) -> datetime | None:
    """When rows that the place needs were deleted by count or age; None where all of them are kept."""
    times = (record.removed_at for record in records if place.has_kept(record.version))
    return next(filter(None, times), None)


def require(table: str, records: Sequence[VersionRecord], version: int, *, has_zero: bool = False) -> Place:
    """Where a version's rows are.

    :param has_zero: whether rows that predate refdata are kept as version 0.
    :raises DataError: when there is no such version, or its rows were deleted.
    """
    numbers = [record.version for record in records]
    if version not in numbers and not (version == 0 and has_zero):
        known = f"1 to {max(numbers)}" if numbers else "none"
        raise DataError(
            f"Table {table} has no version {version}", where=table, advice=f"Choose one of its versions: {known}."
        )
    place = locate(records, version)
    removed = _removed_at(records, place)
    if removed is not None:
        raise DataError(
            f"The rows of version {version} of {table} were deleted on {removed:%Y-%m-%d} by the retention rules",
            where=table,
            advice="Choose a kept version (`refdata versions` lists them); raise versions_kept to keep more.",
        )
    return place


def loads_in(records: Sequence[VersionRecord], version: int) -> frozenset[int]:
    """The loads whose rows a version contains."""
    by_version = {record.version: record for record in records}
    loads: set[int] = set()
    taken_back: set[int] = set()
    while (record := by_version.get(version)) is not None:
        if record.kind in (LoadType.FULL, LoadType.APPEND) and record.load_id not in taken_back:
            loads.add(record.load_id)
        if record.kind in (LoadType.FULL, LoadType.DELETE):
            break
        if record.kind is LoadType.TAKE_BACK and record.origin_id is not None:
            taken_back.add(record.origin_id)
        restored = record.origin_id if record.kind is LoadType.ROLLBACK else None
        version = _before(records, version) if restored is None else restored
    return frozenset(loads)


def _before(records: Sequence[VersionRecord], version: int) -> int:
    return max((record.version for record in records if record.version < version), default=0)


def duplicate_of(records: Sequence[VersionRecord], kind: LoadType, file_hash: str) -> int | None:
    """The load that already put this exact content into the live table, or None.

    A full load is a duplicate when its content is exactly the table's; an append when the table contains it.
    """
    inside = loads_in(records, live_version(records))
    # An upsert may have replaced rows of the loads before it, so only what came after it is certainly there.
    upserted = max((one.version for one in records if one.is_upsert), default=0)
    sure = [one for one in records if one.version >= upserted]
    same = [one.load_id for one in sure if one.load_id in inside and one.file_hash == file_hash]
    if kind is LoadType.FULL:
        full = {one.load_id for one in records if one.kind is LoadType.FULL}
        same = [load for load in same if inside == {load} and load in full]
    return same[0] if same else None


def check_take_back(table: str, records: Sequence[VersionRecord], load_id: int) -> VersionRecord:
    """The append to be taken back.

    :raises DataError: when the load is not an append, or its rows are not in the live table.
    """
    record = next((one for one in records if one.load_id == load_id), None)
    if record is None or record.kind is not LoadType.APPEND:
        raise DataError(
            f"Load {load_id} is not an append to {table}",
            where=table,
            advice="To undo a full load, run `refdata rollback` to the version before it.",
        )
    if record.is_upsert:
        raise DataError(
            f"Load {load_id} replaced rows of {table} by their key; removing its rows would not bring back the others",
            where=table,
            advice=f"Roll back to the version before it, {record.version - 1}, instead.",
        )
    if load_id not in loads_in(records, live_version(records)):
        raise DataError(
            f"The rows of load {load_id} are no longer in {table}: they were replaced or taken back",
            where=table,
            advice="Nothing; `refdata versions` shows what happened since.",
        )
    return record


def list_versions(records: Sequence[VersionRecord], *, has_zero: bool = False) -> tuple[Version, ...]:
    """The versions for their readers, the newest first. ``records`` are in the order of their versions."""
    live, rows, versions = live_version(records), 0, []
    for record in records:
        rows = rows + _added(record) if record.kind is LoadType.APPEND else record.rows
        kept = _removed_at(records, locate(records, record.version)) is None
        versions.append(_version(record, rows, is_live=record.version == live, is_kept=kept))
    if has_zero:
        versions.insert(0, Version(0, None, None, "", None, None, None, is_live=not records, is_kept=True))
    return tuple(reversed(versions))


def _added(record: VersionRecord) -> int:
    """By how many rows an append has lengthened the table."""
    return record.rows if record.inserted is None else record.inserted


def _version(record: VersionRecord, rows: int, *, is_live: bool, is_kept: bool) -> Version:
    return Version(
        record.version,
        record.kind,
        record.load_id,
        record.file_name,
        record.file_hash,
        record.published_at,
        rows,
        is_live,
        is_kept,
        record.run_id,
        record.origin_id,
    )


def expired(records: Sequence[VersionRecord], *, kept: int, older_than: datetime | None) -> tuple[int, ...]:
    """The snapshots that retention deletes, oldest first; live rows are never among them.

    :param kept: most snapshots that stay; 0 for any number.
    :param older_than: snapshots replaced before this time are deleted; None for any age.
    """
    snapshots = _snapshots(records)
    surplus = {number for number, _ in snapshots[:-kept]} if kept else set()
    aged = {number for number, when in snapshots if older_than is not None and when is not None and when < older_than}
    return tuple(number for number, _ in snapshots if number in surplus | aged)


def _snapshots(records: Sequence[VersionRecord]) -> list[tuple[int, datetime | None]]:
    """The numbers under which rows are kept, each with the time when they were replaced; oldest first."""
    removed = {record.version for record in records if record.removed_at is not None}
    snapshots, before = [], 0
    for record in records:
        if replaces(record) and before and before not in removed:
            snapshots.append((before, record.published_at))
        before = record.version
    return snapshots
