"""A load in a running Airflow as others see it: the next DAG, OpenLineage, and the alert that it is late."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.e2e.conftest import ALERT_WAITING, FULL, READ_DOWNSTREAM
from tests.e2e.test_cancelling import turn_taken

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import RunningAirflow


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_a_dag_that_is_scheduled_on_the_table_runs_with_rows_and_version_and_openlineage_sees_file_and_table(
    either_airflow: RunningAirflow,
) -> None:
    airflow = either_airflow
    name = f"{READ_DOWNSTREAM}.csv"
    path = airflow.drop(name, b"code,people\n01,300000\n02,210000\n")
    airflow.wait_ended(name)
    airflow.local.wait_for(lambda: len(lines(airflow.downstream_file)) == 1, 90, "The downstream DAG did not run")
    reported = lines(airflow.downstream_file)[0]
    assert reported.items() >= {"table": READ_DOWNSTREAM, "rows": 2, "version": 1, "file": name}.items()
    run = airflow.api("/dags/downstream/dagRuns")["dag_runs"][0]
    assert run["run_type"] == "asset_triggered"

    def completed() -> list[dict[str, Any]]:
        """The events that report that this file's load step is done."""
        return [
            event
            for event in lines(airflow.lineage_file)
            if (event["eventType"], event["job"]["name"]) == ("COMPLETE", "refdata_load.load_rows")
            and [dataset["name"] for dataset in event["inputs"]] == [str(path)]
        ]

    airflow.local.wait_for(lambda: len(completed()) == 1, 30, "OpenLineage got no event")
    (source,), (target,) = completed()[0]["inputs"], completed()[0]["outputs"]
    assert source["namespace"] == "file"
    assert (target["namespace"], target["name"]) == airflow.dataset(READ_DOWNSTREAM)
    assert target["outputFacets"]["outputStatistics"]["rowCount"] == 2
    assert target["facets"]["version"]["datasetVersion"] == "1"


def test_a_load_that_waits_too_long_is_reported_once(airflow: RunningAirflow) -> None:
    airflow.drop("late_list.csv", b"code\n1\n")
    airflow.wait_ended("late_list.csv")

    def mine() -> list[str]:
        # On a slow machine other files are late too, and their alerts are gathered into one message with this one.
        reported = [f"{alert['title']}: {alert['text']}" for alert in airflow.alerts()]
        return [text for text in reported if f"{FULL}/late_list.csv waits too long" in text]

    before = len(mine())
    with turn_taken(airflow, "late_list"):
        airflow.drop("late_list.csv", b"code\n2\n")
        airflow.local.wait_for(lambda: len(mine()) > before, ALERT_WAITING + 60, "No alert came")
    airflow.wait_ended("late_list.csv", drops=2)
    assert len(mine()) == before + 1
    assert f"{FULL}/late_list.csv is not loaded after" in mine()[-1]
