"""Nobody reads anything without the right to see the runs of ``refdata_load``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fastapi.routing import APIRoute

from refdata.plugin.app import create_app
from refdata.warehouse.base import Warehouse

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

PARAMETERS = {"load_id": "1", "digest": "x", "name": "page.js"}


def routes() -> list[str]:
    """Every address of the application, so that a new route cannot be forgotten."""
    found = [route for route in create_app().routes if isinstance(route, APIRoute)]
    assert len(found) == len(create_app().routes), "a route that is no APIRoute passes by the rights"
    return [f"/refdata{route.path.format(**PARAMETERS)}" for route in found]


@pytest.mark.parametrize("path", routes())
def test_every_route_asks_who_is_calling(path: str, client: TestClient) -> None:
    anonymous = client.get(path)
    assert (anonymous.status_code, anonymous.json()["error"]["category"]) == (401, "unauthenticated")
    forged = client.get(path, headers={"Authorization": "Bearer forged"})
    assert (forged.status_code, forged.json()["error"]["category"]) == (403, "forbidden")
    assert anonymous.json()["data"] is None
    assert forged.json()["data"] is None


@pytest.mark.parametrize("path", routes())
def test_a_viewer_may_read(path: str, client: TestClient, viewer: dict[str, str], filled: Warehouse) -> None:
    well = (200, 503) if path.endswith("/health") else (200,)
    assert client.get(path, headers=viewer).status_code in well


@pytest.mark.parametrize("path", routes())
def test_every_answer_forbids_foreign_code_and_frames(path: str, client: TestClient, viewer: dict[str, str]) -> None:
    for headers in ({}, viewer):
        policy = client.get(path, headers=headers).headers["Content-Security-Policy"]
        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
        assert rules["default-src"] == "'none'"
        assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == rules["frame-ancestors"] == "'self'"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_changed(method: str, client: TestClient, viewer: dict[str, str]) -> None:
    assert client.request(method, "/refdata/api/v1/files", headers=viewer).status_code == 405


def test_the_browsers_cookie_counts_as_a_login(client: TestClient, viewer: dict[str, str], filled: Warehouse) -> None:
    token = viewer["Authorization"].removeprefix("Bearer ")
    assert client.get("/refdata/", headers={"Cookie": f"_token={token}"}).status_code == 200
    assert client.get("/refdata/", headers={"Cookie": "_token=forged"}).status_code == 403
