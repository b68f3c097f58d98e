"""The page as a steward meets it: a real browser, a real API server, Airflow's own login and navigation."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from airflow.providers.sqlite.hooks.sqlite import SqliteHook
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    FrameLocator,
    Page,
    ViewportSize,
    expect,
)
from scripts.local_airflow import LocalAirflow, free_port

from refdata.core.model import FileStatus
from refdata.core.settings import Settings
from refdata.dropoff import ensure_tree
from refdata.ledger import Ledger
from refdata.notifications.failure import airflow_url, page_url
from refdata.warehouse.sqlite.engine import SqliteWarehouse
from tests.demo_ledger import MARKUP, SCRIPT_NAME, fill
from tests.e2e.browser import chromium, log_in, open_page, picture
from tests.e2e.desk import answers

CONNECTION = "reference_store"
TOTAL = 32
WORDS = {
    FileStatus.PENDING: "waiting",
    FileStatus.PROCESSING: "loading",
    FileStatus.REVIEW: "needs answer",
    FileStatus.ERROR: "refused",
    FileStatus.DUPLICATE: "already loaded",
}
"""Statuses whose name on the page is not the ledger's."""
WIDE: ViewportSize = {"width": 1366, "height": 860}


@dataclass
class Server:
    """An API server on a filled ledger."""

    local: LocalAirflow
    warehouse: SqliteWarehouse


@dataclass
class Steward:
    """A logged-in browser window with refdata's page open, and what went wrong in it."""

    window: Page
    frame: FrameLocator
    faults: list[str] = field(default_factory=list)

    def heading(self, text: str) -> None:
        expect(self.frame.get_by_role("heading", name=text, exact=True)).to_be_visible()

    def chip(self, name: str) -> None:
        self.frame.get_by_role("group", name="Status").get_by_role("button", name=name).click()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The connection is in Airflow's database, as in production, so the API server has to find it there."""
    chromium()
    home = tmp_path_factory.mktemp("page")
    extra = {"AIRFLOW__REFDATA__CONN_ID": CONNECTION, "AIRFLOW__REFDATA__LOCK_TIMEOUT": "1"}
    local = LocalAirflow(home, free_port(), extra)
    local.prepare()
    add = ["connections", "add", CONNECTION, "--conn-type", "sqlite", "--conn-host", str(local.database)]
    subprocess.run([sys.executable, "-m", "airflow", *add], env=local.environment(), check=True, capture_output=True)
    with pytest.MonkeyPatch.context() as patch:
        stored = {"conn_type": "sqlite", "host": str(local.database)}
        patch.setenv(f"AIRFLOW_CONN_{CONNECTION.upper()}", json.dumps(stored))
        warehouse = SqliteWarehouse(SqliteHook(sqlite_conn_id=CONNECTION), Settings(conn_id=CONNECTION))  # type: ignore[no-untyped-call]
        fill(warehouse, datetime.now(UTC).replace(tzinfo=None))
        local.start(("api-server",))
        try:
            local.wait_for(lambda: answers(local), 300, "The API server does not answer")
            yield Server(local, warehouse)
        finally:
            local.stop()


@pytest.fixture(scope="module")
def profile(server: Server, browser: Browser) -> Iterator[BrowserContext]:
    """A browser in which somebody logged in; its windows share cookies and cache, as a person's do."""
    with closing(browser.new_context(viewport=WIDE)) as context:
        page = context.new_page()
        log_in(page, server.local.url, "viewer", server.local.password)
        page.close()
        yield context


@pytest.fixture
def steward(server: Server, profile: BrowserContext) -> Iterator[Steward]:
    faults: list[str] = []
    with closing(profile.new_page()) as page:
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: _refuse(dialog, faults))
        page.on("console", lambda message: _note(message, faults))
        page.goto(server.local.url)
        opened = Steward(page, open_page(page), faults)
        opened.frame.get_by_role("link", name="Files", exact=True).click()
        opened.heading(f"{TOTAL} files")
        yield opened
    assert faults == []


def _refuse(dialog: Dialog, faults: list[str]) -> None:
    faults.append(f"dialog: {dialog.message}")
    dialog.dismiss()


