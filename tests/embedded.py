"""A deployment on the embedded engine for tests that read their settings as Airflow does, from the environment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from refdata.config import load_settings
from refdata.dropoff import ensure_tree


def deploy_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Names a connection and a dropoff root below a folder; returns the root, with its load folders."""
    connection = {"conn_type": "sqlite", "host": str(folder / "refdata.db")}
    monkeypatch.setenv("AIRFLOW_CONN_REFDATA_DEFAULT", json.dumps(connection))
    monkeypatch.setenv("AIRFLOW__REFDATA__DROPOFF_ROOT", str(folder / "dropoff"))
    load_settings.cache_clear()
    ensure_tree(folder / "dropoff")
    return folder / "dropoff"
