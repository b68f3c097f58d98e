"""The alert for a failed run: what it says, and which notifiers get it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG
from jinja2 import Environment

from refdata import wiring
from refdata.config import load_settings
from refdata.core.alerting import Alert
from refdata.core.errors import ConfigurationError
from refdata.notifications.channels import notifiers
from refdata.notifications.failure import alert_on_failure, describe
from tests.airflow.load.test_load_dag import Run, _fresh_settings, drop, root  # noqa: F401  fixtures

NOTIFIER = "tests.e2e.alert_file.AlertFile"
WORDS = {"title": "{title}", "text": "{text}", "url": "{url}"}
ALERT = Alert("title {text}", "it failed", "data", "a.csv", "run 1", "http://x/run")


def context(run_id: str) -> Any:
    return {"run_id": run_id, "dag": DAG("refdata_load", schedule=None), "dag_run": SimpleNamespace(conf={})}


def test_the_alert_names_file_category_reason_and_run(root: Path) -> None:  # noqa: F811
    run = Run(drop(root, "cities.csv", "code,name\n01\n02,Linz\n"), "run é1")
    with pytest.raises(Exception, match="damaged"):
        run.step("detect_format")
    run.step("move_to_error")
    alert = describe(context("run é1"))
    assert alert.category == "data"
    assert "cities.csv" in alert.title
    assert "damaged" in alert.text
    assert "What to do" in alert.text
    assert alert.url.endswith("/dags/refdata_load/runs/run%20%C3%A91")


def test_a_run_that_is_about_no_file_is_named_by_its_dag(root: Path) -> None:  # noqa: F811
    wiring.connect().warehouse.initialise()
    dag = DAG("refdata_health", schedule=None)
    alert = describe({"run_id": "r", "dag": dag, "dag_run": SimpleNamespace(conf={}), "reason": "task_failure"})
    assert alert.title == "refdata: refdata_health failed (internal)"
    assert alert.text == "Airflow says: task_failure. Check the task's log."


def test_without_the_database_the_alert_still_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_REFDATA_DEFAULT", raising=False)
    monkeypatch.setenv("AIRFLOW__REFDATA__CONN_ID", "nowhere")
    load_settings.cache_clear()
    alert = describe({"run_id": "run", "dag_run": SimpleNamespace(conf={"path": "x/y.csv"})})
    assert (alert.category, "nowhere" in alert.text, "x/y.csv" in alert.title) == ("configuration", True, True)


def test_each_alert_gets_notifiers_of_its_own_with_the_words_in(tmp_path: Path) -> None:
    entry = {"notifier": NOTIFIER, "path": str(tmp_path / "alerts"), **WORDS}
    first = notifiers(json.dumps([entry]), ALERT)
    second = notifiers(json.dumps([entry]), ALERT)
    assert first[0] is not second[0]
    assert vars(first[0])["entry"] == {"title": "title {text}", "text": "it failed", "url": "http://x/run"}


def test_a_file_name_is_not_run_as_a_template() -> None:
    hostile = replace(ALERT, title="{{ conn.x.password }} {{{% raw %}{# #}.csv")
    built = notifiers(json.dumps([{"notifier": NOTIFIER, "path": "", **WORDS}]), hostile)
    title = vars(built[0])["entry"]["title"]
    assert Environment(autoescape=False).from_string(title).render() == title
    assert "password" in title


BAD = [
    "{",
    '"text"',
    '[{"title": "x"}]',
    '[{"notifier": "no.such.Class"}]',
    '[{"notifier": "json.dumps", "x": 1}]',
    "[1]",
]


@pytest.mark.parametrize("setting", BAD)
def test_a_wrong_setting_is_named(setting: str) -> None:
    with pytest.raises(ConfigurationError, match="alert_notifiers"):
        notifiers(setting, ALERT)


def test_one_alert_a_failed_run(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    entry = {"notifier": NOTIFIER, "path": str(tmp_path / "alerts"), **WORDS}
    monkeypatch.setenv("AIRFLOW__REFDATA__ALERT_NOTIFIERS", json.dumps([entry]))
    load_settings.cache_clear()
    alert_on_failure(context("a run"))
    lines = (tmp_path / "alerts").read_text().splitlines()
    assert len(lines) == 1


def test_a_notifier_that_fails_stops_no_other_and_shows_no_address(
    root: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    failing = {"notifier": "tests.airflow.secrets.notifier.UnreachableChat", "webhook": "T0/B0/secret"}
    good = {"notifier": NOTIFIER, "path": str(tmp_path / "alerts"), **WORDS}
    monkeypatch.setenv("AIRFLOW__REFDATA__ALERT_NOTIFIERS", json.dumps([failing, good]))
    load_settings.cache_clear()
    with caplog.at_level("ERROR"):
        alert_on_failure(context("a run"))
    assert len((tmp_path / "alerts").read_text().splitlines()) == 1
    assert "Notifier UnreachableChat failed: ConnectionError" in caplog.text
    assert "T0/B0" not in caplog.text


def test_a_failed_post_load_procedure_is_reported_and_the_load_stays(
    root: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = {"notifier": NOTIFIER, "path": str(tmp_path / "alerts"), **WORDS}
    monkeypatch.setenv("AIRFLOW__REFDATA__ALERT_NOTIFIERS", json.dumps([entry]))
    monkeypatch.setenv("AIRFLOW__REFDATA__POST_LOAD_PROCEDURE", "dbo.after_load")
    load_settings.cache_clear()
    run = Run(drop(root, "cities.csv", "code,name\n01,Graz\n"))
    run.context["dag"] = DAG("refdata_load", schedule=None)
    for step in ("detect_format", "align_table", "load_rows", "write_config", "move_to_processed"):
        run.step(step)
    alert, warned = [json.loads(line) for line in (tmp_path / "alerts").read_text().splitlines()]
    assert "was loaded with 1 warning" in warned["title"]
    assert "post-load procedure failed" in alert["title"]
    assert "dbo.after_load" in alert["text"]
    (row,) = wiring.connect().ledger.page().files
    assert row.status == "completed"
    assert "dbo.after_load" in row.warnings[-1]