def _note(message: ConsoleMessage, faults: list[str]) -> None:
    """Errors of the page itself; answers that a test provokes are shown by the page and asserted there."""
    if message.type == "error" and "Failed to load resource" not in message.text:
        faults.append(message.text)


def test_visitors_without_a_login_see_nothing(server: Server, browser: Browser) -> None:
    with closing(browser.new_context()) as context:
        page = context.new_page()
        for path in ("/refdata/", "/refdata/api/v1/files"):
            answer = page.goto(f"{server.local.url}{path}")
            assert answer is not None
            assert answer.status == 401
            assert "airports" not in page.content()


def test_every_status_shows_with_its_number(steward: Steward) -> None:
    chips = steward.frame.get_by_role("group", name="Status")
    for status in FileStatus:
        name = WORDS.get(status, status)
        expect(chips.get_by_role("button", name=re.compile(rf"^{name} [1-9]"))).to_be_visible()
        expect(steward.frame.locator(f"tbody .badge.{status}").first).to_be_visible()
    picture(steward.window, "files-light")


def test_home_shows_first_what_needs_a_person(steward: Steward) -> None:
    steward.frame.get_by_role("link", name="Home", exact=True).click()
    needs = steward.frame.get_by_role("region", name="What needs you")
    lines = needs.get_by_role("listitem")
    expect(lines).to_have_count(4)
    expect(lines.first).to_contain_text("departments.csv")
    expect(lines.first.get_by_role("link", name="Approve or reject in Airflow")).to_be_visible()
    expect(lines.filter(has_text="countries_new.csv")).to_contain_text("The columns do not fit. Only 2 of 6 columns")
    expect(needs.get_by_text(MARKUP)).to_be_visible()
    expect(steward.frame.get_by_role("heading", name="6 tables")).to_be_visible()
    expect(steward.frame.get_by_role("heading", name="Newest loads")).to_be_visible()
    picture(steward.window, "home-light")
    lines.filter(has_text="bookings_29.csv").get_by_role("link", name="bookings_29.csv").click()
    steward.heading("bookings_29.csv")
    expect(needs).to_be_hidden()


@pytest.fixture
def flood(server: Server) -> Iterator[None]:
    """More files than the page lists, on their way and in no folder for them."""
    ensure_tree(server.local.dropoff)
    folder = server.local.dropoff / "none_reference_data_table" / "fullload"
    files = [folder / f"flood_{number}.csv" for number in range(60)]
    files += [folder / f"flood_{number}.docx" for number in range(1_055)]
    for file in files:
        file.write_text("id\n1\n")
    yield
    shutil.rmtree(server.local.dropoff)  # other tests see it missing


def test_files_that_are_too_many_to_list_are_counted(steward: Steward, flood: None) -> None:
    steward.frame.get_by_role("link", name="Home", exact=True).click()
    expect(steward.frame.get_by_role("heading", name="60 files on the way")).to_be_visible(timeout=20_000)
    expect(steward.frame.get_by_role("heading", name="1,055 files are not taken up")).to_be_visible()
    expect(steward.frame.get_by_text("and 10 more", exact=True)).to_be_visible()
    expect(steward.frame.get_by_text("and 1,005 more", exact=True)).to_be_visible()
    picture(steward.window, "flood-light")


def test_a_held_load_leads_to_airflows_form(steward: Steward) -> None:
    steward.chip("needs answer")
    steward.heading("1 file")
    link = steward.frame.get_by_role("link", name="Approve or reject in Airflow")
    expect(link).to_have_attribute("href", re.compile(r"/dags/refdata_load/runs/[^/]+/tasks/review/required_actions$"))
    expect(steward.frame.get_by_role("link", name="1 load waits for an answer")).to_have_text("1")
    steward.frame.get_by_role("link", name="departments.csv", exact=True).click()
    steward.heading("Waiting for approval")
    offered = steward.frame.get_by_role("list", name="Publish departments.csv to departments?")
    expect(offered.get_by_role("listitem")).to_have_text([re.compile("^Approve"), re.compile("^Reject")])
    expect(steward.frame.get_by_role("button", name="Answer", exact=True)).to_have_count(0)  # a viewer
    picture(steward.window, "gate-light")


