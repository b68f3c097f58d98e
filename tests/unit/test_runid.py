"""The id of a load run follows from the drop."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdata.core.model import DroppedFile, FileIdentity, LoadType
from refdata.core.runid import MAX_RUN_ID, run_id_of

FILE = DroppedFile("reference_data_table/fullload/airports.csv", FileIdentity(10, 20, 30, 40), LoadType.FULL, True)
RESERVED = ("manual__", "scheduled__", "backfill__", "asset_triggered__", "dataset_triggered__", "operator_triggered__")


def test_the_id_is_legible_and_always_the_same() -> None:
    assert run_id_of(FILE) == "drop_airports_csv__6611d8accc29a2315417"


@pytest.mark.parametrize(
    "other",
    [
        replace(FILE, path="reference_data_table/append/airports.csv"),
        replace(FILE, path="reference_data_table/fullload/airports-csv"),
        replace(FILE, identity=replace(FILE.identity, size=99)),
        replace(FILE, identity=replace(FILE.identity, mtime_ns=99)),
        replace(FILE, identity=replace(FILE.identity, ctime_ns=99)),
        replace(FILE, identity=replace(FILE.identity, inode=99)),
    ],
)
def test_another_drop_has_another_id(other: DroppedFile) -> None:
    assert run_id_of(other) != run_id_of(FILE)


@given(st.text(max_size=300))
def test_any_name_gives_an_id_that_airflow_accepts(name: str) -> None:
    run_id = run_id_of(replace(FILE, path=f"reference_data_table/fullload/{name}"))
    assert re.fullmatch(r"[A-Za-z0-9_.~:+-]+", run_id)
    assert len(run_id) <= MAX_RUN_ID
    assert not run_id.startswith(RESERVED)
