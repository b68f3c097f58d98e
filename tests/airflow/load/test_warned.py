"""A file that is loaded with warnings is reported, without any of its text."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from refdata import wiring
from refdata.config import load_settings
from tests.airflow.load.test_load_dag import Run, drop
from tests.airflow.load.test_outage import alerts_to

STEPS = ("detect_format", "align_table", "load_rows", "write_config", "move_to_processed")
PLAIN = "code,name\n01,Graz\n02,Linz\n"
CASES = {
    "preamble": "# made by hand: secret remark\n" + PLAIN,
    "again": PLAIN + "code,name\n03,Wien\n",
    "trailer": PLAIN + "\nTotal: 2 rows (secret remark)\n",
}


def load(path: str) -> Run:
    run = Run(path)
    for step in STEPS:
        run.step(step)
    return run


def reported(alerts: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in alerts.read_text().splitlines()] if alerts.exists() else []


@pytest.mark.parametrize("content", CASES.values(), ids=CASES)
def test_a_load_with_warnings_is_reported_with_their_number_and_the_place_where_they_are(
    content: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    alerts_to(tmp_path / "alerts", monkeypatch)
    load(drop(root, "cities.csv", content))
    row = wiring.connect().ledger.page().files[0]
    assert row.warnings
    (alert,) = reported(tmp_path / "alerts")
    count = f"{len(row.warnings)} warning"
    assert alert["url"] == "load_warnings"
    assert count in alert["title"]
    assert f"cities.csv is in cities as version 1: rows loaded {row.rows_loaded}, rejected 0, {count}" in alert["text"]
    # The ledger names each line with its text; no log and no message does.
    assert "secret" not in alert["text"] + caplog.text
    assert ("secret" in " ".join(row.warnings)) == ("secret" in content)


def test_the_address_is_that_of_the_file_on_the_page(root: Path) -> None:
    from refdata.notifications.warned import alert_of

    load(drop(root, "cities.csv", CASES["again"]))
    row = wiring.connect().ledger.page().files[0]
    assert alert_of(row).url.endswith(f"/plugin/refdata/refdata/?view=file&id={row.id}")


@pytest.mark.parametrize(("content", "switched"), [(PLAIN, "true"), (CASES["again"], "false")])
def test_nothing_is_reported_without_warnings_or_when_it_is_switched_off(
    content: str, switched: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__REFDATA__ALERT_LOAD_WARNINGS", switched)
    load_settings.cache_clear()
    alerts_to(tmp_path / "alerts", monkeypatch)
    load(drop(root, "cities.csv", content))
    assert reported(tmp_path / "alerts") == []
