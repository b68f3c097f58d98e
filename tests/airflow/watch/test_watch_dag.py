"""``refdata_watch`` as Airflow runs it, with its own database, in a process of its own."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.definitions.mappedoperator import MappedOperator

from refdata.dags.watch import START_TASKS
from tests.airflow.watch.conftest import drop

PROJECT = Path(__file__).parents[3]


def run_watch(home: Path, root: Path, *steps: str) -> dict[str, Any]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    settings = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__REFDATA__DROPOFF_ROOT": str(root),
        "AIRFLOW__REFDATA__STABILITY_INTERVAL": "0.05",
        "AIRFLOW__REFDATA__WATCH_TIMEOUT": "2",
        "PYTHONPATH": str(PROJECT / "plugins"),
    }
    script = Path(__file__).with_name("run_watch.py")
    done = subprocess.run(
        [sys.executable, str(script), *steps], env=inherited | settings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_a_file_starts_one_load_however_often_it_is_released(tmp_path: Path, root: Path) -> None:
    """The second run knows that the file was released; the third has no memory and releases it again."""
    name = "{{ conn.refdata_default.password }} مطارات.csv"
    drop(root, name)
    answer = run_watch(tmp_path / "airflow", root, "run", "run", "forget", "run")
    assert answer["tasks"] == [
        "stable_files success, start_load success",
        "stable_files success, start_load skipped",
        "stable_files success, start_load skipped",
    ]
    assert answer["files"] == [1, 0, 1]
    ((run_id, conf),) = answer["loads"].items()
    assert run_id.startswith("drop_conn_refdata_default_password_csv__")
    assert conf["path"] == f"reference_data_table/fullload/{name}"


def test_of_many_files_each_starts_one_load_and_a_task_starts_several(tmp_path: Path, root: Path) -> None:
    names = [f"rates_{number:02d}.csv" for number in range(START_TASKS + 1)]
    for name in names:
        drop(root, name)
    answer = run_watch(tmp_path / "airflow", root, "run")
    assert sorted(Path(conf["path"]).name for conf in answer["loads"].values()) == names
    assert answer["files"] == [math.ceil(len(names) / 2)]


@pytest.fixture(scope="module")
def bag() -> DagBag:
    return DagBag(PROJECT / "dags", bundle_path=PROJECT / "dags")


def test_the_dags_import_without_errors(bag: DagBag) -> None:
    assert bag.import_errors == {}
    assert {"refdata_watch", "refdata_load"} <= set(bag.dag_ids)


def test_one_watch_runs_at_a_time_and_does_not_wait_for_loads(bag: DagBag) -> None:
    dag = bag.dags["refdata_watch"]
    assert dag.max_active_runs == 1
    assert dag.timetable.can_be_scheduled
    start_load = dag.task_dict["start_load"]
    assert isinstance(start_load, MappedOperator)
    assert start_load.partial_kwargs.get("wait_for_completion", False) is False
    assert start_load.partial_kwargs["logical_date"] is None


@pytest.mark.parametrize("dag_id", ["refdata_watch", "refdata_health", "refdata_maintenance"])
def test_a_restart_may_kill_a_task_and_its_next_try(bag: DagBag, dag_id: str) -> None:
    assert all((task.retries or 0) >= 2 for task in bag.dags[dag_id].tasks)


def test_the_watch_survives_serialisation(bag: DagBag) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    data = json.loads(json.dumps(DagSerialization.to_dict(bag.dags["refdata_watch"])))
    again = DagSerialization.from_dict(data)
    sensor = again.get_task("stable_files")
    assert [inlet.name for inlet in sensor.inlets] == ["refdata_dropoff"]
    assert sensor.start_from_trigger is True
