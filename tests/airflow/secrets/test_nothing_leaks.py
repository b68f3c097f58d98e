"""Failing runs of ``refdata_load`` with canaries in rows and secrets, and a search of all that they write."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from refdata.dropoff import ensure_tree
from tests.airflow.secrets.canaries import EXTRA, NOTIFIER, PASSWORD, ROW, SECRETS, SKIPPED, found_in, leaks
from tests.airflow.secrets.run_loads import APPROVED, MARK
from tests.integration.engines import Server, _needs_server, live, open_database

PROJECT = Path(__file__).parents[3]
FULL = "reference_data_table/fullload"
ITS_PLACES = (".csv", ".ref.db", ".bkp.db")
"""Where rows may be: the dropped file wherever it is, its rejects, its table and its versions."""


def rows(*lines: str, header: str = "code,name") -> str:
    """A file whose every value begins with the canary."""
    return "\n".join([header, *(",".join(f"{ROW}{cell}" for cell in line.split(",")) for line in lines)]) + "\n"


PLAIN = tuple(f"c{number:03d},name {number}" for number in range(50))
FILES: dict[str, tuple[str | bytes, str]] = {
    "good.csv": (rows(*PLAIN), "success"),
    "damaged.csv": (rows(*PLAIN, "c1", "c2,a,b", *PLAIN), "failed"),
    "unclosed.csv": (rows(*PLAIN, "c1,a,b") + f'{ROW}c2,"{ROW} open\n{ROW},x\n', "failed"),
    "misread.csv": (rows(*PLAIN, "c1").encode() + f"{ROW}c2,{ROW}".encode() + b"\xff\xfe\x81\n", "failed"),
    "trailer.csv": (rows(*PLAIN) + "rows: 7\n", "failed"),
    "preamble.csv": (f"{SKIPPED} title of the list\n\n" + rows(*PLAIN) + f"\nNote: {SKIPPED} by hand\n", "success"),
    "formulas.csv": (rows(*PLAIN) + f'=cmd|{ROW},"=HYPERLINK(""{ROW}"")"\n', "success"),
    "no_header.csv": ("\n".join(f"{number},{ROW}{number}" for number in range(50)) + "\n", "success"),
    "unique_names.csv": (rows("c1,twin", "c2,twin"), "failed"),
    "checked_names.csv": (rows("c1,refused"), "failed"),
    "guarded_names.csv": (rows("c1,refused"), "failed"),
    "other_columns.csv": (rows(*PLAIN, header="x,y"), "failed"),
}
TABLES = {
    "unique_names": ["CREATE UNIQUE INDEX one_name ON unique_names (name)"],
    "checked_names": [],
    "guarded_names": [
        "CREATE TRIGGER guard BEFORE INSERT ON guarded_names BEGIN SELECT RAISE(ABORT, 'not while we count'); END"
    ],
    "other_columns": [],
}


SERVER = {"host": "127.0.0.1", "port": 1, "schema": "db", "login": "u", "password": PASSWORD}
CONNECTIONS = {
    "an_address_that_cannot_be_parsed": f"mssql://user:{PASSWORD}@localhost:1/db",
    "json_that_cannot_be_parsed": json.dumps({"conn_type": "mssql", "password": PASSWORD})[:-1],
    "nobody_answers": json.dumps({"conn_type": "mssql", **SERVER}),
    "nobody_answers_by_odbc": json.dumps({"conn_type": "odbc", **SERVER, "extra": {"AccessToken": EXTRA}}),
    "an_unknown_extra": json.dumps(
        {"conn_type": "mssql", "host": "h", "schema": "db", "password": PASSWORD, "extra": {"token": EXTRA}}
    ),
    "a_folder_for_a_database": json.dumps({"conn_type": "sqlite", "host": "/", "password": PASSWORD}),
}
"""Connections that fail, by the file whose load uses them."""


@dataclass
class Runs:
    """The results of one process's runs, and the places where it wrote."""

    home: Path
    states: dict[str, str]
    output: bytes

    def leaks(self, *words: str) -> list[str]:
        return leaks(self.home, words, ITS_PLACES) + found_in("what it prints", self.output, words)


