"""Settings out of Airflow's configuration: by file, by environment, with absolute paths, never in silence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from refdata.config import absolute, load_settings
from refdata.core.errors import ConfigurationError
from refdata.core.settings import Settings


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Settings are read once per process: each test is as good as a process of its own."""
    monkeypatch.setenv("AIRFLOW_HOME", "/srv/airflow")
    load_settings.cache_clear()
    yield
    load_settings.cache_clear()


def test_the_environment_sets_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__REFDATA__STABILITY_CHECKS", "3")
    assert load_settings().stability_checks == 3


def test_settings_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = load_settings()
    monkeypatch.setenv("AIRFLOW__REFDATA__STABILITY_CHECKS", "3")
    assert load_settings() is first


@pytest.mark.parametrize("name", ["STABILTY_CHECKS", "DROPOFF", "CONN_ID_CMD"])
def test_an_unknown_setting_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Airflow runs ``_CMD`` for sensitive options only, which conn_id is not: it would be passed over."""
    monkeypatch.setenv(f"AIRFLOW__REFDATA__{name}", "3")
    with pytest.raises(ConfigurationError, match=f"Unknown setting {name.lower()}"):
        load_settings()


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({}, ("/srv/airflow/dropoff", "", "/srv/airflow/dropoff/tables.yaml")),
        ({"dropoff_root": "/mnt/in"}, ("/mnt/in", "", "/mnt/in/tables.yaml")),
        (
            {"processed_root": "done"},
            ("/srv/airflow/dropoff", "/srv/airflow/dropoff/done", "/srv/airflow/dropoff/tables.yaml"),
        ),
        ({"processed_root": "/archive"}, ("/srv/airflow/dropoff", "/archive", "/srv/airflow/dropoff/tables.yaml")),
        (
            {"dropoff_root": "~/in", "tables_file": "~/t.yaml"},
            ("/home/me/in", "", "/home/me/t.yaml"),
        ),
    ],
)
def test_paths_become_absolute(
    monkeypatch: pytest.MonkeyPatch, written: dict[str, str], expected: tuple[str, str, str]
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    settings = absolute(Settings(**written), Path("/srv/airflow"))  # type: ignore[arg-type]  # only text settings
    assert (settings.dropoff_root, settings.processed_root, settings.tables_file) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({}, "/srv/airflow/dropoff/contracts"),
        ({"tables_file": "/etc/refdata/tables.yaml"}, "/etc/refdata/contracts"),
        ({"contracts_folder": "rules"}, "/srv/airflow/dropoff/rules"),
        ({"contracts_folder": "/git/contracts", "tables_file": "/t.yaml"}, "/git/contracts"),
    ],
)
def test_contracts_are_beside_the_table_rules_unless_a_folder_is_set(written: dict[str, str], expected: str) -> None:
    settings = absolute(Settings(**written), Path("/srv/airflow"))  # type: ignore[arg-type]  # only text settings
    assert settings.contracts_folder == expected
