"""The change gate: who is asked, what a held load holds, and what an answer does."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from refdata.audit import AuditTrail
from refdata.core.diffreport import as_markdown
from refdata.core.errors import DataError, FileChangedError, LockTimeoutError, RefdataError
from refdata.core.failure import Failure
from refdata.core.loadstates import RunState
from refdata.core.model import DroppedFile, FileStatus, Load
from refdata.core.tablediff import CellChange, ChangedRow
from refdata.ingest.align import align_table
from refdata.ingest.archive import move_to_error, move_to_processed
from refdata.ingest.configure import write_config
from refdata.ingest.context import Detection, Loaded
from refdata.ingest.detect import detect_format
from refdata.ingest.load import load_or_hold, load_reviewed, load_rows
from refdata.ingest.reconcile import find_defects, repair
from refdata.ingest.review import Answer, Held
from refdata.ingest.turn import NotYetError
from tests.integration.ingest.conftest import APPEND, FULL, Site
from tests.integration.ingest.test_undoing import BY, codes, desk, load, snapshot

TEN = "code,name\n" + "".join(f"{number:02d},a\n" for number in range(10))
FIVE = "code,name\n" + "".join(f"{number:02d},a\n" for number in range(5))


@pytest.fixture
def gated(make_site: Any) -> Site:
    site: Site = make_site(gate=True)
    return site


def ask(site: Site, content: str, *, folder: str = FULL) -> tuple[DroppedFile, Detection, Loaded, Held | None]:
    """A drop up to its review."""
    file = site.drop("cities.csv", content, folder=folder)
    detection = detect_format(site.deps, file, f"run {site.clock()}")
    align_table(site.deps, file, detection)
    return file, detection, *load_or_hold(site.deps, file, detection)


def held_load(site: Site) -> tuple[DroppedFile, Detection, Held]:
    load(site, TEN)
    file, detection, _, held = ask(site, FIVE)
    assert held is not None
    return file, detection, held


def row_of(site: Site, load_id: int) -> Load:
    row = site.deps.ledger.get(load_id)
    assert row is not None
    return row


def approve(held: Held, *, yes: bool = True) -> Answer:
    return Answer(yes, "ada", "looks right" if yes else "half of it is missing", held.facts)


def names(first: int, last: int, name: str = "a") -> str:
    return "".join(f"{number:02d},{name}\n" for number in range(first, last))


HEAD = "code,name\n"
ASKED = [
    ("a small change", {}, HEAD + names(1, 10) + "01x,b\n", FULL, ()),
    ("half removed", {}, FIVE, FULL, ("gate_rows_removed", "gate_keys_vanished")),
    ("most changed", {}, HEAD + names(0, 10, "b"), FULL, ("gate_rows_changed",)),
    ("a number as limit", {"gate_rows_removed": 0, "gate_keys_vanished": ""}, HEAD + names(1, 10), FULL,
     ("gate_rows_removed",)),
    ("no limits", {"gate_rows_removed": "", "gate_rows_changed": "", "gate_keys_vanished": ""}, FIVE, FULL, ()),
    ("a table taken out", {"gate": "false"}, FIVE, FULL, ()),
    ("an append", {}, HEAD + names(20, 22), APPEND, ()),
    ("rows added", {}, HEAD + names(0, 60), FULL, ()),
    ("the folder of the other class", {}, FIVE, FULL.replace("reference", "none_reference"),
     ("gate_rows_removed", "gate_keys_vanished")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rules", "content", "folder", "limits"), [one[1:] for one in ASKED], ids=[one[0] for one in ASKED]
)
def test_a_person_is_asked_beyond_the_limits_only(
    gated: Site, rules: dict[str, object], content: str, folder: str, limits: tuple[str, ...]
) -> None:
    text = ", ".join(f"{name}: {value!r}" if name != "gate" else f"{name}: {value}" for name, value in rules.items())
    Path(gated.deps.settings.tables_file).write_text(f"tables: {{cities: {{{text}}}}}")
    load(gated, TEN)
    _, _, loaded, held = ask(gated, content, folder=folder)
    assert (loaded.status, held is not None) == (("review", True) if limits else ("loaded", False))
    assert all(limit in held.body for limit in (name.replace("_", "\\_") for name in limits) if held)


def test_without_the_setting_nothing_is_asked(site: Site) -> None:
    load(site, TEN)
    assert ask(site, FIVE)[2].status == "loaded"


def test_a_first_load_is_not_held(gated: Site) -> None:
    assert ask(gated, TEN)[2].status == "loaded"


def test_the_question_has_counts_and_the_rows_are_asked_for_apart(gated: Site) -> None:
    load(gated, HEAD + "01,Graz\n02,Linz\n03,`W|els`\n")
    held = ask(gated, HEAD + "01,Graz <b>\n04,Enns\n")[3]
    assert held is not None
    assert "| 3 | 2 | 1 | 2 | 1 | 0 |" in held.body
    assert "Rows are matched by code" in held.body
    assert "| name | 1 |" in held.body
    assert not any(value in held.subject + held.body for value in ("Graz", "Linz", "els", "Enns", "04"))
    found = desk(gated).held_diff(held.load_id)
    assert found.changed_sample == (ChangedRow(("01",), (CellChange("name", "Graz", "Graz <b>"),)),)
    assert (found.added_sample, found.removed_sample[1]) == ((("04", "Enns"),), ("03", "`W|els`"))
    shown = as_markdown(found, with_rows=True)
    assert r"Graz \<b\>" in shown
    assert r"\`W\|els\`" in shown


def test_only_a_load_that_waits_has_rows_to_show(gated: Site) -> None:
    file, detection, held = held_load(gated)
    load_reviewed(gated.deps, file, detection, approve(held))
    for load_id in (detection.load_id, 99_999):
        with pytest.raises(DataError, match="is not waiting for approval"):
            desk(gated).held_diff(load_id)


def test_a_held_load_changes_nothing_and_keeps_its_turn(gated: Site) -> None:
    file, detection, _ = held_load(gated)
    assert codes(gated) == [f"{number:02d}" for number in range(10)]
    assert [stage.load_id for stage in gated.deps.warehouse.stages()] == [detection.load_id]
    assert row_of(gated, detection.load_id).status == FileStatus.REVIEW
    gated.clock.now += timedelta(days=5)
    other = gated.drop("cities_20250101.csv", HEAD + names(0, 9))
    waiting = detect_format(gated.deps, other, "behind")
    with pytest.raises(NotYetError, match=r"is waiting for cities\.csv"):
        align_table(gated.deps, other, waiting)
    with pytest.raises(LockTimeoutError, match="is waiting for approval"):
        desk(gated).take_back(load_append_id(gated), **BY)
    assert file.path == row_of(gated, detection.load_id).file_path


def load_append_id(site: Site) -> int:
    return site.deps.ledger.versions("cities")[0].load_id


def test_an_approved_load_is_published_once_and_the_answer_recorded(gated: Site) -> None:
    file, detection, held = held_load(gated)
    loaded = load_reviewed(gated.deps, file, detection, approve(held))
    assert (loaded.rows, loaded.version, loaded.status) == (5, 2, "loaded")
    again = load_reviewed(gated.deps, file, detection, approve(held))
    assert (again.rows, again.version) == (5, 2)
    assert gated.deps.warehouse.stages() == ()
    write_config(gated.deps, loaded)
    move_to_processed(gated.deps, file)
    assert row_of(gated, detection.load_id).status == FileStatus.COMPLETED
    entries = AuditTrail(gated.deps.warehouse).entries("cities")
    assert [(one.action, one.actor, one.reason, one.load_id) for one in entries] == [
        ("approve", "ada", "looks right", detection.load_id)
    ]
    assert entries[0].detail["removed"] == 5
    version = desk(gated).versions("cities")[0]
    assert (version.actor, version.reason, version.is_live) == ("ada", "looks right", True)


def test_a_rejected_load_goes_to_error_with_the_reviewers_reason(gated: Site) -> None:
    file, detection, held = held_load(gated)
    with pytest.raises(RefdataError, match="ada rejected the load: half of it is missing") as raised:
        load_reviewed(gated.deps, file, detection, approve(held, yes=False))
    move_to_error(gated.deps, file, Failure.of(raised.value, "publish_rows"))
    row = row_of(gated, detection.load_id)
    assert (row.status, row.error_category) == (FileStatus.ERROR, "rejected")
    assert "half of it is missing" in (row.error_message or "")
    report = gated.error_report(row)
    assert (report["category"], report["message"]) == ("rejected", "ada rejected the load: half of it is missing")
    assert len(codes(gated)) == 10
    assert AuditTrail(gated.deps.warehouse).entries("cities")[0].action == "reject"
    assert gated.deps.warehouse.stages() == ()
    load(gated, HEAD + names(0, 9))


def test_a_change_while_a_load_waited_is_reviewed_again(gated: Site) -> None:
    file, detection, held = held_load(gated)
    gated.database.run("DELETE FROM ref.cities WHERE code = '09'")
    with pytest.raises(FileChangedError, match="changed while the load waited") as raised:
        load_reviewed(gated.deps, file, detection, approve(held))
    assert len(codes(gated)) == 9
    move_to_error(gated.deps, file, Failure.of(raised.value, "publish_rows"))
    assert row_of(gated, detection.load_id).status == FileStatus.PENDING
    assert gated.deps.dropoff.exists(file.path)


def test_a_hand_edit_that_changes_no_count_is_reviewed_again(gated: Site) -> None:
    file, detection, held = held_load(gated)
    gated.database.run("UPDATE ref.cities SET name = 'by hand' WHERE code = '09'")
    with pytest.raises(FileChangedError, match="the same number of rows differs, but not the same rows"):
        load_reviewed(gated.deps, file, detection, approve(held))
    assert len(codes(gated)) == 10


def test_a_file_rewritten_in_place_is_not_what_was_approved(gated: Site) -> None:
    """Even with its size and its time put back."""
    file, detection, held = held_load(gated)
    path = Path(gated.deps.settings.dropoff_root) / file.path
    times = path.stat()
    path.write_text(FIVE.replace("04,a", "04,b"), newline="")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    with pytest.raises(FileChangedError):
        load_reviewed(gated.deps, file, detection, approve(held))
    assert len(codes(gated)) == 10


def test_a_file_taken_away_while_it_waits_ends_the_load(gated: Site) -> None:
    file, detection, held = held_load(gated)
    (Path(gated.deps.settings.dropoff_root) / file.path).unlink()
    with pytest.raises(FileChangedError) as raised:
        load_reviewed(gated.deps, file, detection, approve(held))
    move_to_error(gated.deps, file, Failure.of(raised.value, "publish_rows"))
    assert row_of(gated, detection.load_id).status == FileStatus.CANCELLED
    load(gated, HEAD + names(0, 9))


def test_a_step_that_was_killed_after_it_held_the_load_asks_the_same_again(gated: Site) -> None:
    file, detection, held = held_load(gated)
    loaded, again = load_or_hold(gated.deps, file, detection)
    assert (loaded.status, again) == ("review", held)
    assert load_reviewed(gated.deps, file, detection, approve(held)).rows == 5


def test_a_publish_that_dies_leaves_the_table_and_the_next_try_needs_no_second_answer(
    gated: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, detection, held = held_load(gated)
    before = snapshot(gated)["live"]
    with monkeypatch.context() as patch:
        patch.setattr(type(gated.deps.warehouse), "publish", _breaks)
        with pytest.raises(ConnectionError):
            load_reviewed(gated.deps, file, detection, approve(held))
    assert snapshot(gated)["live"] == before
    assert load_reviewed(gated.deps, file, detection, approve(held)).version == 2
    assert len(AuditTrail(gated.deps.warehouse).entries("cities")) == 1


def _breaks(*_: object) -> None:
    raise ConnectionError("the line broke")


@pytest.mark.parametrize(
    ("state", "found"), [(RunState.ACTIVE, []), (RunState.UNKNOWN, []), (RunState.ENDED, ["abandoned"])]
)
def test_the_doctor_hands_a_held_file_back_only_when_its_run_is_gone(
    gated: Site, state: RunState, found: list[str]
) -> None:
    file, detection, _ = held_load(gated)
    gated.clock.now += timedelta(days=3)
    findings = find_defects(gated.deps, lambda _: state)
    assert [one.kind for one in findings] == found
    repair(findings)
    status = row_of(gated, detection.load_id).status
    assert status == (FileStatus.PENDING if found else FileStatus.REVIEW)
    assert gated.deps.dropoff.exists(file.path)


def test_a_load_without_the_gate_takes_over_a_held_one(gated: Site) -> None:
    """Somebody switched the gate off and cleared the run."""
    file, detection, _ = held_load(gated)
    assert load_rows(gated.deps, file, detection).version == 2