def test_the_address_in_an_alert_opens_its_view(server: Server, steward: Steward) -> None:
    path = page_url(view="table", name="countries").removeprefix(airflow_url())
    steward.window.goto(f"{server.local.url}{path}")
    steward.heading("countries")


def test_problems_are_above_the_files_and_stay_open_while_they_are_read(steward: Steward) -> None:
    health = steward.frame.get_by_role("region", name="Health")
    dropoff = health.get_by_role("group").filter(has_text="the dropoff folder cannot be used")  # it does not exist
    expect(dropoff.locator("summary")).to_have_text(re.compile(r"\(missing\)$"))
    dropoff.locator("summary").click()
    expect(dropoff).to_contain_text("Mount or create it")
    kinds = [str(one.get_attribute("class")) for one in health.get_by_role("group").all()]
    assert kinds == sorted(kinds, key=["health-fail", "health-warn", "health-note"].index), "what fails comes first"
    said = " ".join(health.locator("summary").all_inner_texts())
    assert not re.search(r"fails|warns|_", said), said
    assert "`" not in health.inner_text()
    picture(steward.window, "health")
    with steward.window.expect_response("**/refdata/api/v1/health*", timeout=30_000):
        pass  # the figures are asked for again while something is not well
    expect(dropoff).to_have_attribute("open", "")


def test_a_name_that_is_markup_is_shown_and_not_run(steward: Steward) -> None:
    expect(steward.frame.get_by_text(SCRIPT_NAME, exact=True)).to_be_visible()
    steward.chip("refused")
    steward.heading("3 files")
    reported = steward.frame.get_by_text(f"412 NUL bytes {MARKUP}").first
    expect(reported).to_be_visible()
    expect(steward.frame.get_by_text(f"Save the file as CSV. {MARKUP}").first).to_be_visible()
    assert steward.frame.locator("img, script:not([src]), svg[onload], a[href^='javascript:']").count() == 0
    assert steward.window.title() != "run"


def test_a_chip_filters_and_the_address_leads_back_to_the_same_view(steward: Steward) -> None:
    steward.chip("refused")
    steward.heading("3 files")
    assert steward.window.url.endswith("?view=files&status=error")
    expect(steward.frame.get_by_text("What to do: Save the file as CSV.").first).to_be_visible()
    steward.window.go_back()
    steward.heading(f"{TOTAL} files")
    steward.window.go_forward()
    steward.heading("3 files")
    steward.window.reload()
    steward.heading("3 files")
    expect(steward.frame.get_by_role("button", name="refused 3")).to_have_attribute("aria-pressed", "true")


def test_a_search_narrows_files_and_numbers(steward: Steward) -> None:
    steward.frame.get_by_role("searchbox").fill("book")
    steward.heading("6 files")
    expect(steward.frame.get_by_role("button", name="completed 5")).to_be_visible()
    expect(steward.frame.get_by_role("group", name="Status").get_by_role("button")).to_have_count(3)  # all, and two
    steward.frame.get_by_role("searchbox").fill("no such file")
    expect(steward.frame.get_by_text("No file matches this filter.")).to_be_visible()
    steward.frame.get_by_role("button", name="Show all").click()
    steward.heading(f"{TOTAL} files")


def test_the_page_is_usable_by_keyboard_alone(steward: Steward) -> None:
    keys = steward.window.keyboard
    steward.frame.get_by_role("link", name="Files", exact=True).focus()
    keys.press("/")
    expect(steward.frame.get_by_role("searchbox")).to_be_focused()
    keys.type("cost-centres")
    steward.heading("1 file")
    details = steward.frame.get_by_role("button", name="Details of cost-centres.csv")
    details.focus()
    keys.press("Enter")
    expect(details).to_have_attribute("aria-expanded", "true")
    expect(steward.frame.get_by_text("SHA-256")).to_be_visible()
    keys.press("Tab")
    expect(steward.frame.get_by_role("link", name="cost-centres.csv", exact=True)).to_be_focused()
    keys.press("Tab")
    expect(steward.frame.get_by_role("link", name="Run of cost-centres.csv")).to_be_focused()
    steward.frame.get_by_role("searchbox").focus()
    keys.press("Escape")
    steward.heading(f"{TOTAL} files")
    steward.frame.get_by_role("button", name="File", exact=True).focus()
    keys.press("Enter")
    expect(steward.frame.get_by_role("columnheader", name="File")).to_have_attribute("aria-sort", "ascending")
    expect(steward.frame.locator("tbody .name").first).to_have_text(SCRIPT_NAME)
    expect(steward.frame.get_by_role("button", name="File", exact=True)).to_be_focused()


