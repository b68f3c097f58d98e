"""``docs/verify-on-sql-server.sql``, run as a DBA's client would: batch by batch, an error ends its batch only."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from refdata.core.errors import RefdataError
from refdata.warehouse.tsql.driver import TsqlSession
from refdata.warehouse.tsql.engine import TsqlWarehouse
from tests.integration.engines import MSSQL, Database

SCRIPT = Path(__file__).parents[3] / "docs" / "verify-on-sql-server.sql"
BABELFISH_SHOWS = {2, 7, 10, 11, 12, 13, 18, 20}
"""The checks that Babelfish passes, which has no plan cache, no limit of a row, no heaps and no temporal tables."""


def checks(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"^    \((\d+), N'\1 ", text, re.MULTILINE)]


def test_every_check_is_listed_once_and_sets_its_result() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    numbers = checks(text)
    assert numbers == list(range(1, len(numbers) + 1))
    assert sorted(map(int, re.findall(r"^WHERE number = (\d+)$", text, re.MULTILINE))) == numbers


@pytest.mark.parametrize("engine", [MSSQL])
def test_the_script_runs_and_prints_a_verdict_for_each_check(database: Database) -> None:
    assert isinstance(database.warehouse, TsqlWarehouse)
    text = SCRIPT.read_text(encoding="utf-8").replace("refdata_verify", f"refdata_verify_{os.getpid()}")
    *batches, report = [batch for batch in re.split(r"^GO$", text, flags=re.MULTILINE) if batch.strip()]
    with database.warehouse._pool.borrow() as connection:
        session = TsqlSession(connection, database.warehouse._driver)
        session.execute("SET XACT_ABORT OFF")
        for batch in batches:
            try:
                session.execute(batch)
            except RefdataError:
                session.execute("IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION")
        verdicts = {int(what.split()[0]): result for what, result in session.query(report)}
    assert list(verdicts) == checks(text)
    assert all(result.startswith(("pass", "fail", "skip")) for result in verdicts.values())
    failed = {number: result for number, result in verdicts.items() if result.startswith("fail")}
    expected = set(verdicts) - BABELFISH_SHOWS if database.is_babelfish else set()
    assert set(failed) <= expected, failed
