"""The sites of these tests are those of the loads, on each kind of engine once: a fault is not one of a driver."""

from __future__ import annotations

import pytest

from tests.integration.engines import MSSQL, SQLITE
from tests.integration.ingest.conftest import make_site, site

__all__ = ["engine", "make_site", "site"]


@pytest.fixture(params=(SQLITE, MSSQL))
def engine(request: pytest.FixtureRequest) -> str:
    """The engine's name."""
    name: str = request.param
    return name
