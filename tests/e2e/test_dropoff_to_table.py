"""Files dropped while real Airflow runs: database, ledger, folders, runs, alerts and page afterwards."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.demo_run import EXPECTED, SAMPLES

from tests.e2e.conftest import CHECKS, FULL, INTERVAL

if TYPE_CHECKING:
    from tests.e2e.conftest import RunningAirflow


def test_every_sample_ends_as_it_should(airflow: RunningAirflow) -> None:
    for sample in EXPECTED:
        airflow.drop(sample.file, (SAMPLES / sample.file).read_bytes(), sample.folder)
    airflow.wait_ended(*(sample.file for sample in EXPECTED))
    sql = "SELECT status, COALESCE(rows_loaded, 0) FROM File_Monitor_Tracking WHERE file_name = ?"
    ended = {sample.file: airflow.query(sql, sample.file) for sample in EXPECTED}
    assert ended == {sample.file: [(sample.status, sample.rows)] for sample in EXPECTED}
    assert airflow.query("SELECT name FROM countries WHERE code = 'NA'") == [("Namibia",)]
    assert airflow.query("SELECT name_fr FROM currencies WHERE numeric_code = '036'") == [("Dollar australien",)]


def test_a_refused_file_fails_its_run_and_comes_back_with_the_reason_and_one_alert(airflow: RunningAirflow) -> None:
    content = b"code,name\n1,a\n2\n"
    airflow.drop("broken_list.csv", content)
    airflow.wait_ended("broken_list.csv")
    run_id = airflow.query("SELECT dag_run_id FROM File_Monitor_Tracking WHERE file_name = 'broken_list.csv'")[0][0]
    path = f"/dags/refdata_load/dagRuns/{run_id}"
    airflow.local.wait_for(lambda: airflow.api(path)["state"] == "failed", 60, "The run did not fail")
    # Only now: the ledger says `error` before the file and its reason are in the archive.
    errors = airflow.local.dropoff / FULL / "error"
    archived = [path for path in errors.iterdir() if "broken_list" in path.name]
    assert sorted(path.name.partition("broken_list")[2] for path in archived) == [".csv", ".error.json", ".rejects.csv"]
    assert next(path for path in archived if path.name.endswith("list.csv")).read_bytes() == content
    states = {task["task_id"]: task["state"] for task in airflow.api(f"{path}/taskInstances")["task_instances"]}
    assert (states["detect_format"], states["move_to_error"]) == ("failed", "success")
    assert states["move_to_processed"] == "upstream_failed"

    def mine() -> list[dict[str, str]]:
        return [alert for alert in airflow.alerts() if "broken_list.csv" in alert["title"]]

    airflow.local.wait_for(lambda: len(mine()) > 0, 60, "No alert came")
    assert len(mine()) == 1
    assert "damaged" in mine()[0]["text"]
    assert mine()[0]["url"].endswith(run_id)
    assert airflow.query("SELECT 1 FROM sqlite_master WHERE name = 'broken_list'") == []


def test_a_file_written_slowly_is_not_touched_before_it_is_whole(airflow: RunningAirflow) -> None:
    rows = [f"{number:03d},name {number}\n" for number in range(24)]
    path = airflow.local.dropoff / FULL / "slow_list.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    finished = threading.Event()

    def write() -> None:
        with path.open("w") as file:
            file.write("code,name\n")
            for row in rows:
                file.write(row)
                file.flush()
                finished.wait(INTERVAL)  # the pace of the writer: longer in all than two windows of six checks
        finished.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert len(rows) * INTERVAL > 2 * CHECKS * INTERVAL
    while writer.is_alive():
        assert airflow.status("slow_list.csv") == []
        writer.join(timeout=INTERVAL)
    whole_at = time.time()
    airflow.wait_ended("slow_list.csv")
    assert airflow.query("SELECT COUNT(*) FROM slow_list") == [(len(rows),)]
    created = airflow.query(
        "SELECT strftime('%s', created_at) FROM File_Monitor_Tracking WHERE file_name = 'slow_list.csv'"
    )
    assert float(created[0][0]) >= whole_at + (CHECKS - 2) * INTERVAL - 1


def test_a_second_drop_of_the_name_replaces_and_the_same_content_is_a_duplicate(airflow: RunningAirflow) -> None:
    for drops, content in enumerate((b"code,n\n1,a\n2,b\n", b"code,n\n3,c\n", b"code,n\n3,c\n"), start=1):
        airflow.drop("twice.csv", content)
        airflow.wait_ended("twice.csv", drops=drops)
    assert airflow.status("twice.csv") == ["completed", "completed", "duplicate"]
    assert airflow.query("SELECT code, n FROM twice") == [(3, "c")]
    processed = [
        path for path in (airflow.local.dropoff / FULL / "processed").iterdir() if path.name.endswith("twice.csv")
    ]
    assert len(processed) == 3


def test_many_files_for_one_table_load_in_the_order_of_mtime(airflow: RunningAirflow) -> None:
    names = ["ordered.csv", "Ordered.csv", "ORDERED.csv"]  # by name they would come in the opposite order
    for day, name in enumerate(names, start=20240100):
        airflow.drop(name, f"day\n{day}\n".encode())
    airflow.wait_ended(*names)
    sql = "SELECT file_name FROM File_Monitor_Tracking WHERE table_name = 'ordered' ORDER BY loaded_at"
    assert [row[0] for row in airflow.query(sql)] == names
    assert airflow.query("SELECT CAST(day AS TEXT) FROM ordered") == [("20240102",)]


def test_the_page_needs_a_login_and_shows_the_files(airflow: RunningAirflow) -> None:
    airflow.drop("on_the_page.csv", b"a,b\n1,2\n")
    airflow.wait_ended("on_the_page.csv")
    path = "/refdata/api/v1/files?search=on_the_page"
    assert airflow.get(path)[0] in (401, 403)
    assert airflow.get("/refdata/")[0] in (401, 403)
    status, body = airflow.get(path, airflow.token("viewer"))
    assert status == 200
    answer = json.loads(body)
    assert answer["success"] is True
    assert [file["file_name"] for file in answer["data"]] == ["on_the_page.csv"]


BAD_FILES = {
    "empty.csv": b"",
    "binary.csv": bytes(range(256)) * 40,
    "ragged.csv": b"code,name\n1,a\n2\n3,c,x\n4,d\n",
    "unclosed.csv": b'code,name\n1,a\n2,"b\n3,c\n',
    "nul_bytes.csv": b"code,name\n1,a\n2,\x00b\n3,c\n",
    "too_wide.csv": (",".join(f"c{number}" for number in range(1100)) + "\n").encode() * 3,
}
GOOD_NAMES = {
    "مطارات.csv": "مطارات",
    "机场.csv": "机场",
    "x'); DROP TABLE File_Monitor_Tracking; --.csv": "x_drop_table_file_monitor_tracking",
    "header_only.csv": "header_only",
}


def test_bad_input_of_every_kind_comes_back_and_odd_names_are_only_names(airflow: RunningAirflow) -> None:
    for name, content in BAD_FILES.items():
        airflow.drop(name, content)
    for name in GOOD_NAMES:
        rows = b"" if name == "header_only.csv" else b"1,a\n2,b\n"
        airflow.drop(name, b'code,"b\'; DELETE FROM x --"\n' + rows)
    folder = airflow.local.dropoff / FULL
    (folder / "directory.csv").mkdir()
    secret = airflow.local.home / "outside.csv"
    secret.write_text("secret,n\nvalue,1\n")
    (folder / "link.csv").symlink_to(secret)
    airflow.wait_ended(*BAD_FILES, *GOOD_NAMES, seconds=240)
    assert {name: airflow.status(name) for name in BAD_FILES} == {name: ["error"] for name in BAD_FILES}
    assert {name: airflow.status(name) for name in GOOD_NAMES} == {name: ["completed"] for name in GOOD_NAMES}
    for name, table in GOOD_NAMES.items():
        expected = 0 if name == "header_only.csv" else 2
        assert airflow.query(f'SELECT COUNT(*) FROM "{table}"') == [(expected,)]
    reports = {
        path.name for path in (airflow.local.dropoff / FULL / "error").iterdir() if path.name.endswith(".error.json")
    }
    for name in (*BAD_FILES, "directory.csv", "link.csv"):
        assert any(report.endswith(f"_{name.removesuffix('.csv')}.error.json") for report in reports), name
    assert airflow.status("link.csv") == airflow.status("directory.csv") == []
    (folder / "directory.csv").rmdir()
    (folder / "link.csv").unlink()


def test_nothing_is_left_behind(airflow: RunningAirflow) -> None:
    folders = [
        airflow.local.dropoff / kind / load
        for kind in ("reference_data_table", "none_reference_data_table")
        for load in ("fullload", "append")
    ]
    assert [path for folder in folders if folder.exists() for path in folder.iterdir() if path.is_file()] == []
    assert list((airflow.local.home / "warehouse" / "refdata.stage").iterdir()) == []
    assert not any(Path(row[0]).parts[0] != "/" for row in airflow.query("SELECT file_path FROM File_Monitor_Tracking"))
