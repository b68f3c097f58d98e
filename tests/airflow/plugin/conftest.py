"""Airflow's own API application with its real auth manager, the plugin mounted, and a warehouse of SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from refdata.config import load_settings
from refdata.dropoff import ensure_tree
from refdata.warehouse.base import Warehouse
from refdata.warehouse.connect import open_warehouse
from tests.demo_ledger import fill

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

PLUGINS = Path(__file__).parents[3] / "plugins"
PASSWORD = "test-only"
NOW = datetime(2026, 7, 29, 12, 0)  # noqa: DTZ001  the ledger keeps UTC without a zone


@pytest.fixture(scope="session")
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A separate metadata database, users and connection, for which Airflow's settings are read again."""
    home = tmp_path_factory.mktemp("airflow-home")
    passwords = home / "passwords.json"
    passwords.write_text(json.dumps(dict.fromkeys(("viewer", "editor", "owner"), PASSWORD)))
    settings = {
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PLUGINS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "false",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "viewer:viewer,editor:user,owner:op",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "AIRFLOW__API_AUTH__JWT_SECRET": "a secret of the tests, long enough for its algorithm to be content with",
        "AIRFLOW__REFDATA__DROPOFF_ROOT": str(home / "dropoff"),
        "AIRFLOW__REFDATA__MIN_FREE_MB": "0",
        "AIRFLOW_CONN_REFDATA_DEFAULT": json.dumps({"conn_type": "sqlite", "host": str(home / "refdata.db")}),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        _configure_airflow()
        from airflow.utils.db import initdb

        initdb()
        ensure_tree(home / "dropoff")
        load_settings.cache_clear()
        yield home
    load_settings.cache_clear()
    _configure_airflow()


def _configure_airflow() -> None:
    from airflow import plugins_manager, settings

    settings.dispose_orm()
    settings.configure_vars()  # type: ignore[no-untyped-call]
    settings.configure_orm()  # type: ignore[no-untyped-call]
    for cached in ("_get_plugins", "_get_ui_plugins", "get_fastapi_plugins"):
        getattr(plugins_manager, cached).cache_clear()


@pytest.fixture(scope="session")
def client(airflow_home: Path) -> Iterator[TestClient]:
    """Callers of Airflow's whole application; without a header they have not logged in."""
    from airflow.api_fastapi.app import create_app, purge_cached_app
    from fastapi.testclient import TestClient

    purge_cached_app()
    with TestClient(create_app("core"), base_url="http://testserver") as made:
        yield made
    purge_cached_app()


@pytest.fixture(scope="session")
def viewer(client: TestClient) -> dict[str, str]:
    """The header of a viewer, from a real login."""
    return _logged_in(client, "viewer")


@pytest.fixture(scope="session")
def editor(client: TestClient) -> dict[str, str]:
    """The header of somebody who may start runs."""
    return _logged_in(client, "editor")


@pytest.fixture(scope="session")
def owner(client: TestClient) -> dict[str, str]:
    """The header of somebody who may also change Airflow's assets."""
    return _logged_in(client, "owner")


def _logged_in(client: TestClient, name: str) -> dict[str, str]:
    answer = client.post("/auth/token", json={"username": name, "password": PASSWORD})
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@pytest.fixture(scope="session")
def filled_once(airflow_home: Path) -> tuple[Warehouse, Path]:
    """The warehouse that the plugin reads, and the folder of a copy of it from before any test."""
    warehouse = open_warehouse(load_settings())
    fill(warehouse, NOW)
    copies = airflow_home / "filled"
    copies.mkdir()
    _copy_databases(airflow_home, copies)
    return warehouse, copies


@pytest.fixture(scope="module")
def filled(filled_once: tuple[Warehouse, Path], airflow_home: Path) -> Warehouse:
    """The warehouse that the plugin reads, with files in every status, and nothing that other modules left.

    Workers steal tests from one another, so that modules come in any order, and more than once.
    """
    warehouse, copies = filled_once
    _copy_databases(copies, airflow_home)
    return warehouse


def _copy_databases(source: Path, target: Path) -> None:
    """One file per schema."""
    for file in source.glob("refdata*.db"):
        with closing(sqlite3.connect(file)) as read, closing(sqlite3.connect(target / file.name)) as written:
            read.backup(written)
