"""Measurements on a real folder, a real database and a real web server."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from refdata import health
from refdata.core.dropnames import LOAD_FOLDERS
from refdata.core.errors import DataError
from refdata.core.failure import Failure
from refdata.core.health import Check, State
from refdata.core.model import FileStatus
from refdata.core.settings import Settings
from refdata.dropoff import Dropoff, ensure_tree
from refdata.ledger import Ledger
from tests.filesystems import other_filesystem
from tests.integration.engines import Database

NOW = datetime.now(UTC).replace(tzinfo=None)


def by_name(checks: Any) -> dict[str, Check]:
    return {check.name: check for check in checks}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    ensure_tree(tmp_path / "drop")
    return Settings(dropoff_root=str(tmp_path / "drop"))


def test_folders_that_are_there_are_well(settings: Settings) -> None:
    found = by_name(health.check_folders(replace(settings, min_free_mb=0)))
    assert {name: check.state for name, check in found.items()} == dict.fromkeys(
        ("dropoff", "processed", "error", "filesystem", "space"), State.OK
    )


def test_an_archive_replaced_by_a_link_fails(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "drop" / LOAD_FOLDERS[2] / "error").symlink_to(tmp_path)
    found = by_name(health.check_folders(settings))
    assert (found["error"].state, found["error"].figure, found["processed"].state) == (State.FAIL, "a link", State.OK)
    assert "error_root" in found["error"].advice


def test_an_archive_of_an_earlier_installation_is_found(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "drop" / "processed").mkdir()
    assert by_name(health.check_folders(settings))["processed"].advice == ""
    (tmp_path / "drop" / "processed" / "20241201_120000_a.csv").touch()
    found = by_name(health.check_folders(settings))["processed"]
    assert (found.state, "move-archives" in found.advice) == (State.OK, True)
    assert str(tmp_path / "drop" / "processed") in found.message
    gathered = replace(settings, processed_root=str(tmp_path / "drop" / "processed"))
    assert by_name(health.check_folders(gathered))["processed"].advice == ""


def test_a_tree_that_is_not_mounted_is_reported_once_for_each_folder(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "drop").rename(tmp_path / "elsewhere")
    found = by_name(health.check_folders(settings))
    assert {name: check.figure for name, check in found.items()} == dict.fromkeys(
        ("dropoff", "processed", "error"), "missing"
    )


def test_a_load_folder_that_is_missing_is_named(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "drop" / "reference_data_table" / "append").rmdir()
    found = by_name(health.check_folders(settings))["dropoff"]
    assert (found.state, found.figure) == (State.WARN, "1 folder is missing")
    assert "reference_data_table/append" in found.message


def test_a_root_without_load_folders_fails(settings: Settings, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "drop")
    (tmp_path / "drop").mkdir()
    found = by_name(health.check_folders(settings))["dropoff"]
    assert (found.state, found.figure) == (State.FAIL, "missing")
    ensure_tree(tmp_path / "drop")
    assert by_name(health.check_folders(settings))["dropoff"].state is State.OK


def test_an_archive_on_another_filesystem_is_reported(settings: Settings) -> None:
    other = other_filesystem(Path(settings.dropoff_root))
    if other is None:
        pytest.skip("this machine has one filesystem")
    found = by_name(health.check_folders(replace(settings, processed_root=str(other))))
    assert found["filesystem"].state is State.WARN


def test_space_is_that_of_the_fullest_filesystem(settings: Settings) -> None:
    full = next((path for path in ("/proc", "/sys") if Path(path).is_dir()), None)
    if full is None:
        pytest.skip("this machine has no filesystem without space")
    found = by_name(health.check_folders(replace(settings, error_root=full)))["space"]
    assert (found.state, found.message) == (State.FAIL, f"{full} is nearly full")


def test_a_container_has_the_memory_that_its_limit_leaves(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal:  8000 kB\nMemAvailable:  4000 kB\n")
    assert health.available_memory(meminfo, tmp_path) == 4000 * 1024
    (tmp_path / "memory.max").write_text("3000\n")
    (tmp_path / "memory.current").write_text("1000\n")
    assert health.available_memory(meminfo, tmp_path) == 2000
    (tmp_path / "memory.max").write_text("max\n")
    assert health.available_memory(meminfo, tmp_path) == 4000 * 1024
    assert health.available_memory(tmp_path / "none", tmp_path) is None


@pytest.fixture
def airflow_says(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    said: dict[str, Any] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/prefix/api/v2/monitor/health" else 404)
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    address = f"http://127.0.0.1:{server.server_port}/prefix/execution/"
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTION_API_SERVER_URL", address)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield said
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_components_come_from_airflows_own_endpoint(airflow_says: dict[str, Any]) -> None:
    beat = datetime.now(UTC).isoformat()
    airflow_says.update(
        {name: {"status": "healthy", f"latest_{name}_heartbeat": beat} for name in ("scheduler", "triggerer")}
    )
    airflow_says["metadatabase"] = {"status": "healthy"}
    found = by_name(health.check_airflow(Settings()))
    assert [check.state for check in found.values()] == [State.OK, State.OK, State.OK, State.FAIL]


def test_a_server_that_says_something_else_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTION_API_SERVER_URL", "http://127.0.0.1:9/execution/")
    assert [check.state for check in health.check_airflow(Settings())] == [State.WARN]


def test_queue_turns_and_unseen_files_are_found(database: Database, settings: Settings) -> None:
    configured = replace(database.settings, dropoff_root=settings.dropoff_root, alert_waiting=60, alert_unseen=3600,
                         stability_checks=1, stability_interval=0.05, stale_after=30)  # fmt: skip
    folder = Path(settings.dropoff_root) / "reference_data_table" / "fullload"
    for name in ("unseen.csv", "waiting.csv", "stuck.csv"):
        (folder / name).write_text("a\n1\n")
    ledger, dropoff = Ledger(database.warehouse), Dropoff.of(configured)
    long_ago = datetime(2024, 1, 1)  # noqa: DTZ001  naive UTC
    rows = {
        name: ledger.register(dropoff.find(f"reference_data_table/fullload/{name}.csv"), name, name, long_ago)
        for name in ("waiting", "stuck")
    }
    assert ledger.claim_turn(rows["stuck"], 30, long_ago) == 1
    found = by_name(health.check_warehouse(configured))
    assert (found["queue"].state, "waiting.csv" in found["queue"].message) == (State.WARN, True)
    assert (found["turns"].state, "stuck" in found["turns"].message) == (State.WARN, True)
    assert found["watcher"].state is State.OK, "it is there only for a moment"
    assert found["watcher"].figure.startswith("1 file")
    patient = replace(configured, alert_unseen=0, stability_interval=0)
    late = by_name(health.check_warehouse(patient))["watcher"]
    assert (late.state, "unseen.csv" in late.message) == (State.FAIL, True)


def test_refused_and_slow_loads_are_found(database: Database, settings: Settings) -> None:
    ledger = Ledger(database.warehouse)
    configured = replace(database.settings, dropoff_root=settings.dropoff_root)
    folder = Path(settings.dropoff_root) / "reference_data_table" / "fullload"
    for number in range(6):
        (folder / f"f{number}.csv").write_text("a\n1\n")
        file = Dropoff.of(configured).find(f"reference_data_table/fullload/f{number}.csv")
        row = ledger.register(file, f"f{number}", str(number), NOW)
        ledger.mark_failed(row.id, Failure.of(DataError("bad"), "load_rows"), NOW)
    found = by_name(health.check_warehouse(configured))
    assert (found["error_rate"].state, found["error_rate"].figure) == (State.WARN, "100% of 6")
    assert [load.status for load in ledger.recent(NOW)] == [FileStatus.ERROR] * 6
