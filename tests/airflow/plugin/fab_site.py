"""The page under Flask-AppBuilder, Airflow's other auth manager: what people of each role get from every route.

Run by ``test_fab_rights.py`` as a program, since a process has one auth manager: ``python -m … HOME`` writes JSON.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import redirect_stdout
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

PASSWORD = "test-only"
NOW = datetime(2026, 7, 29, 12, 0)  # noqa: DTZ001  the ledger keeps UTC without a zone
RUNS = [("can_read", "DAG Runs"), ("can_create", "DAG Runs"), ("can_read", "HITL Detail"), ("can_edit", "HITL Detail")]
LOADS = [("can_read", "DAG:refdata_load"), ("can_edit", "DAG:refdata_load")]
OWN_ROLES = {
    "Loader": [*RUNS, *LOADS],
    "Stranger": [*RUNS, ("can_read", "DAG:somebody_elses"), ("can_edit", "DAG:somebody_elses")],
}
ROLES = ("Viewer", "User", "Op", "Admin", *OWN_ROLES)


def configure(home: Path) -> None:
    """Before the first import of Airflow."""
    plugins = Path(__file__).parents[3] / "plugins"
    os.environ |= {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(plugins),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "false",
        "AIRFLOW__CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
        "AIRFLOW__API_AUTH__JWT_SECRET": "a secret of the tests, long enough for its algorithm to be content with",
        "AIRFLOW__REFDATA__DROPOFF_ROOT": str(home / "dropoff"),
        "AIRFLOW__REFDATA__MIN_FREE_MB": "0",
        "AIRFLOW__REFDATA__STEWARDS_ONLY": "true",
        "AIRFLOW_CONN_REFDATA_DEFAULT": json.dumps({"conn_type": "sqlite", "host": str(home / "refdata.db")}),
    }


def add_people() -> None:
    """One person of each role, named like it."""
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    with get_application_builder() as builder:
        security = builder.sm
        for dag in ("refdata_load", "refdata_rollback", "somebody_elses"):
            security.sync_perm_for_dag(dag, {})
        for role, granted in OWN_ROLES.items():
            made = security.add_role(role)
            for action, resource in granted:
                security.add_permission_to_role(made, security.create_permission(action, resource))
        for role in ROLES:
            name = role.lower()
            assert security.add_user(name, "A", "B", f"{name}@localhost", security.find_role(role), PASSWORD)


def fill_ledger(home: Path) -> None:
    """Files in every status, and a table that is left to the person ``loader``."""
    from refdata.config import load_settings
    from refdata.dropoff import ensure_tree
    from refdata.warehouse.connect import open_warehouse
    from tests.demo_ledger import fill

    ensure_tree(home / "dropoff")
    fill(open_warehouse(load_settings()), NOW)
    contracts = home / "dropoff" / "contracts"
    contracts.mkdir(exist_ok=True)
    (contracts / "airports.yaml").write_text("refdata:\n  steward: loader\n")


def answers(client: TestClient, name: str) -> dict[str, Any]:
    """What one person gets."""
    from tests.airflow.plugin.test_rights import CHANGE, READ

    token = client.post("/auth/token", json={"username": name, "password": PASSWORD}).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    me = client.get("/refdata/api/v1/me", headers=headers).json()["data"]
    left = client.get("/refdata/api/v1/me?table=airports", headers=headers).json()["data"]
    return {
        "me": me and {key: value for key, value in me.items() if key != "left_to"},
        "airports_left_to": left and left["left_to"],
        "read": {path: client.request(method, path, headers=headers).status_code for method, path in READ},
        "change": {
            path: client.request(method, path, headers=headers, json={"unknown": 1}).status_code
            for method, path in CHANGE
        },
    }


def main(home: Path) -> None:
    configure(home)
    with redirect_stdout(sys.stderr):
        from airflow.utils.db import initdb

        initdb()
        add_people()
        fill_ledger(home)
        from airflow.api_fastapi.app import create_app
        from fastapi.testclient import TestClient

        with TestClient(create_app("core"), base_url="http://testserver") as client:
            found = {role: answers(client, role.lower()) for role in ROLES}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
