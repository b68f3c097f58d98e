"""What is on its way, over HTTP: the watcher's own counts, what it leaves alone, and a mark that changes."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.models.asset import AssetModel
from airflow.state import AssetScope, get_state_backend
from airflow.utils.session import create_session

from refdata import dropoff
from refdata.api import ReferenceData
from refdata.arrivalapi import MOST_LISTED, FolderLook, Now
from refdata.config import load_settings, utc_now
from refdata.core.errors import ConfigurationError, FileBusyError
from refdata.core.settings import Settings
from refdata.core.stability import Rule, WatchState, check
from refdata.core.statecodec import ASSET, encode, key_of
from refdata.dropoff import Dropoff
from refdata.ledger import Ledger
from refdata.ledgerreport import Motion
from refdata.plugin.routes import now as now_route
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
    monkeypatch.setattr(now_route, "PATIENCE", 60)  # and waits for what it finds, however slow the machine is
    monkeypatch.setattr(now_route, "QUICK", 60)

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
    with watching(ASSET) as watch:
        yield watch


@contextmanager
def watching(name: str) -> Iterator[Callable[[int], None]]:
    with create_session() as session:
        asset = AssetModel(name=name, uri=f"x-refdata://{name}", group="asset")
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
        session.query(AssetModel).filter(AssetModel.name == name).delete()


def test_a_set_with_a_prefix_has_the_counts_of_its_own_watcher(
    drop: Callable[[str], Path], watcher: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(f"{FULL}/fresh.csv")
    watcher(3)
    monkeypatch.setenv("AIRFLOW__REFDATA__DAG_PREFIX", "eu_")
    load_settings.cache_clear()
    root = load_settings().dropoff_root
    assert stored_state(root) is None
    with watching(f"eu_{ASSET}") as watch:
        watch(2)
        state = stored_state(root)
    load_settings.cache_clear()
    assert state is not None
    assert [one.checks for one in state.files.values()][-1] == 2


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


class SlowArrivals:
    """Looks that take as long as the test says."""

    def __init__(self) -> None:
        self.began, self.may_end, self.looks = threading.Event(), threading.Event(), 0
        self.fault: Exception | None = None

    def look(self, before: FolderLook | None = None) -> FolderLook:
        self.looks += 1
        self.began.set()
        found = FolderLook(at_ns=self.looks * SECOND)
        self.may_end.wait(30)
        if self.fault:
            raise self.fault
        return found

    def now(self, state: WatchState | None, look: FolderLook) -> Now:
        return Now(Motion(0, ()), look, (), is_known=False, place="/drops", is_bucket=False)


@pytest.fixture
def slow() -> SlowArrivals:
    return SlowArrivals()


@pytest.fixture
def looks(slow: SlowArrivals) -> Callable[[], int]:
    """The number of the look that a page is shown."""
    answers = now_route._Answers(lambda _: None)
    data: Any = SimpleNamespace(settings=Settings(dropoff_root="/drops"), arrivals=slow)
    return lambda: int(answers.latest(data).looked_at.timestamp())


def test_while_a_look_takes_long_pages_see_the_one_before(
    slow: SlowArrivals, looks: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    slow.may_end.set()
    assert looks() == 1
    slow.may_end.clear()
    assert [looks(), looks()] == [1, 1]
    assert slow.looks == 2  # one look for both
    monkeypatch.setattr(now_route, "PATIENCE", 30)
    slow.may_end.set()
    assert looks() >= 2


def test_a_look_that_hangs_is_waited_for(
    slow: SlowArrivals, looks: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    slow.may_end.set()
    assert looks() == 1
    slow.may_end.clear()
    assert looks() == 1
    monkeypatch.setattr(now_route, "OUTDATED", 0)
    with ThreadPoolExecutor(1) as pages:
        page = pages.submit(looks)
        slow.may_end.set()
        assert page.result(30) == 2


def test_while_a_look_hangs_for_long_nobody_waits_for_it(
    slow: SlowArrivals, looks: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(now_route, "LONGEST_WAIT", 0.01)
    monkeypatch.setattr(now_route, "OUTDATED", 0)
    for _ in range(2):
        with pytest.raises(FileBusyError, match="has not answered") as raised:
            looks()
        assert raised.value.where == "/drops"
    assert slow.looks == 1
    slow.may_end.set()
    monkeypatch.setattr(now_route, "LONGEST_WAIT", 30)
    assert looks() >= 1


def test_a_fault_behind_an_earlier_answer_reaches_the_next_page(
    slow: SlowArrivals, looks: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    slow.may_end.set()
    assert looks() == 1
    slow.may_end.clear()
    slow.fault = ConfigurationError("The setting is wrong")
    assert looks() == 1  # the look is under way
    monkeypatch.setattr(now_route, "PATIENCE", 30)
    slow.may_end.set()
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="The setting is wrong"):
            looks()


def test_the_first_page_waits_for_the_first_look(slow: SlowArrivals, looks: Callable[[], int]) -> None:
    with ThreadPoolExecutor(1) as pages:
        page = pages.submit(looks)
        assert slow.began.wait(30)
        assert not page.done()
        slow.may_end.set()
        assert page.result(30) == 1


def test_an_answer_that_took_long_is_repeated_for_a_while(
    slow: SlowArrivals, looks: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    slow.may_end.set()
    monkeypatch.setattr(now_route, "QUICK", -1)
    monkeypatch.setattr(now_route, "SHARE", 1e-9)
    assert [looks(), looks()] == [1, 1]
    monkeypatch.setattr(now_route, "QUICK", 60)
    assert looks() == 2


@pytest.mark.parametrize(
    ("cost", "age", "rests"),
    [(0.01, 0.001, False), (0.1, 1.9, True), (0.1, 2.1, False), (30, 4.9, True), (30, 5.1, False)],
)
def test_an_answer_rests_by_its_cost_and_never_long(cost: float, age: float, rests: bool) -> None:
    nothing: Any = None
    assert now_route._Answer(nothing, nothing, cost, made_at=100).rests(100 + age) is rests


def test_after_a_look_that_only_waited_the_next_page_sees_a_new_one(
    slow: SlowArrivals, looks: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(now_route, "PATIENCE", 30)
    with ThreadPoolExecutor(1) as pages:
        page = pages.submit(looks)
        with pytest.raises(TimeoutError):
            page.result(0.2)
        slow.may_end.set()
        assert page.result(30) == 1
    assert looks() == 2


def test_a_fault_reaches_the_page_and_the_next_look_starts_anew(slow: SlowArrivals, looks: Callable[[], int]) -> None:
    slow.may_end.set()
    slow.fault = ConfigurationError("The setting is wrong")
    with pytest.raises(ConfigurationError, match="The setting is wrong"):
        looks()
    slow.fault = None
    assert looks() == 2


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