def test_progress_shows_without_reload_and_takes_no_focus(steward: Steward, server: Server) -> None:
    ledger = Ledger(server.warehouse)
    row = ledger.page(status=FileStatus.PROCESSING).files[0]
    expect(steward.frame.get_by_text("462,000 of 1,250,000")).to_be_visible()
    details = steward.frame.get_by_role("button", name="Details of customer-data.csv")
    details.click()
    ledger.report_progress(row.id, row.attempt, 900_000, datetime.now(UTC).replace(tzinfo=None))
    try:
        expect(steward.frame.get_by_text("900,000 of 1,250,000")).to_be_visible(timeout=15_000)
        expect(details).to_be_focused()
        expect(details).to_have_attribute("aria-expanded", "true")
    finally:
        ledger.report_progress(row.id, row.attempt, 462_000, datetime.now(UTC).replace(tzinfo=None))


def test_tables_show_rows_and_version_and_lead_to_their_files(steward: Steward) -> None:
    steward.frame.get_by_role("link", name="Tables", exact=True).click()
    steward.heading("6 tables")
    expect(steward.frame.get_by_role("row", name=re.compile("bookings Other 101,755 5"))).to_be_visible()
    picture(steward.window, "tables-light")
    steward.frame.get_by_role("link", name="5 files of bookings").click()
    steward.heading("6 files")
    expect(steward.frame.get_by_role("searchbox")).to_have_value("bookings")


def test_a_files_story_has_an_address_and_leads_on_to_its_table(steward: Steward) -> None:
    steward.frame.get_by_role("link", name="cost-centres.csv", exact=True).click()
    steward.heading("cost-centres.csv")
    assert re.search(r"\?view=file&id=\d+$", steward.window.url)
    for title in ("Rows", "Steps", "Format found", "Table", "File"):
        steward.heading(title)
    expect(steward.frame.get_by_text("semicolon")).to_be_visible()
    picture(steward.window, "story-light")
    steward.window.reload()
    steward.heading("cost-centres.csv")
    steward.frame.get_by_role("link", name="cost_centres", exact=True).click()
    steward.heading("cost_centres")
    steward.window.go_back()
    steward.heading("cost-centres.csv")
    steward.frame.get_by_role("link", name="← Files").click()
    steward.heading(f"{TOTAL} files")


def test_a_refused_files_story_shows_why_and_says_where_its_archive_is_gone(steward: Steward) -> None:
    steward.frame.get_by_role("link", name="bookings_29.csv", exact=True).click()
    steward.heading("bookings_29.csv")
    expect(steward.frame.get_by_text("3 of 20311 rows are damaged")).to_be_visible()
    rejected = steward.frame.locator("section", has=steward.frame.get_by_role("heading", name="Rejected lines"))
    expect(rejected.get_by_role("status")).to_contain_text("The archive no longer has the rejected lines")


def test_a_viewer_compares_versions_and_is_offered_no_change(steward: Steward) -> None:
    steward.frame.get_by_role("link", name="Tables", exact=True).click()
    steward.frame.get_by_role("link", name="countries", exact=True).click()
    steward.heading("countries")
    steward.frame.get_by_role("button", name="What changed version 5").click()
    expect(steward.frame.get_by_text("258 → 261 rows; rows matched by code")).to_be_visible()
    assert steward.window.url.endswith("?view=table&name=countries&a=4&b=5")
    expect(steward.frame.get_by_role("region", name="Added rows")).to_contain_text("Name 000260")
    steward.frame.get_by_label("From version").select_option("1")
    expect(steward.frame.get_by_text("249 → 261 rows; rows matched by code")).to_be_visible()
    expect(steward.frame.get_by_role("button", name="Roll back")).to_have_count(0)
    picture(steward.window, "diff-light")


