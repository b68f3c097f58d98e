"""Tables whose columns a DBA declared as VARCHAR, or with a collation of their own: keys and differences stay exact."""

from __future__ import annotations

from typing import Any

import pytest

from refdata.core.model import FileStatus, Load
from tests.integration.engines import MSSQL
from tests.integration.ingest.conftest import APPEND, Site
from tests.integration.ingest.test_keys import contract
from tests.integration.ingest.test_rules import declare
from tests.integration.ingest.test_versions import reading

pytestmark = pytest.mark.parametrize("engine", [MSSQL])

COLUMNS = {
    "VARCHAR": "code VARCHAR(10) NULL, name VARCHAR(40) NULL",
    "ignores accents": "code NVARCHAR(10) COLLATE Latin1_General_CI_AI NULL, name NVARCHAR(40) NULL",
    "Turkish": "code NVARCHAR(10) COLLATE Turkish_CI_AS NULL, name NVARCHAR(40) NULL",
    "Japanese": "code NVARCHAR(10) COLLATE Japanese_CI_AI NULL, name NVARCHAR(40) NULL",
}
FIRST = "code,name\ne,Ann\né,Bob\ni,Cem\nI,Can\nか,Dan\nカ,Eve\n"


def load(site: Site, content: str, name: str = "t.csv", **options: Any) -> Load:
    row = site.load(site.drop(name, content, **options))
    assert row.status is FileStatus.COMPLETED, row.error_message
    return row


@pytest.mark.parametrize("columns", COLUMNS.values(), ids=COLUMNS)
def test_only_what_changed_is_written_and_reported(site: Site, columns: str) -> None:
    site.database.run(f"CREATE TABLE ref.t ({columns})")
    declare(site, contract("code"))
    load(site, FIRST)
    load(site, FIRST.replace("Cem", "Cemal"))
    found = reading(site).diff("t", 1, 2)
    assert (found.added, found.removed, found.changed) == (0, 0, 1)
    loads = site.database.rows("SELECT COUNT(*) FROM ref.t GROUP BY ref_data_load_id")
    assert sorted(row[0] for row in loads) == [1, 5]


def test_a_reference_into_a_table_with_varchar_is_found(site: Site) -> None:
    site.database.run(f"CREATE TABLE ref.t ({COLUMNS['VARCHAR']})")
    load(site, FIRST)
    reference = {"fields": "code", "reference": {"resource": "t", "fields": "code"}}
    declare(site, {"name": "child", "schema": {"foreignKeys": [reference]}})
    row = load(site, "n,code\n1,é\n2,I\n3,か\n", "child.csv", folder=APPEND)
    assert row.rows_loaded == 3
