"""The DAGs of docs/own-dags.md, as written there, run by ``dag.test()``."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from refdata.dagfile import DAG_FILE
from refdata.dropoff import ensure_tree
from tests.s3_server import s3_endpoint, s3_filesystem
from tests.sftp_servers import asyncssh_server

PROJECT = Path(__file__).parents[3]
PAGE = PROJECT / "docs" / "own-dags.md"
AMAZON = Path(sys.prefix) / "amazon"
"""Where ``scripts/test`` installs the provider: beside Airflow it would slow every other test's start."""
RATES = "currency,rate\nEUR,1.0\nUSD,1.1\n"


class Home:
    """An Airflow home with the page's DAGs, whose files are in its own folder instead of ``/data/in``."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.files = folder, folder / "in"
        self.root = folder / "dropoff"
        self.files.mkdir()
        ensure_tree(self.root)
        (folder / "dags").mkdir()
        for number, code in enumerate(re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)):
            text = code.replace("/data/in", str(self.files)).replace("files.example.com", "127.0.0.1")
            (folder / "dags" / f"own_{number}.py").write_text(text)

    def run(self, *dags: str, **variables: str) -> dict[str, Any]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
        settings = {
            "AIRFLOW_HOME": str(self.folder),
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.folder / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
            "AIRFLOW__REFDATA__DROPOFF_ROOT": str(self.root),
            "AIRFLOW_CONN_REFDATA_DEFAULT": json.dumps(
                {"conn_type": "sqlite", "host": str(self.folder / "refdata.db")}
            ),
            "PYTHONPATH": str(PROJECT / "plugins"),
        }
        script = Path(__file__).with_name("run_dags.py")
        done = subprocess.run(
            [sys.executable, str(script), *dags],
            env=inherited | settings | variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-3000:]
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return answer


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_each_dag_of_the_page_loads_its_files(home: Home) -> None:
    (home.files / "rates.csv").write_text(RATES)
    (home.files / "rates_eu.csv").write_text("currency,rate\nCHF,0.9\n")
    (home.files / "nightly").mkdir()
    (home.files / "nightly" / "cities.csv").write_text("code,name\n01,Graz\n02,Linz\n")
    (home.files / "nightly" / "planes.csv").write_text("tail,seats\nOE-LWA,120\n")
    done = home.run("rates", "rates_from_export", "nightly")
    assert [run["state"] for run in done["runs"]] == ["success"] * 3
    first, second, third = (run["results"] for run in done["runs"])
    assert (first["load"]["table"], first["load"]["rows"], first["load"]["status"]) == (
        "exchange_rates",
        2,
        "completed",
    )
    assert (second["load"]["table"], second["load"]["rows"], second["load"]["version"]) == ("exchange_rates", 1, 2)
    assert third["load_all"] == 3
    tables = [event["table"] for event in done["announced"]]
    assert tables == ["exchange_rates", "exchange_rates", "cities", "planes"]
    assert (home.files / "rates.csv").read_text() == RATES
    assert not any((home.root / ".refdata-tasks").iterdir())


def test_files_are_loaded_once_all_of_them_are_stable(home: Home) -> None:
    (home.files / "daily_1.csv").write_text(RATES)
    (home.files / "daily_2.csv").write_text("currency,rate\nCHF,0.9\n")
    (home.files / "other.csv").write_text(RATES)
    server = asyncssh_server()
    (server.files / "in").mkdir(exist_ok=True)
    for name, row in (("rates_1.csv", "GBP,0.8"), ("rates_2.csv", "JPY,160"), ("other.csv", "XAU,1")):
        (server.files / "in" / name).write_text(f"currency,rate\n{row}\n")
    done = home.run(
        "rates_when_ready",
        "rates_from_sftp",
        AIRFLOW_CONN_MY_SFTP=server.connection(),
        AIRFLOW__REFDATA__STABILITY_CHECKS="1",
        AIRFLOW__REFDATA__STABILITY_INTERVAL="0.2",
    )
    assert [run["state"] for run in done["runs"]] == ["success"] * 2
    folder, on_server = (run["results"] for run in done["runs"])
    assert folder["ready"] == [str(home.files / "daily_1.csv"), str(home.files / "daily_2.csv")]
    assert (folder["load[0]"]["rows"], folder["load[1]"]["rows"]) == (2, 1)
    place = "sftp://my_sftp@127.0.0.1/in"
    assert sorted(on_server["ready"]) == [f"{place}/rates_1.csv", f"{place}/rates_2.csv"]
    assert [on_server[f"load[{number}]"]["status"] for number in (0, 1)] == ["completed"] * 2
    assert len(list((server.files / "in").iterdir())) == 3, "the originals stay"


def test_a_file_in_a_bucket_is_loaded(home: Home) -> None:
    assert AMAZON.is_dir(), "scripts/test installs requirements-amazon.txt there: run it once"
    store = s3_filesystem()
    store.mkdir("landing")
    store.pipe_file("landing/in/rates.csv", RATES.encode())
    connection = {
        "conn_type": "aws",
        "login": "test",
        "password": "test",
        "extra": {"endpoint_url": s3_endpoint(), "region_name": "us-east-1"},
    }
    beside = os.pathsep.join((str(PROJECT / "plugins"), str(AMAZON)))
    done = home.run("rates_from_bucket", AIRFLOW_CONN_MY_AWS=json.dumps(connection), PYTHONPATH=beside)
    assert done["runs"][0]["results"]["load"]["rows"] == 2
    assert store.cat_file("landing/in/rates.csv").decode() == RATES


def rows(database: Path, table: str) -> int:
    with closing(sqlite3.connect(database)) as connection:
        (count,) = connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()
        return int(count)


def test_a_second_root_has_its_own_dags_files_and_database(home: Home) -> None:
    eu = home.files / "eu"
    ensure_tree(eu)
    (eu / "contracts").mkdir()
    (eu / "contracts" / "rates.yaml").write_text("schema:\n  fields: [{name: rate, constraints: {maximum: 9}}]\n")
    gold = RATES + "XAU,2400\n"
    zones = "code,name\n01,North\n"
    for root, name, content in ((eu, "rates.csv", gold), (eu, "zones.csv", zones), (home.root, "rates.csv", RATES)):
        (root / "none_reference_data_table" / "fullload" / name).write_text(content)
    store = json.dumps({"conn_type": "sqlite", "host": str(home.folder / "eu.db")})
    loads = [
        f"{dag}={json.dumps({'path': f'none_reference_data_table/fullload/{name}.csv'})}"
        for dag, name in (("eu_refdata_load", "rates"), ("refdata_load", "rates"), ("eu_refdata_load", "zones"))
    ]
    (home.folder / "dags" / "refdata.py").write_text(DAG_FILE)
    done = home.run(*loads, "eu_refdata_health", "eu_refdata_maintenance", AIRFLOW_CONN_WAREHOUSE_EU=store)
    own = ("watch", "load", "rollback", "health", "maintenance")
    assert {f"{prefix}refdata_{name}" for prefix in ("", "eu_") for name in own} <= set(done["dags"])
    assert [run["state"] for run in done["runs"]] == ["success"] * 5
    eu_rates, main_rates, eu_zones = (run["results"]["load_rows"] for run in done["runs"][:3])
    # The contract of the set's root counts, and max_rejected_rows of its file.
    assert (eu_rates["rows"], eu_rates["rejected"], main_rates["rows"], eu_zones["rows"]) == (2, 1, 2, 1)
    assert (rows(home.folder / "eu.ref.db", "rates"), rows(home.folder / "eu.ref.db", "zones")) == (2, 1)
    assert rows(home.folder / "refdata.ref.db", "File_Monitor_Tracking") == 1
    assert (
        len(list((eu / "none_reference_data_table" / "fullload" / "processed").glob("*.csv"))) == 3
    )  # a list of rejects
    assert {check["name"]: check["state"] for check in done["runs"][3]["results"]["look"]["checks"]}["dropoff"] == "ok"
