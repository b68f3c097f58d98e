"""Shared fixtures of all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.skips import guard
from tests.tracing import FirstCases

# A test says what is right, not how fast it is: a busy machine must not fail one.
settings.register_profile("refdata", deadline=None)
settings.load_profile("refdata")

# Airflow reads its home on import: each worker of pytest-xdist has one of its own.
WORKER = os.environ.get("PYTEST_XDIST_WORKER")
if WORKER and "AIRFLOW_HOME" in os.environ:
    os.environ["AIRFLOW_HOME"] = str(Path(os.environ["AIRFLOW_HOME"]) / WORKER)


FIRST = (
    "tests/airflow/secrets/",
    "tests/airflow/watch/",
    "tests/airflow/package/",
    "tests/integration/hostile/",
    "tests/integration/cli/",
    "tests/integration/trust/",
    "tests/airflow/own/",
    "tests/integration/ingest/test_stopping.py",
    "tests/integration/warehouse/test_hostile_names.py",
    "tests/integration/warehouse/test_dying_processes.py",
)
"""Tests that take long each: begun first, so that none of them is left when the others are done."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the long tests first; every worker of pytest-xdist finds the same order."""
    items.sort(key=lambda item: not item.nodeid.startswith(FIRST))


def pytest_configure(config: pytest.Config) -> None:
    """In CI a test skips for a stated reason only; on request the statements sent to a T-SQL server are recorded."""
    config.pluginmanager.register(FirstCases(), "refdata-tracing")
    found = guard()
    if found is not None:
        config.pluginmanager.register(found, "refdata-skips")
    if os.environ.get("REFDATA_TEST_RECORD_SQL"):
        from tests import sqlrecorder  # imports the product, which other runs do not need at this point

        config.pluginmanager.register(sqlrecorder.recorder(), "refdata-sqlrecorder")
