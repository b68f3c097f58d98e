"""The endpoints' answers, in success and in failure."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.sqlite.hooks.sqlite import SqliteHook
from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

import refdata
from refdata.api import ReferenceData
from refdata.config import load_settings
from refdata.core.errors import ConfigurationError, ConnectionLostError, PermissionDeniedError, RefdataError
from refdata.core.model import FileStatus
from refdata.plugin.app import create_app
from refdata.plugin.schemas import StepView
from refdata.warehouse.base import Warehouse
from refdata.warehouse.sqlite.engine import SqliteWarehouse
from tests.airflow.plugin.conftest import NOW
from tests.demo_ledger import SCRIPT_NAME

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

Get = Callable[..., dict[str, Any]]
SHAPE = {"success", "data", "error", "metadata"}


@pytest.fixture
def get(client: TestClient, viewer: dict[str, str], filled: Warehouse) -> Get:
    def ask(path: str, **query: object) -> dict[str, Any]:
        answer = client.get(
            f"/refdata/api/v1/{path}", params={name: str(value) for name, value in query.items()}, headers=viewer
        )
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        assert set(body) == SHAPE
        assert (body["success"], body["error"]) == (True, None)
        return body

    return ask


def test_every_status_is_reported_and_counted(get: Get) -> None:
    body = get("files", limit=100)
    counted = {status.value: 0 for status in FileStatus}
    for file in body["data"]:
        counted[file["status"]] += 1
    assert counted == body["metadata"]["counts"] == get("counts")["data"]
    assert min(counted.values()) > 0
    assert body["metadata"]["total"] == len(body["data"]) == sum(counted.values())


@pytest.mark.parametrize("status", list(FileStatus))
def test_a_status_filters(status: FileStatus, get: Get) -> None:
    body = get("files", status=status.value, limit=100)
    assert {file["status"] for file in body["data"]} == {status.value}
    assert body["metadata"]["total"] == len(body["data"]) == body["metadata"]["counts"][status.value]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("COST-C", ["cost-centres.csv"]),  # upper and lower case are the same
        ("flight_schedules", ["FLIGHT_SCHEDULES.CSV"]),  # the table's name
        ("data_v", ["customer-data_v2.csv"]),
        ("a_v2", ["customer-data_v2.csv"]),  # an underscore is itself, no wildcard
        ("data_csv", []),  # else it would find customer-data.csv
        ("%", []),
        ("[a-z]", []),  # a wildcard in T-SQL
        ("\\", []),
        ("' OR 1=1 --", []),
        ("<img", [SCRIPT_NAME]),
        ("  ä  ", ["Straßenverzeichnis_ä.csv"]),
    ],
)
def test_a_search_finds_its_text_in_file_and_table(search: str, found: list[str], get: Get) -> None:
    body = get("files", search=search, limit=100)
    assert [file["file_name"] for file in body["data"]] == found
    assert body["metadata"]["total"] == sum(body["metadata"]["counts"].values()) == len(found)


@pytest.mark.parametrize("column", ["id", "file_name", "table_name", "status", "rows_loaded", "rows_rejected"])
def test_files_sort_by_a_column_both_ways(column: str, get: Get) -> None:
    for sign, reverse in (("", False), ("-", True)):
        shown = [file[column] for file in get("files", sort=f"{sign}{column}", limit=100)["data"]]
        reported = [value for value in shown if value is not None]
        assert reported == sorted(reported, reverse=reverse)
        assert shown == (
            reported + [None] * (len(shown) - len(reported))
            if reverse
            else [None] * (len(shown) - len(reported)) + reported
        )


def test_pages_follow_each_other_without_gap_or_overlap(get: Get) -> None:
    whole = [file["id"] for file in get("files", limit=500, sort="table_name")["data"]]
    paged = [
        file["id"]
        for offset in range(0, len(whole) + 7, 7)
        for file in get("files", limit=7, offset=offset, sort="table_name")["data"]
    ]
    assert paged == whole
    assert len(set(paged)) == len(paged)


def test_a_refused_file_shows_category_reason_and_advice(get: Get) -> None:
    error = get("files", search="bookings_29")["data"][0]["error"]
    assert error == {
        "category": "data",
        "message": "3 of 20311 rows are damaged; 0 are allowed [bookings_29.csv].",
        "advice": "Fix the lines listed in the .rejects.csv beside the file, or allow some with max_rejected_rows.",
        "plain_advice": "Fix the lines listed in the .rejects.csv beside the file.",
    }


def test_a_load_at_work_shows_how_far_it_is(get: Get) -> None:
    file = get("files", status="processing")["data"][0]
    assert (file["rows_staged"], file["rows_fit"], file["seconds"]) == (462_000, 1_250_000, None)


def test_times_are_utc_and_say_so(get: Get) -> None:
    file = get("files", search="cost-centres")["data"][0]
    assert file["created_at"] == "2026-07-29T08:50:00Z"
    assert file["seconds"] == pytest.approx(3.8)


def test_a_files_story_begins_with_the_row_of_the_list(get: Get) -> None:
    row = get("files", search="cost-centres")["data"][0]
    story = get(f"files/{row['id']}")["data"]
    assert story["file"] == row
    assert (story["format"]["delimiter"], story["format"]["header"], story["format"]["confidence"]) == (
        ";",
        ["Code", "Name"],
        1.0,
    )
    assert story["stability"] == {"checks": 6, "interval_seconds": 15.0, "changed_at": "2026-07-29T08:50:00Z"}
    assert (story["rejects"], story["steps"]) == ({"rows": 0, "file": None}, [])


def test_a_story_names_the_file_of_the_rejects_and_no_row(get: Get) -> None:
    refused = get("files", search="bookings_29")["data"][0]
    rejects = get(f"files/{refused['id']}")["data"]["rejects"]
    assert rejects["rows"] == 3
    assert re.fullmatch(r"\w+/\w+/error/ERROR_\d{8}_\d{6}_bookings_29\.rejects\.csv", rejects["file"])


def test_a_story_before_its_detection_has_gaps_and_no_error(get: Get) -> None:
    waiting = get("files", search="customer-data_v2")["data"][0]
    story = get(f"files/{waiting['id']}")["data"]
    assert (story["format"], story["table_changes"], story["rejects"]["file"]) == (None, None, None)


def test_a_story_has_the_steps_that_airflow_shows(
    client: TestClient, viewer: dict[str, str], filled: Warehouse
) -> None:
    reported = StepView(
        name="load_rows",
        title="Rows staged",
        state="success",
        started_at=NOW,
        ended_at=NOW + timedelta(seconds=2),
        seconds=2.0,
        tries=1,
    )
    asked = []

    def steps_of(run_id: str) -> list[StepView]:
        asked.append(run_id)
        return [reported]

    answer = _alone(client, create_app(steps_of=steps_of)).get("/api/v1/files/1", headers=viewer).json()["data"]
    assert asked == [answer["file"]["dag_run_id"]]
    assert answer["steps"] == [
        {
            "name": "load_rows",
            "title": "Rows staged",
            "state": "success",
            "started_at": "2026-07-29T12:00:00Z",
            "ended_at": "2026-07-29T12:00:02Z",
            "seconds": 2.0,
            "tries": 1,
        }
    ]
    assert answer["file"]["run_path"] == f"dags/refdata_load/runs/{asked[0]}"


def test_the_answer_shows_its_page_its_version_and_its_time(get: Get) -> None:
    metadata = get("files", limit=7, offset=14)["metadata"]
    assert (metadata["page"], metadata["version"]) == (3, refdata.__version__)
    assert 0 < metadata["took_ms"] < 60_000


def test_a_table_shows_its_last_load_its_version_and_its_rows(get: Get) -> None:
    tables = {table["table_name"]: table for table in get("tables")["data"]}
    assert {
        name: (one["rows_live"], one["rows_loaded"], one["version_id"], one["files"]) for name, one in tables.items()
    } == {
        "airports": (8_353, 8_353, 5, 5),
        "bookings": (101_755, 20_117, 5, 5),  # appended: all five files are live
        "cost_centres": (1_204, 1_204, 1, 1),
        "countries": (261, 261, 5, 5),
        "currencies": (193, 193, 5, 5),
        "flight_schedules": (41_007, 41_007, 1, 1),
    }
    assert tables["airports"]["last_file_name"] == "airports_2026-06-29.csv"
    assert not tables["bookings"]["is_reference_data"]


def test_a_tables_columns_versions_and_difference(get: Get) -> None:
    table = get("tables/countries")["data"]
    assert [(column["name"], column["type"]) for column in table["columns"]] == [
        ("code", "NVARCHAR(10)"),
        ("name", "NVARCHAR(50)"),
    ]
    assert (table["live_version"], table["versions"], table["summary"]["files"]) == (5, 5, 5)
    versions = get("tables/countries/versions")
    assert [(one["version"], one["rows"], one["is_live"]) for one in versions["data"]] == [
        (5, 261, True), (4, 258, False), (3, 255, False), (2, 252, False), (1, 249, False),
    ]  # fmt: skip
    assert versions["metadata"]["total"] == 5
    diff = get("tables/countries/diff", a=4, b=5)["data"]
    assert (diff["added"], diff["removed"], diff["changed"], diff["unchanged"]) == (3, 0, 0, 258)
    assert diff["added_sample"][0] == ["000258", "Name 000258"]
    assert get("tables/countries/diff", a=4)["data"] == diff


def test_every_day_has_its_figures_and_every_error_its_category(filled: Warehouse, get: Get) -> None:
    reported = ReferenceData(load_settings(), filled, clock=lambda: NOW).statistics(30)
    assert [day.day.isoformat() for day in (reported.days[0], reported.days[-1])] == ["2026-06-30", "2026-07-29"]
    today = reported.days[-1]
    assert (today.files, today.loads, today.rows_loaded, today.errors, today.duplicates) == (12, 2, 42_211, 3, 1)
    assert sum(day.files > 0 for day in reported.days) == 5
    assert [(one.category, one.files) for one in reported.errors] == [("data", 1), ("format", 1), ("schema", 1)]
    assert len(get("statistics", days=366)["data"]["days"]) == 366


@pytest.mark.parametrize(
    ("path", "status", "category"),
    [
        ("tables/nothing", 404, "data"),
        ("tables/nothing/versions", 404, "data"),
        ("tables/airports/diff?a=1&b=99", 404, "data"),
        ("tables/airports/diff?a=1&b=2&key=nothing", 422, "bad_request"),
        ("tables/airports/diff", 422, "bad_request"),
        ("tables/a%00b", 422, "bad_request"),
        ("tables/a%5Db", 404, "data"),  # SQLite's brackets cannot hold one: found by fuzzing
        ("statistics?days=0", 422, "bad_request"),
        ("statistics?days=367", 422, "bad_request"),
        ("files?search=%00", 422, "bad_request"),
        ("files/999999", 404, "not_found"),
        ("files/0", 422, "bad_request"),
        ("files/one", 422, "bad_request"),
        ("files?limit=0", 422, "bad_request"),
        ("files?limit=501", 422, "bad_request"),
        ("files?offset=-1", 422, "bad_request"),
        ("files?offset=99999999999999999999", 422, "bad_request"),
        ("files?status=lost", 422, "bad_request"),
        ("files?sort=file_hash", 422, "bad_request"),
        ("files?sort=id;DROP TABLE x", 422, "bad_request"),
        ("files?sort=id%0A", 422, "bad_request"),
        (f"files?search={'x' * 256}", 422, "bad_request"),
        ("nothing", 404, "not_found"),
    ],
)
def test_a_wrong_question_is_reported_what_is_wrong(
    path: str, status: int, category: str, client: TestClient, viewer: dict[str, str], filled: Warehouse
) -> None:
    answer = client.get(f"/refdata/api/v1/{path}", headers=viewer)
    assert (answer.status_code, answer.json()["error"]["category"]) == (status, category)
    assert set(answer.json()) == SHAPE


def refusing(error: Exception) -> Callable[[], ReferenceData]:
    def connect() -> ReferenceData:
        raise error

    return connect


@pytest.mark.parametrize(
    ("error", "status", "category"),
    [
        (ConnectionLostError("The server is away", where="db.example:1433", advice="Wait."), 503, "connection"),
        (ConfigurationError("Setting x is wrong", advice="Fix it."), 500, "configuration"),
        (PermissionDeniedError("No right to read"), 500, "permission"),
        (RuntimeError("login failed for sa, password hunter2"), 500, "internal"),
        (OperationalError("SELECT 'hunter2'", {}, Exception("database is locked")), 503, "airflow"),
        (PoolTimeout("QueuePool limit reached, connection timed out"), 503, "airflow"),
    ],
)
def test_a_failure_shows_reason_and_advice_but_no_secret_or_trace(
    error: Exception, status: int, category: str, client: TestClient, viewer: dict[str, str]
) -> None:
    answer = _alone(client, create_app(refusing(error))).get("/api/v1/files", headers=viewer)
    reported = answer.json()["error"]
    assert (answer.status_code, reported["category"], answer.json()["success"]) == (status, category, False)
    if isinstance(error, RefdataError):
        assert reported["message"].startswith(error.what)
        assert reported["advice"] == error.advice
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text


def test_before_the_first_file_the_ledger_is_said_to_be_missing(
    tmp_path: Path, client: TestClient, viewer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_UNUSED", json.dumps({"conn_type": "sqlite", "host": str(tmp_path / "new.db")}))
    settings = dataclasses.replace(load_settings(), conn_id="unused")

    def connect() -> ReferenceData:
        return ReferenceData(settings, SqliteWarehouse(SqliteHook(sqlite_conn_id="unused"), settings))  # type: ignore[no-untyped-call]

    for path in ("files", "files/1", "tables", "counts", "statistics"):
        answer = _alone(client, create_app(connect)).get(f"/api/v1/{path}", headers=viewer)
        assert (answer.status_code, answer.json()["error"]["category"]) == (503, "not_initialised")


def _alone(client: TestClient, app: FastAPI) -> TestClient:
    """The plugin by itself; the auth manager is the one that ``client`` started."""
    from fastapi.testclient import TestClient

    return TestClient(app)


def test_openapi_describes_every_endpoint_and_every_error_with_the_one_shape(
    client: TestClient, viewer: dict[str, str]
) -> None:
    described = client.get("/refdata/openapi.json", headers=viewer).json()
    known = {route.path for route in create_app().routes if isinstance(route, APIRoute) and "/api/" in route.path}
    assert set(described["paths"]) == known
    for path in described["paths"].values():
        for method in path.values():
            assert {"200", "401", "403", "422", "500", "503"} <= set(method["responses"])
            for answer in method["responses"].values():
                schema = answer["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
                assert set(described["components"]["schemas"][schema]["properties"]) == SHAPE


def test_the_page_of_the_http_interface_names_every_endpoint_with_its_parameters() -> None:
    page = (Path(__file__).parents[3] / "docs" / "http.md").read_text(encoding="utf-8")
    shown = re.findall(r"`(GET|POST) ([\w{}/-]+)(?:\?([^`]*))?`", page)
    documented = {
        (method, re.sub(r"{\w+}", "{}", path), tuple(sorted(re.findall(r"(\w+)=", query))))
        for method, path, query in shown
    }
    described = create_app().openapi()["paths"]
    assert documented == {
        (
            method.upper(),
            re.sub(r"{\w+}", "{}", path.removeprefix("/api/v1/")),
            tuple(sorted(one["name"] for one in reported.get("parameters", ()) if one["in"] == "query")),
        )
        for path, methods in described.items()
        for method, reported in methods.items()
    }
