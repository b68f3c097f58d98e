"""Nobody reads anything without the right to see the runs of ``refdata_load``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fastapi.routing import APIRoute

from refdata.config import load_settings
from refdata.ledger import Ledger
from refdata.plugin.app import create_app
from refdata.warehouse.base import Warehouse

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

PARAMETERS = {
    "load_id": "1",
    "digest": "x",
    "file": "page.js",
    "name": "airports",
    "question_id": "1",
    "upload_id": "1",
}
QUERIES = {
    "/api/v1/tables/{name}/diff": "?a=4&b=5",
    "/download/{name}/difference": "?a=4&b=5",
    "/api/v1/find": "?text=graz",
    "/api/v1/tables/{name}/row": "?where=%7B%22code%22%3A%22000001%22%7D",
}
READING = "GET"


def routes(*, changing: bool) -> list[tuple[str, str]]:
    """Method and address of every route, so that a new one cannot be forgotten."""
    found = [route for route in create_app().routes if isinstance(route, APIRoute)]
    assert len(found) == len(create_app().routes), "a route that is not an APIRoute bypasses the rights"
    return [
        (method, f"/refdata{route.path.format(**PARAMETERS)}{QUERIES.get(route.path, '')}")
        for route in found
        for method in sorted(route.methods)
        if (method != READING) is changing
    ]


READ, CHANGE = routes(changing=False), routes(changing=True)


@pytest.mark.parametrize(("method", "path"), READ + CHANGE)
def test_every_route_asks_who_is_calling(method: str, path: str, client: TestClient) -> None:
    anonymous = client.request(method, path)
    assert (anonymous.status_code, anonymous.json()["error"]["category"]) == (401, "unauthenticated")
    forged = client.request(method, path, headers={"Authorization": "Bearer forged"})
    assert (forged.status_code, forged.json()["error"]["category"]) == (403, "forbidden")
    assert anonymous.json()["data"] is None
    assert forged.json()["data"] is None


@pytest.mark.parametrize(("method", "path"), READ)
def test_a_viewer_may_read(
    method: str, path: str, client: TestClient, viewer: dict[str, str], filled: Warehouse
) -> None:
    # Load 1 does not wait for a person, and its file is in no archive here.
    missing = "/loads/1/" in path or path.endswith(("/files/1/diff", "/files/1/rejects"))
    well = (200, 503) if path.endswith("/health") else (404,) if missing else (200,)
    assert client.request(method, path, headers=viewer).status_code in well


@pytest.mark.parametrize(("method", "path"), READ + CHANGE)
def test_every_answer_forbids_foreign_code_and_frames(
    method: str, path: str, client: TestClient, viewer: dict[str, str]
) -> None:
    for headers in ({}, viewer):
        policy = client.request(method, path, headers=headers).headers["Content-Security-Policy"]
        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
        assert rules["default-src"] == "'none'"
        assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == rules["frame-ancestors"] == "'self'"


@pytest.mark.parametrize(("method", "path"), CHANGE)
def test_a_viewer_may_change_nothing(
    method: str, path: str, client: TestClient, viewer: dict[str, str], filled: Warehouse
) -> None:
    before = Ledger(filled).tables()
    answer = client.request(method, path, headers=viewer, json={"reason": "test", "version": 1})
    assert (answer.status_code, answer.json()["error"]["category"]) == (403, "forbidden")
    assert Ledger(filled).tables() == before


ADMINISTERING = ("/retire", "/reopen", "/rename", "/delete", "/trial", "/save", "/config/repair")


@pytest.mark.parametrize(("method", "path"), CHANGE)
def test_an_editor_may_load_answer_and_undo_and_an_owner_administers(
    method: str, path: str, client: TestClient, editor: dict[str, str], owner: dict[str, str], filled: Warehouse
) -> None:
    reached = (200, 422)
    wanted = (403,) if path.endswith(ADMINISTERING) else reached
    assert client.request(method, path, headers=editor, json={"unknown": 1}).status_code in wanted
    assert client.request(method, path, headers=owner, json={"unknown": 1}).status_code in reached


@pytest.mark.parametrize(
    ("who", "may"),
    [("viewer", []), ("editor", ["drop", "answer", "undo"]), ("owner", ["drop", "answer", "undo", "administer"])],
)
def test_the_page_learns_what_its_caller_may_do(
    who: str, may: list[str], client: TestClient, request: pytest.FixtureRequest, filled: Warehouse
) -> None:
    me = client.get("/refdata/api/v1/me", headers=request.getfixturevalue(who)).json()["data"]
    assert (me["name"], me["left_to"]) == (who, "")
    assert [right for right in ("drop", "answer", "undo", "administer") if me[f"may_{right}"]] == may


@pytest.fixture
def airports_left_to(airflow_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Leaves a table to a steward."""
    folder = airflow_home / "dropoff" / "contracts"
    folder.mkdir(exist_ok=True)

    def leave(steward: str) -> None:
        (folder / "airports.yaml").write_text(f"refdata:\n  steward: {steward}\n")

    monkeypatch.setenv("AIRFLOW__REFDATA__STEWARDS_ONLY", "true")
    load_settings.cache_clear()
    yield leave
    (folder / "airports.yaml").unlink(missing_ok=True)
    load_settings.cache_clear()


