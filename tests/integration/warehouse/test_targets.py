"""Tables that a DBA made special, on a live server as far as it has them."""

from __future__ import annotations

import pytest

from refdata.core.errors import SchemaError
from refdata.core.sqltypes import INT
from tests.integration.engines import MSSQL, ODBC, Database
from tests.integration.warehouse.conftest import Loads, column
from tests.integration.warehouse.test_staging import batches, stage_of

pytestmark = pytest.mark.parametrize("engine", [MSSQL, ODBC])
COLUMNS = (column("a", INT), column("b", INT))


def test_a_plain_table_is_staged(loads: Loads, database: Database) -> None:
    loads.align(database.table("t"), COLUMNS)
    assert database.warehouse.stage(stage_of(database), COLUMNS, batches(1), lambda rows: None)[0] == 3


def test_a_table_that_a_foreign_key_refers_to_is_not_truncated(loads: Loads, database: Database) -> None:
    database.run("CREATE TABLE ref.t (a INT NOT NULL PRIMARY KEY, b INT)")
    database.run("CREATE TABLE ref.child (a INT REFERENCES ref.t (a))")
    try:
        staged = stage_of(database)
        database.warehouse.stage(staged, COLUMNS, batches(1), lambda rows: None)
        truncating = database.reopened(publish_method="truncate").warehouse
        with pytest.raises(SchemaError, match="foreign key, which forbids the publish_method truncate"):
            truncating.stage(staged, COLUMNS, batches(1), lambda rows: None)
    finally:
        database.run("DROP TABLE ref.child")
