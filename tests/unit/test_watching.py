"""Watch runs on a real folder with a virtual clock, across restarts, lost runs and a store that fails."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdata.core.errors import ConfigurationError, FileBusyError, PermissionDeniedError, RefdataError
from refdata.core.model import DroppedFile
from refdata.core.settings import Settings
from refdata.dropoff import ensure_tree
from refdata.watching import (
    FAULTS_IN_A_ROW,
    ReadRunState,
    ReadValue,
    Request,
    Watch,
    WriteValue,
    answered,
    answered_async,
    failure_event,
    files_of,
    grouped,
    load_runs,
    released_event,
)
from tests.fileclock import next_tick

FULL = "reference_data_table/fullload"
SECOND = 1_000_000_000


@dataclass
class Airflow:
    """The store and the run states, in memory. ``down`` makes it answer nothing, as a broken store does."""

    values: dict[str, str] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)
    down: bool = False
    writes: int = 0

    def answer(self, request: Request) -> Any:
        match request:
            case ReadRunState(dag_id, run_id):
                return self.runs.get(f"{dag_id}/{run_id}")
            case _ if self.down:
                return None
            case ReadValue(key):
                return json.loads(self.values[key]) if key in self.values else None
            case WriteValue(key, value):
                self.values[key] = json.dumps(value)
                self.writes += 1
                return True
        return None


@dataclass
class Site:
    """A dropoff folder, Airflow's store and a clock that only ``wait`` moves."""

    root: Path
    airflow: Airflow = field(default_factory=Airflow)
    now: float = 1_700_000_000.0
    interval: float = 15.0

    def start(self, run: str) -> Watch:
        watch = Watch(Settings(dropoff_root=str(self.root), stability_interval=self.interval), f"refdata_watch/{run}")
        answered(watch.recall(), self.airflow.answer)
        return watch

    def look(self, watch: Watch) -> list[str]:
        files = watch.look(self.clock_ns)
        answered(watch.keep(), self.airflow.answer)
        return [file.name for file in files]

    def next_look(self, watch: Watch) -> list[str]:
        self.now += watch.pause(self.clock_ns())
        return self.look(watch)

    def clock_ns(self) -> int:
        return round(self.now * 10) * SECOND // 10

    def drop(self, name: str, text: str = "code\nNA\n") -> Path:
        path = self.root / FULL / name
        path.write_text(text)
        return path


@pytest.fixture
def site(tmp_path: Path) -> Site:
    ensure_tree(tmp_path)
    return Site(tmp_path)


def test_a_file_is_released_after_six_unchanged_checks(site: Site) -> None:
    site.drop("airports.csv")
    watch = site.start("1")
    began = site.now
    assert [site.next_look(watch) for _ in range(7)] == [[]] * 6 + [["airports.csv"]]
    assert site.now - began == 90


def test_a_file_written_slowly_is_never_taken_before_it_is_whole(site: Site) -> None:
    path = site.drop("slow.csv", "")
    watch = site.start("1")
    for number in range(30):  # a chunk at every check, for much longer than six of them
        with path.open("a") as stream:
            stream.write(f"{number}\n")
        assert site.next_look(watch) == []
    assert [site.next_look(watch) for _ in range(6)][-1] == ["slow.csv"]


def test_a_file_replaced_while_waiting_starts_again(site: Site) -> None:
    path = site.drop("a.csv")
    os.utime(path, ns=(0, 0))
    watch = site.start("1")
    for _ in range(6):
        site.next_look(watch)
    path.with_suffix(".new").write_text("code\nDE\n")
    os.utime(path.with_suffix(".new"), ns=(0, 0))
    path.with_suffix(".new").replace(path)  # same size, same mtime, same name
    assert [site.next_look(watch) for _ in range(7)] == [[]] * 6 + [["a.csv"]]


def test_counts_go_on_in_the_next_run_and_nothing_is_released_twice(site: Site) -> None:
    site.drop("first.csv")
    watch = site.start("1")
    for _ in range(4):
        site.next_look(watch)
    site.drop("second.csv")
    released = []
    while not (released := site.next_look(watch)):
        pass
    assert released == ["first.csv"]
    site.airflow.runs["refdata_watch/1"] = "success"
    watch = site.start("2")
    assert site.look(watch) == []  # too soon to count
    assert [site.next_look(watch) for _ in range(4)] == [[], [], [], ["second.csv"]]
    site.airflow.runs["refdata_watch/2"] = "success"
    watch = site.start("3")
    assert [site.next_look(watch) for _ in range(10)] == [[]] * 10


@pytest.mark.parametrize("fate", ["failed", None, "running"])
def test_files_of_a_lost_run_are_offered_again_at_once(site: Site, fate: str | None) -> None:
    site.drop("a.csv")
    watch = site.start("1")
    while not site.next_look(watch):
        pass
    if fate:
        site.airflow.runs["refdata_watch/1"] = fate
    assert site.look(site.start("2")) == ["a.csv"]


