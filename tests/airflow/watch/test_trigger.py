"""The trigger in an event loop, on a virtual clock."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from refdata.triggers.stable_file import StableFileTrigger
from refdata.watching import Watch
from tests.airflow.watch.conftest import FakeAirflow, drop

EPOCH = 1_700_000_000
Move = Callable[[float], object]


def trigger_of(root: Path, airflow: FakeAirflow, clock: list[float], move: Move = lambda now: None, **more: Any) -> Any:
    """A trigger whose sleep moves the clock (``clock[0]``, seconds) and then lets ``move`` change the folder."""

    class Virtual(StableFileTrigger):
        answers = airflow  # type: ignore[assignment]

        @staticmethod
        def clock_ns() -> int:
            return round((EPOCH + clock[0]) * 1_000_000_000)

        @staticmethod
        async def sleep(seconds: float) -> None:
            clock[0] += seconds
            move(clock[0])

    asked = {"idle_timeout": 3600.0, "carrier": "refdata_watch/1", **more}
    return Virtual(dropoff_root=str(root), asset="refdata_dropoff", **asked)


async def fired(trigger: StableFileTrigger) -> Any:
    return [event.payload async for event in trigger.run()]


async def names(trigger: StableFileTrigger) -> list[str]:
    (payload,) = await fired(trigger)
    return [file["path"].rpartition("/")[2] for file in payload["files"]]


async def test_it_fires_once_after_six_unchanged_checks(root: Path, airflow: FakeAirflow) -> None:
    path, clock = drop(root, "airports.csv"), [0.0]
    (payload,) = await fired(trigger_of(root, airflow, clock))
    status = path.lstat()
    assert clock == [90.0]
    assert payload == {
        "status": "released",
        "files": [
            {
                "path": "reference_data_table/fullload/airports.csv",
                "identity": f"8-{status.st_mtime_ns}-{status.st_ctime_ns}-{status.st_ino}",
                "order": f"1{status.st_mtime_ns:019d}airports.csv",
                "load_type": "fullload",
                "is_reference_data": True,
                "size": 8,
                "changed_ns": status.st_mtime_ns,
                "arrived_ns": status.st_ctime_ns,
            }
        ],
    }
    assert airflow.assets == ["refdata_dropoff"]


async def test_a_file_written_slowly_is_released_when_it_is_whole(root: Path, airflow: FakeAirflow) -> None:
    path, clock = drop(root, "slow.csv", ""), [0.0]

    def write(now: float) -> None:
        if now <= 300:
            with path.open("a") as stream:
                stream.write(f"{now}\n")

    assert await names(trigger_of(root, airflow, clock, write)) == ["slow.csv"]
    assert clock == [300.0 + 90.0]


async def test_files_not_yet_stable_continue_in_the_next_run(root: Path, airflow: FakeAirflow) -> None:
    clock = [0.0]
    drop(root, "early.csv")

    def come(now: float) -> None:
        if now == 45:
            drop(root, "late.csv")

    assert await names(trigger_of(root, airflow, clock, come)) == ["early.csv"]
    assert airflow.counts() == {"o6": 1, "w3": 1}
    airflow.runs["refdata_watch/1"] = "success"
    clock[0] += 6
    assert await names(trigger_of(root, airflow, clock, carrier="refdata_watch/2")) == ["late.csv"]
    assert clock == [45.0 + 90.0]


async def test_a_triggerer_killed_in_mid_count_goes_on_counting(root: Path, airflow: FakeAirflow) -> None:
    drop(root, "a.csv")
    clock, stop = [0.0], asyncio.Event()

    def die(now: float) -> None:
        if now == 60:
            stop.set()
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await fired(trigger_of(root, airflow, clock, die))
    assert airflow.counts() == {"w3": 1}
    clock[0] += 36  # what Airflow takes to start it elsewhere
    assert await names(trigger_of(root, airflow, clock)) == ["a.csv"]
    assert clock == [60.0 + 36.0 + 2 * 15.0]


async def test_an_idle_watch_ends_without_files(root: Path, airflow: FakeAirflow) -> None:
    clock = [0.0]
    assert await fired(trigger_of(root, airflow, clock, idle_timeout=3600.0)) == [{"status": "released", "files": []}]
    assert clock == [3600.0]


async def test_no_more_files_are_released_than_airflow_can_map(root: Path, airflow: FakeAirflow) -> None:
    for number in range(7):
        drop(root, f"{number}.csv")
    clock = [0.0]
    assert len(await names(trigger_of(root, airflow, clock, max_releases=5))) == 5
    airflow.runs["refdata_watch/1"] = "success"
    again = trigger_of(root, airflow, clock, max_releases=5, carrier="refdata_watch/2")
    assert len(await names(again)) == 2
    assert clock == [90.0]  # they have rested long enough


async def test_a_missing_root_is_reported_with_its_reason(tmp_path: Path, airflow: FakeAirflow) -> None:
    (payload,) = await fired(trigger_of(tmp_path / "missing", airflow, [0.0]))
    assert (payload["status"], payload["category"]) == ("failed", "configuration")
    assert str(tmp_path / "missing") in payload["where"]
    assert payload["advice"]


async def test_the_folder_is_never_scanned_in_the_event_loop(
    root: Path, airflow: FakeAirflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(root, "a.csv")
    threads = set()
    look = Watch.look

    def noted(self: Watch, *arguments: Any) -> Any:
        threads.add(threading.current_thread())
        return look(self, *arguments)

    monkeypatch.setattr(Watch, "look", noted)
    await fired(trigger_of(root, airflow, [0.0]))
    assert threading.current_thread() not in threads


async def test_twenty_files_in_turn_are_each_released_within_one_check_of_their_own_six(
    root: Path, airflow: FakeAirflow
) -> None:
    """One every 4 s; Airflow takes 6 s from one watch run to the next."""
    clock = [0.0]
    arrival = {f"{number:02}.csv": 4.0 * number for number in range(20)}
    waiting, released, run = dict(arrival), dict[str, float](), 1

    def come(now: float) -> None:
        for name in [name for name, at in waiting.items() if at <= now]:
            drop(root, name)
            del waiting[name]

    come(0)
    while len(released) < 20:
        trigger = trigger_of(root, airflow, clock, come, carrier=f"refdata_watch/{run}")
        for name in await names(trigger):
            assert name not in released
            released[name] = clock[0] - arrival[name]
        airflow.runs[f"refdata_watch/{run}"] = "success"
        run, clock[0] = run + 1, clock[0] + 6
        come(clock[0])
    assert all(90 <= seconds <= 105 for seconds in released.values()), released


def test_it_survives_its_way_to_the_triggerer(root: Path) -> None:
    from airflow.serialization.serialized_objects import BaseSerialization

    trigger = StableFileTrigger(
        dropoff_root=str(root), asset="x", processed_root="/p", error_root="/e", stability_checks=3,
        stability_interval=0.5,
        max_releases=7, idle_timeout=60.0, carrier="a/b",
    )  # fmt: skip
    path, arguments = trigger.serialize()
    assert path == f"{StableFileTrigger.__module__}.{StableFileTrigger.__qualname__}"
    sent = BaseSerialization.deserialize(BaseSerialization.serialize(arguments))
    again = StableFileTrigger(**sent)
    assert again.serialize() == trigger.serialize()
    assert again.settings == trigger.settings
