"""Tasks of tests in a process of their own: ``python -m tests.integration.warehouse.another_process TASK JSON``.

The Airflow connection comes by the environment, the settings and the rest as JSON; the answer is a line of JSON.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

from refdata.core.model import LoadType, Publication, Stage, TableName
from refdata.core.settings import Settings
from refdata.ledger import Ledger
from refdata.warehouse.connect import open_warehouse
from tests.integration.engines import Database

DIED = 9
"""Exit status of a process that dies on purpose."""


def start(task: str, database: Database, **arguments: Any) -> subprocess.Popen[str]:
    """Starts a task; the environment has the Airflow connection already."""
    text = json.dumps({"settings": dataclasses.asdict(database.settings), **arguments})
    command = [sys.executable, "-m", "tests.integration.warehouse.another_process", task, text]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": "plugins"})


def claim(settings: Settings, load_id: int) -> int | None:
    """Asks for the turn of a load."""
    ledger = Ledger(open_warehouse(settings))
    row = ledger.get(load_id)
    assert row is not None
    return ledger.claim_turn(row, 900, datetime(2024, 12, 1))  # noqa: DTZ001


def publish(settings: Settings, request: dict[str, Any], die_before: str) -> None:
    """Publishes, and dies when the statement ``die_before`` is requested, or at the end.

    ``mark_loaded`` is the last statement of the transaction.
    """
    warehouse: Any = open_warehouse(settings)
    statement: Callable[[str], str] = warehouse.statement

    def watched(name: str) -> str:
        if name == die_before:
            os._exit(DIED)
        return statement(name)

    warehouse.statement = watched
    warehouse.publish(publication_of(request))
    os._exit(DIED)


def as_json(request: Publication) -> dict[str, Any]:
    """A publication that ``publication_of`` reads back."""
    values = dataclasses.asdict(request)
    return {**values, "loaded_at": request.loaded_at.isoformat()}


def publication_of(values: dict[str, Any]) -> Publication:
    stage = values["stage"]
    fields = {
        "stage": Stage(TableName(**stage["table"]), stage["load_id"], stage["attempt"]),
        "load_type": LoadType(values["load_type"]),
        "columns": tuple(values["columns"]),
        "loaded_at": datetime.fromisoformat(values["loaded_at"]),
    }
    return Publication(**{**values, **fields})


if __name__ == "__main__":
    given = json.loads(sys.argv[2])
    tasks: dict[str, Callable[..., Any]] = {"claim": claim, "publish": publish}
    chosen = tasks[sys.argv[1]]
    answer = chosen(Settings(**given.pop("settings")), **given)
    sys.stdout.write(f"\n{json.dumps(answer)}\n")
