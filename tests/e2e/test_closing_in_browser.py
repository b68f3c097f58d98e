"""What becomes of a table, as a steward decides it on the table's page: renamed, retired, opened again, deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, Page, expect

from refdata.core.errors import ClosedTableError
from tests.demo_ledger import MARKUP
from tests.e2e.browser import log_in, picture
from tests.e2e.desk import WIDE, Place, view


@pytest.fixture(scope="module", autouse=True)
def _patience() -> Iterator[None]:
    """A first page takes its time on a busy machine."""
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)


def test_a_table_is_renamed_retired_opened_again_and_deleted(window: Page, place: Place) -> None:
    faults: list[str] = []
    window.on("pageerror", lambda error: faults.append(str(error)))
    place.drop_and_load("lands.csv", f"code,name\n1,Austria\n2,{MARKUP}\n")
    contract = place.local.dropoff / "contracts"
    contract.mkdir(exist_ok=True)
    (contract / "visits.yaml").write_text(
        "schema:\n  foreignKeys:\n    - {fields: land, reference: {resource: lands, fields: code}}\n"
    )
    frame = view(window, place, "view=table&name=lands")
    frame.get_by_role("button", name="Rename").click()
    dialog = frame.get_by_role("dialog")
    expect(dialog).to_contain_text("the contract of visits refers to it")
    picture(window, "rename")
    dialog.get_by_label("New name").fill("big lands")
    dialog.get_by_label("Reason").fill("plainer")
    dialog.get_by_role("button", name="Rename").click()
    expect(dialog).to_contain_text("Use big_lands")
    dialog.get_by_label("New name").fill("realms")
    dialog.get_by_role("button", name="Rename").click()
    expect(frame.get_by_role("heading", name="realms")).to_be_visible()
    expect(frame.get_by_role("cell", name=MARKUP)).to_be_visible()
    assert "resource: realms" in (contract / "visits.yaml").read_text()

    frame.get_by_role("button", name="Retire").click()
    dialog.get_by_role("button", name="Retire").click()
    expect(dialog).to_contain_text("Give a reason")
    dialog.get_by_label("Reason").fill("the feed ends")
    dialog.get_by_role("button", name="Retire").click()
    expect(frame.get_by_text("This table is retired: it takes no more files.")).to_be_visible()
    expect(frame.get_by_role("button", name="Delete")).to_have_count(0)
    picture(window, "retired")
    with pytest.raises(ClosedTableError):
        place.drop_and_load("realms.csv", "code,name\n3,Malta\n")
    frame = view(window, place, "view=tables")
    expect(frame.get_by_role("row", name="realms")).to_contain_text("retired")

    frame = view(window, place, "view=table&name=realms")
    frame.get_by_role("button", name="Open again").click()
    dialog = frame.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("needed after all")
    dialog.get_by_role("button", name="Open again").click()
    expect(frame.get_by_text("realms takes files again.")).to_be_visible()

    (contract / "visits.yaml").unlink()
    frame.get_by_role("button", name="Delete").click()
    dialog.get_by_label("Write realms to confirm").fill("lands")
    dialog.get_by_label("Reason").fill("made by mistake")
    dialog.get_by_role("button", name="Delete").click()
    expect(dialog).to_contain_text("That is not realms")
    picture(window, "delete")
    dialog.get_by_label("Write realms to confirm").fill("Realms")
    dialog.get_by_role("button", name="Delete").click()
    expect(frame.get_by_role("heading", name="1 table", exact=True)).to_be_visible()
    frame.get_by_text("2 earlier names of tables").click()
    expect(frame.get_by_text("was deleted; files named for it are refused")).to_be_visible()
    picture(window, "earlier-names")
    assert faults == []


def test_a_value_is_found_in_the_rows_of_any_table(window: Page, place: Place) -> None:
    place.drop_and_load("visits.csv", "town,land\nRome,Country 7\nOslo,Norway\n")
    frame = view(window, place, "view=tables")
    frame.get_by_role("searchbox").fill("country 7")
    found = frame.get_by_role("region", name="In the rows")
    expect(found.get_by_text("In 2 tables of 2.")).to_be_visible()
    expect(found.locator("mark", has_text="Country 7").first).to_be_visible()
    expect(frame.get_by_text("No table has this in its name.")).to_be_visible()
    picture(window, "found")
    found.get_by_role("link", name="visits").click()
    expect(frame.get_by_role("cell", name="Rome", exact=True)).to_be_visible()
    expect(frame.get_by_role("cell", name="Oslo")).to_have_count(0)


def test_a_contract_is_tried_on_the_rows_and_saved(window: Page, place: Place) -> None:
    place.drop_and_load("lengths.csv", "unit,metres\nfoot,0.3048\nmile,1609.344\n")
    frame = view(window, place, "view=table&name=lengths")
    frame.get_by_role("button", name="Edit the contract").click()
    text = frame.get_by_label("Contract", exact=True)
    expect(text).to_have_value(re.compile("name: lengths"))
    expect(frame.get_by_role("button", name="Save")).to_be_disabled()
    text.fill("schema: [")
    frame.get_by_role("button", name="Check").click()
    expect(frame.get_by_role("alert").filter(has_text="cannot be read")).to_be_visible()
    rule = "schema:\n  fields:\n    - name: metres\n      constraints: {maximum: 1000}\n"
    text.fill(rule)
    frame.get_by_role("button", name="Check").click()
    broken = frame.get_by_role("region", name="Rows of lengths that would break a rule")
    expect(broken).to_contain_text("mile")
    picture(window, "contract-trial")
    text.fill(rule.replace("1000", "2000"))
    frame.get_by_role("button", name="Check").click()
    expect(frame.get_by_text("Every row of the table fits.")).to_be_visible()
    frame.get_by_role("button", name="Save").click()
    expect(frame.get_by_role("alert").filter(has_text="Give a reason")).to_be_visible()
    frame.get_by_label("Reason").fill("no unit is longer")
    frame.get_by_role("button", name="Save").click()
    facts = frame.get_by_role("table", name="Contract")
    expect(facts.get_by_role("row").filter(has_text="maximum")).to_contain_text("contracts/lengths.yaml")
    assert "2000" in (place.local.dropoff / "contracts" / "lengths.yaml").read_text()


def test_a_viewer_is_offered_nothing_of_this(place: Place, browser: Browser) -> None:
    with closing(browser.new_context(viewport=WIDE)) as context:
        page = context.new_page()
        log_in(page, place.local.url, "viewer", place.local.password)
        frame = view(page, place, "view=table&name=countries")
        expect(frame.get_by_role("heading", name="countries")).to_be_visible()
        for name in ("Rename", "Retire", "Delete", "Edit the contract"):
            expect(frame.get_by_role("button", name=name)).to_have_count(0)
