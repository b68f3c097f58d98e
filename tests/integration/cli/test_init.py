"""``refdata init``: what it writes, what it refuses, and that what it says to do next can be done."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from configparser import ConfigParser
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from refdata.commands.setup import chosen, with_password
from refdata.core.dropnames import LOAD_FOLDERS
from refdata.core.settings import Settings

PROJECT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Machine:
    """An Airflow home of its own, and commands that run there."""

    home: Path

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "_AIRFLOW"))}
        environment = {**kept, "AIRFLOW_HOME": str(self.home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False", **variables}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120,
                              stdin=subprocess.DEVNULL)  # fmt: skip

    def refdata(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-m", "refdata.cli", *arguments, **variables)

    def init(self, *arguments: str, **variables: str) -> dict[str, Any]:
        done = self.refdata("init", "--json", *arguments, **variables)
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def refused(self, *arguments: str, **variables: str) -> str:
        done = self.refdata("init", *arguments, **variables)
        assert done.returncode in (1, 3)
        assert "What to do:" in done.stderr
        return done.stderr

    def setting(self, name: str) -> str:
        parser = ConfigParser()
        parser.read(self.home / "airflow.cfg")
        return parser["refdata"][name]


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Airflow's own database, as ``airflow db migrate`` makes it."""
    machine = Machine(tmp_path_factory.mktemp("migrated"))
    done = machine.run(sys.executable, "-m", "airflow", "db", "migrate")
    assert done.returncode == 0, done.stderr
    return machine.home / "airflow.db"


@pytest.fixture
def machine(tmp_path: Path, migrated: Path) -> Machine:
    home = tmp_path / "air flow"
    home.mkdir()
    shutil.copy(migrated, home)
    return Machine(home)


def test_a_new_installation_works_from_flags_alone_and_again(machine: Machine, tmp_path: Path) -> None:
    root = tmp_path / "drop off"
    done = machine.init("--root", str(root))
    assert (done["root"], done["conn_id"], done["engine"]) == (str(root), "refdata_default", "sqlite")
    assert {path.relative_to(root).as_posix() for path in root.rglob("*")} >= {
        f"{folder}/{archive}" for folder in LOAD_FOLDERS for archive in ("processed", "error")
    }
    assert machine.setting("dropoff_root") == str(root)
    text = (machine.home / "airflow.cfg").read_text()
    assert "fernet_key = " in text, "Airflow's own keys are there too"
    (folder,) = {step[1] for step in done["next_steps"] if "refdata dags" in step[1]}
    written = subprocess.run(["bash", "-c", folder.replace("refdata dags", f"{sys.executable} -m refdata.cli dags")],
                             capture_output=True, text=True, check=False)  # fmt: skip
    assert (written.returncode, (machine.home / "dags" / "refdata.py").is_file()) == (0, True)
    checked = json.loads(machine.refdata("validate", "--json").stdout)
    assert [step for step in checked if not step["works"]] == []
    again = machine.init()
    assert (again["root"], again["conn_id"]) == (str(root), "refdata_default")
    assert [step for step in again["next_steps"] if "refdata dags" in step[1]] == []
    assert (machine.home / "airflow.cfg").read_text() == text


def test_people_read_what_was_written_and_what_to_do_next(machine: Machine) -> None:
    done = machine.refdata("init")
    assert done.returncode == 0
    for said in ("What to do next", "airflow standalone", "refdata health", str(machine.home / "dropoff")):
        assert said in done.stdout
    assert machine.refdata("init-db", "--check").returncode == 0


def test_a_connection_is_given_by_uri_or_by_name(machine: Machine, tmp_path: Path) -> None:
    place = tmp_path / "mine.db"
    spare = json.dumps({"conn_type": "sqlite", "host": str(place)})
    assert machine.init("--connection", "spare", AIRFLOW_CONN_SPARE=spare)["conn_id"] == "spare"
    assert machine.setting("conn_id") == "spare"
    assert place.is_file()
    assert "nowhere" in machine.refused("--connection", "nowhere")
    other = tmp_path / "other.db"
    conn_id = machine.init("--connection", f"sqlite:///{other}", AIRFLOW__REFDATA__CONN_ID="third")["conn_id"]
    assert (conn_id, other.is_file()) == ("third", True)
    machine.init("--connection", "sqlite:///beside.db", AIRFLOW__REFDATA__CONN_ID="fourth")
    assert (machine.home / "beside.db").is_file()