@pytest.fixture
def goods(server: Server) -> Iterator[None]:
    """A table that nobody loaded, with every kind of value."""
    columns = "[code] NVARCHAR(10), [price] DECIMAL(8,2), [valid] DATE, [on] BIT, [note] TEXT"
    rows = [(f"G{n:03d}", n / 4, f"2024-02-{1 + n % 28:02d}", n % 2, f"note {n}") for n in range(120)]
    odd = [
        ("MARKUP", -1.5, None, None, MARKUP),
        ("LONG", 0, "2024-01-31", 1, "x" * 2_000),
        ("BLANK", None, None, 0, ""),
    ]
    with server.warehouse.transaction() as session:
        session.execute(f"CREATE TABLE [ref].[goods] ({columns})")
        for row in (*rows, *odd):
            session.execute("INSERT INTO [ref].[goods] VALUES (?, ?, ?, ?, ?)", row)
    yield
    with server.warehouse.transaction() as session:
        session.execute("DROP TABLE [ref].[goods]")


def test_a_table_shows_its_rows_sorted_filtered_and_searched(steward: Steward, server: Server, goods: None) -> None:
    page, frame = steward.window, steward.frame
    page.goto(f"{server.local.url}/plugin/refdata/refdata/?view=table&name=goods")
    steward.heading("Rows")
    expect(frame.get_by_text("Rows 1 to 50 of at least 51")).to_be_visible()
    frame.get_by_role("button", name="Next").click()
    expect(frame.get_by_text("Rows 51 to 100")).to_be_visible()
    frame.get_by_role("button", name="Previous").click()
    expect(frame.get_by_text("Rows 1 to 50")).to_be_visible()
    rows = frame.get_by_role("region", name="Rows").locator("tbody tr")
    frame.get_by_role("button", name="price").click()
    expect(rows.first).to_contain_text("BLANK")
    expect(rows.first.locator("i")).to_have_text(["NULL", "NULL", "empty"])
    frame.get_by_role("button", name="price").click()
    expect(rows.first).to_contain_text("29.75")
    frame.get_by_label("Column", exact=True).select_option("valid")
    frame.get_by_label("Condition").select_option("from")
    frame.get_by_label("Value", exact=True).fill("2024-02-28")
    frame.get_by_role("button", name="Filter", exact=True).click()
    expect(frame.get_by_text("Rows 1 to 4; 4 match")).to_be_visible()
    frame.get_by_role("button", name="Remove the filter on valid").click()
    frame.get_by_label("Search all columns").press_sequentially("<script>")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text(MARKUP)
    assert "search=%3Cscript%3E" in page.url
    frame.get_by_label("Search all columns").fill("LONG")
    frame.get_by_role("button", name="whole text").click()
    dialog = frame.get_by_role("dialog")
    expect(dialog).to_contain_text("x" * 2_000)
    expect(dialog).to_contain_text("The table has no key")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    with page.expect_download() as download:
        frame.get_by_role("link", name="Download CSV").click()
    saved = download.value.path().read_text(encoding="utf-8")
    assert (download.value.suggested_filename, saved.count("\n")) == ("goods.csv", 124)
    frame.get_by_label("Search all columns").fill("no such row")
    expect(frame.get_by_text("No row matches.")).to_be_visible()


MANY, ALIKE = 600_000, "a" * 200
SOUGHT = "a" * 15 + "x"
"""At each letter of ``ALIKE`` all but its last letter is found. 2,000,000 short rows were searched in no time."""


@pytest.fixture
def many(server: Server) -> Iterator[None]:
    """A table in which a search takes long; its last row alone has what is sought."""
    with server.warehouse.transaction() as session:
        session.execute("CREATE TABLE [ref].[many] ([code] NVARCHAR(250))")
        session.execute(
            "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ?)"
            " INSERT INTO [ref].[many] SELECT ? || CASE n WHEN ? THEN 'x' ELSE '' END FROM s",
            (MANY, ALIKE, MANY),
        )
    yield
    with server.warehouse.transaction() as session:
        session.execute("DROP TABLE [ref].[many]")


