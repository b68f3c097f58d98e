"""Upload as a steward does it: choose a file, look at what it would do, load it; a real browser and API server."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from refdata.api import ReferenceData
from refdata.core.errors import RefdataError
from refdata.core.model import FileStatus
from refdata.plugin.schemas import Envelope, FaultView
from refdata.plugin.uploadschemas import UploadsView
from tests.demo_ledger import MARKUP
from tests.e2e.browser import log_in, picture
from tests.e2e.desk import COUNTRIES, WIDE, Place, view

BEFORE = COUNTRIES
AFTER = BEFORE.replace("C007;Country 7;", "C007;Seven;").replace("C011;Country 11;2.75\n", "") + f"C040;{MARKUP};10.5\n"
SAID = "1 row would be added, 1 removed, 1 changed. countries would then have 40 rows."
BROKEN = BEFORE + "C041;only two\nC042;b;1;2;3;4\n"


@pytest.fixture(scope="module", autouse=True)
def _patience() -> Iterator[None]:
    """A first page and a preview take their time on a busy machine."""
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)


def choose(frame: FrameLocator, name: str, content: str) -> None:
    frame.get_by_label("Choose a file").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content.encode()}
    )


def test_a_file_is_uploaded_looked_at_and_loaded(window: Page, place: Place) -> None:
    faults: list[str] = []
    window.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    window.on("pageerror", lambda error: faults.append(str(error)))
    frame = view(window, place)
    expect(frame.get_by_role("heading", name="Upload a file")).to_be_visible()
    choose(frame, "countries.csv", AFTER)
    expect(frame.get_by_text("can be loaded")).to_be_visible()
    expect(frame.get_by_text(SAID)).to_be_visible()
    expect(frame.get_by_text("40 → 40 rows; rows matched by code")).to_be_visible()
    expect(frame.get_by_role("region", name="Added rows")).to_contain_text(MARKUP)
    for theme in ("light", "dark"):
        window.evaluate(f"localStorage.setItem('theme', '{theme}')")
        window.reload()
        expect(frame.locator("html")).to_have_attribute("data-theme", theme)
        expect(frame.get_by_text(SAID)).to_be_visible()
        for width in (320, 390, 1366, 1920):
            window.set_viewport_size({"width": width, "height": 900})
            over = frame.locator("html").evaluate("element => element.scrollWidth - element.clientWidth")
            assert over == 0, width
            picture(window, f"preview-{width}-{theme}")
    window.evaluate("localStorage.removeItem('theme')")
    window.set_viewport_size(WIDE)
    frame = view(window, place, window.url.partition("?")[2])
    frame.get_by_role("button", name="Load countries.csv into countries").click()
    expect(frame.get_by_text("this page follows it")).to_be_visible()
    picture(window, "handed-over")
    place.data.process_file("reference_data_table/fullload/countries.csv")
    expect(frame.get_by_role("heading", name="countries.csv")).to_be_visible(timeout=20_000)
    expect(frame.locator(".title .badge.completed")).to_be_visible()
    assert faults == []


def test_what_waits_in_the_folders_is_shown_and_its_load_appears_at_once(window: Page, place: Place) -> None:
    folder = place.local.dropoff / "reference_data_table" / "fullload"
    frame = view(window, place, "view=files")
    for name, content in (("rates.xlsx", "x"), (".regions", BEFORE)):
        (folder / name).write_text(content)
    (folder / ".regions").rename(folder / "regions.csv")
    now = frame.get_by_role("region", name="What happens now")
    expect(now.get_by_role("listitem").filter(has_text="regions.csv")).to_contain_text("unchanged for 6 checks")
    left = now.get_by_role("listitem").filter(has_text="rates.xlsx")
    expect(left).to_contain_text("Files that end with .xlsx are not enabled here")
    expect(left).to_contain_text("Save it as a .csv file")
    picture(window, "now")
    place.data.process_file("reference_data_table/fullload/regions.csv")
    row = frame.locator("tbody", has=frame.get_by_role("link", name="regions.csv", exact=True))
    expect(row.locator(".badge.completed")).to_be_visible(timeout=3_000)  # 15 s without a sign from the ledger
    (folder / "rates.xlsx").unlink()
    expect(now).to_be_hidden()


def test_a_broken_file_shows_its_lines_and_cannot_be_loaded(window: Page, place: Place) -> None:
    frame = view(window, place, "view=upload&name=countries")
    choose(frame, "my own name.csv", BROKEN)
    expect(frame.get_by_text("would be refused")).to_be_visible()
    lines = frame.get_by_role("region", name="Lines that would not be loaded")
    expect(lines).to_contain_text("C041;only two")
    expect(frame.get_by_role("button", name="Load")).to_have_count(0)
    picture(window, "preview-refused")
    frame.get_by_role("link", name="← Uploads").click()
    expect(frame.get_by_role("link", name="countries.csv")).to_be_visible()
    picture(window, "uploads")
    frame.get_by_role("button", name="Discard countries.csv").press("Enter")
    frame.get_by_role("dialog").get_by_role("button", name="Discard").click()
    expect(frame.get_by_text("None. A file that is uploaded")).to_be_visible()


def test_a_refused_file_is_looked_at_again_for_another_table_and_discarded(window: Page, place: Place) -> None:
    with pytest.raises(RefdataError):
        place.drop_and_load("contries.csv", BROKEN)
    (row,) = place.data.history(status=FileStatus.ERROR, search="contries").files
    frame = view(window, place, f"view=file&id={row.id}")
    expect(frame.get_by_role("button", name="Discard contries.csv")).to_be_visible()
    picture(window, "refused")
    frame.get_by_role("button", name="Look at it again contries.csv").click()
    frame.get_by_label("Into table").select_option("countries")
    expect(frame.get_by_role("heading", name="countries.csv")).to_be_visible()
    frame.get_by_role("button", name="Discard countries.csv").click()
    frame.get_by_role("dialog").get_by_role("button", name="Discard").click()
    expect(frame.get_by_text("None. A file that is uploaded")).to_be_visible()
    frame = view(window, place, f"view=file&id={row.id}")
    frame.get_by_role("button", name="Discard contries.csv").click()
    frame.get_by_label("Reason").fill("a slip")
    frame.get_by_role("dialog").get_by_role("button", name="Discard").click()
    expect(frame.get_by_role("dialog")).to_have_count(0)
    assert not Path(row.file_path).exists()


def test_a_viewer_is_offered_no_upload(place: Place, browser: Browser) -> None:
    with closing(browser.new_context(viewport=WIDE)) as context:
        page = context.new_page()
        log_in(page, place.local.url, "viewer", place.local.password)
        frame = view(page, place)
        expect(frame.get_by_text("You may see uploads here, but not upload or load files.")).to_be_visible()
        expect(frame.get_by_label("Choose a file")).to_have_count(0)


def test_a_bucket_is_refused_before_a_file_is_chosen(window: Page, place: Place) -> None:
    settings = dataclasses.replace(place.data.settings, dropoff_root="memory://landing/refdata")
    refusal = ReferenceData(settings, place.warehouse).uploads.refusal()
    assert refusal is not None
    shown = UploadsView(uploads=(), refusal=FaultView.of(refusal), max_bytes=0, endings=(".csv",))
    body = Envelope[UploadsView](data=shown).model_dump_json()
    window.route("**/api/v1/uploads?*", lambda route: route.fulfill(body=body, content_type="application/json"))
    frame = view(window, place)
    note = frame.get_by_role("note")
    expect(note).to_contain_text("they are dropped into memory://landing/refdata")
    expect(note).to_contain_text("Put the file there with the tools of its store or server")
    expect(frame.get_by_label("Choose a file")).to_have_count(0)
    picture(window, "upload-bucket")
    window.unroute("**/api/v1/uploads?*")


def test_nothing_is_left_in_the_quarantine(place: Place) -> None:
    assert list(Path(place.local.dropoff).glob(".refdata-uploads/*")) == []
