"""Rows that SQL Server cannot store are refused by their columns, before anything is created."""

from __future__ import annotations

import re

import pytest

from refdata.core.model import FileStatus
from tests.integration.engines import MSSQL, SQLITE
from tests.integration.ingest.conftest import Site

COLUMNS = 480
HEADER = ",".join(f"c{number}" for number in range(COLUMNS))


def content(value: str) -> str:
    return f"{HEADER}\n{','.join([value] * COLUMNS)}\n"


@pytest.mark.parametrize("engine", [MSSQL])
def test_a_table_whose_rows_never_fit_is_not_created(site: Site) -> None:
    """Babelfish would take it: the limit is SQL Server's."""
    row = site.load(site.drop("wide.csv", content("12345678901234567890123456789.5")))
    assert row.status is FileStatus.ERROR
    assert re.search(r"at least 8,\d+ bytes, .*The widest columns: c0 DECIMAL", str(row.error_message))
    assert "wide" not in site.tables()


@pytest.mark.parametrize("engine", [MSSQL])
def test_texts_that_may_not_fit_are_named_in_a_warning(site: Site) -> None:
    row = site.load(site.drop("texts.csv", content("abcdefghijklmnop")))
    assert [warning for warning in row.warnings if "8,060" in warning and "c0 NVARCHAR" in warning]


@pytest.mark.parametrize("engine", [SQLITE])
def test_the_embedded_engine_has_no_such_limit(site: Site) -> None:
    row = site.load(site.drop("wide.csv", content("12345678901234567890123456789.5")))
    assert not [warning for warning in row.warnings if "8,060" in warning]
