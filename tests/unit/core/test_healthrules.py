"""Each measure on both sides of its threshold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from refdata.core.health import Change, Check, State, changes, describe, is_worse, reported
from refdata.core.healthrules import (
    MEBIBYTE,
    Folder,
    answers_check,
    archive_check,
    component_checks,
    error_rate_check,
    filesystem_check,
    folder_check,
    memory_check,
    schema_check,
    slow_load_check,
    space_check,
    storage_check,
    turns_check,
    unseen_check,
    waiting_check,
)
from refdata.core.loadfigures import LoadFigures
from refdata.core.model import FileStatus, TableName
from refdata.core.settings import Settings
from refdata.core.storage import StorageReport, TableStorage

NOW = datetime(2024, 12, 1, 12, 0, 0, tzinfo=UTC)
SETTINGS = Settings()
OK, WARN, FAIL = State.OK, State.WARN, State.FAIL


def folder(
    path: str = "/drop", *, exists: bool = True, writable: bool = True, device: int = 1, free: int = 0
) -> Folder:
    return Folder(path, exists, writable, device, free)


def load(number: int, status: FileStatus, seconds: float | None = None, category: str | None = None) -> LoadFigures:
    start = NOW.replace(tzinfo=None)
    end = None if seconds is None else start + timedelta(seconds=seconds)
    return LoadFigures(number, f"t{number}", status, start, start, end, end, 1, 1, 0, "bulk", category)


DONE = [load(number, FileStatus.COMPLETED, 10) for number in range(8)]
BAD = [load(number, FileStatus.ERROR, category="data") for number in range(10, 14)]

CASES = [
    (schema_check(4, 4), OK, "4 of 4"),
    (schema_check(3, 4), WARN, "3 of 4"),
    (schema_check(5, 4), WARN, "5 of 4"),
    (folder_check("dropoff", folder()), OK, "writable"),
    (folder_check("dropoff", folder(exists=False)), FAIL, "missing"),
    (folder_check("dropoff", folder(writable=False)), FAIL, "not writable"),
    (archive_check("error", [folder()]), OK, "writable"),
    (archive_check("error", [folder(), folder(exists=False)]), FAIL, "missing"),
    (archive_check("error", [folder(), folder(writable=False)]), FAIL, "not writable"),
    (
        archive_check("error", [folder(exists=False), Folder("/l", exists=True, writable=False, is_link=True)]),
        FAIL,
        "a link",
    ),
    (archive_check("error", [folder()], "/drop/error"), OK, "writable"),
    (filesystem_check([(folder(), folder("/p")), (folder(), folder("/e"))]), OK, "one"),
    (filesystem_check([(folder(), folder("/p", device=2)), (folder(), folder("/e"))]), WARN, "more than one"),
    (filesystem_check([(folder(), folder("/p", exists=False, device=2))]), OK, "one"),
    (space_check([folder(free=3000 * MEBIBYTE)], 1024), OK, "3,000 MB free"),
    (space_check([folder(free=2000 * MEBIBYTE)], 1024), WARN, "2,000 MB free"),
    (space_check([folder(free=1000 * MEBIBYTE)], 1024), FAIL, "1,000 MB free"),
    (space_check([folder(free=9000 * MEBIBYTE), folder("/archive", free=0)], 1024), FAIL, "0 MB free"),
    (memory_check(600 * MEBIBYTE, 512), OK, "600 MB free"),
    (memory_check(500 * MEBIBYTE, 512), WARN, "500 MB free"),
    (memory_check(None, 512), OK, "unknown"),
    (unseen_check([], None, SETTINGS), OK, "0 files"),
    (unseen_check(["a"], 100, SETTINGS), OK, "1 file, 100 s"),
    (unseen_check(["a", "b", "c", "d"], 700, SETTINGS), FAIL, "11.7 min"),
    (unseen_check(["a", "b"], 3600, SETTINGS, (5, 3590)), OK, "2 files, 60 min"),  # the last ones of many
    (unseen_check(["a"], 3600, SETTINGS, (5, 1000)), FAIL, "60 min"),  # overtaken by a file that came long after it
    (unseen_check(["a"], 3600, SETTINGS, (700, 3590)), FAIL, "60 min"),  # nothing is taken up any more
    (waiting_check({}, SETTINGS), OK, "0 files"),
    (waiting_check({"a": 10, "b": 7200}, SETTINGS), OK, "2 files, 2 h"),
    (waiting_check({"a": 10, "b": 14400}, SETTINGS), WARN, "2 files, 4 h"),
    (turns_check({}, SETTINGS), OK, "none stuck"),
    (turns_check({"airports": 1500}, SETTINGS), OK, "none stuck"),  # the next run of refdata_health repairs it
    (turns_check({"airports": 1501, "cities": 10}, SETTINGS), WARN, "1, 25 min"),
    (answers_check(1, SETTINGS), OK, "1 load"),
    (answers_check(27, SETTINGS), OK, "27 loads"),
    (answers_check(28, SETTINGS), WARN, "28 loads"),
    (answers_check(35, SETTINGS), WARN, "35 loads"),
    (answers_check(36, SETTINGS), FAIL, "36 loads"),
    (error_rate_check([], SETTINGS), OK, "0 of 0"),
    (error_rate_check(BAD, SETTINGS), OK, "4 of 4"),
    (error_rate_check([*DONE, *BAD[:2]], SETTINGS), OK, "20% of 10"),
    (error_rate_check([*DONE, *BAD], SETTINGS), WARN, "33% of 12"),
    (slow_load_check([], SETTINGS), OK, "no load"),
    (slow_load_check(DONE, SETTINGS), OK, "slowest 10 s"),
    (slow_load_check([*DONE, load(9, FileStatus.COMPLETED, 1801)], SETTINGS), WARN, "slowest 30 min"),
]


@pytest.mark.parametrize(("check", "state", "figure"), CASES, ids=[f"{case[0].name}: {case[2]}" for case in CASES])
def test_a_figure_decides_the_state(check: Check, state: State, figure: str) -> None:
    assert (check.state, check.figure) == (state, figure)
    assert check.state is OK or (check.message and check.advice.endswith(".")), "what is unwell says what to do"


def test_only_late_files_are_named() -> None:
    assert unseen_check(["a", "b", "c", "d"], 9999, SETTINGS).message == "Not picked up: a, b, c and 1 more"
    assert waiting_check({"a": 10, "b": 20000}, SETTINGS).message == "Waiting too long: b"
    assert error_rate_check([*DONE, *BAD], SETTINGS).message == "Many files are refused: data 4"


def test_airflows_components_by_their_heartbeat() -> None:
    beat = (NOW - timedelta(seconds=7)).isoformat()
    old = (NOW - timedelta(seconds=700)).isoformat()
    found = component_checks(
        {
            "metadatabase": {"status": "healthy"},
            "scheduler": {"status": "healthy", "latest_scheduler_heartbeat": beat},
            "triggerer": {"status": "unhealthy", "latest_triggerer_heartbeat": old},
            "dag_processor": {"status": None, "latest_dag_processor_heartbeat": None},
        },
        NOW,
    )
    assert [(check.name, check.state, check.figure) for check in found] == [
        ("metadatabase", OK, "healthy"),
        ("scheduler", OK, "seen 7 s ago"),
        ("triggerer", FAIL, "seen 700 s ago"),
        ("dag_processor", FAIL, "never seen"),
    ]


def check(name: str, state: State) -> Check:
    return Check(name, state, "figure", "message", "Advice.")


def test_only_what_changed_is_reported_and_worse_is_reported_from_better() -> None:
    before = {"a": "ok", "b": "fail", "c": "warn", "d": "fail"}
    found = changes(before, [check("a", FAIL), check("b", FAIL), check("c", OK), check("d", WARN), check("new", WARN)])
    found_so = [(change.check.name, change.before, change.check.state, is_worse(change)) for change in found]
    assert found_so == [
        ("a", OK, FAIL, True),
        ("c", WARN, OK, False),
        ("d", FAIL, WARN, False),
        ("new", OK, WARN, True),
    ]


KEPT = [
    ("found and reported", {"a": "ok"}, [check("a", FAIL)], set(), {"a": "fail"}),
    ("not reported yet", {"a": "ok", "b": "ok"}, [check("a", FAIL), check("b", WARN)], {"a"}, {"a": "ok", "b": "warn"}),
    ("new and not reported yet", {}, [check("a", FAIL)], {"a"}, {}),
    ("not looked at", {"a": "fail"}, [check("b", OK)], set(), {"a": "fail", "b": "ok"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "checks", "unreported", "kept"), [case[1:] for case in KEPT], ids=[case[0] for case in KEPT]
)
def test_an_unreported_change_is_reported_by_the_next_check(
    before: dict[str, str], checks: list[Check], unreported: set[str], kept: dict[str, str]
) -> None:
    assert reported(before, checks, unreported) == kept


def test_a_change_is_reported_with_figure_and_advice() -> None:
    text = describe([Change(check("space", FAIL), OK)])
    assert text == "space: ok → fail (figure). message\nWhat to do: Advice."


def stored(rows: int, pages: int, *, heap: bool = False, widest: int = 400) -> TableStorage:
    return TableStorage(TableName("ref", "t"), rows, pages, heap, widest)


@pytest.mark.parametrize(
    ("report", "state", "said"),
    [
        (StorageReport(unknown="no catalog"), State.OK, "no catalog"),
        (StorageReport(), State.OK, ""),
        (StorageReport((stored(1000, 50),)), State.OK, ""),
        (StorageReport((stored(100, 10, heap=True),)), State.OK, ""),
        (StorageReport((stored(100, 65, heap=True), stored(10_000, 900, heap=True))), State.WARN, "Heaps keep"),
        (StorageReport((stored(0, 65, heap=True),)), State.WARN, "ref.t (0 rows in 65 pages)"),
        (StorageReport((stored(1000, 165),)), State.WARN, "Most pages are empty: ref.t (1,000 rows in 165 pages)"),
        (StorageReport((stored(1000, 2000, widest=20_000),)), State.OK, ""),
    ],
)
def test_pages_are_held_against_rows(report: StorageReport, state: State, said: str) -> None:
    check = storage_check(report)
    assert (check.name, check.state) == ("storage", state)
    assert said in check.message


def test_only_tables_of_loads_and_their_versions_are_reported() -> None:
    names = ["t", "T_backup", "x", "t_stage_1_1"]
    tables = tuple(TableStorage(TableName("ref", name), 1, 9, is_heap=True, widest=9) for name in names)
    assert [one.table.name for one in StorageReport(tables).of_tables(["T"]).heaps] == ["t", "T_backup"]
