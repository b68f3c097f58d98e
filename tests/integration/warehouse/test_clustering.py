"""The indexes that a table and its versions get, as a live T-SQL server has them.

Babelfish stores no rows in the order of an index, so its catalog calls every table a heap: that rows are clustered and
pages compressed and freed, only SQL Server shows. Which index is asked for: unit/warehouse/test_tsql_clustering.py.
"""

from __future__ import annotations

import pyarrow as pa
import pytest

from refdata.core.sqltypes import INT, text
from tests.integration.engines import TSQL
from tests.integration.warehouse.conftest import Loads, column

pytestmark = pytest.mark.parametrize("engine", TSQL)
COLUMNS = (column("code", text(20)), column("n", INT))
BATCH = pa.record_batch({"code": ["b", "a"], "n": pa.array([1, 2], pa.int32())})


def indexes(loads: Loads, name: str, schema: str = "ref") -> set[str]:
    """The names of a table's indexes, without Babelfish's suffix."""
    table = loads.database.table(name, schema)
    with loads.database.warehouse.transaction(write=False) as session:
        rows = session.query(loads.database.warehouse.statement("select_table_indexes"), (table.schema, table.name))
    known = ("refdata_rows", "refdata_versions", "refdata_key")
    return {next((one for one in known if str(found).startswith(one)), str(found)) for found, _ in rows if found}


def test_a_new_table_and_its_versions_are_indexed(loads: Loads) -> None:
    loads.load("a.csv", COLUMNS, BATCH)
    assert indexes(loads, "t") == {"refdata_rows"}
    assert indexes(loads, "t_backup", "bkp") == {"refdata_versions"}


def test_the_key_of_an_empty_table_takes_the_place_of_the_load(loads: Loads) -> None:
    loads.align(loads.database.table("t"), COLUMNS)
    loads.database.warehouse.align_key(loads.database.table("t"), ("code",))
    assert indexes(loads, "t") == {"refdata_key"}
    loads.load("a.csv", COLUMNS, BATCH)
    loads.database.warehouse.align_key(loads.database.table("t"), ("n",))
    assert "refdata_key" in indexes(loads, "t")


def test_reading_a_version_uses_its_index(loads: Loads) -> None:
    for name in ("a.csv", "b.csv"):
        loads.load(name, COLUMNS, BATCH)
    if not loads.database.is_babelfish:
        pytest.skip("the plan is shown in Babelfish's own way only")
    # Babelfish plans by the statistics of its tables, so the table needs more rows than a page has.
    loads.database.run(
        "INSERT INTO bkp.t_backup (code, n, ref_data_version_id)"
        " SELECT TOP (20000) N'a', 1, ROW_NUMBER() OVER (ORDER BY (SELECT 1)) % 100"
        " FROM sys.all_columns AS a CROSS JOIN sys.all_columns AS b"
    )
    with loads.database.warehouse.transaction(write=False) as session:
        session.execute("SET BABELFISH_SHOWPLAN_ALL ON")
        sql = "SELECT code, n FROM bkp.t_backup WHERE ref_data_version_id = 7"
        shown = "\n".join(str(line[0]) for line in session.query(loads.database.named(sql)))
        session.execute("SET BABELFISH_SHOWPLAN_ALL OFF")
    assert "Index" in shown and "refdata_versions" in shown


def test_a_table_without_its_index_is_converted(loads: Loads) -> None:
    loads.load("a.csv", COLUMNS, BATCH)
    tables = loads.database.table("t"), loads.database.table("t_backup", "bkp")
    loads.database.run("DROP INDEX refdata_rows ON ref.t; DROP INDEX refdata_versions ON bkp.t_backup")
    done = [loads.database.warehouse.cluster(table) for table in tables]
    assert done == ["clustered by ref_data_load_id", "clustered by ref_data_version_id"]
    assert indexes(loads, "t") == {"refdata_rows"}
    assert [loads.database.warehouse.cluster(table) for table in tables] == ["", ""]


def test_pages_are_reported_or_the_reason_why_not(loads: Loads) -> None:
    loads.load("a.csv", COLUMNS, BATCH)
    report = loads.database.warehouse.storage()
    assert bool(report.unknown) == loads.database.is_babelfish
    assert report.unknown or report.of_tables(["t"]).tables
