"""What is on its way, over HTTP: the watcher's own counts, what it leaves alone, and a mark that changes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.models.asset import AssetModel
from airflow.state import AssetScope, get_state_backend
from airflow.utils.session import create_session

from refdata import dropoff
from refdata.api import ReferenceData
from refdata.arrivalapi import MOST_LISTED, Arrivals, FolderLook
from refdata.config import load_settings, utc_now
from refdata.core.settings import Settings
from refdata.core.stability import Rule, WatchState, check
from refdata.core.statecodec import ASSET, encode, key_of
from refdata.dropoff import Dropoff
from refdata.ledger import Ledger
from refdata.plugin.watchstate import stored_state
from refdata.warehouse.base import Warehouse

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

FULL = "reference_data_table/fullload"
SECOND = 1_000_000_000
Ask = Callable[[], dict[str, Any]]


@pytest.fixture
def now(client: TestClient, viewer: dict[str, str], filled: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.setattr(dropoff, "LOOK_PAUSE", 0)  # each request looks itself

    def ask() -> dict[str, Any]:
        answer = client.get("/refdata/api/v1/now", headers=viewer)
        assert answer.status_code == 200, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data

    return ask


@pytest.fixture
def drop(airflow_home: Path) -> Iterator[Callable[[str], Path]]:
    made: list[Path] = []

    def put(path: str) -> Path:
        target = Path(load_settings().dropoff_root) / path
        target.write_bytes(b"code;name\n1;a\n")
        made.append(target)
        return target

    yield put
    for path in made:
        path.unlink(missing_ok=True)


@pytest.fixture
def watcher(airflow_home: Path) -> Iterator[Callable[[int], None]]:
    """Lets a watcher check the folders so many times, the last time now, and keeps what it knows in Airflow's store."""
    with create_session() as session:
        asset = AssetModel(name=ASSET, uri="x-refdata://dropoff", group="asset")
        session.add(asset)
        session.flush()
        scope = AssetScope(asset_id=asset.id)
    settings = load_settings()

    def watch(checks: int) -> None:
        files = {file.path: file for file in Dropoff.of(settings).scan().files}
        rule, state = Rule.of(settings), WatchState()
        for number in reversed(range(checks + 1)):
            state = check(state, rule, files, time.time_ns() - number * rule.interval_ns, carrier="run").state
        for number, value in enumerate(encode(state)):
            get_state_backend().set(scope, key_of(settings.dropoff_root, number), json.dumps(value))

    yield watch
    with create_session() as session:
        session.query(AssetModel).filter(AssetModel.name == ASSET).delete()


def test_a_dropped_file_shows_the_watchers_own_count(
    now: Ask, drop: Callable[[str], Path], watcher: Callable[[int], None]
) -> None:
    drop(f"{FULL}/fresh_20241201.csv")
    watcher(3)
    (one,) = now()["arriving"]
    assert (one["file_name"], one["table"], one["progress"]) == ("fresh_20241201.csv", "fresh", "checking")
    assert (one["checks"], one["needed"]) == (3, 6)
    assert 40 < one["seconds"] <= 45


def test_where_the_watcher_left_no_word_nothing_is_claimed(now: Ask, drop: Callable[[str], Path]) -> None:
    drop(f"{FULL}/fresh.csv")
    assert stored_state(load_settings().dropoff_root) is None
    (one,) = now()["arriving"]
    assert (one["progress"], one["checks"], one["seconds"]) == (None, 0, None)


def test_files_that_are_not_taken_up_have_reason_and_remedy(now: Ask, drop: Callable[[str], Path]) -> None:
    drop(f"{FULL}/rates.xlsx")
    drop("lost.csv")
    listed = {one["path"]: one for one in now()["not_taken"]}
    assert listed[f"{FULL}/rates.xlsx"]["reason"].startswith("files that end with .xlsx are not enabled")
    assert listed["lost.csv"]["advice"].startswith("Move it into the load folder")


