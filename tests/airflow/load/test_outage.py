"""A long database outage: files stay, one alert reports it and one its end, and everything is loaded once."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from airflow.sdk import DAG

from refdata import wiring
from refdata.config import load_settings
from refdata.core.errors import RefdataError
from refdata.dropoff import Dropoff
from refdata.notifications.failure import alert_on_failure
from tests.airflow.load.test_load_dag import FULL, Run, _fresh_settings, drop, root  # noqa: F401  fixtures

STEPS = ("detect_format", "align_table", "load_rows", "write_config", "move_to_processed")


def run_of(path: str, run_id: str) -> Run:
    run = Run(path, run_id)
    run.context["dag"] = DAG("refdata_load", schedule=None)
    run.context["dag_run"] = SimpleNamespace(conf={"path": path})
    return run


def alerts_to(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = {"notifier": "tests.e2e.alert_file.AlertFile", "path": str(path), "title": "{title}",
             "text": "{text}", "url": "{category}"}  # fmt: skip
    monkeypatch.setenv("AIRFLOW__REFDATA__ALERT_NOTIFIERS", json.dumps([entry]))
    load_settings.cache_clear()


def fail(run: Run) -> None:
    """What Airflow does with a run whose database cannot be used: both branches fail, then its callback is called."""
    for step in ("detect_format", "move_to_error"):
        with pytest.raises(RefdataError):
            run.step(step)
    alert_on_failure(run.context)


@contextlib.contextmanager
def server_away(tmp_path: Path, _: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody can open the database."""
    for path in tmp_path.glob("refdata.*db"):
        path.rename(path.with_name(f"{path.name}.away"))
    (tmp_path / "refdata.db").mkdir()
    yield
    (tmp_path / "refdata.db").rmdir()
    for path in tmp_path.glob("*.away"):
        path.rename(path.with_suffix(""))


@contextlib.contextmanager
def connection_spoilt(_: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Somebody made a mistake in the Airflow connection: a permanent error, and no file's fault."""
    with monkeypatch.context() as patched:
        patched.setenv("AIRFLOW_CONN_REFDATA_DEFAULT", json.dumps({"conn_type": "ftp", "host": "x"}))
        yield


@pytest.mark.parametrize(("outage", "category"), [(server_away, "connection"), (connection_spoilt, "configuration")])
def test_one_alert_for_an_outage_and_one_when_it_is_over(
    root: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    outage: Callable[[Path, pytest.MonkeyPatch], contextlib.AbstractContextManager[None]],
    category: str,
) -> None:
    alerts_to(tmp_path / "alerts", monkeypatch)
    paths = [drop(root, f"t{number}.csv", "code,name\n01,Graz\n") for number in range(3)]
    wiring.connect().warehouse.initialise()
    identities: set[str] = set()
    with outage(tmp_path, monkeypatch):
        for attempt in range(3):
            for path in paths:
                fail(run_of(path, f"{path} {attempt}"))
                identities.add(Dropoff.of(wiring.settings()).find(path).identity)
    assert all((root / path).exists() for path in paths)
    assert len(identities) == 9, "each failed run hands its file back, so that the watcher offers it again"

    for path in paths:
        run = run_of(path, f"{path} at last")
        for step in STEPS:
            run.step(step)
    reported = [json.loads(line)["url"] for line in (tmp_path / "alerts").read_text().splitlines()]
    assert reported == [category, "recovered"]
    assert [row.status for row in wiring.connect().ledger.page().files] == ["completed"] * 3
    assert not list((root / FULL).glob("*.csv"))
    assert not list(root.glob(".refdata-outage*"))


def test_a_run_reported_after_the_outage_raises_no_second_alert(
    root: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alerts_to(tmp_path / "alerts", monkeypatch)
    path = drop(root, "t.csv", "code,name\n01,Graz\n")
    wiring.connect().warehouse.initialise()
    dropped = Dropoff.of(wiring.settings()).find(path).identity
    run = run_of(path, "run")
    run.context["dag_run"] = SimpleNamespace(conf={"path": path, "identity": dropped})
    with server_away(tmp_path, monkeypatch):
        for step in ("detect_format", "move_to_error"):
            with pytest.raises(RefdataError):
                run.step(step)
    alert_on_failure(run.context)
    assert not (tmp_path / "alerts").exists()
    run.context["dag_run"].conf["identity"] = Dropoff.of(wiring.settings()).find(path).identity
    alert_on_failure(run.context)
    assert (tmp_path / "alerts").exists(), "a file that was not handed back is reported"


def test_a_file_written_after_its_release_raises_an_alert_and_a_touched_one_does_not(
    root: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alerts_to(tmp_path / "alerts", monkeypatch)
    wiring.connect().warehouse.initialise()
    path = drop(root, "t.csv", "code,name\n01,Graz\n")
    for run_id, change, reported in (
        ("touched", lambda file: os.utime(file, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns)), False),
        ("written", lambda file: file.write_text("code,name\n01,Graz\n02,Linz\n"), True),
    ):
        released = Dropoff.of(wiring.settings()).find(path).identity
        change(root / path)
        run = Run(path, run_id)
        run.context["dag"] = DAG("refdata_load", schedule=None)
        run.context["params"] = {"path": path, "identity": released}
        run.context["dag_run"] = SimpleNamespace(conf={"path": path, "identity": released})
        with pytest.raises(RefdataError, match="changed after its release"):
            run.step("detect_format")
        run.step("move_to_error")
        alert_on_failure(run.context)
        assert (tmp_path / "alerts").exists() is reported
