"""Five tasks of a steward's day, each from the page alone: with a steward's login, in a running Airflow.

``-s`` prints the clicks and seconds of each; ``REFDATA_SCREENSHOTS`` keeps the pictures that ``docs/steward.md`` shows.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, Locator, Page, ViewportSize, expect

from refdata.dropoff import ensure_tree
from tests.e2e.browser import log_in, open_page, picture
from tests.e2e.conftest import RunningAirflow

WIDE: ViewportSize = {"width": 1366, "height": 860}
FIRST = (
    b"sku,title,price,listed\nA1,Bolt,1.50,2026-01-01\nB2,Nut,0.10,2026-02-01\nC3,Pin,0.05,2026-03-01\n"
    b"D4,Rivet,0.07,2026-03-02\n"
)
LONGEST = 90_000
"""Milliseconds that a load may take on a busy machine."""


@dataclass
class Desk:
    """A window with the page open, as a steward has it; counts what the person does."""

    window: Page
    frame: FrameLocator
    clicks: int = 0
    since: float = field(default_factory=time.monotonic)

    def click(self, target: Locator) -> None:
        self.clicks += 1
        target.click()

    def link(self, name: str) -> None:
        self.click(self.frame.get_by_role("link", name=name, exact=True).first)

    def button(self, name: str) -> None:
        self.click(self.frame.get_by_role("button", name=re.compile(f"^{name}")).first)

    def write(self, label: str, text: str) -> None:
        self.clicks += 1
        self.frame.get_by_label(label).first.fill(text)

    def download(self, name: str) -> tuple[str, bytes]:
        with self.window.expect_download() as download:
            self.click(self.frame.get_by_role("link", name=name).first)
        return download.value.suggested_filename, download.value.path().read_bytes()

    def upload(self, name: str, content: bytes) -> None:
        """Chooses the file, and looks at what it would do."""
        self.link("Upload")
        self.clicks += 1
        file = {"name": name, "mimeType": "text/csv", "buffer": content}
        self.frame.get_by_label("Choose a file").set_input_files(file)  # type: ignore[arg-type]
        expect(self.frame.get_by_text("can be loaded")).to_be_visible(timeout=LONGEST)

    def load(self, airflow: RunningAirflow, name: str, drops: int) -> None:
        """Loads the upload, the table's drop of that number, and watches it until it is completed."""
        self.button("Load")
        airflow.local.wait_for(lambda: len(airflow.status(name)) == drops, 60, "The upload was not taken up")
        self.link("Home")
        self.click(self.frame.locator(".loads").get_by_role("link", name=name, exact=True).first)
        expect(self.frame.locator(".title .badge.completed")).to_be_visible(timeout=LONGEST)

    def ended(self, task: str) -> None:
        sys.stdout.write(f"\n{task}: {self.clicks} clicks and entries, {time.monotonic() - self.since:.0f} s\n")


@pytest.fixture(scope="module", autouse=True)
def _patience() -> Iterator[None]:
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture(scope="module")
def steward(airflow: RunningAirflow, browser: Browser) -> Iterator[Page]:
    """A window of the steward, who may drop, answer and undo, and administers nothing."""
    ensure_tree(airflow.local.dropoff)
    contracts = airflow.local.dropoff / "contracts"
    contracts.mkdir(exist_ok=True)
    (contracts / "fittings.yaml").write_text("schema: {primaryKey: sku}\nrefdata: {steward: steward}\n")
    airflow.drop("fittings.csv", FIRST)
    with closing(browser.new_context(viewport=WIDE)) as context:
        page = context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        log_in(page, airflow.local.url, "steward", airflow.local.password)
        airflow.wait_ended("fittings.csv")
        yield page
        assert faults == []


@pytest.fixture
def desk(steward: Page, airflow: RunningAirflow) -> Desk:
    steward.goto(airflow.local.url)
    return Desk(steward, open_page(steward))


def prices(airflow: RunningAirflow) -> dict[str, float]:
    return dict(airflow.query("SELECT sku, price FROM fittings ORDER BY sku"))


def test_one_value_is_corrected(desk: Desk, airflow: RunningAirflow) -> None:
    desk.link("fittings")
    name, content = desk.download("Download CSV")
    assert (name, content.count(b"\n")) == ("fittings.csv", 5)
    desk.upload(name, re.sub(rb"Nut,0\.10?,", b"Nut,0.12,", content))
    expect(desk.frame.get_by_text("1 row would be changed.")).to_be_visible()
    picture(desk.window, "task-correct")
    desk.load(airflow, "fittings.csv", 2)
    desk.ended("Correct one value")
    assert prices(airflow)["B2"] == 0.12


