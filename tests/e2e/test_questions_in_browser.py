"""Questions as a steward meets them: in a running Airflow, on the page, answered with the mouse or the keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, ViewportSize, expect

from tests.e2e.browser import log_in, open_page, picture
from tests.e2e.conftest import RunningAirflow

WIDE: ViewportSize = {"width": 1366, "height": 900}
FIRST = b"sku,title,price,listed\nA1,Bolt,1.50,2026-01-01\nB2,Nut,0.10,2026-02-01\nC3,Pin,0.05,2026-03-01\n"
RENAMED = FIRST.replace(b"price", b"unit_price").replace(b"1.50", b"1.60")
TWICE = RENAMED.replace(b"unit_price", b"cost_eur").replace(b"2026-02-01", b"soon")
"""Two questions at once: a column is gone, and a value is no date."""


@pytest.fixture
def window(airflow: RunningAirflow, browser: Browser) -> Iterator[Page]:
    with closing(browser.new_context(viewport=WIDE)) as context:
        page = context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        log_in(page, airflow.local.url, "admin", airflow.local.password)
        yield page
        assert faults == []


def hold(airflow: RunningAirflow, name: str, content: bytes) -> int:
    """Drops a file that is asked about; the number of its load, once Airflow waits for the answer."""
    airflow.drop(name, FIRST)
    airflow.wait_ended(name)
    airflow.drop(name, content)
    sql = "SELECT id, dag_run_id FROM File_Monitor_Tracking WHERE file_name = ? AND status = 'review'"
    airflow.local.wait_for(lambda: bool(airflow.query(sql, name)), 300, f"{name} was not held")
    ((number, run),) = airflow.query(sql, name)
    waiting = f"/dags/refdata_load/dagRuns/{run}/taskInstances/review"
    airflow.local.wait_for(lambda: airflow.api(waiting)["state"] == "awaiting_input", 300, "Nobody was asked")
    return int(number)


def pictures(window: Page, frame: FrameLocator, name: str) -> None:
    """The view in the widths that people have, in light and in dark; none of them scrolls sideways."""
    for theme in ("light", "dark"):
        window.evaluate(f"localStorage.setItem('theme', '{theme}')")
        window.reload()
        expect(frame.locator("html")).to_have_attribute("data-theme", theme)
        frame.get_by_role("button", name="Answer", exact=True).or_(frame.get_by_text("Kept answers")).first.wait_for()
        for width in (390, 1366, 1920):
            window.set_viewport_size({"width": width, "height": 1100})
            over = frame.locator("html").evaluate("element => element.scrollWidth - element.clientWidth")
            assert over == 0, (name, width)
            picture(window, f"{name}-{theme}-{width}")
    window.evaluate("localStorage.removeItem('theme')")
    window.reload()
    window.set_viewport_size(WIDE)


def test_a_question_is_answered_where_the_load_is_shown_and_its_kept_answer_is_withdrawn(
    airflow: RunningAirflow, window: Page
) -> None:
    number = hold(airflow, "gadgets.csv", RENAMED)
    frame = open_page(window)
    badge = frame.get_by_role("link", name="for an answer")
    ((waiting,),) = airflow.query("SELECT COUNT(*) FROM File_Monitor_Tracking WHERE status = 'review'")
    expect(badge).to_have_text(str(waiting))
    badge.click()
    note = frame.get_by_text("price is missing from gadgets.csv, and 'unit_price' is new. Was it renamed?")
    expect(note).to_be_visible()
    picture(window, "questions-list")
    frame.get_by_role("link", name="Answer the questions of gadgets.csv").click()
    expect(frame.get_by_role("heading", name="It asks a question")).to_be_visible()
    expect(frame.get_by_role("table", name="What was found")).to_contain_text(
        "The table has a column price, and gadgets.csv does not."
    )
    pictures(window, frame, "question")

    send = frame.get_by_role("button", name="Answer", exact=True)
    send.click()
    trouble = frame.get_by_role("alert").filter(has_text="Choose an answer")
    expect(trouble).to_be_visible()
    keep = frame.get_by_role("checkbox", name="Always for this table")
    frame.get_by_role("radio", name="Refuse the file").focus()
    window.keyboard.press("Space")
    expect(keep).to_be_disabled()
    window.keyboard.press("ArrowUp")
    window.keyboard.press("ArrowUp")
    expect(frame.get_by_role("radio", name="'unit_price' is the new name")).to_be_checked()
    keep.check()
    send.click()
    expect(frame.get_by_role("alert").filter(has_text="Give a reason")).to_be_visible()
    frame.get_by_label("Reason").fill("as the supplier said")
    send.click()
    expect(frame.get_by_text("Answered. The load goes on in Airflow")).to_be_visible(timeout=20_000)
    expect(frame.locator(".title .badge.completed")).to_be_visible(timeout=90_000)
    expect(frame.get_by_text("“as the supplier said”")).to_be_visible()
    assert airflow.query("SELECT price FROM gadgets ORDER BY sku") == [(1.6,), (0.1,), (0.05,)]
    sql = "SELECT choice, is_kept, answered_by FROM Reference_Data_Question WHERE load_id = ?"
    assert airflow.query(sql, number) == [("renamed_unit_price", 1, "admin")]

    frame.get_by_role("link", name="gadgets", exact=True).click()
    expect(frame.get_by_role("heading", name="Kept answers")).to_be_visible()
    contract = frame.get_by_role("table", name="Contract")
    expect(contract.get_by_role("row").filter(has_text="unit_price").first).to_contain_text("answered by admin")
    expect(contract.get_by_role("row").filter(has_text="schema.fields.sku.type")).to_contain_text("learned from load")
    pictures(window, frame, "kept")
    frame.get_by_role("button", name="Withdraw").click()
    dialog = frame.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("prices are back")
    dialog.get_by_role("button", name="Withdraw").click()
    expect(frame.get_by_role("heading", name="Kept answers")).to_have_count(0)
    assert airflow.query("SELECT withdrawn_by FROM Reference_Data_Question WHERE load_id = ?", number) == [("admin",)]


def test_several_questions_are_answered_together_on_the_tables_view(airflow: RunningAirflow, window: Page) -> None:
    number = hold(airflow, "widgets.csv", TWICE)
    frame = open_page(window)
    frame.get_by_role("link", name="Tables", exact=True).click()
    frame.get_by_role("link", name="widgets", exact=True).click()
    expect(frame.get_by_role("radiogroup")).to_have_count(2)
    pictures(window, frame, "questions")
    frame.get_by_role("radio", name="Load without price").check(force=True)
    frame.get_by_label("Reason").fill("half of it will do")
    send = frame.get_by_role("button", name="Answer", exact=True)
    send.click()
    expect(frame.get_by_role("alert").filter(has_text="Choose an answer: ")).to_be_visible()
    frame.get_by_role("radio", name="text").check(force=True)
    send.click()
    expect(frame.get_by_text("Answered. The load goes on in Airflow")).to_be_visible(timeout=20_000)
    airflow.wait_ended("widgets.csv", drops=2)
    assert airflow.query("SELECT price, listed FROM widgets WHERE sku = 'B2'") == [(None, "soon")]
    assert len(airflow.query("SELECT 1 FROM Reference_Data_Question WHERE load_id = ?", number)) == 2


def test_a_viewer_reads_a_question_and_is_offered_no_answer(airflow: RunningAirflow, browser: Browser) -> None:
    number = hold(airflow, "brackets.csv", RENAMED)
    with closing(browser.new_context(viewport=WIDE)) as context:
        page = context.new_page()
        log_in(page, airflow.local.url, "viewer", airflow.local.password)
        frame = open_page(page)
        frame.get_by_role("link", name="Answer the questions of brackets.csv").click()
        expect(frame.get_by_text("You may read questions here, but not answer them.")).to_be_visible()
        expect(frame.get_by_role("list", name="price is missing")).to_contain_text("'unit_price' is the new name")
        expect(frame.get_by_role("button", name="Answer", exact=True)).to_have_count(0)
        picture(page, "question-viewer")
    status, _ = airflow.get(f"/refdata/api/v1/files/{number}/questions", airflow.token("viewer"))
    assert status == 200
