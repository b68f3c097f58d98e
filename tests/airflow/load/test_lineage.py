"""What Airflow's OpenLineage provider takes out of the steps of a load, by its own extraction."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.openlineage.extractors.manager import ExtractorManager
from airflow.sdk import DAG
from airflow.utils.state import TaskInstanceState
from openlineage.client.serde import Serde

from refdata.notifications.lineage import dataset_of
from refdata.operators.load import LoadRowsOperator
from tests.airflow.load.test_load_dag import Run, drop

CITIES = "Code,City Name,people\n01,Graz,300000\n02,Linz,210000\n"


def loaded(run: Run) -> dict[str, list[Any]]:
    """The lineage of the load step, as it goes into an event."""
    for name in ("detect_format", "align_table"):
        run.step(name)
    with DAG("refdata_load"):
        task = LoadRowsOperator(task_id="load_rows")
    run.xcoms.task = "load_rows"
    run.xcoms.xcom_push("return_value", task.execute(run.context))
    manager: Any = ExtractorManager  # untyped
    found = manager().extract_metadata(
        dagrun=SimpleNamespace(run_id=run.xcoms.run_id),
        task=task,
        task_instance_state=TaskInstanceState.SUCCESS,
        task_instance=run.xcoms,
    )
    return {
        side: [json.loads(Serde.to_json(dataset)) for dataset in datasets]
        for side, datasets in (("inputs", found.inputs), ("outputs", found.outputs))
    }


def test_the_load_step_reports_file_and_table_with_columns_rows_bytes_and_version(root: Path) -> None:
    path = drop(root, "cities.csv", CITIES)
    lineage = loaded(Run(path))
    (source,), (target,) = lineage["inputs"], lineage["outputs"]
    assert (source["namespace"], source["name"]) == ("file", str(root / path))
    assert (target["namespace"], target["name"]) == ("file", f"{root.parent}/refdata.db/ref/cities")
    assert source["inputFacets"]["inputStatistics"].items() >= {"rowCount": 2, "size": len(CITIES)}.items()
    assert target["outputFacets"]["outputStatistics"]["rowCount"] == 2
    assert target["facets"]["version"]["datasetVersion"] == "1"
    assert [field["name"] for field in source["facets"]["schema"]["fields"]] == ["Code", "City Name", "people"]
    columns = {field["name"]: field["type"] for field in target["facets"]["schema"]["fields"]}
    assert columns.items() >= {"code": "NVARCHAR(10)", "people": "INT"}.items()
    assert "ref_data_load_id" in columns
    lines = target["facets"]["columnLineage"]["fields"]
    assert {name: line["inputFields"][0]["field"] for name, line in lines.items()} == {
        "code": "Code", "city_name": "City Name", "people": "people",
    }  # fmt: skip


def test_a_duplicate_reports_no_lineage(root: Path) -> None:
    first = Run(drop(root, "cities.csv", CITIES), "first")
    loaded(first)
    first.step("write_config")
    first.step("move_to_processed")
    assert loaded(Run(drop(root, "cities_20240101.csv", CITIES), "second")) == {"inputs": [], "outputs": []}


ADDRESSES = [
    ("mssql://db.example:1433/sales/ref/airports", "mssql://db.example:1433", "sales.ref.airports"),
    ("file:///data/refdata.db/ref/airports", "file", "/data/refdata.db/ref/airports"),
]


@pytest.mark.parametrize(("address", "namespace", "name"), ADDRESSES)
def test_a_table_has_the_name_that_airflow_gives_its_asset(address: str, namespace: str, name: str) -> None:
    found = dataset_of(address)
    assert (found.namespace, found.name) == (namespace, name)
