"""What the tasks import is there before they are forked."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from refdata.plugin.preload import MODULES, preload

LOADED_LATER = """
import json, sys
from airflow import settings
settings.initialize()
exec(sys.argv[1])
before = set(sys.modules)
from refdata.dags import load_dags
from refdata import wiring
load_dags()
wiring.connect()
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
def test_a_task_of_the_load_finds_its_imports_done(airflow_home: Path, starts: str) -> None:
    done = subprocess.run([sys.executable, "-c", LOADED_LATER, starts], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == []


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
