"""The sites of these tests are those of the loads, on each kind of engine once: a fault is not one of a driver."""

from __future__ import annotations

from typing import Any

import pytest

from refdata.core.model import FileStatus
from tests.integration.engines import MSSQL, SQLITE
from tests.integration.ingest.conftest import Site, make_site, site

__all__ = ["engine", "make_site", "site"]


@pytest.fixture(params=(SQLITE, MSSQL))
def engine(request: pytest.FixtureRequest) -> str:
    """The engine's name."""
    name: str = request.param
    return name


def require_held_until_answered(site: Site, first: str, later: str, folder: str, name: str) -> list[tuple[Any, ...]]:
    """The later file changes nothing until question ``name`` has the answer ``load``; returns the rows of before."""
    site.load(site.drop("t.csv", first, folder=folder))
    before = site.rows("t")
    held = site.load(site.drop("t.csv", later, folder=folder), "run 2")
    assert (held.status, held.error_category) == (FileStatus.PENDING, "held"), held.warnings
    assert name in (held.error_message or "")
    assert site.rows("t") == before

    row = site.load(site.drop("t.csv", later, folder=folder), "run 2", {name: "load"})
    assert row.status is FileStatus.COMPLETED, row.error_message
    return before
