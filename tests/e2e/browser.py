"""A real browser for tests of pages: the system's Chromium, driven by Playwright."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Nothing but the page: no sandbox for root, no graphics card, no calls home.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAVIGATION = "Ref data"


def chromium() -> str:
    """The path of a Chromium; the test is skipped, and says so, where there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium is installed (Debian: apt-get install chromium)")
    return found


@contextlib.contextmanager
def running_browser() -> Iterator[Browser]:
    """A headless browser; each page that is opened without a context has a profile of its own."""
    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def log_in(page: Page, url: str, user: str, password: str) -> None:
    """Logs in at Airflow's own form, as a person does."""
    page.goto(url)
    page.get_by_label("Username").fill(user)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=NAVIGATION).wait_for()


def open_page(page: Page) -> FrameLocator:
    """Opens refdata's page through Airflow's navigation; returns its frame."""
    page.get_by_role("link", name=NAVIGATION).click()
    return page.frame_locator("iframe")


def picture(page: Page, name: str) -> None:
    """Keeps a screenshot when ``REFDATA_SCREENSHOTS`` names a folder."""
    folder = os.environ.get("REFDATA_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")