def test_a_triggerer_that_died_between_storing_and_firing_fires_when_it_is_back(site: Site) -> None:
    site.drop("a.csv")
    watch = site.start("1")
    while not site.next_look(watch):
        pass
    assert site.look(site.start("1")) == ["a.csv"]  # the same run, started again


def test_a_restart_between_checks_never_shortens_a_wait(site: Site) -> None:
    site.drop("a.csv")
    began = site.now
    released: list[str] = []
    while not released:
        site.now += 7  # the triggerer dies every seven seconds
        released = site.look(site.start("1"))
    assert site.now - began >= 90


def test_a_file_moved_back_from_the_archive_is_another_drop(site: Site) -> None:
    path = site.drop("a.csv")
    watch = site.start("1")
    while not site.next_look(watch):
        pass
    site.airflow.runs["refdata_watch/1"] = "success"
    next_tick(site.root)
    path.rename(site.root / "elsewhere")
    (site.root / "elsewhere").rename(path)
    watch = site.start("2")
    site.look(watch)
    assert [site.next_look(watch) for _ in range(7)][-1] == ["a.csv"]


@pytest.mark.parametrize(
    "stored", ['"nonsense"', '{"v": 1}', "[]", '{"v": 1, "parts": 2, "interval": 1}', '{"v": 99, "parts": 1}']
)
def test_a_damaged_store_costs_counts_and_nothing_else(site: Site, stored: str) -> None:
    site.drop("a.csv")
    watch = site.start("1")
    for _ in range(4):
        site.next_look(watch)
    for key in site.airflow.values:
        site.airflow.values[key] = stored
    watch = site.start("1")
    assert [site.next_look(watch) for _ in range(7)] == [[]] * 6 + [["a.csv"]]


def test_without_a_store_the_counts_live_in_memory(site: Site) -> None:
    site.airflow.down = True
    site.drop("a.csv")
    watch = site.start("1")
    assert [site.next_look(watch) for _ in range(7)] == [[]] * 6 + [["a.csv"]]


def test_a_store_that_comes_late_gets_what_it_missed(site: Site) -> None:
    """A new Airflow knows the asset only after some moments, and refuses to keep its state until then."""
    site.airflow.down = True
    site.drop("a.csv")
    watch = site.start("1")
    while not site.next_look(watch):
        pass
    site.airflow.down = False
    site.next_look(watch)
    site.airflow.runs["refdata_watch/1"] = "success"
    assert [site.next_look(site.start("2")) for _ in range(8)] == [[]] * 8


def test_two_thousand_waiting_files_survive_a_restart(site: Site) -> None:
    for number in range(2_500):
        site.drop(f"{number}.csv", "")
    watch = site.start("1")
    for _ in range(6):
        site.next_look(watch)
    assert len(site.airflow.values) == 2
    assert all(len(value) < 65_535 for value in site.airflow.values.values())
    assert len(site.next_look(site.start("1"))) == 200


def test_an_idle_watch_does_not_write_to_the_store(site: Site) -> None:
    watch = site.start("1")
    site.next_look(watch)
    before = site.airflow.writes
    for _ in range(10):
        site.next_look(watch)
    assert site.airflow.writes == before


