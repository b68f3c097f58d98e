"""The id of a load run follows from the drop."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdata.core.model import DroppedFile, LoadType
from refdata.core.runid import MAX_RUN_ID, run_id_of

FILE = DroppedFile("reference_data_table/fullload/airports.csv", "10-20-30-40", "", LoadType.FULL, True)
RESERVED = ("manual__", "scheduled__", "backfill__", "asset_triggered__", "dataset_triggered__", "operator_triggered__")


def test_the_id_is_legible_and_the_same_as_in_earlier_releases() -> None:
    assert run_id_of(FILE) == "drop_airports_csv__6611d8accc29a2315417"


@pytest.mark.parametrize(
    "other",
    [
        replace(FILE, path="reference_data_table/append/airports.csv"),
        replace(FILE, path="reference_data_table/fullload/airports-csv"),
        replace(FILE, identity="99-20-30-40"),
        replace(FILE, identity="10-99-30-40"),
        replace(FILE, identity="10-20-99-40"),
        replace(FILE, identity="10-20-30-99"),
    ],
)
def test_another_drop_has_another_id(other: DroppedFile) -> None:
    assert run_id_of(other) != run_id_of(FILE)


@given(st.sets(st.text(alphabet='0123456789-, abc/:"', min_size=1, max_size=12), min_size=2, max_size=6))
def test_identities_of_any_source_have_ids_of_their_own(identities: set[str]) -> None:
    ids = {run_id_of(replace(FILE, identity=identity)) for identity in identities}
    assert len(ids) == len(identities)


@given(st.text(max_size=300))
def test_any_name_gives_an_id_that_airflow_accepts(name: str) -> None:
    run_id = run_id_of(replace(FILE, path=f"reference_data_table/fullload/{name}"))
    assert re.fullmatch(r"[A-Za-z0-9_.~:+-]+", run_id)
    assert len(run_id) <= MAX_RUN_ID
    assert not run_id.startswith(RESERVED)
