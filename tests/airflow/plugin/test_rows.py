"""The rows of a table over HTTP: pages, filters, what is refused, and tables that are not shown."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from refdata.config import load_settings
from refdata.core.owntables import own_tables
from refdata.plugin.rowschemas import written_position
from refdata.rowapi import Position
from refdata.warehouse.base import Warehouse
from tests.demo_ledger import MARKUP

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

Ask = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def ask(client: TestClient, viewer: dict[str, str], filled: Warehouse) -> Ask:
    def asked(path: str = "tables/countries/rows", **query: object) -> tuple[int, dict[str, Any]]:
        answer = client.get(f"/refdata/api/v1/{path}", params=query, headers=viewer)  # type: ignore[arg-type]
        return answer.status_code, answer.json()

    return asked


def codes(body: dict[str, Any]) -> list[str]:
    return [row[0]["text"] for row in body["data"]["rows"]]


def test_a_table_opens_on_its_first_rows_with_the_ledgers_count(ask: Ask) -> None:
    status, body = ask()
    page = body["data"]
    assert (status, page["table"], page["version"], page["table_rows"]) == (200, "countries", 5, 261)
    assert [(one["name"], one["kind"]) for one in page["columns"]] == [("code", "NVARCHAR"), ("name", "NVARCHAR")]
    assert codes(body) == [f"{number:06d}" for number in range(50)]
    assert body["metadata"]["total"] == 261


def test_the_next_pages_end_with_the_last_row(ask: Ask) -> None:
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        _, body = ask(after=after, limit=100, sort="-code")
        assert body["data"]["before"] == len(seen)
        seen += codes(body)
        after = body["data"]["next"]
    assert seen == [f"{number:06d}" for number in reversed(range(261))]


def test_filters_and_search_narrow_and_give_no_total(ask: Ask) -> None:
    first, second = json.dumps(["name", "contains", "NAME 0000"]), json.dumps(["code", "from", "000090"])
    _, body = ask(filter=[first, second], search=" 95 ")
    assert (codes(body), body["data"]["next"], body["metadata"]["total"]) == (["000095"], None, None)


def test_an_earlier_version_is_read(ask: Ask) -> None:
    _, body = ask(version=1, limit=500)
    assert (body["data"]["version"], len(codes(body)), body["data"]["table_rows"]) == (1, 249, 249)


def test_markup_in_a_value_is_text(ask: Ask, filled: Warehouse) -> None:
    with filled.transaction() as session:
        session.execute("INSERT INTO [ref].[countries] ([code], [name]) VALUES (?, ?)", ("<i>", MARKUP))
    try:
        _, body = ask(search="<i>")
        assert body["data"]["rows"][0][1] == {"text": MARKUP, "is_cut": False}
    finally:
        with filled.transaction() as session:
            session.execute("DELETE FROM [ref].[countries] WHERE [code] = ?", ("<i>",))


@pytest.mark.parametrize(
    "query",
    [
        {"sort": "nothing"},
        {"sort": "code;DROP TABLE x"},
        {"filter": "code=1"},
        {"filter": '["code","like","1"]'},
        {"filter": '["nothing","is","1"]'},
        {"filter": ['["code","is","1"]'] * 21},
        {"after": "!!"},
        {"after": "e30"},
        {"after": written_position(Position(("1", "2", "3", "4")))},
        {"after": written_position(Position(("x",)))},
        {"limit": 501},
        {"search": "\0"},
        {"version": -1},
    ],
)
def test_a_wrong_request_is_refused_with_the_reason(ask: Ask, query: dict[str, Any]) -> None:
    status, body = ask(**query)
    assert (status, body["error"]["category"]) == (422, "bad_request")
    assert body["error"]["message"]


def test_refdatas_own_tables_and_stages_are_not_shown(ask: Ask) -> None:
    for name in (*own_tables(load_settings()), "countries_stage_1_1", "nothing"):
        status, body = ask(f"tables/{name}/rows")
        assert (status, body["error"]["category"]) == (404, "data"), name


def test_a_version_that_does_not_exist_is_reported(ask: Ask) -> None:
    assert ask(version=99)[0] == 404


def test_a_row_has_its_history_with_the_files(ask: Ask) -> None:
    status, body = ask("tables/countries/row", where='{"code": "000250"}')
    row = body["data"]
    assert (status, row["columns"], row["rows"]) == (200, ["code", "name"], [["000250", "Name 000250"]])
    # The first version has 249 rows, so the second one brought it.
    assert [(one["change"], one["version"]["version"], one["rows"]) for one in row["steps"]] == [
        ("added", 2, [["000250", "Name 000250"]])
    ]
    assert row["steps"][0]["version"]["file_name"].startswith("countries_2026-06-")


@pytest.mark.parametrize("where", ["", "[]", "{}", '{"nothing": "1"}', '{"code": 1}', '{"code": "\\u0000"}'])
def test_a_row_needs_values_of_its_columns(ask: Ask, where: str) -> None:
    assert ask("tables/countries/row", where=where)[0] == 422


def test_a_download_is_a_file_under_a_safe_name(client: TestClient, viewer: dict[str, str], filled: Warehouse) -> None:
    answer = client.get("/refdata/download/countries?version=1", headers=viewer)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="countries.csv"'
    lines = answer.text.splitlines()
    assert (lines[:2], len(lines)) == (["code,name", "000000,Name 000000"], 250)


def test_a_table_and_a_difference_come_as_workbooks(
    client: TestClient, viewer: dict[str, str], filled: Warehouse
) -> None:
    answer = client.get("/refdata/download/countries?version=1&form=xlsx", headers=viewer)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="countries.xlsx"'
    assert openpyxl.load_workbook(io.BytesIO(answer.content)).active.max_row == 250
    answer = client.get("/refdata/download/countries/difference?a=1&form=xlsx", headers=viewer)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="countries_1_to_live.xlsx"'
    assert openpyxl.load_workbook(io.BytesIO(answer.content)).active["A2"].value == "added"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("nothing", 404),
        ("File_Monitor_Tracking", 404),
        ("File_Monitor_Tracking/difference?a=1", 404),
        ("countries?version=99", 404),
        ("countries?form=exe", 422),
        ("countries/difference?a=1&b=99", 404),
        ("loads/999999/original", 404),
        ("loads/1/fix", 404),
        ("loads/1/rejects?form=xlsx", 404),
    ],
)
def test_a_download_that_is_impossible_is_an_error_and_no_file(
    client: TestClient, viewer: dict[str, str], filled: Warehouse, path: str, status: int
) -> None:
    answer = client.get(f"/refdata/download/{path}", headers=viewer)
    assert (answer.status_code, answer.json()["success"]) == (status, False)
    assert "Content-Disposition" not in answer.headers