def test_who_changed_a_value_and_when_is_found(desk: Desk, airflow: RunningAirflow) -> None:
    desk.link("Tables")
    desk.write("Search tables, and values in their rows", "Nut")
    desk.click(desk.frame.get_by_role("region", name="In the rows").get_by_role("link", name="fittings").first)
    desk.click(desk.frame.get_by_role("button", name="Whole row and its history: B2"))
    dialog = desk.frame.get_by_role("dialog")
    expect(dialog).to_contain_text("price: 0.10 → 0.12")
    expect(dialog).to_contain_text("uploaded by steward")
    picture(desk.window, "task-history")
    desk.ended("Find out when a value changed, and who said so")
    desk.click(dialog.get_by_role("link", name="fittings.csv").first)
    expect(desk.frame.get_by_text("Uploaded by", exact=True)).to_be_visible()
    desk.link("Audit trail")
    expect(desk.frame.get_by_role("listitem").filter(has_text="Loaded an upload").first).to_contain_text("steward")


def test_a_refused_file_is_repaired(desk: Desk, airflow: RunningAirflow) -> None:
    airflow.drop("fittings.csv", FIRST.replace(b"0.10", b"0.12") + b"E5,Hook,2026-03-03\nF6,Eye,0.20,2026-03-04\n")
    airflow.wait_ended("fittings.csv", drops=3)
    desk.link("Home")
    needs = desk.frame.get_by_role("region", name="What needs you")
    desk.click(needs.get_by_role("link", name="fittings.csv", exact=True).first)
    expect(desk.frame.get_by_text("1 field missing")).to_be_visible()
    picture(desk.window, "task-repair")
    name, content = desk.download("Download fittings.csv to fix")
    desk.upload(name, content.replace(b"E5,Hook,", b"E5,Hook,0.30,"))
    desk.load(airflow, "fittings.csv", 4)
    desk.ended("Repair a refused file")
    assert prices(airflow)["E5"] == 0.3


def test_a_renamed_column_is_answered(desk: Desk, airflow: RunningAirflow) -> None:
    rows = FIRST + b"E5,Hook,0.30,2026-03-03\nF6,Eye,0.20,2026-03-04\n"
    airflow.drop("fittings.csv", rows.replace(b"price", b"unit_price").replace(b"1.50", b"1.60"))
    airflow.local.wait_for(lambda: airflow.status("fittings.csv")[-1] == "review", 120, "Nobody was asked")
    desk.click(desk.frame.get_by_role("link", name="for an answer"))
    desk.click(desk.frame.get_by_role("link", name="Answer the questions of fittings.csv"))
    desk.click(desk.frame.get_by_role("radio", name="'unit_price' is the new name"))
    picture(desk.window, "task-answer")
    desk.write("Reason", "as the supplier said")
    desk.button("Answer")
    expect(desk.frame.locator(".title .badge.completed")).to_be_visible(timeout=LONGEST)
    desk.ended("Answer whether `unit_price` is the new `price`")
    assert prices(airflow)["A1"] == 1.6


def test_yesterdays_table_is_put_back(desk: Desk, airflow: RunningAirflow) -> None:
    desk.link("fittings")
    desk.click(desk.frame.get_by_role("button", name="Roll back to version 2"))
    dialog = desk.frame.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Roll back")).to_be_enabled()
    desk.write("Reason", "the supplier was wrong")
    picture(desk.window, "task-back")
    desk.click(dialog.get_by_role("button", name="Roll back"))
    expect(desk.frame.get_by_text("The rows of version 2 are live again")).to_be_visible()
    desk.ended("Put yesterday's table back")
    assert prices(airflow) == {"A1": 1.5, "B2": 0.12, "C3": 0.05, "D4": 0.07}


def test_a_steward_is_offered_nothing_that_only_administrators_may_do(desk: Desk) -> None:
    desk.link("fittings")
    expect(desk.frame.get_by_role("heading", name="Versions")).to_be_visible()
    for name in ("Rename", "Retire", "Delete"):
        expect(desk.frame.get_by_role("button", name=name)).to_have_count(0)


@pytest.mark.parametrize("name", ["task-correct", "task-history", "task-repair", "task-answer", "task-back"])
def test_the_guide_shows_each_task(name: str) -> None:
    docs = Path(__file__).parents[2] / "docs"
    assert f"(pictures/{name}.png)" in (docs / "steward.md").read_text(encoding="utf-8")
    assert (docs / "pictures" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
