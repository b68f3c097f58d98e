"""Processes that die: the table stays as it was, and a retry does the load once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from refdata.core.model import FileStatus, LoadType
from tests.integration.warehouse import another_process
from tests.integration.warehouse.conftest import Loads
from tests.integration.warehouse.test_publishing import COLUMNS, batch, live, ready

PUBLISHES = [(LoadType.FULL, [(2, "y")]), (LoadType.APPEND, [(1, "x"), (2, "y")])]
DEATHS = [
    # where the process dies, whether the load is done by then
    ("mark_loaded", False),
    ("", True),
]


@pytest.mark.parametrize(("die_before", "done"), DEATHS, ids=["before the commit", "after the commit"])
@pytest.mark.parametrize(("load_type", "after"), PUBLISHES, ids=["full load", "append"])
def test_a_process_that_dies_while_publishing_does_it_once_or_not_at_all(
    loads: Loads, load_type: LoadType, after: list[Any], die_before: str, done: bool
) -> None:
    loads.load("1.csv", COLUMNS, batch((1, "x")))
    request = ready(loads, "2.csv", (2, "y"), load_type=load_type)
    child = another_process.start(
        "publish", loads.database, request=another_process.as_json(request), die_before=die_before
    )
    assert child.wait(60) == another_process.DIED
    assert child.stdout is not None
    child.stdout.close()
    assert live(loads) == (after if done else [(1, "x")])
    assert loads.database.warehouse.publish(request).rows == 1
    assert live(loads) == after
    kept = loads.database.rows("SELECT a, ref_data_version_id FROM bkp.t_backup")
    assert kept == ([(1, 1)] if load_type is LoadType.FULL else [])


def test_of_several_processes_one_gets_the_turn(loads: Loads) -> None:
    rows = [loads.register(f"{number}.csv", mtime=number) for number in (3, 1, 2)]
    asked = [row for row in rows for _ in range(2)]
    children = [another_process.start("claim", loads.database, load_id=row.id) for row in asked]
    answers = [json.loads(child.communicate(timeout=120)[0].strip().splitlines()[-1]) for child in children]
    assert [child.returncode for child in children] == [0] * 6
    first = next(row for row in rows if row.file_name == "1.csv")
    given = [(row.file_name, attempt) for row, attempt in zip(asked, answers, strict=True) if attempt is not None]
    # The same load may ask twice (a task started a second time); the later attempt fences the earlier off.
    assert sorted(given) == [("1.csv", 1), ("1.csv", 2)]
    found = loads.ledger.get(first.id)
    assert found is not None
    assert (found.status, found.attempt) == (FileStatus.PROCESSING, 2)
