"""What the tasks import is there before they are forked."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from refdata.plugin.preload import MODULES, preload

LOADED_LATER = """
import json, os, sys
from pathlib import Path
from airflow import settings
settings.initialize()
exec(sys.argv[1])
before = set(sys.modules)
from refdata.dags import load_dags
from refdata import dropoff, wiring
load_dags()
from refdata.ingest.align import align_table
from refdata.ingest.archive import move_to_processed
from refdata.ingest.configure import write_config
from refdata.ingest.detect import detect_format
from refdata.ingest.load import load_or_hold
deps = wiring.connect()
root = Path(os.environ["AIRFLOW__REFDATA__DROPOFF_ROOT"])
dropoff.ensure_tree(root)
for run in (2024, 2025):
    path = f"reference_data_table/fullload/a_{run}.csv"
    rows = "".join(f"{row},of x,2024-01-01,{row}.5\\n" for row in range(50))
    (root / path).write_text(f"id,note,day,amount\\n{rows}")
    file = deps.dropoff.find(path)
    found = detect_format(deps, file, f"run {run}")
    align_table(deps, file, found)
    write_config(deps, load_or_hold(deps, file, found)[0])
    move_to_processed(deps, file)
heavy = ("refdata", "pandas", "pyarrow", "adbc_driver_sqlite", "numpy")
print(json.dumps(sorted(one for one in set(sys.modules) - before if one.partition(".")[0] in heavy)))
"""

JOB = """
from airflow.listeners.listener import get_listener_manager
get_listener_manager().hook.on_starting(component=None)
"""
COMPOSE = yaml.safe_load((Path(__file__).parents[3] / "docker-compose.yaml").read_text(encoding="utf-8"))
IMPORTS = json.loads(COMPOSE["x-airflow"]["environment"]["AIRFLOW__CELERY__EXTRA_CELERY_CONFIG"])["imports"]
CELERY_WORKER = "".join(f"import {module}\n" for module in IMPORTS)


@pytest.mark.parametrize("starts", [JOB, CELERY_WORKER], ids=["job of Airflow", "Celery worker"])
def test_a_task_of_the_load_finds_its_imports_done(airflow_home: Path, tmp_path: Path, starts: str) -> None:
    connection = {"conn_type": "sqlite", "host": str(tmp_path / "refdata.db")}
    site = {
        "AIRFLOW__REFDATA__DROPOFF_ROOT": str(tmp_path / "dropoff"),
        "AIRFLOW_CONN_REFDATA_DEFAULT": json.dumps(connection),
    }
    command = [sys.executable, "-c", LOADED_LATER, starts]
    done = subprocess.run(command, env={**os.environ, **site}, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == []


def test_a_task_imports_no_more_than_it_needs() -> None:
    code = """
import sys
from airflow.listeners.listener import get_listener_manager
from airflow.sdk.execution_time.task_runner import TaskRunnerMarker
get_listener_manager().hook.on_starting(component=TaskRunnerMarker())
print("refdata.plugin.preload" in sys.modules, "pandas" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "True False"


def test_a_module_that_cannot_be_imported_is_left_to_the_task_that_needs_it(caplog: pytest.LogCaptureFixture) -> None:
    asked = []

    def load(module: str) -> None:
        asked.append(module)
        if module == "pandas":
            raise ImportError("no such library")

    with caplog.at_level(logging.WARNING):
        preload((*MODULES, "last"), load)
    assert asked[-1] == "last"
    assert "pandas is not imported ahead of the tasks: no such library" in caplog.text
