"""Flask-AppBuilder's roles on the page, with all of Airflow's own roles and with roles for single DAGs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.airflow.plugin.test_rights import ADMINISTERING, READ

ROOT = Path(__file__).parents[3]
ALL = ("drop", "answer", "undo", "administer")
UNDOING = ("/rollback", "/take-back")
FAB = Path(sys.prefix) / "fab"
"""Where ``scripts/test`` installs the provider: beside Airflow it would change every other test's metadata database."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What people of each role got from each route."""
    assert FAB.is_dir(), "scripts/test installs requirements-fab.txt there: run it once"
    program = [sys.executable, "-m", "tests.airflow.plugin.fab_site", str(tmp_path_factory.mktemp("fab"))]
    beside = {**os.environ, "PYTHONPATH": str(FAB)}
    ended = subprocess.run(program, cwd=ROOT, env=beside, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr[-3000:]
    return dict(json.loads(ended.stdout))


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("Viewer", ()),
        ("User", ("drop", "answer", "undo")),
        ("Op", ALL),
        ("Admin", ALL),
        ("Loader", ("drop", "answer")),  # may edit refdata_load alone, not refdata_rollback
    ],
)
def test_each_role_may_do_what_its_permissions_say(role: str, may: tuple[str, ...], site: dict[str, Any]) -> None:
    me = site[role]["me"]
    assert (me["name"], tuple(right for right in ALL if me[f"may_{right}"])) == (role.lower(), may)
    assert {200} <= set(site[role]["read"].values()) <= {200, 404, 503}, (
        "404: no file of load 1 is here; 503: unhealthy"
    )
    for path, status in site[role]["change"].items():
        needed = (
            {"undo"}
            if path.endswith(UNDOING)
            else {"administer"}
            if path.endswith(ADMINISTERING)
            else {"drop", "answer"}
        )
        assert (status != 403) == bool(needed & set(may)), f"{path}: {status}"


def test_a_role_for_other_dags_sees_nothing(site: dict[str, Any]) -> None:
    stranger = site["Stranger"]
    assert set(stranger["read"].values()) | set(stranger["change"].values()) == {403}
    assert len(stranger["read"]) == len(READ)


def test_a_steward_is_known_by_the_users_name(site: dict[str, Any]) -> None:
    left_to = {role: site[role]["airports_left_to"] for role in ("Viewer", "User", "Loader", "Op", "Admin")}
    assert left_to == {"Viewer": "loader", "User": "loader", "Loader": "", "Op": "", "Admin": ""}
