"""Which of the released files start before those released meanwhile: the sensor asks the ledger."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from refdata import wiring
from refdata.config import load_settings
from refdata.core.errors import ConnectionLostError
from refdata.core.failure import Failure
from refdata.ingest.archive import move_to_error
from refdata.ingest.detect import detect_format
from refdata.ingest.turn import row_of, take_turn
from refdata.sensors.stable_file import StableFileSensor
from refdata.watching import released_event
from tests.embedded import deploy_in

FULL = "reference_data_table/fullload"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    yield deploy_in(tmp_path, monkeypatch)
    load_settings.cache_clear()


def starts(root: Path) -> dict[str, bool]:
    """By the name of each file there: whether its load starts as of its last change, and not as of now."""
    event = released_event(wiring.connect().dropoff.scan().files)
    groups = StableFileSensor(task_id="stable", filepath=str(root), groups=25).execute_complete({}, event)
    return {file["path"].rpartition("/")[2]: file["run_after"] < "2024-02" for group in groups for file in group}


def drop(root: Path, name: str) -> Any:
    path = root / FULL / name
    path.write_text("code\n1\n")
    os.utime(path, (1.7e9, 1.7e9))
    return wiring.connect().dropoff.find(f"{FULL}/{name}")


def test_a_file_that_was_handed_back_starts_as_of_its_last_change(root: Path) -> None:
    file = drop(root, "cities_20240101.csv")
    deps = wiring.connect()
    detect_format(deps, file, "run")
    move_to_error(deps, file, Failure.of(ConnectionLostError("lost"), "load_rows"), "run")
    drop(root, "cities_20240102.csv")
    assert starts(root) == {"cities_20240101.csv": True, "cities_20240102.csv": False}


def test_files_behind_a_question_take_no_place_from_other_tables(root: Path) -> None:
    deps = wiring.connect()
    held, later = drop(root, "cities_20240101.csv"), drop(root, "cities_20240102.csv")
    detection = detect_format(deps, held, "run")
    attempt = take_turn(deps, held, row_of(deps, detection))
    deps.ledger.hold_for_review(detection.load_id, attempt, deps.clock())
    detect_format(deps, later, "other run")
    assert not any(starts(root).values())


def test_without_a_ledger_all_start_as_of_now(root: Path) -> None:
    drop(root, "cities_20240101.csv")
    assert starts(root) == {"cities_20240101.csv": False}
