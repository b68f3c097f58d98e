"""Uploads over HTTP: the bytes arrive as they are, hostile names stay in the quarantine, every answer is text."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from refdata.config import load_settings
from refdata.core.dropnames import LOAD_FOLDERS
from refdata.dropoff.quarantine import UPLOADS
from refdata.ledger import Ledger
from refdata.warehouse.base import Warehouse
from tests.demo_ledger import MARKUP
from tests.integration.hostile.bombs import BOMBS, Bomb

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

ROWS = "code;name\n" + "".join(f"{number:06d};Name {number:06d}\n" for number in range(261))
Post = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def post(client: TestClient, editor: dict[str, str], filled: Warehouse) -> Iterator[Post]:
    made: list[int] = []

    def send(path: str, body: object = None, **query: object) -> tuple[int, dict[str, Any]]:
        content = {"content": body} if isinstance(body, bytes) else {"json": body if body is not None else {}}
        answer = client.post(f"/refdata/api/v1/{path}", params=query, headers=editor, **content)  # type: ignore[arg-type]
        if path == "uploads" and answer.status_code == 200:
            made.append(answer.json()["data"]["id"])
        return answer.status_code, answer.json()

    yield send
    for number in made:
        send(f"uploads/{number}/discard")


def root() -> Path:
    return Path(load_settings().dropoff_root)


def outside() -> set[Path]:
    """Everything in the dropoff root and beside it, without the quarantine and the database."""
    return {path for path in root().rglob("*") if UPLOADS not in path.parts} | set(root().parent.glob("*.csv"))


def test_a_file_is_received_examined_and_discarded(post: Post, client: TestClient, viewer: dict[str, str]) -> None:
    status, body = post("uploads", ROWS.encode(), name="countries.csv")
    upload = body["data"]
    assert (status, upload["table"], upload["size"], upload["by"]) == (200, "countries", len(ROWS), "editor")
    assert (root() / UPLOADS / str(upload["id"]) / upload["path"]).read_bytes() == ROWS.encode()
    status, body = post(f"uploads/{upload['id']}/preview")
    shown = body["data"]
    assert (status, shown["outcome"], shown["live_version"], shown["rows"]) == (200, "load", 5, 261)
    assert (shown["difference"]["unchanged"], shown["difference"]["keys"]) == (261, ["code"])
    assert [(one["name"], one["table_type"]) for one in shown["columns"]] == [
        ("code", "NVARCHAR(10)"),
        ("name", "NVARCHAR(50)"),
    ]
    listed = client.get("/refdata/api/v1/uploads", headers=viewer).json()["data"]
    assert [one["id"] for one in listed["uploads"]] == [upload["id"]]
    assert listed["endings"] == [".csv"]
    assert post(f"uploads/{upload['id']}/discard")[0] == 200
    status, body = post(f"uploads/{upload['id']}/preview")
    assert (status, body["error"]["category"]) == (409, "data")


HOSTILE = [
    "../../../../tmp/evil.csv",
    "..\\..\\evil.csv",
    "/etc/cron.d/evil.csv",
    ".refdata-lock.csv",
    ".htaccess.csv",
    "~$book.csv",
    "x.part.csv",
    "a\u202efdp.csv",
    "line\r\nSet-Cookie: a=b.csv",
    "%2e%2e%2fevil.csv",
    "-rf.csv",
    f"{MARKUP}.csv",
    "x" * 300 + ".csv",
    "\U0001f4a9" * 120 + ".csv",
    "CON.csv",
    "file_monitor_tracking.csv",
    "sp_help.csv",
    "processed/evil.csv",
    " .csv",
    "a;b`$(id)`|c.csv",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_in_the_quarantine_and_loads_a_table_of_its_own(name: str, post: Post) -> None:
    before = outside()
    status, body = post("uploads", b"code;name\n1;a\n", name=name)
    assert status == 200, body
    upload = body["data"]
    assert upload["path"].rpartition("/")[0] in LOAD_FOLDERS
    assert not upload["name"].startswith((".", "~", "-")) or upload["name"] == "-rf.csv"
    assert upload["table"] not in ("file_monitor_tracking", "sp_help")
    assert not set(upload["name"]) & set("/\\\r\n\x00<>;`$|'\"&")
    assert len(upload["name"].encode()) <= 221
    assert outside() == before
    status, body = post(f"uploads/{upload['id']}/preview")
    assert (status, body["data"]["is_new"]) == (200, True)


UPLOADED = BOMBS if os.environ.get("REFDATA_TEST_ALL_UPLOADS") else BOMBS[38:]
"""The small ones of the corpus, which ``tests/integration/hostile`` loads: all of it takes minutes."""


@pytest.mark.parametrize("bomb", UPLOADED, ids=lambda bomb: bomb.name)
def test_a_hostile_file_is_examined_and_changes_nothing(
    bomb: Bomb, post: Post, filled: Warehouse, tmp_path: Path
) -> None:
    before = outside(), Ledger(filled).page().total, filled.tables("ref")
    bomb.write(tmp_path / "bomb.csv", bomb.small)
    status, body = post("uploads", (tmp_path / "bomb.csv").read_bytes(), name="bomb.csv")
    assert status == 200, body
    status, body = post(f"uploads/{body['data']['id']}/preview")
    assert status == 200, body
    shown = body["data"]
    assert (shown["outcome"] == "refuse") == bool(bomb.category), {**shown, "columns": shown["columns"][:3]}
    assert bomb.words in f"{shown['refused']} {' '.join(shown['warnings'])}"
    assert (outside(), Ledger(filled).page().total, filled.tables("ref")) == before
    assert filled.stages() == ()


@pytest.mark.parametrize("name", ["evil.exe", "evil.csv.exe", "evil", "x.tmp", ".csv.", "book.xlsx"])
def test_a_file_of_another_type_is_refused(name: str, post: Post) -> None:
    status, body = post("uploads", b"code;name\n1;a\n", name=name)
    assert (status, body["error"]["category"]) == (409, "data")
    assert "cannot be loaded here" in body["error"]["message"]
    assert list((root() / UPLOADS).glob("*")) == []


@pytest.mark.parametrize("table", ["Reference_Data_Cfg", "../x", "sp_x", MARKUP, "countries_stage_1_2"])
def test_no_file_goes_into_a_table_that_no_file_can_load(table: str, post: Post) -> None:
    status, body = post("uploads", ROWS.encode(), name="countries.csv", table=table)
    assert (status, body["error"]["category"]) == (409, "data")


def test_markup_is_text_in_every_part_of_a_preview(post: Post) -> None:
    cell = '"' + MARKUP.replace('"', '""') + '"'
    content = f"code;name;{cell}\n000001;{cell};x\n{cell};{cell};x;y;z\n"
    upload = post("uploads", content.encode(), name="countries.csv")[1]["data"]
    status, body = post(f"uploads/{upload['id']}/preview")
    assert status == 200
    assert [one["source"] for one in body["data"]["columns"]] == ["code", "name", MARKUP]
    assert [one["raw"] for one in body["data"]["rejects"]] == [f"{cell};{cell};x;y;z"]


def test_a_request_larger_than_allowed_is_refused_before_its_bytes_are_kept(
    client: TestClient, editor: dict[str, str], filled: Warehouse
) -> None:
    announced = {**editor, "Content-Length": str(10**12)}
    answer = client.post("/refdata/api/v1/uploads?name=a.csv", content=b"code\n1\n", headers=announced)
    assert (answer.status_code, answer.json()["error"]["message"][:29]) == (409, "The file is larger than 1,024")
    assert list((root() / UPLOADS).glob("*")) == []


def test_loading_needs_the_version_that_was_seen(post: Post) -> None:
    upload = post("uploads", ROWS.encode(), name="countries.csv")[1]["data"]
    status, body = post(f"uploads/{upload['id']}/load", {"live_version": 4})
    assert (status, body["error"]["message"][:45]) == (409, "countries has changed since you looked: versi")
    status, body = post(f"uploads/{upload['id']}/load", {"live_version": 5})
    file = root() / "reference_data_table/fullload/countries.csv"
    assert (status, file.read_text()) == (200, ROWS)
    file.unlink()
