"""The sensor: poking, deferring, and what it makes of the trigger's event."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG, Asset
from airflow.sdk.exceptions import TaskDeferred

from refdata.core.errors import ConfigurationError, PermissionDeniedError
from refdata.core.settings import Settings
from refdata.dags.watch import watch_dag
from refdata.operators.start_load import StartLoadOperator
from refdata.sensors import stable_file
from refdata.sensors.stable_file import DROPOFF, StableFileSensor
from refdata.triggers.stable_file import StableFileTrigger
from refdata.watching import failure_event, load_runs
from tests.airflow.watch.conftest import FakeAirflow, drop

CONTEXT: Any = {"ti": SimpleNamespace(dag_id="refdata_watch", run_id="1")}


def sensor_of(root: Path, **more: Any) -> StableFileSensor:
    return StableFileSensor(**{"task_id": "stable", "filepath": str(root), "poke_interval": 0.01, **more})


@pytest.fixture(autouse=True)
def _store(airflow: FakeAirflow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stable_file, "AssetAnswers", airflow)


def test_poking_returns_the_stable_files_for_xcom(root: Path, airflow: FakeAirflow) -> None:
    drop(root, "a.csv")
    (file,) = json.loads(json.dumps(sensor_of(root).execute(CONTEXT)))
    assert file["path"] == "reference_data_table/fullload/a.csv"
    (run,) = load_runs([{**file, "run_after": "2026-11-30T04:15:00+00:00"}])["runs"]
    assert run["conf"].items() <= file.items()
    assert airflow.counts() == {"o6": 1}


def test_types_that_are_switched_on_are_watched(root: Path) -> None:
    drop(root, "a.csv.gz")
    (file,) = sensor_of(root, file_types="csv, gz").execute(CONTEXT)
    assert file["path"].endswith("a.csv.gz")


def test_the_watch_dag_takes_the_types_of_the_settings() -> None:
    sensor = watch_dag(Settings(file_types="csv, xlsx"), {}).get_task("stable_files")
    assert isinstance(sensor, StableFileSensor)
    assert sensor.start_trigger_args is not None
    assert (sensor.start_trigger_args.trigger_kwargs or {})["file_types"] == "csv, xlsx"


def test_poking_counts_one_check_a_poke(root: Path, airflow: FakeAirflow) -> None:
    drop(root, "a.csv")
    sensor = sensor_of(root, poke_interval=3600)
    for _ in range(3):  # they come too soon to count
        assert not sensor.poke(CONTEXT)
    assert airflow.counts() == {"w0": 1}


def test_a_rescheduled_poke_goes_on_where_the_last_one_stopped(root: Path, airflow: FakeAirflow) -> None:
    drop(root, "a.csv")
    pokes = 0
    while not sensor_of(root, poke_interval=0.0001, mode="reschedule").poke(CONTEXT):
        pokes += 1
    assert pokes == 6


def test_poking_takes_up_what_the_trigger_counted(root: Path, airflow: FakeAirflow) -> None:
    drop(root, "a.csv")
    sensor = sensor_of(root)
    for _ in range(4):
        sensor.poke(CONTEXT)
    known = dict(airflow.values)
    assert sensor_of(root).execute(CONTEXT)
    assert known != airflow.values


def test_poking_ends_without_files_when_it_was_idle_for_long(root: Path) -> None:
    assert sensor_of(root, idle_timeout=0.0).execute(CONTEXT) == []


def test_poking_at_a_missing_root_fails_with_its_reason(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=str(tmp_path / "missing")):
        sensor_of(tmp_path / "missing").execute(CONTEXT)


def test_deferring_hands_all_arguments_to_the_trigger(root: Path) -> None:
    sensor = sensor_of(
        root, deferrable=True, checks=3, poke_interval=2, max_releases=9, idle_timeout=30.0,
        processed_root="/p", error_root="/e", file_types="csv, xlsx",
    )  # fmt: skip
    with pytest.raises(TaskDeferred) as deferred:
        sensor.execute(CONTEXT)
    assert isinstance(deferred.value.trigger, StableFileTrigger)
    assert deferred.value.method_name == "execute_complete"
    assert deferred.value.trigger.serialize()[1] == {
        "dropoff_root": str(root),
        "processed_root": "/p",
        "error_root": "/e",
        "file_types": "csv, xlsx",
        "asset": DROPOFF.name,
        "stability_checks": 3,
        "stability_interval": 2,
        "max_releases": 9,
        "idle_timeout": 30.0,
        "carrier": "refdata_watch/1",
    }


def test_starting_in_the_triggerer_needs_no_connection_and_leaves_the_class_alone(root: Path) -> None:
    started = sensor_of(root, deferrable=True, start_from_trigger=True).start_trigger_args
    assert started.trigger_cls == "refdata.triggers.stable_file.StableFileTrigger"
    assert StableFileTrigger(**started.trigger_kwargs or {}).settings.dropoff_root == str(root)
    assert "dropoff_root" not in (StableFileSensor.start_trigger_args.trigger_kwargs or {})


def test_the_event_of_a_release_becomes_the_result(root: Path) -> None:
    files = [{"path": "x", "identity": "1-2-3-4", "size": 1}]
    assert sensor_of(root).execute_complete(CONTEXT, {"status": "released", "files": files}) == files


@pytest.mark.parametrize("poking", [True, False])
def test_with_groups_the_files_come_in_lists(root: Path, poking: bool) -> None:
    names = [f"{letter}.csv" for letter in "abcde"]
    for name in names:
        drop(root, name)
    sensor = sensor_of(root, groups=3)
    event = {"status": "released", "files": [{"path": name, "size": 1} for name in names]}
    found = sensor.execute(CONTEXT) if poking else sensor.execute_complete(CONTEXT, event)
    assert [[Path(file["path"]).name for file in group] for group in found] == [
        ["a.csv", "b.csv"], ["c.csv", "d.csv"], ["e.csv"],
    ]  # fmt: skip
    moments = {Path(file["path"]).name: file["run_after"] for group in found for file in group}
    assert sorted(names, key=moments.__getitem__) == names


def test_with_groups_no_files_are_no_lists(root: Path) -> None:
    assert sensor_of(root, groups=3).execute_complete(CONTEXT, {"status": "released", "files": []}) == []


@pytest.mark.parametrize("kind", [ConfigurationError, PermissionDeniedError])
def test_the_event_of_a_failure_fails_with_its_reason(root: Path, kind: type[ConfigurationError]) -> None:
    event = failure_event(kind("The folder is missing", where="/data", advice="Mount it"))
    with pytest.raises(kind, match=r"The folder is missing \[/data\].*Mount it"):
        sensor_of(root).execute_complete(CONTEXT, event)


def test_the_store_belongs_to_an_inlet_or_airflow_would_not_know_it(root: Path) -> None:
    other = Asset("other")
    assert sensor_of(root).inlets == [DROPOFF]
    assert sensor_of(root, asset=other, inlets=[DROPOFF]).inlets == [other, DROPOFF]


def test_a_misspelt_argument_is_refused(root: Path) -> None:
    with pytest.raises(TypeError, match="chekcs"):
        sensor_of(root, chekcs=5)


def test_a_files_name_is_never_rendered(root: Path) -> None:
    """``TriggerDagRunOperator`` renders a mapped ``conf``; a name could then read connections."""
    runs = [{"trigger_run_id": "{{ 2 }}", "conf": {"path": "{{ 1 + 1 }}"}}]
    with DAG("any", schedule=None):
        operator = StartLoadOperator(task_id="start", trigger_dag_id="refdata_load", runs=runs)
    operator.render_template_fields({})
    assert operator.runs == [{"trigger_run_id": "{{ 2 }}", "conf": {"path": "{{ 1 + 1 }}"}}]