def test_a_connection_that_is_there_is_never_overwritten(machine: Machine) -> None:
    machine.init()
    assert "already" in machine.refused("--connection", "mssql://sa@127.0.0.1:9/d")


SECRET = "s3cr3t-canary"
REFUSED = {
    "a server that is away": (["--connection", f"mssql://sa:{SECRET}@127.0.0.1:9/d"], {}, "127.0.0.1"),
    "a URI that cannot be read": (["--connection", f"mssql://sa:{SECRET}/x@127.0.0.1/d"], {}, "URI"),
    "another database": (["--connection", f"postgres://sa:{SECRET}@127.0.0.1:9/d"], {}, "mssql, odbc or sqlite"),
    "an unknown name": (["--connection", "stewards"], {}, "stewards"),
    "a variable that says otherwise": (["--root", "/b"], {"AIRFLOW__REFDATA__DROPOFF_ROOT": "/a"}, "DROPOFF_ROOT"),
    "a wrong setting": ([], {"AIRFLOW__REFDATA__GATE": "perhaps"}, "gate"),
}


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> dict[str, tuple[int, str, list[str]]]:
    """What became of each setup that fails: exit code, error output, and the names in Airflow's home."""
    home = tmp_path_factory.mktemp("refused")
    shutil.copy(migrated, home)
    commands = [(["init", *arguments], {"AIRFLOW__REFDATA__CONNECT_TIMEOUT": "1", **variables})
                for arguments, variables, _ in REFUSED.values()]  # fmt: skip
    done = Machine(home).run(sys.executable, "-m", "tests.integration.cli.run_commands", json.dumps(commands),
                             PYTHONPATH=os.pathsep.join((str(PROJECT / "plugins"), str(PROJECT))))  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(zip(REFUSED, json.loads(done.stdout.splitlines()[-1]), strict=True))


@pytest.mark.parametrize("case", REFUSED)
def test_a_failed_setup_writes_nothing_and_gives_advice(
    case: str, refused: dict[str, tuple[int, str, list[str]]]
) -> None:
    code, reported, names = refused[case]
    assert code in (1, 3)
    assert "What to do:" in reported
    assert REFUSED[case][2] in reported
    assert SECRET not in reported
    assert {"airflow.cfg", "dropoff"}.isdisjoint(names)


def test_before_airflows_own_database_is_there_the_way_to_it_is_named(tmp_path: Path) -> None:
    assert "airflow db migrate" in Machine(tmp_path).refused()


def options(**given: str | None) -> argparse.Namespace:
    return argparse.Namespace(**{"root": None, "connection": None, **given})


@pytest.mark.parametrize(("given", "answers", "expected"), [
    ({}, None, ("dropoff", "")),
    ({}, ["", ""], ("dropoff", "")),
    ({}, [" /in ", "spare"], ("/in", "spare")),
    ({"root": "/a"}, ["spare"], ("/a", "spare")),
    ({"root": "/a", "connection": ""}, [], ("/a", "")),
])  # fmt: skip
def test_only_what_no_flag_says_is_asked(
    given: dict[str, str], answers: list[str] | None, expected: tuple[str, str]
) -> None:
    left = iter(answers or [])
    ask = None if answers is None else lambda _: next(left)
    assert chosen(options(**given), Settings(), ask) == expected
    assert list(left) == []


@pytest.mark.parametrize(("connection", "expected"), [
    ("spare", "spare"),
    ("", ""),
    ("mssql://sa@h:1433/d", "mssql://sa:p%2Fw@h:1433/d"),
    ("mssql://sa:known@h/d", "mssql://sa:known@h/d"),
    ("mssql://h/d", "mssql://h/d"),
    ("sqlite:///x.db", "sqlite:///x.db"),
])  # fmt: skip
def test_a_password_is_asked_for_where_a_uri_has_a_user_alone(connection: str, expected: str) -> None:
    assert with_password(connection, lambda _: "p/w") == expected