LEFT = {
    "tables/airports/rollback": {"version": 4, "reason": "test"},
    "loads/{load}/take-back": {"reason": "test"},
    "loads/{load}/retry": {"table": ""},
    "loads/{load}/discard": {"reason": "test"},
}


@pytest.mark.parametrize(("path", "body"), LEFT.items())
def test_a_table_with_a_steward_is_left_to_that_person(
    path: str,
    body: dict[str, object],
    client: TestClient,
    editor: dict[str, str],
    filled: Warehouse,
    airports_left_to: Callable[[str], None],
) -> None:
    airports_left_to("ada")
    load = next(one.id for one in Ledger(filled).page(limit=500).files if one.table_name == "airports")
    refused = client.post(f"/refdata/api/v1/{path.format(load=load)}", headers=editor, json=body)
    said = "Only ada may do this: the contract of airports names that steward"
    assert (refused.status_code, refused.json()["error"]["message"]) == (403, said)


@pytest.mark.parametrize(
    ("who", "steward", "table", "may_undo"),
    [
        ("editor", "ada", "airports", False),
        ("editor", "Editor", "airports", True),
        ("owner", "ada", "airports", True),
        ("editor", "ada", "elsewhere", True),
    ],
)
def test_those_who_administer_may_act_for_every_steward(
    who: str,
    steward: str,
    table: str,
    may_undo: bool,
    client: TestClient,
    request: pytest.FixtureRequest,
    filled: Warehouse,
    airports_left_to: Callable[[str], None],
) -> None:
    airports_left_to(steward)
    me = client.get(f"/refdata/api/v1/me?table={table}", headers=request.getfixturevalue(who)).json()["data"]
    assert (me["may_undo"], me["left_to"]) == (may_undo, "" if may_undo else steward)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", sorted({path.partition("?")[0] for _, path in READ} - {path for _, path in CHANGE}))
def test_addresses_that_only_read_accept_no_other_method(
    method: str, path: str, client: TestClient, editor: dict[str, str]
) -> None:
    assert client.request(method, path, headers=editor).status_code == 405


FOREIGN: list[dict[str, str]] = [
    {},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "cross-site", "X-Refdata-Request": "1"},
    {"Sec-Fetch-Site": "same-site", "X-Refdata-Request": "1"},
]


@pytest.mark.parametrize(("method", "path"), CHANGE)
@pytest.mark.parametrize("headers", FOREIGN)
def test_a_change_by_cookie_has_to_come_from_our_own_page(
    method: str, path: str, headers: dict[str, str], client: TestClient, owner: dict[str, str], filled: Warehouse
) -> None:
    cookie = {"Cookie": f"_token={owner['Authorization'].removeprefix('Bearer ')}"}
    refused = client.request(method, path, headers={**cookie, **headers}, json={"unknown": 1})
    assert (refused.status_code, refused.json()["error"]["category"]) == (403, "forbidden")
    own = {"Sec-Fetch-Site": "same-origin", "X-Refdata-Request": "1"}
    assert client.request(method, path, headers={**cookie, **own}, json={"unknown": 1}).status_code in (200, 422)


def test_the_browsers_cookie_counts_as_a_login(client: TestClient, viewer: dict[str, str], filled: Warehouse) -> None:
    token = viewer["Authorization"].removeprefix("Bearer ")
    assert client.get("/refdata/", headers={"Cookie": f"_token={token}"}).status_code == 200
    assert client.get("/refdata/", headers={"Cookie": "_token=forged"}).status_code == 403