def test_a_long_search_shows_how_far_it_is(steward: Steward, server: Server, many: None) -> None:
    page, frame = steward.window, steward.frame
    page.goto(f"{server.local.url}/plugin/refdata/refdata/?view=table&name=many")
    expect(frame.get_by_text("Rows 1 to 50")).to_be_visible()
    frame.locator("html").evaluate(
        "html => { html.said = []; const look = () => html.said.push(html.querySelector('.rows-summary')?.textContent);"
        " new MutationObserver(look).observe(html, {childList: true, subtree: true}); }"
    )
    frame.get_by_label("Search all columns").fill(SOUGHT)
    expect(frame.get_by_text("Rows 1 to 1; 1 match")).to_be_visible(timeout=30_000)
    said = [one for one in frame.locator("html").evaluate("html => html.said") if one and "rows searched" in one]
    assert said, "the page says how far the search is"
    assert said[0].startswith("0 found so far; ")


def test_a_rows_history_leads_to_the_file(steward: Steward, server: Server) -> None:
    steward.window.goto(f"{server.local.url}/plugin/refdata/refdata/?view=table&name=countries&search=000260")
    steward.frame.get_by_role("button", name="Whole row and its history: 000260").click()
    dialog = steward.frame.get_by_role("dialog")
    expect(dialog).to_contain_text("Added · version 5 · countries_2026-06-29.csv")
    picture(steward.window, "row-history")
    dialog.get_by_role("link", name="countries_2026-06-29.csv").click()
    steward.heading("countries_2026-06-29.csv")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_rows_fit_every_width(steward: Steward, server: Server, goods: None, theme: str) -> None:
    steward.window.evaluate(f"localStorage.setItem('theme', '{theme}')")
    steward.window.goto(f"{server.local.url}/plugin/refdata/refdata/?view=table&name=goods")
    steward.heading("Rows")
    expect(steward.frame.locator("html")).to_have_attribute("data-theme", theme)
    for width in (320, 390, 1366, 1920):
        steward.window.set_viewport_size({"width": width, "height": 900})
        over = steward.frame.locator("html").evaluate("element => element.scrollWidth - element.clientWidth")
        assert over == 0, width
        picture(steward.window, f"rows-{width}-{theme}")
    steward.window.evaluate("localStorage.removeItem('theme')")


def test_the_overview_shows_figures_over_time(steward: Steward) -> None:
    steward.frame.get_by_role("link", name="Overview", exact=True).click()
    steward.heading("The last 30 days")
    charts = steward.frame.get_by_role("figure")
    expect(charts).to_have_count(4)
    expect(charts.nth(1).get_by_role("img", name=re.compile(r"^Rows loaded: [\d,]+ in total"))).to_be_visible()
    charts.nth(1).get_by_text("Figures").click()
    days = charts.nth(1).get_by_role("row")
    expect(days.nth(5)).to_be_visible()
    assert days.count() in (6, 7), "five weeks, and after midnight the last hours are of two days"
    steward.frame.get_by_role("button", name="1 year").click()
    steward.heading("The last 365 days")
    assert steward.window.url.endswith("?view=overview&days=365")
    picture(steward.window, "overview-light")


@pytest.mark.parametrize("modifier", [None, "Control"])
def test_a_run_opens_in_airflow(modifier: str | None, steward: Steward) -> None:
    link = steward.frame.get_by_role("link", name="Run of cost-centres.csv")
    if modifier is None:
        link.click()
        steward.window.wait_for_url("**/dags/refdata_load/runs/refdata_load__*")
        steward.window.go_back()
        steward.heading(f"{TOTAL} files")
    else:
        with steward.window.context.expect_page() as opened:
            link.click(modifiers=["Control"])
        assert "/dags/refdata_load/runs/refdata_load__" in opened.value.url
        steward.heading(f"{TOTAL} files")


