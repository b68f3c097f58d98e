from __future__ import annotations

from datetime import timedelta

import pytest

from refdata.core.errors import SupersededError
from refdata.core.filemodel import Scan
from refdata.core.model import FileStatus, Load, LoadType
from refdata.core.turns import Wait, is_due
from refdata.ledger import FileOrder
from refdata.turnqueue import TurnQueue
from tests.integration.warehouse.conftest import NOW, Loads, dropped, failed, plain_format

HOSTILE = "x'; DROP TABLE t; --[a]]\"%s%d *\\ ä\u0301 \U0001f4a9 ?"


def test_a_registered_file_can_be_read_back_in_full(loads: Loads) -> None:
    row = loads.register("a.csv", size=5, mtime=1733054400123456789)
    assert (row.status, row.attempt, row.file_size) == (FileStatus.PENDING, 0, 5)
    assert (row.file_mtime_ns, row.created_at) == (1733054400123456789, NOW)
    assert (row.load_type, row.is_reference_data, row.dag_run_id) == (LoadType.FULL, True, "run a.csv")
    assert loads.ledger.get(row.id) == loads.ledger.by_path(row.file_path) == loads.ledger.by_run("run a.csv") == row


def test_text_that_looks_like_sql_is_kept_as_text(loads: Loads) -> None:
    row = loads.ledger.register(dropped(f"{HOSTILE}.csv"), "t", HOSTILE, NOW)
    loads.ledger.mark_failed(row.id, failed(HOSTILE + "\\\n\r\n'"), NOW)
    found = loads.ledger.by_path(row.file_path)
    assert found is not None
    assert (found.file_name, found.dag_run_id) == (f"{HOSTILE}.csv", HOSTILE)
    assert found.error_what == HOSTILE + "\\\n\r\n'"


def test_paths_that_differ_in_case_or_accent_are_two_files(loads: Loads) -> None:
    rows = [loads.register(name) for name in ("a.csv", "A.csv", "á.csv", "a .csv")]
    assert len({row.id for row in rows}) == 4
    assert [loads.ledger.by_path(row.file_path) for row in rows] == rows


def test_the_result_of_detection_is_kept(loads: Loads) -> None:
    row = loads.register("a.csv")
    scan = Scan((), 7, 2, "f" * 64, 99)
    loads.ledger.record_format(row.id, plain_format(("ä", 'say "hi"'), "\t"), scan, ("first", "zweite"))
    found = loads.ledger.get(row.id)
    assert found is not None
    assert (found.file_hash, found.rows_read, found.rows_rejected) == ("f" * 64, 7, 2)
    assert (found.detected_delimiter, found.detected_encoding) == ("\\t", "utf-8")
    assert (found.detected_headers, found.warnings) == (("ä", 'say "hi"'), ("first", "zweite"))


RERUNS = [
    ("the table is changed already", True, "hash", ("from the scan", "about the table")),
    ("the table is as it was", False, "hash", ("from the scan",)),
    ("another file took the place", True, "other", ("from the scan",)),
]


@pytest.mark.parametrize(("changed", "sha256", "kept"), [case[1:] for case in RERUNS], ids=[case[0] for case in RERUNS])
def test_a_run_that_starts_again_loses_no_warning_about_the_table(
    loads: Loads, changed: bool, sha256: str, kept: tuple[str, ...]
) -> None:
    def detected(content: str) -> Load:
        scan = Scan((), 1, 0, content, 1)
        loads.ledger.record_format(row.id, plain_format(("a",)), scan, ("from the scan",))
        found = loads.ledger.get(row.id)
        assert found is not None
        return found

    row = loads.register("a.csv")
    loads.ledger.add_warnings(detected("hash"), ("about the table",))
    if changed:
        loads.ledger.record_table_changes(row.id, "widen n", any_change=True)
    loads.register("a.csv")
    assert detected(sha256).warnings == kept


def test_a_run_that_comes_again_takes_up_the_same_row(loads: Loads) -> None:
    first = loads.register("a.csv")
    loads.ledger.mark_failed(first.id, failed("again", "deadlock"), NOW)
    second = loads.register("a.csv")
    assert (second.id, second.status, second.error_message) == (first.id, FileStatus.PENDING, None)


def test_another_file_under_the_path_of_a_loaded_one_gets_a_row_of_its_own(loads: Loads) -> None:
    first = loads.register("a.csv")
    loads.ledger.mark_archived(first.id, first.file_path, NOW)
    loads.database.run("UPDATE ref.File_Monitor_Tracking SET status = 'loaded'")
    second = loads.register("a.csv", inode=2)
    assert second.id != first.id
    kept = loads.ledger.get(first.id)
    assert kept is not None
    assert kept.file_path == f"{first.file_path}#{first.id}"


TURNS = [
    # name, mtimes of the waiting files in order of registration, names in order of their turns
    ("by mtime", {"b.csv": 2, "a.csv": 1, "c.csv": 3}, ["a.csv", "b.csv", "c.csv"]),
    ("by name where the mtime is the same", {"b.csv": 1, "a.csv": 1}, ["a.csv", "b.csv"]),
    (
        "by the characters of the name, whatever the server's own order",
        {"data1.csv": 1, "a.csv": 1, "data-2.csv": 1, "B.csv": 1},
        ["B.csv", "a.csv", "data-2.csv", "data1.csv"],
    ),
    ("by nanoseconds", {"b.csv": 1733054400000000002, "a.csv": 1733054400000000001}, ["a.csv", "b.csv"]),
]


