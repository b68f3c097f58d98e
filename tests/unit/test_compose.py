"""docker-compose.yaml is valid and complete, and contains no secret. What needs a Docker engine is not shown here."""

from __future__ import annotations

import json
import os
import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from check_jsonschema.builtin_schemas import get_builtin_schema
from sqlglot import Dialect, TokenType

from refdata import sqlfiles
from refdata.core.settings import specs
from refdata.warehouse.mssql.options import read_options
from refdata.warehouse.tsql.scripts import GRANT_SCRIPTS, SCHEMA_SCRIPTS, STAGE_SCRIPT

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONE_SHOT = {"mssql-init", "airflow-init"}
AIRFLOW = {name: service for name, service in SERVICES.items() if name.startswith("airflow-")}
COMPONENTS = {"api-server", "scheduler", "dag-processor", "triggerer", "celery worker"}
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?:(:[-?])([^}]*))?\}")
EXAMPLE = dict(re.findall(r"^(\w+)=(.*)$", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
SECRETS = {name for name in EXAMPLE if re.search("PASSWORD|SECRET|KEY", name)}


def interpolated(text: str, values: dict[str, str]) -> str:
    """What Compose makes of the variables in a value."""
    return VARIABLE.sub(lambda found: values.get(found[1]) or (found[3] or ""), text)


def texts(value: object) -> list[str]:
    """Every text within a value."""
    if isinstance(value, dict):
        return [text for item in value.values() for text in texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    return [str(value)]


def mounts(service: dict[str, Any]) -> list[tuple[str, str]]:
    return [tuple(interpolated(mount, {}).split(":")[:2]) for mount in service.get("volumes", [])]  # type: ignore[misc]


def test_the_file_follows_the_compose_specification() -> None:
    jsonschema.validate(COMPOSE, get_builtin_schema("vendor.compose-spec"))


def test_every_component_of_airflow_runs_with_its_databases_and_broker() -> None:
    commands = {" ".join(service["command"][1:]) for name, service in AIRFLOW.items() if name not in ONE_SHOT}
    assert commands == COMPONENTS
    assert set(SERVICES) - set(AIRFLOW) == {"postgres", "redis", "mssql", "mssql-init"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_an_image_of_a_stated_version(name: str) -> None:
    image = SERVICES[name]["image"]
    assert re.search(r":\d[\w.-]*$", image), image


@pytest.mark.parametrize("name", sorted(set(SERVICES) - ONE_SHOT))
def test_a_lasting_service_has_a_health_check_and_is_started_again(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_for_what_it_needs(name: str) -> None:
    for needed, how in SERVICES[name].get("depends_on", {}).items():
        wanted = "service_completed_successfully" if needed in ONE_SHOT else "service_healthy"
        assert how["condition"] == wanted, needed


def test_every_variable_has_a_line_in_the_example_and_every_line_a_use() -> None:
    assert {found[1] for found in VARIABLE.finditer(TEXT)} == set(EXAMPLE)


def test_a_secret_has_no_default_and_says_what_to_do_when_it_is_missing() -> None:
    used = [found for found in VARIABLE.finditer(TEXT) if found[1] in SECRETS]
    assert {found[1] for found in used} == SECRETS
    assert [found[0] for found in used if found[2] != ":?" or not found[3]] == []
    assert [name for name in SECRETS if EXAMPLE[name]] == []


@pytest.mark.parametrize("name", SERVICES)
def test_secrets_come_from_variables(name: str) -> None:
    values = SERVICES[name].get("environment", {})
    named = {key: value for key, value in values.items() if re.search(r"PASSWORD$|SECRET|_KEY$|AUTH$|_CONN", key)}
    assert [key for key, value in named.items() if not VARIABLE.search(value)] == []
    assert not re.search(r"://[^@/\s]*:[^$@/\s]+@", " ".join(texts(SERVICES[name]))), "a password in a URL"


@pytest.mark.parametrize("name", SERVICES)
def test_every_mount_exists(name: str) -> None:
    for source, target in mounts(SERVICES[name]):
        assert target.startswith("/")
        named = source in COMPOSE["volumes"]
        assert named or source == EXAMPLE["DROPOFF_DIR"] or (ROOT / source).is_dir(), source


@pytest.mark.parametrize("name", sorted(AIRFLOW))
def test_every_part_of_airflow_sees_the_dropoff_tree_under_the_setting(name: str) -> None:
    root = AIRFLOW[name]["environment"]["AIRFLOW__REFDATA__DROPOFF_ROOT"]
    assert (EXAMPLE["DROPOFF_DIR"], root) in mounts(AIRFLOW[name])


def test_the_settings_of_refdata_that_it_names_exist() -> None:
    known = {f"AIRFLOW__REFDATA__{spec.name.upper()}" for spec in specs()}
    assert set(re.findall(r"AIRFLOW__REFDATA__\w+", TEXT)) <= known


def test_ports_are_open_on_this_machine_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_the_connection_is_the_login_and_database_that_the_init_step_makes() -> None:
    made = SERVICES["mssql-init"]["environment"]
    uri = AIRFLOW["airflow-init"]["environment"]["AIRFLOW_CONN_REFDATA_DEFAULT"]
    found = json.loads(interpolated(uri, {"REFDATA_DB_PASSWORD": "secret-aA1"}))
    options = read_options(
        found["host"], found["port"], found["schema"], found["login"], found["password"], found["extra"], "compose"
    )
    assert found["conn_type"] == "mssql"
    assert (options.host, options.port) == ("mssql", 1433)
    assert (options.database, options.login) == (made["REFDATA_DATABASE"], made["REFDATA_LOGIN"])
    assert (options.password, options.encrypt) == ("secret-aA1", "yes")


def test_sql_server_states_its_collation() -> None:
    assert re.fullmatch(r"\w+_CI_AS(_SC)?", SERVICES["mssql"]["environment"]["MSSQL_COLLATION"])


def test_the_init_step_runs_every_script_beside_it_and_schemas_and_rights_of_the_project(tmp_path: Path) -> None:
    script = (ROOT / "docker/mssql/init.sh").read_text(encoding="utf-8")
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    assert set(re.findall(r"/docker/(\w+\.sql)", script)) == {path.name for path in ROOT.glob("docker/mssql/*.sql")}
    # The real script, with a sqlcmd that keeps what it is given.
    ran = tmp_path / "ran"
    fake = tmp_path / "sqlcmd"
    fake.write_text(f'#!/bin/sh\nwhile [ $# -gt 1 ]; do shift; done\necho "-- $1" >>{ran}\ncat "$1" >>{ran}\n')
    fake.chmod(0o755)
    places: dict[str, Path | str] = {
        "/tmp/": f"{tmp_path}/",
        "/opt/mssql-tools18/bin/sqlcmd": fake,
        "/docker/": f"{ROOT}/docker/mssql/",
        "/sql/": f"{sqlfiles.root()}/mssql/",
    }
    for place, here in places.items():
        script = re.sub(rf"(?<![\w.]){re.escape(place)}", str(here), script)
    names = {"REFDATA_DATABASE": "db", "REFDATA_LOGIN": "loader", "REFDATA_DB_PASSWORD": "secret-aA1"}
    subprocess.run(["bash"], input=script, text=True, check=True, env={**os.environ, **names}, capture_output=True)
    order = [Path(line).stem for line in re.findall(r"^-- (/\S+)$", ran.read_text(encoding="utf-8"), re.MULTILINE)]
    assert order == ["create_database", "create_login", *SCHEMA_SCRIPTS, STAGE_SCRIPT, *GRANT_SCRIPTS]
    assert "[ingest_user]" not in (tmp_path / "create_user.sql").read_text(encoding="utf-8")
    assert "CREATE USER [loader] FOR LOGIN [loader]" in ran.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(ROOT.glob("docker/mssql/*.sql")), ids=lambda path: path.name)
def test_an_init_script_takes_only_variables_that_the_step_checks_and_gives(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    script = (ROOT / "docker/mssql/init.sh").read_text(encoding="utf-8")
    checked = re.search(r"^for name in ([\w ]+);", script, re.MULTILINE)
    used = set(re.findall(r"\$\((\w+)\)", text))
    assert checked
    assert used <= set(checked[1].split()) <= set(SERVICES["mssql-init"]["environment"])
    plain = re.sub(r"\$\(\w+\)", "x", text)
    tokens = Dialect.get_or_raise("tsql").tokenize(re.sub(r"^GO$", ";", plain, flags=re.MULTILINE))
    assert not [token for token in tokens if token.token_type is TokenType.UNKNOWN]


def test_the_image_copies_only_what_exists_and_what_the_build_sees() -> None:
    text = (ROOT / "docker/Dockerfile").read_text(encoding="utf-8")
    seen = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").split() if line.startswith("!")}
    copied = [name for line in re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE) for name in line.split()]
    assert copied
    assert [name for name in copied if not (ROOT / name).exists() or name.partition("/")[0] not in seen] == []


def test_the_pins_of_the_image_do_not_meet_those_of_the_project() -> None:
    own, project = (
        set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))
        for name in ("docker/requirements.txt", "requirements.txt")
    )
    assert {"celery", "redis", "psycopg2-binary", "apache-airflow-providers-celery"} <= own
    assert own & project == set()


def test_the_image_reaches_the_channels_of_alerts_and_sends_metrics_at_tested_versions() -> None:
    own, project, tested = (
        dict(re.findall(r"^([a-z0-9._-]+)==([^ ;]+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))
        for name in ("docker/requirements.txt", "requirements.txt", "requirements-dev.txt")
    )
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    wanted = {re.split(r"[<>=]", one)[0] for name in ("alerts", "metrics") for one in extras[name]}
    assert wanted <= own.keys() | project.keys()
    assert {name: version for name, version in own.items() if tested.get(name, version) != version} == {}


def test_the_image_has_the_airflow_of_the_pins() -> None:
    pinned = re.search(r"^apache-airflow==(\S+)", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert pinned
    assert {service["image"] for service in AIRFLOW.values()} == {f"refdata-airflow:{pinned[1]}"}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A copy of the project's environment files with .env written."""
    (tmp_path / "docker").mkdir()
    for name in (".env.example", "docker/write_env.py"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run([sys.executable, tmp_path / "docker/write_env.py"], check=True, capture_output=True)
    return tmp_path


def test_the_written_environment_has_a_value_for_every_name_that_fits_everywhere(written: Path) -> None:
    values = dict(re.findall(r"^(\w+)=(.*)$", (written / ".env").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(values) == set(EXAMPLE)
    assert [name for name, value in values.items() if not value] == []
    passwords = {values[name] for name in SECRETS - {"AIRFLOW_FERNET_KEY"}}
    assert len(passwords) == len(SECRETS) - 1
    for value in passwords:
        assert re.fullmatch(r"[A-Za-z0-9_-]{32,}", value)
        assert all(re.search(kind, value) for kind in ("[A-Z]", "[a-z]", "[0-9]"))
    assert (written / ".env").stat().st_mode & 0o077 == 0


def test_the_written_fernet_key_is_one(written: Path) -> None:
    from cryptography.fernet import Fernet

    found = re.search(r"^AIRFLOW_FERNET_KEY=(.+)$", (written / ".env").read_text(encoding="utf-8"), re.MULTILINE)
    assert found
    Fernet(found[1])


def test_an_environment_that_is_there_stays_as_it_is(written: Path) -> None:
    before = (written / ".env").read_bytes()
    subprocess.run([sys.executable, written / "docker/write_env.py"], check=True, capture_output=True)
    assert (written / ".env").read_bytes() == before


def test_preparing_makes_the_dropoff_tree_and_the_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare = runpy.run_path(str(ROOT / "docker/prepare.py"))
    monkeypatch.setenv("AIRFLOW_ADMIN_PASSWORD", 'a"b')
    prepare["prepare_dropoff"](tmp_path / "dropoff", os.getuid(), os.getgid())
    prepare["write_login"](tmp_path / "passwords.json", os.getuid(), os.getgid())
    assert (tmp_path / "dropoff/none_reference_data_table/append").is_dir()
    assert json.loads((tmp_path / "passwords.json").read_text(encoding="utf-8")) == {"admin": 'a"b'}
    assert (tmp_path / "passwords.json").stat().st_mode & 0o077 == 0


STACK = ROOT / "scripts" / "stack"


@pytest.mark.parametrize(
    ("action", "command"),
    [("start", "up --detach --build"), ("stop", "down"), ("status", "ps --all")],
)
def test_the_script_builds_the_command_of_compose(action: str, command: str) -> None:
    done = subprocess.run([STACK, "command", action], capture_output=True, text=True, check=True)
    assert done.stdout == f"docker compose {command}\n"


@pytest.mark.parametrize("arguments", [[], ["restart"], ["command", "destroy"]])
def test_the_script_refuses_what_it_does_not_know(arguments: list[str]) -> None:
    done = subprocess.run([STACK, *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "start|stop|status" in done.stderr


def test_the_script_says_when_docker_is_missing_and_what_it_would_run(tmp_path: Path) -> None:
    for name in ("bash", "dirname", "sed"):
        (tmp_path / name).symlink_to(Path("/usr/bin") / name)
    done = subprocess.run([STACK, "stop"], capture_output=True, text=True, check=False, env={"PATH": str(tmp_path)})
    assert done.returncode == 1
    assert "docker is not installed; the command would be: docker compose down" in done.stderr
