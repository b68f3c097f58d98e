from __future__ import annotations

from datetime import datetime

import pytest

from refdata.core.maintenance import ArchivedFile, DeletionKind, archived_at, before, expired_files, expired_records

NOW = datetime(2024, 12, 31)  # noqa: DTZ001  naive UTC

NAMES = [
    ("20241201_120000_airports.csv", True),
    ("ERROR_20241130_000000_airports.error.json", True),
    ("20241202_000001_airports.csv", False),
    ("20249901_120000_x.csv", False),
    ("airports.csv", False),
    ("20241201_airports.csv", False),
    (".refdata-rejects-7.csv", False),
    ("20241201_120000_", False),
]


@pytest.mark.parametrize(("name", "goes"), NAMES, ids=[name for name, _ in NAMES])
def test_only_files_that_the_archive_named_go_and_only_when_they_are_old(name: str, goes: bool) -> None:
    found = list(expired_files(DeletionKind.PROCESSED_FILE, [ArchivedFile(name, 7)], 29, NOW))
    assert [(one.subject, one.size) for one in found] == ([(name, 7)] if goes else [])


def test_zero_days_keep_everything() -> None:
    assert list(expired_files(DeletionKind.ERROR_FILE, [ArchivedFile("20001201_120000_a.csv", 7)], 0, NOW)) == []
    assert before(NOW, 0) is None


def test_the_moment_is_read_as_it_was_written() -> None:
    assert archived_at("ERROR_20241130_235959_a_2.csv") == datetime(2024, 11, 30, 23, 59, 59)  # noqa: DTZ001


def test_nothing_to_delete_records_no_deletion() -> None:
    assert list(expired_records(DeletionKind.AUDIT_ROWS, 0, 30)) == []
    assert [one.amount for one in expired_records(DeletionKind.AUDIT_ROWS, 9, 30)] == [9]