def test_light_and_dark_are_airflows(steward: Steward) -> None:
    def grounds() -> tuple[str, str]:
        ground = "element => getComputedStyle(element).backgroundColor"
        return steward.window.locator("html").evaluate(ground), steward.frame.locator("body").evaluate(ground)

    light = grounds()
    steward.window.get_by_role("button", name="User").click()
    steward.window.get_by_role("menuitem", name="Appearance").click()
    steward.window.get_by_role("menuitemradio", name="Dark Mode").click()
    expect(steward.frame.locator("html")).to_have_attribute("data-theme", "dark")
    dark = grounds()
    assert light[0] == light[1]
    assert dark[0] == dark[1]
    assert light != dark
    steward.window.keyboard.press("Escape")
    picture(steward.window, "files-dark")
    steward.window.evaluate("localStorage.removeItem('theme')")  # the profile's other windows stay light


@pytest.mark.parametrize("view", ["Home", "Files", "Tables", "Overview", "Audit trail", "Configuration"])
def test_no_width_needs_sideways_scrolling(view: str, steward: Steward) -> None:
    steward.frame.get_by_role("link", name=view, exact=True).click()
    steward.heading(
        {
            "Home": "4 things need you",
            "Files": f"{TOTAL} files",
            "Tables": "6 tables",
            "Overview": "The last 30 days",
            "Audit trail": "Audit trail",
        }.get(view, "4 findings")
    )
    for width in (320, 390, 700, 924, 1024, 1366, 2560):
        steward.window.set_viewport_size({"width": width, "height": 844})
        over = steward.frame.locator("html").evaluate("element => element.scrollWidth - element.clientWidth")
        assert over == 0, width
        picture(steward.window, f"{view.lower()}-{width}")


