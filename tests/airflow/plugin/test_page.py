"""The page's files as they are served; what a browser makes of them is tested in ``tests/e2e``."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import refdata.plugin

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

ASSETS = Path(refdata.plugin.__file__).parent / "assets"


class Elements(HTMLParser):
    """Tags with their attributes, and the text within scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] in ("script", "style") and data.strip():
            self.inline.append(data)


@pytest.fixture
def page(client: TestClient, viewer: dict[str, str]) -> Elements:
    answer = client.get("/refdata/", headers=viewer)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    elements = Elements()
    elements.feed(answer.text)
    return elements


def test_the_page_brings_no_inline_code_that_its_policy_would_refuse(page: Elements) -> None:
    assert page.inline == []
    assert [
        name for _, attributes in page.tags for name in attributes if name.startswith("on") or name == "style"
    ] == []


def test_all_that_the_page_loads_is_its_own_and_may_be_kept(
    page: Elements, client: TestClient, viewer: dict[str, str]
) -> None:
    loaded = [found for _, attributes in page.tags for name in ("src", "href") if (found := attributes.get(name))]
    files = [address for address in loaded if not address.startswith("?")]
    assert len(files) == 3
    for address in files:
        answer = client.get(f"/refdata/{address}", headers=viewer)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"


@pytest.mark.parametrize("path", sorted(ASSETS.glob("*.js")), ids=lambda path: path.name)
def test_a_script_imports_only_what_is_there_and_never_writes_markup(path: Path) -> None:
    code = path.read_text(encoding="utf-8")
    for module in re.findall(r'from "([^"]+)"', code):
        assert (path.parent / module).is_file()
    assert (
        re.findall(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|https?://(?!www\.w3)", code
        )
        == []
    )


@pytest.mark.parametrize("name", ["page.html", "../page.py", "..%2Fpage.py", "%2Fetc%2Fpasswd", "nothing.js"])
def test_no_other_file_is_served(name: str, client: TestClient, viewer: dict[str, str]) -> None:
    answer = client.get(f"/refdata/assets/x/{name}", headers=viewer)
    assert answer.status_code == 404


def test_airflow_lists_the_page_in_its_navigation_without_import_errors(
    client: TestClient, viewer: dict[str, str]
) -> None:
    from airflow import plugins_manager

    plugins, errors = plugins_manager._get_plugins()
    assert errors == {}
    mine = [plugin for plugin in plugins if plugin.name == "refdata"]
    assert len(mine) == 1
    view = mine[0].external_views[0]
    assert (view["destination"], view["href"], view["url_route"]) == ("nav", "refdata/", "refdata")
    assert all(view[icon].startswith("data:image/svg+xml,") for icon in ("icon", "icon_dark_mode"))
