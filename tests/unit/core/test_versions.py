"""The rows of a version and their places, compared with a table that keeps every version in full."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdata.core.errors import DataError
from refdata.core.model import LoadType
from refdata.core.versions import (
    VersionRecord,
    check_take_back,
    duplicate_of,
    expired,
    list_versions,
    loads_in,
    locate,
    require,
)

START = datetime(2024, 1, 1)  # noqa: DTZ001  the ledger's times are naive UTC
FULL, APPEND, ROLLBACK, TAKE_BACK, DELETE = LoadType


def history(*changes: tuple[LoadType, int | None]) -> tuple[VersionRecord, ...]:
    """Records 1, 2 ... with load ids 11, 12 ... and one day between two; each with its ``origin_id``."""
    return tuple(
        VersionRecord(10 + n, n, kind, 1, START + timedelta(days=n), f"{n}.csv", f"hash {n}", None, origin)
        for n, (kind, origin) in enumerate(changes, start=1)
    )


class Table:
    """The rows (each named by its load) of every version, and what a replacing change copies."""

    def __init__(self) -> None:
        self.records: list[VersionRecord] = []
        self.versions: dict[int, frozenset[int]] = {0: frozenset()}
        self.kept: dict[int, frozenset[int]] = {}
        self.deleted = 0

    @property
    def live(self) -> int:
        return len(self.records)

    def change(self, kind: LoadType, pick: int) -> None:
        number, load = self.live + 1, 100 + self.live + 1
        rows, origin = self.versions[self.live], None
        if kind is FULL:
            after = frozenset({load})
        elif kind is APPEND:
            after = rows | {load}
        elif kind is ROLLBACK and self.live:
            origin = 1 + pick % self.live
            if origin <= self.deleted:
                return
            after = self.versions[origin]
        elif kind is TAKE_BACK and (appends := sorted(rows & self.appended())):
            origin = appends[pick % len(appends)]
            after = rows - {origin}
        elif kind is DELETE and self.live:
            after, self.deleted = frozenset(), number
            self.records = [replace(record, removed_at=record.removed_at or START) for record in self.records]
        else:
            return
        if kind is not APPEND:
            self.kept[self.live] = rows
        self.versions[number] = after
        count = 1 if kind in (FULL, APPEND) else len(after)
        removed = START if kind is DELETE else None
        self.records.append(VersionRecord(load, number, kind, count, START, "", f"hash {load}", None, origin, removed))

    def appended(self) -> set[int]:
        return {record.load_id for record in self.records if record.kind is APPEND}

    def read(self, version: int) -> frozenset[int]:
        place = locate(self.records, version)
        rows = self.versions[self.live] if place.snapshot is None else self.kept[place.snapshot]
        later = {record.load_id for record in self.records if record.kind is APPEND and record.version > version}
        return rows - later if place.has_later else rows


CHANGES = st.lists(st.tuples(st.sampled_from(list(LoadType)), st.integers(0, 50)), max_size=30)


@given(CHANGES)
def test_every_version_is_read_as_it_was(changes: list[tuple[LoadType, int]]) -> None:
    table = Table()
    for kind, pick in changes:
        table.change(kind, pick)
    for version, rows in table.versions.items():
        if 0 < version < table.deleted:
            with pytest.raises(DataError, match="deleted"):
                require("t", table.records, version)
        elif version:
            assert table.read(version) == rows
            assert loads_in(table.records, version) == rows
    assert [one.rows for one in reversed(list_versions(table.records))] == [
        len(rows) for version, rows in table.versions.items() if version
    ]


@given(CHANGES, st.integers(0, 60))
def test_an_append_is_a_duplicate_exactly_while_its_rows_are_live(
    changes: list[tuple[LoadType, int]], pick: int
) -> None:
    table = Table()
    for kind, number in changes:
        table.change(kind, number)
    load = 100 + pick
    live = table.versions[table.live]
    assert (duplicate_of(table.records, APPEND, f"hash {load}") == load) == (load in live)
    whole = live == {load} and load not in table.appended()
    assert (duplicate_of(table.records, FULL, f"hash {load}") == load) == whole


RETENTION = [
    ("nothing asked", 0, None, ()),
    ("two kept", 2, None, (1, 2)),
    ("more kept than there are", 9, None, ()),
    ("by age", 0, START + timedelta(days=4), (1, 2)),
    ("whatever comes first", 1, START + timedelta(days=4), (1, 2, 4)),
]


@pytest.mark.parametrize(("kept", "older", "gone"), [one[1:] for one in RETENTION], ids=[one[0] for one in RETENTION])
def test_retention_lets_go(kept: int, older: datetime | None, gone: tuple[int, ...]) -> None:
    # Kept are 1, 2, 4 and 5; 3 has no snapshot, since the append 4 came upon it; 6 is live.
    records = history((FULL, None), (FULL, None), (FULL, None), (APPEND, None), (ROLLBACK, 1), (FULL, None))
    assert expired(records, kept=kept, older_than=older) == gone


def test_deleted_versions_are_not_deleted_again_and_cannot_be_read() -> None:
    records = list(history((FULL, None), (APPEND, None), (FULL, None), (FULL, None)))
    records[1] = replace(records[1], removed_at=START)
    assert expired(records, kept=1, older_than=None) == ()
    assert [one.is_kept for one in list_versions(records)] == [True, True, False, False]
    for version in (1, 2):
        with pytest.raises(DataError, match="deleted on 2024-01-01 by the retention rules"):
            require("t", records, version)
    assert require("t", records, 3).snapshot == 3


@pytest.mark.parametrize(
    ("load_id", "message"),
    [
        (11, "is not an append"),
        (99, "is not an append"),
        (12, "were replaced or taken back"),
        (14, "were replaced or taken"),
    ],
)
def test_a_load_that_cannot_be_taken_back_is_refused_with_the_reason(load_id: int, message: str) -> None:
    changes = (FULL, None), (APPEND, None), (FULL, None), (APPEND, None), (TAKE_BACK, 14), (APPEND, None)
    with pytest.raises(DataError, match=message):
        check_take_back("t", history(*changes), load_id)
    assert check_take_back("t", history(*changes), 16).version == 6
