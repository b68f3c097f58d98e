"""The demo: whose settings it runs with, what a newcomer can copy, and what becomes of a wrong variable."""

from __future__ import annotations

import dataclasses
import io
import json
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from scripts import demo_run
from scripts.demo_site import FASTER, PREFIX, DemoSite, settings_of, variables
from scripts.demo_source import BUCKET, bucket_environment
from scripts.local_airflow import LocalAirflow

from refdata.core import settings as core_settings
from refdata.core.errors import ConfigurationError
from refdata.core.settings import Settings
from tests.s3_server import s3_endpoint, s3_filesystem

NAMES = [f"{PREFIX}{spec.name.upper()}" for spec in core_settings.specs()]


def site(home: Path, **environment: str) -> DemoSite:
    chosen = variables({f"{PREFIX}{name}": value for name, value in environment.items()}, gate=False)
    return DemoSite(LocalAirflow(home, 8080, chosen), settings_of(chosen))


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=5)))
def test_every_setting_of_the_caller_reaches_airflow(written: dict[str, str]) -> None:
    chosen = variables({**written, "AIRFLOW__CORE__PARALLELISM": "1", "HOME": "/root"}, gate=False)
    airflow = LocalAirflow(Path("/demo"), 8080, chosen).environment()
    assert written.items() <= airflow.items()
    assert (FASTER | written).items() == chosen.items()
    assert airflow["AIRFLOW__CORE__PARALLELISM"] != "1"


@pytest.mark.parametrize(("environment", "option", "gate"), [
    ({}, False, False),
    ({}, True, True),
    ({"GATE": "True"}, False, True),
    ({"GATE": "False"}, False, False),
    ({"GATE": "False"}, True, True),
])  # fmt: skip
def test_the_gate_is_switched_on_by_option_or_variable(environment: dict[str, str], option: bool, gate: bool) -> None:
    chosen = variables({f"{PREFIX}{name}": value for name, value in environment.items()}, gate=option)
    assert settings_of(chosen).gate is gate


@pytest.mark.parametrize(("name", "value", "said"), [
    ("GATE", "perhaps", "gate"), ("GTAE", "True", "gtae"), ("STABILITY_CHECKS", "0", "stability_checks"),
])  # fmt: skip
def test_a_wrong_variable_is_named_before_anything_starts(name: str, value: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        settings_of({f"{PREFIX}{name}": value})


def test_a_wrong_variable_ends_the_demo_with_advice(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(f"{PREFIX}GATE", "perhaps")
    assert demo_run.main(["--once"]) == 2
    said = capsys.readouterr().out
    assert "cannot continue" in said
    assert "gate" in said


def test_the_folders_database_and_connection_follow_the_callers_settings(tmp_path: Path) -> None:
    demo = site(tmp_path, DROPOFF_ROOT="in", REF_SCHEMA="codes", CONN_ID="stewards", PROCESSED_ROOT="done")
    assert demo.dropoff.root == tmp_path / "airflow" / "in"
    assert demo.dropoff.processed.of("reference_data_table/append/x.csv") == tmp_path / "airflow" / "in" / "done"
    assert demo.airflow.ref_database.name == "refdata.codes.db"
    assert json.loads(demo.airflow.environment()["AIRFLOW_CONN_STEWARDS"])["conn_type"] == "sqlite"
    assert site(tmp_path, DROPOFF_ROOT="/mnt/in").dropoff.root == Path("/mnt/in")
    assert site(tmp_path).dropoff.root == tmp_path / "dropoff"


def test_the_ledger_is_read_under_the_name_that_it_has(tmp_path: Path) -> None:
    demo = site(tmp_path, LEDGER_TABLE="Files")
    assert demo.query("SELECT 1 FROM {ledger}") == [], "not created yet"
    demo.airflow.ref_database.parent.mkdir(parents=True)
    with closing(sqlite3.connect(demo.airflow.ref_database)) as connection:
        connection.execute("CREATE TABLE Files (status)")
        connection.execute("INSERT INTO Files VALUES ('completed')")
        connection.commit()
    assert demo.query("SELECT status FROM {ledger}") == [("completed",)]


def shown(demo: DemoSite, *, running: bool, width: int = 40) -> list[str]:
    written = io.StringIO()
    demo_run.where_to_look(demo, Console(file=written, width=width), running=running)
    return written.getvalue().splitlines()


@pytest.mark.parametrize("program", ["sqlite3", None])
def test_the_line_that_reads_a_table_can_be_copied_and_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str | None
) -> None:
    if program and not shutil.which(program):
        pytest.skip("this machine has no sqlite3 program")
    home = tmp_path / ("a long name with 'quotes' and spaces " * 3).strip()
    demo = site(home)
    demo.airflow.ref_database.parent.mkdir(parents=True)
    with closing(sqlite3.connect(demo.airflow.ref_database)) as connection:
        connection.execute("CREATE TABLE countries (code)")
        connection.executemany("INSERT INTO countries VALUES (?)", [("AD",), ("NA",)])
        connection.commit()
    monkeypatch.setattr(shutil, "which", lambda name: program)
    lines = shown(demo, running=True)
    command = lines[lines.index("  Rows of a loaded table:") + 1].strip()
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert "NA" in done.stdout


def test_no_address_is_shown_of_an_airflow_that_is_stopped(tmp_path: Path) -> None:
    demo = site(tmp_path)
    assert any(demo.airflow.password in line for line in shown(demo, running=True))
    stopped = "\n".join(shown(demo, running=False))
    assert demo.airflow.password not in stopped
    assert demo.airflow.url not in stopped
    assert "--once" in stopped


def test_a_bucket_is_where_the_demo_says_it_is(tmp_path: Path) -> None:
    port = int(s3_endpoint().rpartition(":")[2])
    demo = DemoSite(LocalAirflow(tmp_path, 8080, bucket_environment(port)), settings_of(FASTER), bucket_port=port)
    s3_filesystem().mkdirs(BUCKET, exist_ok=True)
    demo.source.put(f"{demo_run.EXPECTED[0].folder}/countries.csv", b"code\n")
    assert s3_filesystem().cat(f"{BUCKET}/refdata/{demo_run.EXPECTED[0].folder}/countries.csv") == b"code\n"
    sample = tmp_path / "own.csv"
    sample.write_bytes(b"code\nAT\n")
    lines = shown(demo, running=True)
    command = next(line for line in lines if "FILE.csv" in line).strip().replace("FILE.csv", str(sample))
    subprocess.run(["bash", "-c", command], capture_output=True, check=True)
    assert s3_filesystem().cat(f"{BUCKET}/refdata/{demo_run.EXPECTED[0].folder}/own.csv") == b"code\nAT\n"
    assert "s3://" not in "\n".join(shown(demo, running=False)), "the bucket ends with the demo"


def test_samples_of_the_demo_exist_and_are_unique() -> None:
    files = [sample.file for sample in demo_run.EXPECTED]
    assert len(set(files)) == len(files)
    assert all((demo_run.SAMPLES / file).is_file() for file in files)


def test_faster_checks_are_settings() -> None:
    assert settings_of(FASTER) == dataclasses.replace(Settings(), stability_interval=1.0, turn_poll_interval=2.0)
