from __future__ import annotations

import pytest

from refdata.core.errors import RefdataError, SupersededError
from refdata.core.model import FileStatus
from refdata.sqlfiles import stage_schema
from refdata.warehouse.tsql.scripts import GRANT_SCRIPTS, PROCEDURES
from tests.integration.engines import TSQL
from tests.integration.warehouse.conftest import NOW, Loads

pytestmark = pytest.mark.parametrize("engine", TSQL)


@pytest.fixture(autouse=True)
def _created(loads: Loads) -> None:
    # Other tests take every procedure away; running the scripts twice shows that they may be run again.
    for _ in range(2):
        for drop, create in PROCEDURES.values():
            loads.database.run(loads.database.warehouse.statement(drop))
            loads.database.run(loads.database.warehouse.statement(create))


def test_the_newest_files_are_reported(loads: Loads) -> None:
    for number in range(3):
        loads.register(f"{number}.csv", f"t{number % 2}")
    assert [row[1] for row in loads.database.rows("EXEC ref.sp_refdata_report_files")] == ["2.csv", "1.csv", "0.csv"]
    found = loads.database.rows("EXEC ref.sp_refdata_report_files @table_name = N't0', @most = 1")
    assert [row[1] for row in found] == ["2.csv"]


def test_a_load_that_hangs_loses_its_turn_at_once(loads: Loads) -> None:
    row = loads.register("a.csv")
    attempt = loads.claim(row)
    assert attempt is not None
    assert loads.database.rows("EXEC ref.sp_refdata_release_turn @load_id = ?", row.id) == [(1,)]
    assert loads.database.rows("EXEC ref.sp_refdata_release_turn @load_id = ?", row.id) == [(0,)]
    found = loads.ledger.get(row.id)
    assert found is not None
    assert found.status is FileStatus.PENDING
    with pytest.raises(SupersededError):
        loads.ledger.report_progress(row.id, attempt, 1, NOW)


def test_the_grant_scripts_give_a_login_what_loading_needs(loads: Loads) -> None:
    database = loads.database
    name = f"ingest_{database.settings.ref_schema}"
    sql = database.warehouse._sql  # type: ignore[attr-defined]
    database.run(sql.text("create_login"), name, "Ingest_12345")
    refused: list[str] = []
    for _ in range(2):
        for script in GRANT_SCRIPTS:
            try:
                database.run(sql.text(script, {"ingest_user": name, "refdata_ingest": f"role_{name}"}))
            except RefdataError as error:
                refused += [script] if "not currently supported in Babelfish" in str(error) else [str(error)]
    database.run(f"DROP USER {name}")
    for schema in (database.settings.ref_schema, database.settings.bkp_schema, stage_schema(database.settings)):
        rights = "SELECT, INSERT, UPDATE, DELETE" + (", EXECUTE" if schema == database.settings.ref_schema else "")
        database.run(f"REVOKE {rights} ON SCHEMA::[{schema}] FROM role_{name}")
    database.run(f"DROP ROLE role_{name}")
    database.run(f"DROP LOGIN {name}")
    # Babelfish knows neither GRANT ALTER nor rights on the database; SQL Server takes all.
    assert set(refused) <= {*(f"grant_alter_schema_{one}" for one in ("ref", "bkp", "stage")), "grant_create_table"}
