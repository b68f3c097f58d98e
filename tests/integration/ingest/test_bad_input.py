"""Bad input: a clear error, the file kept with the reason beside it, the table as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from refdata.core.errors import TransientError
from refdata.core.failure import Failure
from refdata.core.model import FileStatus
from refdata.ingest.archive import move_to_error
from tests.integration.ingest.conftest import FULL

if TYPE_CHECKING:
    from tests.integration.ingest.conftest import Site

LIVE = "code,name\n01,Graz\n02,Linz\n"
WIDE = ",".join(f"c{number}" for number in range(1100))

BAD = [
    ("empty file", b"", "format"),
    ("only blank lines", b"\n\n  \n", "format"),
    ("header only would empty the table", b"code,name\n", "data"),
    ("binary", bytes(range(256)) * 20, "format"),
    ("zip under a csv name", b"PK\x03\x04" + bytes(range(200)) * 3, "format"),
    ("ragged rows", b"code,name\n01,Graz\n02\n03,Wien,extra\n04,Wels\n", "data"),
    ("unclosed quote", b'code,name\n01,Graz\n02,"Linz\n03,Wien\n', "format"),
    ("NUL bytes", b"code,name\n01,Graz\n02,Li\x00nz\n03,Wels\n", None),
    ("1,100 columns", f"{WIDE}\n{WIDE}\n".encode(), "format"),
    ("another table's columns", b"x,y,z\n1,2,3\n4,5,6\n", "schema"),
    ("half in another encoding", b"code,name\n" + b"01,Gr\xc3\xa4z\n" * 25 + b"03,W\xfcrgl\n" * 25, "format"),
]


@pytest.mark.parametrize(("content", "category"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_bad_file_changes_nothing_and_comes_back_with_the_reason(
    site: Site, content: bytes, category: str | None
) -> None:
    site.load(site.drop("cities.csv", LIVE))
    before = (site.rows("cities"), site.columns("cities"), site.rows("cities_backup", "*", "bkp"))
    row = site.load(site.drop("cities.csv", content))
    assert row.status is FileStatus.ERROR
    assert category in (None, row.error_category)
    assert (site.rows("cities"), site.columns("cities"), site.rows("cities_backup", "*", "bkp")) == before
    archived = Path(row.file_path)
    assert archived.name == "ERROR_20241201_120000_cities.csv"
    assert archived.read_bytes() == content
    report = site.error_report(row)
    assert report["category"] == row.error_category
    assert report["message"] and report["what_to_do"]
    assert "/proc/" not in str(report)
    assert site.deps.warehouse.stages() == ()


def test_a_list_of_damaged_rows_that_refuses_the_file_is_limited(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("refdata.ingest.reading.MOST_LISTED", 5)
    row = site.load(site.drop("cities.csv", LIVE + "03\n" * 20))
    assert (row.status, row.error_category) == (FileStatus.ERROR, "data")
    assert "More than 5 rows are damaged, 0 are allowed" in (row.error_message or "")
    rejects = Path(row.file_path).with_suffix(".rejects.csv").read_text().splitlines()
    assert len(rejects) == 1 + 5


NAMES = [
    ("x" * 240 + ".csv", None),
    ("مطارات.csv", "مطارات"),
    ("机场.csv", "机场"),
    ("😀.csv", None),
    ("a]; DROP TABLE ref.File_Monitor_Tracking;--.csv", "a_drop_table_ref_file_monitor_tracking"),
    ("x'); DELETE FROM t; --.csv", "x_delete_from_t"),
    ("file_monitor_tracking.csv", "data_file_monitor_tracking"),
    ("reference_data_cfg.csv", "data_reference_data_cfg"),
    ("sqlite_master.csv", "data_sqlite_master"),
    ("cities_stage_1_2.csv", "cities_stage_1_2_data"),
]


@pytest.mark.parametrize(("name", "table"), NAMES, ids=[name[:20] for name, _ in NAMES])
def test_hostile_names_make_only_the_table_meant(site: Site, name: str, table: str | None) -> None:
    if len(name) > 100:
        site.database.skip_on_babelfish("cuts names at 63 bytes")
    row = site.load(site.drop(name, LIVE))
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert table in (None, row.table_name)
    assert site.tables() == [row.table_name]
    assert len(site.rows(row.table_name)) == 2


def test_headers_that_hold_sql_are_names_and_nothing_else(site: Site) -> None:
    header = '"a]; DROP TABLE ref.x; --","b"" OR 1=1","c\'; DELETE FROM t","ref_data_load_id"'
    row = site.load(site.drop("t.csv", f"{header}\n1,2,3,4\n"))
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert list(site.columns("t"))[:4] == [
        "a_drop_table_ref_x",
        "b_or_1_1",
        "c_delete_from_t",
        "source_ref_data_load_id",
    ]
    assert site.rows("t", "a_drop_table_ref_x, source_ref_data_load_id, ref_data_load_id") == [(1, 4, row.id)]


def test_a_transient_failure_hands_the_file_back_to_the_watcher(site: Site) -> None:
    file = site.drop("cities.csv", LIVE)
    site.deps.ledger.register(file, "cities", "run", site.clock())
    away = Failure.of(TransientError("The server is away", where="db", advice="Nothing."), "load_rows")
    assert move_to_error(site.deps, file, away) == ""
    again = site.deps.dropoff.find(f"{FULL}/cities.csv")
    assert again.identity != file.identity
    assert again.changed_ns == file.changed_ns
    row = site.load(again, "second run")
    assert (row.status, row.rows_loaded) == (FileStatus.COMPLETED, 2)
    assert site.deps.ledger.counts() == {"completed": 1}


def test_a_file_that_is_gone_is_cancelled_with_a_clear_error_and_no_effect(site: Site) -> None:
    file = site.drop("cities.csv", LIVE)
    (Path(site.deps.settings.dropoff_root) / file.path).unlink()
    row = site.load(file)
    assert row.status is FileStatus.CANCELLED
    assert "gone" in (row.error_message or "")


def test_a_format_that_is_less_sure_than_the_setting_asks_is_refused(make_site: Callable[..., Site]) -> None:
    site = make_site(min_confidence=1.0)
    row = site.load(site.drop("cities.csv", "a;b,c\n1;2,3\n4;5,6\n"))
    assert (row.status, row.error_category) == (FileStatus.ERROR, "format")
