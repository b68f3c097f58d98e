"""Airflow's form for refdata's connection types in a real browser: named fields, and what is saved of them."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from scripts.local_airflow import LocalAirflow

from refdata.connectionform import FORMS, given
from refdata.get_provider_info import CONNECTION_TYPES
from refdata.warehouse.mssql.options import read_options
from tests.e2e.browser import log_in, picture
from tests.e2e.desk import Place

NAMES = {entry["connection-type"]: entry["hook-name"] for entry in CONNECTION_TYPES}


@pytest.fixture(scope="module")
def page(place: Place, browser: Browser) -> Iterator[Page]:
    with closing(browser.new_context()) as context:
        opened = context.new_page()
        log_in(opened, place.local.url, "admin", place.local.password)
        yield opened


def _asked(local: LocalAirflow, path: str, token: str = "", body: dict[str, str] | None = None) -> dict[str, Any]:
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(f"{local.url}{path}", data=data, headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def saved(local: LocalAirflow, conn_id: str) -> dict[str, Any]:
    """The connection as Airflow's REST API hands it out."""
    login = {"username": "admin", "password": local.password}
    token = _asked(local, "/auth/token", body=login)["access_token"]
    return _asked(local, f"/api/v2/connections/{conn_id}", token)


def form(local: LocalAirflow, page: Page, conn_type: str) -> Locator:
    """The dialog for a new connection of a type, with all its named fields open."""
    page.goto(f"{local.url}/connections")
    page.get_by_role("button", name="Add Connection").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox").click()
    page.get_by_role("option", name=NAMES[conn_type], exact=True).click()
    dialog.get_by_role("button", name="Extra Fields", exact=True).click()
    return dialog


@pytest.mark.parametrize("conn_type", NAMES)
def test_the_form_names_its_fields(place: Place, page: Page, conn_type: str) -> None:
    dialog = form(place.local, page, conn_type)
    for placeholder in ("sql01.example.com", "1433", "ingest_user", "refdata"):
        expect(dialog.get_by_placeholder(placeholder, exact=True)).to_have_count(1)
    expect(dialog.get_by_text("Database", exact=True)).to_have_count(1)
    for described in FORMS[conn_type.removeprefix("refdata_")]["conn-fields"].values():
        expect(dialog.get_by_text(described["label"], exact=True)).to_be_visible()
        expect(dialog.get_by_text(described["description"], exact=True)).to_be_visible()
    expect(dialog.get_by_text("default (yes)", exact=True)).to_be_visible()
    picture(page, f"connection-form-{conn_type}")


def test_a_load_reads_the_connection_that_the_form_saves(place: Place, page: Page) -> None:
    dialog = form(place.local, page, "refdata_mssql")
    dialog.locator("[name=connection_id]").fill("from_form")
    dialog.get_by_role("button", name="Standard Fields").click()
    for name, value in (("host", "sql02.example.com"), ("schema", "refdata"), ("login", "loader")):
        dialog.locator(f"[name={name}]").fill(value)
    dialog.get_by_role("button", name="Extra Fields", exact=True).click()
    dialog.locator("[name=element_Failover_Partner]").fill("sql03.example.com,1444")
    dialog.locator("[name=element_bulk_port]").fill("1434")
    dialog.locator("#element_Encrypt").click()
    page.get_by_role("option", name="strict", exact=True).click()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    found = saved(place.local, "from_form")
    assert found["conn_type"] == "refdata_mssql"
    extra = json.loads(found["extra"])
    assert set(extra) == set(FORMS["mssql"]["conn-fields"])
    read = read_options(found["host"], found["port"], found["schema"], found["login"], None, given(extra), "form")
    assert (read.where, read.login) == ("sql02.example.com:1433 or sql03.example.com:1444/refdata", "loader")
    assert (read.encrypt, read.trust, read.bulk_port, read.driver) == ("strict", False, 1434, "")
