"""Columns of text that get a type: those that never had a value by themselves, others by command, with a preview."""

from __future__ import annotations

from typing import Any

import pytest

from refdata.core.model import FileStatus, Load
from tests.integration.ingest.conftest import APPEND, Site


def load(site: Site, content: str, **options: Any) -> Load:
    row = site.load(site.drop("t.csv", content, **options))
    assert row.status is FileStatus.COMPLETED, row.error_message
    return row


@pytest.mark.parametrize(
    ("value", "kind"),
    [("12", "INT"), ("1.5", "DECIMAL(2,1)"), ("2024-01-31", "DATE"), ("true", "BIT"), ("abc", "NVARCHAR(10)")],
)
@pytest.mark.parametrize("folder", ["full", "append"])
def test_an_empty_column_takes_the_first_real_type_without_a_question(
    site: Site, value: str, kind: str, folder: str
) -> None:
    load(site, "code,x\na,\nb,\n")
    load(site, "code,x\na,\nc,\n")
    row = load(site, f"code,x\nd,{value}\n", **({"folder": APPEND} if folder == "append" else {}))
    assert site.columns("t")["x"] == kind
    assert not row.warnings
    kept = site.deps.warehouse.table(site.database.table("t_backup", "bkp"))
    assert kept is not None
    assert str((kept.column("x") or kept.columns[0]).type) == kind
    load(site, f"code,x\nd,{value}\ne,\n")


def test_a_column_whose_values_went_away_stays_text(site: Site) -> None:
    load(site, "code,x\na,abc\n")
    load(site, "code,x\na,\n")
    load(site, "code,x\na,5\n")
    assert site.columns("t")["x"].startswith("NVARCHAR")


def test_an_empty_column_that_people_made_text_stays_text(site: Site) -> None:
    kinds = "code NVARCHAR(10) NULL, x NVARCHAR(10) NULL"
    site.database.run(f"CREATE TABLE ref.[t] ({kinds})")
    load(site, "code,x\na,5\n")
    assert site.columns("t")["x"] == "NVARCHAR(10)"
