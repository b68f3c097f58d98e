"""Who answers for each table, from the contracts."""

from __future__ import annotations

import os
from pathlib import Path

from refdata.contracts.stewards import stewards
from refdata.core.settings import Settings


def settings_of(folder: Path) -> Settings:
    return Settings(contracts_folder=str(folder))


def write(folder: Path, table: str, text: str) -> None:
    (folder / f"{table}.yaml").write_text(text)


def test_each_contract_that_names_a_steward_is_listed(tmp_path: Path) -> None:
    write(tmp_path, "Rates", "refdata: {steward: ann@example.org}")
    write(tmp_path, "regions", "title: Regions")
    assert stewards(settings_of(tmp_path)) == {"rates": "ann@example.org"}


def test_a_broken_contract_hides_no_other(tmp_path: Path) -> None:
    write(tmp_path, "broken", "refdata: [")
    write(tmp_path, "rates", "refdata: {steward: ann@example.org}")
    assert stewards(settings_of(tmp_path)) == {"rates": "ann@example.org"}


def test_a_change_is_seen_and_a_folder_may_be_missing(tmp_path: Path) -> None:
    write(tmp_path, "rates", "refdata: {steward: ann@example.org}")
    assert stewards(settings_of(tmp_path))["rates"] == "ann@example.org"
    write(tmp_path, "rates", "refdata: {steward: bob@example.org}")
    os.utime(tmp_path / "rates.yaml", ns=(1, 1))
    assert stewards(settings_of(tmp_path))["rates"] == "bob@example.org"
    assert stewards(settings_of(tmp_path / "gone")) == {}