def test_malformed_places_are_reported_once_across_runs_and_get_their_reason(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    (site.root / FULL / "x.csv").mkdir()
    for run in ("1", "2", "2"):
        site.next_look(site.start(run))
    assert [record.getMessage() for record in caplog.records if "Not loaded" in record.getMessage()] == [
        f"Not loaded: {FULL}/x.csv: it is a folder"
    ]
    assert len(list((site.root / FULL / "error").glob("ERROR_*_x.error.json"))) == 1


def test_a_file_that_a_crash_left_hidden_is_watched_again(site: Site) -> None:
    site.drop(".refdata-back-a.csv")
    watch = site.start("1")
    assert [site.next_look(watch) for _ in range(7)][-1] == ["a.csv"]


def test_a_load_folder_that_is_false_does_not_stop_the_others(site: Site) -> None:
    append = site.root / "reference_data_table/append"
    append.rmdir()
    append.symlink_to("/etc")
    site.drop("a.csv")
    watch = site.start("1")
    assert [site.next_look(watch) for _ in range(7)][-1] == ["a.csv"]


def test_a_name_cannot_write_lines_into_the_log(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    site.drop("a\nFATAL forged.csv")
    site.next_look(site.start("1"))
    assert not any("\n" in record.getMessage() for record in caplog.records)


def test_a_missing_root_ends_the_watch_with_its_reason(site: Site) -> None:
    watch = site.start("1")
    site.root.rename(site.root.with_name("unmounted"))
    with pytest.raises(ConfigurationError, match=str(site.root)):
        site.next_look(watch)


def test_a_storage_that_fails_for_moments_costs_checks_only(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.drop("a.csv")
    watch = site.start("1")
    site.next_look(watch)

    class Hanging:
        def scan(self) -> None:
            raise FileBusyError("The storage failed: Stale file handle (ESTALE)")

    working, watch.dropoff = watch.dropoff, Hanging()  # type: ignore[assignment]
    for _ in range(FAULTS_IN_A_ROW - 1):
        began = site.now
        assert site.next_look(watch) == []
        assert site.now > began or _ == 0
    watch.dropoff = working
    assert [site.next_look(watch) for _ in range(6)][-1] == ["a.csv"]
    watch.dropoff = Hanging()  # type: ignore[assignment]
    with pytest.raises(FileBusyError):
        for _ in range(FAULTS_IN_A_ROW):
            site.next_look(watch)


def test_twenty_files_that_arrive_in_turn_are_each_released_within_one_check_of_their_own_six(site: Site) -> None:
    """One every 4 s; each run ends with its release, and the next begins 6 s later, as Airflow's do."""
    began = site.now
    arrival = {f"{number:02}.csv": began + 4 * number for number in range(20)}
    waiting = dict(arrival)
    released: dict[str, float] = {}
    run, watch = 1, site.start("1")
    while len(released) < 20:
        site.now += watch.pause(site.clock_ns())
        for name in [name for name, at in waiting.items() if at <= site.now]:
            site.drop(name)
            del waiting[name]
        if names := site.look(watch):
            released |= {name: site.now - arrival[name] for name in names}
            site.airflow.runs[f"refdata_watch/{run}"] = "success"
            run, site.now = run + 1, site.now + 6
            watch = site.start(str(run))
    assert all(90 <= seconds <= 90 + 15 + 1 for seconds in released.values()), released


def test_what_starts_a_load(site: Site) -> None:
    site.drop("airports.csv")
    watch = site.start("1")
    site.next_look(watch)
    files = watch.dropoff.scan().files
    (event,) = [json.loads(json.dumps(released_event(files)))]
    (group,) = grouped(files_of(event), 25, datetime(2026, 1, 31, 12, 0, 5, 700, tzinfo=UTC))
    (arguments,) = load_runs(group)["runs"]
    assert arguments["run_after"] == "2026-01-31T12:00:05.000000+00:00"
    assert arguments["trigger_run_id"].startswith("drop_airports_csv__")
    assert arguments["conf"] == {
        "path": f"{FULL}/airports.csv",
        "identity": files[0].identity,
        "load_type": "fullload",
        "is_reference_data": True,
    }
    assert isinstance(files[0], DroppedFile)


@given(count=st.integers(0, 400), groups=st.integers(1, 30))
def test_groups_have_every_file_once_in_order_and_time_follows_it(count: int, groups: int) -> None:
    files = [{"path": str(number)} for number in range(count)]
    found = grouped(files, groups, datetime(2026, 1, 31, tzinfo=UTC))
    flat = [file for group in found for file in group]
    assert [file["path"] for file in flat] == [file["path"] for file in files]
    assert sorted({file["run_after"] for file in flat}) == [file["run_after"] for file in flat]
    assert len(found) <= groups
    assert all(found)


def test_a_file_that_was_handed_back_starts_before_those_released_meanwhile() -> None:
    now = datetime(2026, 1, 31, tzinfo=UTC)
    changed = int(datetime(2026, 1, 30, tzinfo=UTC).timestamp()) * SECOND
    files = [{"path": "first", "changed_ns": changed}, {"path": "second", "changed_ns": changed}]
    (both,) = grouped(files, 1, now, {"first"})
    assert [file["run_after"][:10] for file in both] == ["2026-01-30", "2026-01-31"]
    (ahead,) = grouped([{"path": "first", "changed_ns": 2 * changed}], 1, now, {"first"})
    assert ahead[0]["run_after"][:10] == "2026-01-31", "a clock that is ahead postpones no load"


def test_what_a_worker_of_an_earlier_release_returned_is_started_too(site: Site) -> None:
    site.drop("airports.csv")
    watch = site.start("1")
    site.next_look(watch)
    (file,) = files_of(json.loads(json.dumps(released_event(watch.dropoff.scan().files))))
    (run,) = load_runs(file)["runs"]
    assert run["conf"]["path"] == f"{FULL}/airports.csv"
    assert datetime.fromisoformat(run["run_after"]).tzinfo is not None


@pytest.mark.parametrize("kind", [ConfigurationError, PermissionDeniedError, FileBusyError])
def test_a_failure_travels_with_its_whole_reason(kind: type[RefdataError]) -> None:
    error = kind("The folder is missing", where="/data/dropoff", advice="Mount it")
    with pytest.raises(kind) as caught:
        files_of(json.loads(json.dumps(failure_event(error))))
    assert str(caught.value) == str(error)


@pytest.mark.parametrize("event", [None, True, {}, {"status": "done"}, "error"])
def test_a_foreign_event_is_an_error_that_shows_it(event: object) -> None:
    with pytest.raises(ConfigurationError, match="an unknown event"):
        files_of(event)


async def test_the_awaiting_caller_is_asked_the_same(site: Site) -> None:
    site.drop("a.csv")
    watch = site.start("1")
    site.next_look(watch)

    async def answer(request: Request) -> Any:
        return site.airflow.answer(request)

    again = Watch(Settings(dropoff_root=str(site.root)), "refdata_watch/1")
    await answered_async(again.recall(), answer)
    assert again.state == watch.state