def test_a_busy_database_is_reported_and_what_was_shown_stays(steward: Steward, server: Server) -> None:
    with closing(sqlite3.connect(server.local.ref_database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        banner = steward.frame.get_by_role("alert")
        expect(banner).to_contain_text("database is locked", timeout=15_000)
        expect(steward.frame.get_by_text("cost-centres.csv", exact=True)).to_be_visible()
        picture(steward.window, "banner-light")
        other.execute("ROLLBACK")
    expect(banner).to_be_hidden(timeout=20_000)


def test_an_ended_session_is_reported(steward: Steward) -> None:
    kept = steward.window.context.cookies()
    steward.window.context.clear_cookies()
    expect(steward.frame.get_by_role("alert")).to_contain_text("Your session has ended", timeout=15_000)
    steward.window.context.add_cookies(kept)  # type: ignore[arg-type]


def refer_to_a_row_without_version_3(server: Server) -> None:
    """Makes a table whose contract says that its one row refers to a row of airports that version 3 lacks."""
    reference = {"fields": ["airport"], "reference": {"resource": "airports", "fields": ["code"]}}
    schema = {"fields": [{"name": "airport", "type": "string"}], "foreignKeys": [reference]}
    contracts = server.local.dropoff / "contracts"
    contracts.mkdir(parents=True, exist_ok=True)
    (contracts / "parcels.yaml").write_text(json.dumps({"name": "parcels", "schema": schema}))
    versions = server.local.database.with_name("refdata.bkp.db")
    with closing(sqlite3.connect(server.local.ref_database)) as connection:
        connection.execute("ATTACH ? AS bkp", (str(versions),))
        connection.execute(
            """CREATE TABLE parcels AS SELECT code AS airport FROM airports WHERE code NOT IN
               (SELECT code FROM bkp.airports_backup WHERE ref_data_version_id = 3) LIMIT 1"""
        )
        connection.commit()


def test_an_editor_rolls_back_after_a_look_at_the_difference(server: Server, browser: Browser) -> None:
    refer_to_a_row_without_version_3(server)
    with closing(browser.new_context(viewport=WIDE)) as context:
        page = context.new_page()
        log_in(page, server.local.url, "admin", server.local.password)
        frame = open_page(page)
        frame.get_by_role("link", name="Tables", exact=True).click()
        frame.get_by_role("link", name="airports", exact=True).click()
        frame.get_by_role("button", name="Roll back to version 3").click()
        dialog = frame.get_by_role("dialog", name="Roll airports back to version 3?")
        expect(dialog.get_by_text("8,353 → 8,347 rows; rows matched by code")).to_be_visible()
        picture(page, "rollback-light")
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(frame.get_by_role("button", name="Roll back to version 3")).to_be_focused()
        page.keyboard.press("Enter")
        dialog.get_by_role("button", name="Roll back").click()
        expect(dialog.get_by_role("alert")).to_have_text("Give a reason: others will read it.")
        dialog.get_by_label("Reason").fill("A test file was dropped")
        dialog.get_by_role("button", name="Roll back").click()
        expect(dialog.get_by_role("alert")).to_contain_text("1 row of airports to which 1 row of parcels refers")
        picture(page, "rollback-orphans-light")
        dialog.get_by_label("Accept it").check()
        dialog.get_by_role("button", name="Roll back").click()
        done = frame.get_by_text("The rows of version 3 are live again, as version 6: 8,353 → 8,347 rows.")
        expect(done).to_be_visible()
        expect(frame.get_by_text("“A test file was dropped”")).to_be_visible()
        frame.get_by_role("link", name="Audit trail", exact=True).click()
        actions = frame.get_by_role("main").get_by_role("listitem")
        expect(actions.filter(has_text="Rolled back")).to_contain_text("“A test file was dropped”")
        frame.get_by_label("Person").fill("nobody of this name")
        expect(frame.get_by_text("No action matches this filter.")).to_be_visible()
        frame.get_by_label("Person").fill("ADM")
        frame.get_by_label("Action").select_option("rollback")
        frame.get_by_role("searchbox", name="Table", exact=True).fill("airports")
        expect(actions).to_have_count(1)
        expect(page).to_have_url(re.compile(r"[?]view=audit&name=airports&action=rollback&by=ADM$"))
        picture(page, "audit-light")
    summary = next(one for one in Ledger(server.warehouse).tables() if one.table_name == "airports")
    assert (summary.version_id, summary.rows_live) == (6, 8_347)


VIEWS = ("home", "files", "tables", "upload", "overview", "audit", "config", "file&id=1", "table&name=airports")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
"""WCAG 2.2, levels A and AA, as far as axe-core can see them."""


FAINT_FIELDS = """() => {
  const pixel = document.createElement("canvas").getContext("2d");
  const light = (colour) => {
    pixel.fillStyle = getComputedStyle(document.body).backgroundColor;
    pixel.fillRect(0, 0, 1, 1);
    pixel.fillStyle = colour;
    pixel.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...pixel.getImageData(0, 0, 1, 1).data].map((one) => one / 255)
      .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const fields = [...document.querySelectorAll("input:not([type=file]), select, textarea")];
  const seen = fields.filter((field) => field.checkVisibility({ opacityProperty: true }) && field.offsetWidth > 20);
  return seen.flatMap((field) => {
    const style = getComputedStyle(field);
    const [edge, inside] = [light(style.borderTopColor), light(style.backgroundColor)];
    const contrast = Math.max(edge, inside) / Math.min(edge, inside);
    return contrast < 3 ? [`faint edge (${contrast.toFixed(1)}): ${field.outerHTML.slice(0, 120)}`] : [];
  });
}"""
"""Fields whose edge contrasts with their background by less than 3 to 1 (WCAG 1.4.11): axe-core does not look."""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_view_meets_wcag_aa(theme: str, server: Server, profile: BrowserContext) -> None:
    found: dict[str, list[str]] = {}
    with closing(profile.new_page()) as page:
        page.emulate_media(reduced_motion="reduce")
        page.add_init_script(f"localStorage.setItem('theme', '{theme}')")
        for view in VIEWS:
            page.goto(f"{server.local.url}/refdata/?view={view}")
            expect(page.locator("#freshness:not(:empty), #banner:not([hidden])").first).to_be_visible()
            answer = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
            faults = [
                f"{one['id']}: {', '.join(node['html'][:120] for node in one['nodes'][:3])}"
                for one in answer.response["violations"]
            ]
            faults += page.evaluate(FAINT_FIELDS)
            found |= {view: faults} if faults else {}
    assert found == {}
