"""Airflow may start a task twice: of two attempts of one load, the newer one counts."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from refdata.core.errors import FormatError, SupersededError
from refdata.core.failure import Failure
from refdata.core.model import FileStatus
from refdata.core.tablerules import TableRules
from refdata.ingest.align import align_table
from refdata.ingest.archive import move_to_error, move_to_processed
from refdata.ingest.detect import detect_format
from refdata.ingest.load import load_rows
from refdata.ingest.turn import row_of, take_turn

if TYPE_CHECKING:
    from tests.integration.ingest.conftest import Site


def test_an_attempt_that_was_overtaken_publishes_nothing_and_leaves_the_file_to_the_newer_one(site: Site) -> None:
    file = site.drop("cities.csv", "code,name\n01,Graz\n02,Linz\n")
    detection = detect_format(site.deps, file, "run")
    align_table(site.deps, file, detection)

    def overtake_then_answer(table: str) -> TableRules:
        take_turn(site.deps, file, row_of(site.deps, detection))
        return site.deps.rules(table)

    with pytest.raises(SupersededError) as caught:
        load_rows(dataclasses.replace(site.deps, rules=overtake_then_answer), file, detection)
    assert move_to_error(site.deps, file, Failure.of(caught.value, "load_rows")) == ""
    assert site.deps.warehouse.table(site.deps.live("cities")) is None

    loaded = load_rows(site.deps, file, detection)
    assert loaded.rows == 2
    move_to_processed(site.deps, file)
    row = row_of(site.deps, detection)
    assert (row.status, row.error_category) == (FileStatus.COMPLETED, None)
    assert "processed" in Path(row.file_path).parts


def test_a_file_that_another_process_archived_while_a_run_began_gets_no_second_row(site: Site) -> None:
    file = site.drop("cities.csv", "code,name\n01,Graz\n")
    row = site.load(file)
    assert site.deps.ledger.register(file, "cities", "run", site.clock()) == site.deps.ledger.get(row.id)
    again = site.deps.ledger.register(file, "cities", "another run", site.clock())
    assert (again.id != row.id, again.status) == (True, FileStatus.PENDING)


def test_a_run_that_is_cleared_while_its_file_goes_to_error_keeps_the_first_reason(site: Site) -> None:
    file = site.drop("cities.csv", 'code,name\n01,"Graz\n')
    with pytest.raises(FormatError) as caught:
        detect_format(site.deps, file, "run")
    failure = Failure.of(caught.value, "detect_format")
    row = site.deps.ledger.by_path(file.path)
    assert row is not None
    # The error branch dies when it has moved the file, before it writes the reason beside it.
    site.deps.ledger.mark_failed(row.id, failure, site.clock())
    archived = Path(site.deps.dropoff.archive_error(file, row.created_at, row.id, failure))
    reason = archived.with_name(f"{archived.stem}.error.json")
    written = reason.read_text()
    reason.unlink()

    ended = site.load(file)
    assert (ended.id, ended.status, ended.error_category) == (row.id, FileStatus.ERROR, "format")
    assert (ended.error_message, ended.file_path) == (failure.text, str(archived))
    assert reason.read_text() == written
