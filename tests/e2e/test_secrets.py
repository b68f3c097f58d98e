"""The traces of a running Airflow while files are refused: logs of each process, its database, alerts, lineage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.airflow.secrets.canaries import EXTRA, ROW, leaks
from tests.airflow.secrets.test_nothing_leaks import FILES, ITS_PLACES

if TYPE_CHECKING:
    from tests.e2e.conftest import RunningAirflow

DROPPED = ("good.csv", "damaged.csv", "unclosed.csv", "trailer.csv", "preamble.csv", "formulas.csv")


def test_no_process_of_airflow_writes_a_value_of_a_row_or_a_secret_of_the_connection(airflow: RunningAirflow) -> None:
    names = [f"canary_{name}" for name in DROPPED]
    for dropped, name in zip(DROPPED, names, strict=True):
        content, _ = FILES[dropped]
        airflow.drop(name, content.encode() if isinstance(content, str) else content)
    airflow.wait_ended(*names, seconds=240)
    ended = {"success": ["completed"], "failed": ["error"]}
    assert {name: airflow.status(name) for name in names} == {
        name: ended[FILES[dropped][1]] for dropped, name in zip(DROPPED, names, strict=True)
    }
    token = airflow.token()
    for path in ("files", "counts", "tables", "config", "audit", "statistics", "health?as_status=false"):
        status, body = airflow.get(f"/refdata/api/v1/{path}", token)
        assert (status, ROW.encode() in body) == (200, False), path

    home = airflow.local.home
    logs = [path for path in home.rglob("*.log") if path.stat().st_size]
    assert {"api-server.log", "scheduler.log", "dag-processor.log", "triggerer.log"} <= {path.name for path in logs}
    assert any("detect_format" in str(path) for path in logs)
    assert leaks(airflow.local.database.parent, (ROW,)) != []  # the search finds the rows where they belong
    assert leaks(home, (ROW, EXTRA), ITS_PLACES) == []
