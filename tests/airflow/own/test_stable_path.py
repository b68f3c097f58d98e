"""``StablePathSensor`` and its trigger, on a virtual clock: when files count as complete, and misuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from airflow.sdk.exceptions import TaskDeferred

from refdata.config import load_settings
from refdata.core.errors import ConfigurationError, RefdataError
from refdata.sensors.stable_path import StablePathSensor
from refdata.triggers.stable_path import StablePathTrigger
from refdata.watching import files_of
from tests.embedded import deploy_in

Move = Callable[[float], object]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    dropoff = deploy_in(tmp_path, monkeypatch)
    yield dropoff
    load_settings.cache_clear()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "in"
    path.mkdir()
    return path


async def waited(path: str, move: Move = lambda now: None) -> tuple[list[str], float]:
    """The released paths and the seconds that passed; ``move`` may change the files after each pause."""
    now = [0.0]

    class Virtual(StablePathTrigger):
        @staticmethod
        def clock_ns() -> int:
            return round((1_700_000_000 + now[0]) * 1_000_000_000)

        @staticmethod
        async def sleep(seconds: float) -> None:
            now[0] += seconds
            move(now[0])

    (event,) = [event.payload async for event in Virtual(path=path, checks=6, interval=15.0).run()]
    return files_of(event), now[0]


async def test_a_file_is_complete_after_six_unchanged_checks(folder: Path) -> None:
    file = folder / "rates.csv"
    file.write_text("a\n1\n")
    assert await waited(str(file)) == ([str(file)], 90.0)


async def test_a_changing_file_holds_up_the_others_of_its_pattern(folder: Path) -> None:
    first, second = folder / "rates_1.csv", folder / "rates_2.csv"
    (folder / "other.csv").write_text("a\n")
    (folder / ".rates_3.csv").write_text("a\n")
    (folder / "rates_4.csv").mkdir()
    first.write_text("a\n")

    def grow(now: float) -> None:
        if now <= 60:
            second.write_text("a\n" * int(now))

    assert await waited(str(folder / "rates_*.csv"), grow) == ([str(first), str(second)], 150.0)


@pytest.mark.parametrize("end", ["", "/"])
async def test_a_folder_is_waited_for_and_gives_all_its_files(folder: Path, end: str) -> None:
    late = folder / "late"

    def arrive(now: float) -> None:
        if now == 30:
            late.mkdir()
            (late / "b.csv").write_text("a\n")

    assert await waited(f"{late}{end or '/'}", arrive) == ([str(late / "b.csv")], 120.0)
    assert await waited(f"{late}{end}") == ([str(late / "b.csv")], 90.0)


@pytest.mark.parametrize("name", ["", "rates_*.csv", "rates_1.csv"])
async def test_objects_below_a_prefix_are_returned_by_their_addresses(name: str) -> None:
    store = fsspec.filesystem("memory")
    store.pipe_file("/landing/in/rates_1.csv", b"a\n")
    store.pipe_file("/landing/in/deeper/rates_2.csv", b"a\n")
    try:
        paths, seconds = await waited(f"memory://landing/in/{name}")
    finally:
        store.store.clear()
    assert (paths, seconds) == (["memory://landing/in/rates_1.csv"], 90.0)


def test_a_poking_sensor_returns_the_same(root: Path, folder: Path) -> None:
    (folder / "a.csv").write_text("a\n")
    sensor = StablePathSensor(task_id="ready", path=f"{folder}/*", checks=2, interval=0.01)
    assert sensor.execute({}) == [str(folder / "a.csv")]


def test_a_deferring_sensor_names_the_connection_in_the_address(root: Path) -> None:
    sensor = StablePathSensor(task_id="ready", path="s3://landing/in/", conn_id="my_aws", deferrable=True)
    with pytest.raises(TaskDeferred) as deferred:
        sensor.execute({})
    _, arguments = deferred.value.trigger.serialize()
    assert arguments == {"path": "s3://my_aws@landing/in/", "checks": 6, "interval": 15.0}


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({"path": "in/cities.csv"}, "absolute path"),
        ({"path": "*.csv"}, "absolute path"),
        ({"path": "/data/*/cities.csv"}, "only the name of the file"),
        ({"path": "/proc/self/mem/"}, "not a folder|link or a file is in the way"),
        ({"conn_id": "my_aws"}, "Leave conn_id out for a folder"),
        ({"path": "s3://one@landing/in/", "conn_id": "other"}, "where the address names its connection"),
        ({"checks": 0}, "checks and interval of task ready"),
        ({"mode": "reschedule"}, "deferrable=True"),
    ],
)
def test_misuse_is_explained(root: Path, folder: Path, arguments: dict[str, Any], what: str) -> None:
    with pytest.raises(RefdataError, match=what):
        StablePathSensor(task_id="ready", **{"path": str(folder), **arguments}).execute({})


@pytest.mark.parametrize("end", ["", "/", "/reference_data_table/fullload/*.csv"])
def test_the_dropoff_root_is_left_to_the_watcher(root: Path, end: str) -> None:
    with pytest.raises(ConfigurationError, match="refdata_watch loads"):
        StablePathSensor(task_id="ready", path=f"{root}{end}").execute({})


@pytest.mark.parametrize("place", ["s3://landing/drop/x.csv", "s3://other@landing/drop/x.csv"])
def test_a_dropoff_root_in_a_bucket_is_recognised_under_any_connection(
    root: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__REFDATA__DROPOFF_ROOT", "s3://my_aws@landing/drop")
    load_settings.cache_clear()
    with pytest.raises(ConfigurationError, match="refdata_watch loads"):
        StablePathSensor(task_id="ready", path=place).execute({})
