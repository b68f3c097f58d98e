"""A DAG of somebody else, which runs when a table has new rows; the fixture lays it beside the project's."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Asset, task

TABLE = Asset(os.environ["DOWNSTREAM_TABLE"])

with DAG("downstream", schedule=[TABLE]):

    @task
    def consume(triggering_asset_events: Any = None) -> None:
        """Keeps what the event says."""
        with Path(os.environ["DOWNSTREAM_FILE"]).open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(event.extra) + "\n" for event in triggering_asset_events[TABLE])

    consume()