def run_loads(home: Path, names: list[str], settings: dict[str, str]) -> Runs:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    notifier = {"notifier": "tests.airflow.secrets.notifier.UnreachableChat", "webhook": NOTIFIER}
    own = {
        "AIRFLOW_HOME": str(home / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__REFDATA__DROPOFF_ROOT": str(home / "dropoff"),
        "AIRFLOW__REFDATA__RETRIES": "0",
        "AIRFLOW__REFDATA__CONNECT_TIMEOUT": "5",
        "AIRFLOW__REFDATA__ALERT_NOTIFIERS": json.dumps([notifier]),
        "PYTHONPATH": f"{PROJECT / 'plugins'}{os.pathsep}{PROJECT}",
    }
    command = [sys.executable, "-m", "tests.airflow.secrets.run_loads", *(f"{FULL}/{name}" for name in names)]
    done = subprocess.run(command, env=inherited | own | settings, capture_output=True, check=False, cwd=home)
    (home / "stderr.txt").write_bytes(done.stderr)
    assert done.returncode == 0, done.stderr[-3000:].decode()
    ended = done.stdout.decode().partition(MARK)[2].splitlines()[0]
    states = {path.rpartition("/")[2]: state for path, state in json.loads(ended).items()}
    return Runs(home, states, done.stdout + done.stderr)


def drop_all(home: Path, files: dict[str, tuple[str | bytes, str]]) -> None:
    ensure_tree(home / "dropoff")
    for name, (content, _) in files.items():
        (home / "dropoff" / FULL / name).write_bytes(content.encode() if isinstance(content, str) else content)


@pytest.fixture(scope="module")
def sqlite_runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    home = tmp_path_factory.mktemp("secrets")
    drop_all(home, FILES)
    (home / "warehouse").mkdir()
    with closing(sqlite3.connect(home / "warehouse" / "refdata.ref.db")) as database:
        for table, scripts in TABLES.items():
            check = " CHECK (name NOT LIKE '%refused')" if table == "checked_names" else ""
            database.execute(f"CREATE TABLE {table} (code NVARCHAR(50), name NVARCHAR(50){check})")
            for script in scripts:
                database.execute(script)
        database.commit()
    drop_all(home, {f"{name}.csv": FILES["good.csv"] for name in CONNECTIONS})
    host = str(home / "warehouse" / "refdata.db")
    connection = {"conn_type": "sqlite", "host": host, "extra": {"token": EXTRA}}
    others = [f"{name}.csv={address}" for name, address in CONNECTIONS.items()]
    settings = {
        "AIRFLOW_CONN_REFDATA_DEFAULT": json.dumps(connection),
        "AIRFLOW__REFDATA__CONNECT_TIMEOUT": "1",
    }
    return run_loads(home, [*FILES, *others], settings)


def test_the_runs_end_as_the_search_needs_them(sqlite_runs: Runs) -> None:
    unreachable = {f"{name}.csv": "failed" for name in CONNECTIONS}
    assert sqlite_runs.states == {name: state for name, (_, state) in FILES.items()} | unreachable
    refused = {name.partition("_")[0] for name, (_, state) in FILES.items() if state == "failed"}
    errors = list((sqlite_runs.home / "dropoff").glob("*_table/*/error/*.error.json"))
    assert len(errors) == sum(state == "failed" for _, state in FILES.values()), refused


def test_each_load_used_its_connection(sqlite_runs: Runs) -> None:
    told = (b"does not exist", b"Unknown extra token", b"unable to open database file", b"error 20009")
    assert [said for said in told if said not in sqlite_runs.output] == []


def test_the_search_finds_what_is_there(sqlite_runs: Runs, tmp_path: Path) -> None:
    assert leaks(sqlite_runs.home / "warehouse", (ROW,)) != []
    for number, text in enumerate((f"converting '{ROW}x'", quote(PASSWORD, safe=""), "nothing")):
        (tmp_path / f"log{number}").write_text(text)
    assert [place.partition(":")[0] for place in leaks(tmp_path, (ROW, *SECRETS))] == ["log0", "log1"]


def test_no_value_of_a_row_leaves_the_file_its_rejects_and_its_table(sqlite_runs: Runs) -> None:
    assert sqlite_runs.leaks(ROW) == []


def test_lines_outside_the_table_are_quoted_in_the_ledger_and_its_page_alone(sqlite_runs: Runs) -> None:
    assert leaks(sqlite_runs.home / "warehouse", (SKIPPED,)) != []
    places = leaks(sqlite_runs.home, (SKIPPED,), (*ITS_PLACES, "refdata.db"))
    logged, _, page = sqlite_runs.output.partition(MARK.encode())
    assert places + found_in("what it logs", logged, (SKIPPED,)) == []
    assert found_in("what the page shows", page, (SKIPPED,)) != []


def test_no_secret_is_written(sqlite_runs: Runs) -> None:
    assert sqlite_runs.leaks(*SECRETS) == []


GATED = {"good_20240101.csv": "failed", f"good_{APPROVED}.csv": "success"}


@pytest.fixture(scope="module")
def gated_runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """A full load, and two that the change gate holds: half of the rows are gone, and one is changed."""
    home = tmp_path_factory.mktemp("gated")
    changed = (PLAIN[0] + " new", *PLAIN[1:20])
    drop_all(home, {"good.csv": FILES["good.csv"], **{name: (rows(*changed), "") for name in GATED}})
    (home / "warehouse").mkdir()
    connection = {"conn_type": "sqlite", "host": str(home / "warehouse" / "refdata.db")}
    settings = {"AIRFLOW_CONN_REFDATA_DEFAULT": json.dumps(connection), "AIRFLOW__REFDATA__GATE": "true"}
    return run_loads(home, ["good.csv", *GATED], settings)


def test_a_question_about_a_held_load_holds_no_row(gated_runs: Runs) -> None:
    assert gated_runs.states == {"good.csv": "success", **GATED}
    with closing(sqlite3.connect(gated_runs.home / "airflow" / "airflow.db")) as database:
        asked = database.execute("SELECT subject, body FROM hitl_detail").fetchall()
    assert len(asked) == 2
    assert "30 of 50 rows would be removed" in asked[0][0]
    assert "| name | 1 |" in asked[0][1]
    assert gated_runs.leaks(ROW) == []


def test_a_question_whose_task_is_marked_failed_is_a_rejection(gated_runs: Runs) -> None:
    with closing(sqlite3.connect(gated_runs.home / "warehouse" / "refdata.ref.db")) as database:
        ledger = database.execute(
            "SELECT status, error_category, error_message FROM File_Monitor_Tracking WHERE id = 2"
        )
        status, category, message = ledger.fetchone()
        trail = database.execute("SELECT action, actor, load_id FROM Reference_Data_Audit").fetchall()
    assert (status, category) == ("error", "rejected")
    assert "somebody in Airflow rejected the load: its task review was marked failed" in message
    assert trail[0] == ("reject", "somebody in Airflow", 2)


def test_an_approved_load_is_published(gated_runs: Runs) -> None:
    with closing(sqlite3.connect(gated_runs.home / "warehouse" / "refdata.ref.db")) as database:
        ledger = database.execute("SELECT status, rows_loaded, version_id FROM File_Monitor_Tracking WHERE id = 3")
        assert ledger.fetchone() == ("completed", 20, 2)
        trail = database.execute("SELECT action, actor, reason FROM Reference_Data_Audit WHERE load_id = 3")
        assert trail.fetchall() == [("approve", "ada", "they closed")]


TSQL_FILES: dict[str, tuple[str | bytes, str]] = {
    "good.csv": FILES["good.csv"],
    "damaged.csv": FILES["damaged.csv"],
    "unique_names.csv": FILES["unique_names.csv"],
    "checked_names.csv": FILES["checked_names.csv"],
    "keyed_names.csv": (rows("c1,a", "c2,b"), "failed"),
    "required_names.csv": (rows("c1,a") + f"{ROW},\n", "failed"),
    "other_columns.csv": FILES["other_columns.csv"],
    "invalid_names.csv": (rows("c1,a"), "failed"),
}
TSQL_TABLES = {
    "unique_names": "code NVARCHAR(50), name NVARCHAR(50) UNIQUE",
    "checked_names": "code NVARCHAR(50), name NVARCHAR(50) CHECK (name NOT LIKE N'%refused')",
    "keyed_names": "code UNIQUEIDENTIFIER PRIMARY KEY, name NVARCHAR(50)",
    "required_names": "code NVARCHAR(50), name NVARCHAR(50) NOT NULL",
    "other_columns": "code NVARCHAR(50), name NVARCHAR(50)",
}
VERDICT = """CREATE PROCEDURE ref.[check_names] AS
    SELECT N'{"validation_result": "failed", "validation_issue_list": ["row 2 has no partner"]}' AS verdict"""


@live
@_needs_server
@pytest.mark.parametrize("engine", ["mssql", "odbc"])
def test_nothing_leaks_on_sql_server(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = open_database(engine, tmp_path, monkeypatch)
    try:
        for table, columns in TSQL_TABLES.items():
            database.run(f"CREATE TABLE ref.[{table}] ({columns})")
        database.run(VERDICT)
        home = tmp_path / "home"
        drop_all(home, TSQL_FILES)
        rules = f"tables: {{invalid_names: {{validation_procedure: '{database.settings.ref_schema}.check_names'}}}}\n"
        (home / "dropoff" / "tables.yaml").write_text(rules)
        settings = {
            "AIRFLOW_CONN_REFDATA_DEFAULT": json.dumps(Server.named().connection(engine)),
            "AIRFLOW__REFDATA__REF_SCHEMA": database.settings.ref_schema,
            "AIRFLOW__REFDATA__BKP_SCHEMA": database.settings.bkp_schema,
        }
        runs = run_loads(home, list(TSQL_FILES), settings)
        assert runs.leaks(ROW, Server.named().password, NOTIFIER) == []
        assert runs.states == {name: state for name, (_, state) in TSQL_FILES.items()}
    finally:
        database.clear()
