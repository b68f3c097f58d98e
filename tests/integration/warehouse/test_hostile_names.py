"""Names that hold SQL create the objects meant and no others: whole loads, and names that skip the naming rules."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from refdata.core.model import Column, FileStatus
from refdata.core.naming import column_names, fold_name
from refdata.core.sqltypes import INT
from refdata.core.tablenames import table_name
from tests.integration.engines import TSQL, Database
from tests.integration.ingest.conftest import make_site  # noqa: F401  a fixture
from tests.integration.warehouse.conftest import Loads

if TYPE_CHECKING:
    from tests.integration.ingest.conftest import Site

BREAKS = (
    *("]", "]]", "'", "''", '"', '""', "`", ")", "\\", "];", "');", '");', "]--", "'--", '"--', "*/", "/*", "--", ";"),
    *("\u2019", "\u02bc", "\uff07", "\uff3d", "\u301f", "\uff02", "\uff1b", "\x01]", "\x1b[31m", "\u202e]", "\u200b]"),
    *("{{ 1 }}]", "$(x)]", "%s]", "?]", "@x]", "\t]"),
)
"""Ends of a name or a text in SQL, characters that look like one, and what shells, templates and drivers replace."""
STATEMENTS = (
    "DROP TABLE {ref}.canary",
    "CREATE TABLE {ref}.pwned (a INT)",
    "DELETE FROM {ref}.canary",
    "EXEC sp_rename '{ref}.canary', 'pwned'",
    "INSERT INTO {ref}.canary VALUES (2)",
    "{long}",
)
PER_FILE = 19


def hostile(database: Database) -> list[str]:
    """Two hundred and more names, each of its own."""
    # Babelfish cuts names at 63 bytes, SQL Server at 128 characters.
    parts = {"ref": database.settings.ref_schema, "long": "x" * (120 if database.is_sqlite else 20)}
    pairs = itertools.product(BREAKS, STATEMENTS)
    return [f"c{number}{end} {sql.format(**parts)} --" for number, (end, sql) in enumerate(pairs)]


def catalogue(database: Database) -> set[str]:
    """Every object in the schemas of the test, and whatever a name would have made elsewhere."""
    schemas = (database.settings.ref_schema, database.settings.bkp_schema)
    if database.is_sqlite:
        found = {one: database.rows(f"SELECT name FROM [{one}].sqlite_master") for one in (*schemas, "main")}
        return {f"{schema}.{row[0]}" for schema, rows in found.items() for row in rows}
    joined = "sys.objects AS o JOIN sys.schemas AS s ON s.schema_id = o.schema_id"
    named = database.rows(
        f"SELECT CAST(s.name AS NVARCHAR(128)), CAST(o.name AS NVARCHAR(128)) FROM {joined}"
        " WHERE o.type IN ('U', 'V', 'P', 'FN', 'TR') AND (s.name IN (?, ?) OR o.name IN ('pwned', 'canary'))",
        *schemas,
    )
    return {f"{schema}.{name}" for schema, name in named}


@pytest.fixture
def canary(database: Database) -> Database:
    database.run("CREATE TABLE ref.canary (a INT NULL)")
    database.run("INSERT INTO ref.canary VALUES (1)")
    return database


def test_files_and_headers_that_hold_sql_make_their_tables_and_nothing_else(
    canary: Database,
    make_site: Callable[..., Site],  # noqa: F811  the fixture
) -> None:
    names = hostile(canary)
    assert len(names) >= 200
    site = make_site()
    before = catalogue(canary)
    made = set()
    for number, first in enumerate(range(0, len(names), PER_FILE + 1)):
        file_name, *headers = names[first : first + PER_FILE + 1]
        header = ",".join('"' + name.replace('"', '""') + '"' for name in ("id", *headers))
        lines = [",".join(str(row + column) for column in range(len(headers) + 1)) for row in range(3)]
        # No file system takes a slash, and the dropoff tree no character that is not seen.
        file_name = "".join(char if char.isprintable() and char != "/" else "_" for char in file_name)
        row = site.load(site.drop(f"{file_name}.csv", "\n".join((header, *lines, ""))), f"run {number}")
        assert row.status is FileStatus.COMPLETED, (file_name, row.error_message)
        assert row.table_name == table_name(row.file_name)
        assert [*site.columns(row.table_name)][: len(headers) + 1] == list(column_names(("id", *headers)))
        assert len(site.rows(row.table_name)) == 3
        made.add(row.table_name)
    after = catalogue(canary)
    assert before <= after
    # A table and the table of its versions each. (Babelfish cuts long names, hence no comparison of names.)
    assert len(after - before) == 2 * len(made)
    assert canary.rows("SELECT a FROM ref.canary") == [(1,)]


@pytest.mark.parametrize("engine", TSQL)
def test_names_that_skip_the_naming_rules_are_quoted_too(canary: Database) -> None:
    # Not on SQLite, which has no way to write a closing bracket within brackets, and refuses such a name.
    loads = Loads(canary)
    names = hostile(canary)
    target = "t]; DROP TABLE x; --'\""
    if canary.is_babelfish:
        # Babelfish 4.3 has no way to write a closing bracket within brackets, and refuses such a name.
        names, target = [name for name in names if "]" not in name], target.replace("]", "")
    columns = tuple(Column(name[:60], INT) for name in names)
    values = [pa.array([number], pa.int32()) for number in range(len(names))]
    batch = pa.RecordBatch.from_arrays(values, names=[column.name for column in columns])
    before = catalogue(canary)
    row = loads.scanned(loads.register("hostile.csv", target))
    attempt = loads.claim(row)
    assert attempt is not None
    loads.align(canary.table(target), columns)
    stage = loads.stage(row, attempt, columns, [batch])
    loads.database.warehouse.publish(loads.publication(stage, columns, 1, row.load_type))
    loads.database.warehouse.drop_stage(stage)
    live = canary.warehouse.table(canary.table(target))
    assert live is not None
    # Babelfish folds the case of names.
    assert [fold_name(one.name) for one in live.columns[: len(names)]] == [fold_name(one.name) for one in columns]
    assert len(catalogue(canary) - before) == 2
    assert canary.rows("SELECT a FROM ref.canary") == [(1,)]