def test_of_many_files_the_first_are_listed_and_all_are_counted(
    now: Ask, drop: Callable[[str], Path], watcher: Callable[[int], None]
) -> None:
    for number in range(MOST_LISTED + 3):
        drop(f"{FULL}/rates_{number:03d}.csv")
        drop(f"{FULL}/rates_{number:03d}.xlsx")
    watcher(6)
    answer = now()
    assert (len(answer["arriving"]), answer["arriving_count"]) == (MOST_LISTED, MOST_LISTED + 3)
    assert (len(answer["not_taken"]), answer["not_taken_count"]) == (MOST_LISTED, MOST_LISTED + 3)
    assert answer["arriving"][0]["table"] == "rates_000"
    last = drop(f"{FULL}/rates_{MOST_LISTED:03d}.csv")
    last.write_bytes(b"code;name\n2;b\n")  # begins again, at the end of the list
    assert now()["mark"] != answer["mark"]
    assert now()["arriving_count"] == MOST_LISTED + 3


def test_a_look_that_takes_long_is_repeated_seldom(tmp_path: Path) -> None:
    root = tmp_path / "dropoff"
    dropoff.ensure_tree(root)
    settings = replace(load_settings(), dropoff_root=str(root))
    deps = SimpleNamespace(dropoff=Dropoff.of(settings), settings=settings)
    arrivals = Arrivals(lambda: deps, nullcontext)  # type: ignore[arg-type, return-value]
    just_now = FolderLook(at_ns=time.time_ns() - 2 * SECOND)
    assert arrivals.look(replace(just_now, took=0.05)).at_ns > just_now.at_ns
    assert arrivals.look(replace(just_now, took=5.0)).at_ns == just_now.at_ns


def test_the_mark_changes_with_what_happens_and_only_then(
    now: Ask, drop: Callable[[str], Path], watcher: Callable[[int], None], filled: Warehouse
) -> None:
    marks = [now()["mark"], now()["mark"]]
    assert marks[0] == marks[1]
    drop(f"{FULL}/fresh.csv")
    marks.append(now()["mark"])
    watcher(1)
    marks.append(now()["mark"])
    watcher(2)
    marks.append(now()["mark"])
    ledger = Ledger(filled)
    row = next(row for row, _ in ledger.unfinished() if row.status == "processing")
    ledger.report_progress(row.id, row.attempt, 463_000, utc_now())
    marks.append(now()["mark"])
    ledger.report_progress(row.id, row.attempt, row.rows_staged or 0, utc_now())
    assert len(set(marks)) == len(marks) - 1


def test_a_load_that_took_the_file_up_is_not_listed_again(
    now: Ask, drop: Callable[[str], Path], filled: Warehouse
) -> None:
    path = f"{FULL}/taken.csv"
    drop(path)
    assert [one["path"] for one in now()["arriving"]] == [path]
    row = Ledger(filled).register(Dropoff.of(load_settings()).find(path), "taken", "run", utc_now())
    try:
        assert now()["arriving"] == []
        assert now()["is_moving"]
    finally:
        with filled.transaction() as session:
            session.execute(filled.statement("delete_file"), (row.id,))


def test_a_missing_folder_is_a_fault_of_the_look_not_of_the_request(filled: Warehouse, tmp_path: Path) -> None:
    settings = Settings(dropoff_root=str(tmp_path / "gone"))
    look = ReferenceData(settings, filled).arrivals.look()
    assert (look.files, look.fault) == ((), f"The folder is missing [{settings.dropoff_root}].")


def test_pages_that_ask_at_once_share_a_look(filled: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    arrivals = ReferenceData(load_settings(), filled).arrivals
    first = arrivals.look()
    assert arrivals.look(first) is first
    monkeypatch.setattr(dropoff, "LOOK_PAUSE", 0)
    assert arrivals.look(first) is not first