@pytest.mark.parametrize(("mtimes", "expected"), [case[1:] for case in TURNS], ids=[case[0] for case in TURNS])
def test_files_of_one_table_take_turns(loads: Loads, mtimes: dict[str, int], expected: list[str]) -> None:
    rows = [loads.register(name, mtime=mtime) for name, mtime in mtimes.items()]
    loaded: list[str] = []
    while len(loaded) < len(rows):
        due = due_of(loads, rows)
        given = [row for row in rows if row.file_name not in loaded and loads.claim(row) is not None]
        assert len(given) == 1
        # An ended load waits for nothing, nor does the one that has the turn.
        assert due == due_of(loads, rows) == [row for row in rows if row.file_name in (given[0].file_name, *loaded)]
        loads.ledger.mark_failed(given[0].id, failed("done"), NOW)
        loaded.append(given[0].file_name)
    assert loaded == expected


def due_of(loads: Loads, rows: list[Load]) -> list[Load]:
    """Those that the triggerer lets ask for their turn now."""
    queue, later = TurnQueue(loads.ledger._warehouse).loads(0), NOW + timedelta(hours=1)
    return [row for row in rows if is_due(Wait(row.id, later), queue, NOW, NOW, timedelta(minutes=15))]


def test_other_tables_do_not_wait(loads: Loads) -> None:
    first, other = loads.register("a.csv", "one", mtime=1), loads.register("b.csv", "two", mtime=2)
    assert (loads.claim(first), loads.claim(other)) == (1, 1)


def test_a_load_that_holds_the_turn_gets_it_again_under_a_new_number(loads: Loads) -> None:
    row = loads.register("a.csv")
    assert [loads.claim(row), loads.claim(row), loads.claim(row)] == [1, 2, 3]
    with pytest.raises(SupersededError):
        loads.ledger.report_progress(row.id, 2, 10, NOW)
    loads.ledger.report_progress(row.id, 3, 10, NOW)
    found = loads.ledger.get(row.id)
    assert found is not None
    assert found.rows_staged == 10


def test_a_silent_load_loses_its_turn_and_is_fenced_off(loads: Loads) -> None:
    silent, next_one = loads.register("a.csv", mtime=2), loads.register("b.csv", mtime=1)
    loads.ledger.mark_failed(next_one.id, failed("x"), NOW)
    attempt = loads.claim(silent)
    next_one = loads.register("b.csv", mtime=1)
    assert loads.claim(next_one, NOW + timedelta(seconds=899)) is None
    assert loads.claim(next_one, NOW + timedelta(seconds=901)) == 1
    assert attempt is not None
    with pytest.raises(SupersededError):
        loads.ledger.report_progress(silent.id, attempt, 1, NOW)


def test_waiting_lists_the_others_in_their_order(loads: Loads) -> None:
    rows = [loads.register(name, mtime=mtime) for name, mtime in (("c.csv", 3), ("a.csv", 1), ("b.csv", 2))]
    loads.register("z.csv", "other")
    assert [one.file_name for one in loads.ledger.waiting(rows[0])] == ["a.csv", "b.csv"]


def test_a_handed_back_file_waits_again(loads: Loads) -> None:
    row = loads.register("a.csv")
    loads.claim(row)
    loads.ledger.hand_back(row, failed("away", "connection"))
    found = loads.ledger.get(row.id)
    assert found is not None
    assert (found.status, found.error_category) == (FileStatus.PENDING, "connection")


@pytest.fixture
def library(loads: Loads) -> Loads:
    names = ("air_ports.csv", "airXports.csv", "100%.csv", "a[b]c.csv", "Ä_größe.csv")
    for size, name in enumerate(names, start=1):
        row = loads.register(name, f"t{size}", size=size)
        if size > 3:
            loads.ledger.mark_failed(row.id, failed("x"), NOW)
    return loads


SEARCHES = [
    ("everything", {}, ["Ä_größe.csv", "a[b]c.csv", "100%.csv", "airXports.csv", "air_ports.csv"]),
    ("an underscore is not a wildcard", {"search": "air_"}, ["air_ports.csv"]),
    ("a percent sign is not a wildcard", {"search": "0%"}, ["100%.csv"]),
    ("a bracket is not a wildcard", {"search": "[b]"}, ["a[b]c.csv"]),
    ("case does not matter", {"search": "AIR_PORTS"}, ["air_ports.csv"]),
    ("the table's name is searched too", {"search": "t3"}, ["100%.csv"]),
    ("a status", {"status": FileStatus.ERROR}, ["Ä_größe.csv", "a[b]c.csv"]),
    ("a page", {"limit": 2, "offset": 1}, ["a[b]c.csv", "100%.csv"]),
    ("nothing", {"search": "'; --"}, []),
    (
        "another order",
        {"order": FileOrder.TABLE_NAME, "descending": False, "limit": 2},
        ["air_ports.csv", "airXports.csv"],
    ),
]


@pytest.mark.parametrize(("request_", "expected"), [case[1:] for case in SEARCHES], ids=[case[0] for case in SEARCHES])
def test_a_page_of_the_ledger(library: Loads, request_: dict[str, object], expected: list[str]) -> None:
    if request_.get("search") == "[b]":
        library.database.skip_on_babelfish("reads an escaped bracket as a set of characters")
    page = library.ledger.page(**request_)  # type: ignore[arg-type]
    assert [row.file_name for row in page.files] == expected


def test_counts_per_status_follow_the_search(library: Loads) -> None:
    assert library.ledger.counts() == {FileStatus.PENDING: 3, FileStatus.ERROR: 2}
    assert library.ledger.page(search="c.csv", limit=1).counts == {FileStatus.ERROR: 1}
