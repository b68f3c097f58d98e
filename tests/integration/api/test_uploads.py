"""Uploads: received into the quarantine, examined without a change in the database, then loaded or discarded."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from refdata.api import ReferenceData
from refdata.audit import AuditAction
from refdata.core.contractterms import QuestionKind
from refdata.core.errors import DataError, DropoffError, FileBusyError, LockTimeoutError, RefdataError
from refdata.core.model import FileStatus, LoadType, Stage, TableName
from refdata.core.owntables import own_tables
from refdata.core.publishing import qualified
from refdata.dropoff.quarantine import UPLOADS
from refdata.ingest.turn import PREVIEW
from refdata.uploadapi import Preview, WaitingUpload
from tests.fileclock import next_tick
from tests.integration.engines import ALL, SQLITE
from tests.integration.ingest.conftest import APPEND, FULL, Site

BEFORE = "code;name;rate\nA1;one;1.5\nB2;two;2.5\nC3;three;3.5\n"
AFTER = "code;name;rate\nA1;one;1.5\nB2;TWO;2.5\nD4;four;4.5\n"
CONTRACT = """
schema:
  primaryKey: [code]
  fields:
    - {name: code, type: string, constraints: {pattern: "[A-Z][0-9]"}}
    - {name: name, type: string}
    - {name: rate, type: number, constraints: {maximum: 100}}
"""


def desk(site: Site) -> ReferenceData:
    return ReferenceData(site.deps.settings, site.deps.warehouse, clock=site.clock)


def upload(site: Site, content: str | bytes, name: str = "rates.csv", **options: Any) -> WaitingUpload:
    uploads = desk(site).uploads
    data = content.encode() if isinstance(content, str) else content
    with uploads.receiving(name, by=options.pop("by", "ann"), **options) as incoming:
        for start in range(0, len(data), 10):
            incoming.write(data[start : start + 10])
        return uploads.finish(incoming)


def look(site: Site, waiting: WaitingUpload, **options: Any) -> Preview:
    return desk(site).uploads.preview(waiting.upload.id, **options)[1]


def everything(site: Site) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of all tables, refdata's own included."""
    settings = site.deps.settings
    names = [TableName(settings.ref_schema, name) for name in (*own_tables(settings), *site.tables())]
    with site.deps.warehouse.transaction(write=False) as session:
        return {str(name): list(session.query(f"SELECT * FROM {qualified(name)}")) for name in names}


@pytest.fixture(params=[SQLITE])
def engine(request: pytest.FixtureRequest) -> str:
    """Only what touches the database needs the other engines."""
    name: str = request.param
    return name


every_engine = pytest.mark.parametrize("engine", ALL)


@pytest.fixture
def loaded(site: Site) -> Site:
    contracts = Path(site.deps.settings.contracts_folder)
    contracts.mkdir(parents=True, exist_ok=True)
    (contracts / "rates.yaml").write_text(CONTRACT)
    site.load(site.drop("rates.csv", BEFORE))
    return site


@every_engine
def test_a_preview_shows_the_difference_and_changes_nothing(loaded: Site) -> None:
    waiting = upload(loaded, AFTER)
    before = everything(loaded)
    shown = look(loaded, waiting)
    assert everything(loaded) == before
    assert loaded.deps.warehouse.stages() == ()
    assert (shown.table, shown.rows, shown.refused, shown.questions) == ("rates", 3, "", ())
    difference = shown.difference
    assert difference is not None
    assert (difference.added, difference.removed, difference.changed, difference.keys) == (1, 1, 1, ("code",))
    assert difference.added_sample[0][:2] == ("D4", "four")
    assert (shown.live_version, shown.duplicate_of) == (1, None)
    assert loaded.deps.dropoff.scan().files == ()
    assert loaded.deps.dropoff.scan().malformed == ()


def test_loading_moves_the_file_into_its_folder_and_records_who(loaded: Site) -> None:
    waiting = upload(loaded, AFTER, "C:\\fakepath\\rates.csv")
    desk(loaded).uploads.load(waiting.upload.id, by="ben", live_version_seen=1)
    (file,) = loaded.deps.dropoff.scan().files
    assert file.path == f"{FULL}/rates.csv"
    assert desk(loaded).uploads.waiting() == ()
    row = loaded.load(file)
    assert (row.status, row.rows_loaded) == (FileStatus.COMPLETED, 3)
    entry = desk(loaded).audit("rates")[0]
    assert (entry.action, entry.actor, entry.subject) == (AuditAction.UPLOAD, "ben", f"{FULL}/rates.csv")
    assert entry.detail["by"] == "ann"


BROKEN = "code;name;rate\nA1;one;1.5\nA1;again;2.5\nbad;three;3.5\nD4;four;400\n"


@every_engine
def test_rows_that_break_a_rule_are_listed_with_their_lines(loaded: Site) -> None:
    shown = look(loaded, upload(loaded, BROKEN))
    assert shown.refused.startswith("3 of 4 rows are damaged or break a rule; 0 are allowed")
    assert [(one.line, one.raw) for one in shown.rejects] == [
        (3, "A1;again;2.5"),
        (4, "bad;three;3.5"),
        (5, "D4;four;400"),
    ]
    assert [word in one.reason for word, one in zip(("code", "code", "rate"), shown.rejects, strict=True)] == [True] * 3
    assert loaded.deps.warehouse.stages() == ()


def test_a_question_of_the_load_is_shown(loaded: Site) -> None:
    shown = look(loaded, upload(loaded, "code;name\nA1;one\nB2;two\n"))
    assert [one.kind for one in shown.questions] == [QuestionKind.LAYOUT_CHANGED]
    assert shown.difference is None


def test_an_append_adds_rows_and_has_no_difference(loaded: Site) -> None:
    waiting = upload(loaded, AFTER, load_type=LoadType.APPEND)
    assert waiting.upload.path == f"{APPEND}/rates.csv"
    shown = look(loaded, waiting, load_type=LoadType.FULL)
    assert (shown.load_type, shown.difference is not None) == (LoadType.FULL, True)


def test_a_file_goes_into_another_table_that_a_person_chooses(loaded: Site) -> None:
    waiting = upload(loaded, AFTER, "ratse.csv")
    assert (waiting.table, look(loaded, waiting).live_version) == ("ratse", 0)
    again, shown = desk(loaded).uploads.preview(waiting.upload.id, table="rates")
    assert (again.table, again.upload.path, shown.live_version) == ("rates", f"{FULL}/rates.csv", 1)


@pytest.mark.parametrize(
    ("content", "reason"), [("a,b\n1,2\n", "columns"), (b"\x00\x01\x02" * 50, ""), ("code;name;rate\n", "no rows")]
)
def test_a_file_that_would_be_refused_says_why(loaded: Site, content: str | bytes, reason: str) -> None:
    shown = look(loaded, upload(loaded, content))
    assert shown.refused
    assert reason in shown.refused
    assert shown.advice


def test_the_content_of_the_live_version_is_a_duplicate(loaded: Site) -> None:
    assert look(loaded, upload(loaded, BEFORE)).duplicate_of == 1


def uploaders_of(site: Site, table: str) -> list[str | None]:
    return [one.uploaded_by for one in desk(site).versions(table)]


@every_engine
@pytest.mark.parametrize("content", [AFTER, "code;name;rate\nA1;one;9\n"], ids=["another row", "this row"])
def test_a_version_says_who_loaded_its_upload(loaded: Site, content: str) -> None:
    waiting = upload(loaded, content)
    desk(loaded).uploads.load(waiting.upload.id, by="ben", live_version_seen=1)
    row = loaded.load(loaded.deps.dropoff.scan().files[0])
    story = desk(loaded).story(row.id)
    assert story is not None
    assert story.uploaded_by == "ben"
    assert uploaders_of(loaded, "rates") == ["ben", None]
    assert desk(loaded).rows.history("rates", {"code": "A1"}).steps[0].version.uploaded_by == (
        None if content == AFTER else "ben"
    )


def test_who_loaded_an_upload_outlives_a_hand_back_and_a_renaming(loaded: Site) -> None:
    waiting = upload(loaded, AFTER)
    desk(loaded).uploads.load(waiting.upload.id, by="ben", live_version_seen=1)
    (file,) = loaded.deps.dropoff.scan().files
    loaded.deps.dropoff.hand_back(file)
    (again,) = loaded.deps.dropoff.scan().files
    assert again.identity != file.identity
    loaded.load(again)
    desk(loaded).closing.rename("rates", "tariffs", reason="plain words", by="eva")
    assert uploaders_of(loaded, "tariffs") == ["ben", None]


def test_another_file_of_the_same_name_is_not_said_to_be_the_upload(loaded: Site) -> None:
    waiting = upload(loaded, AFTER)
    desk(loaded).uploads.load(waiting.upload.id, by="ben", live_version_seen=1)
    next_tick(Path(loaded.deps.settings.dropoff_root))
    loaded.load(loaded.drop("rates.csv", AFTER + "E5;five;5\n"))
    assert uploaders_of(loaded, "rates") == [None, None]


def test_people_who_upload_at_once_are_shown_to_each_other(loaded: Site) -> None:
    first = upload(loaded, AFTER)
    second = upload(loaded, AFTER, by="ben")
    assert [one.by for one in second.others] == ["ann"]
    assert [one.by for one in desk(loaded).uploads.preview(first.upload.id)[0].others] == ["ben"]
    uploads = desk(loaded).uploads
    uploads.load(first.upload.id, by="ann", live_version_seen=1)
    with pytest.raises(DataError, match="is waiting in the folder already"):
        uploads.load(second.upload.id, by="ben", live_version_seen=1)
    loaded.load(loaded.deps.dropoff.scan().files[0])
    with pytest.raises(DataError, match="has changed since you looked: version 2"):
        uploads.load(second.upload.id, by="ben", live_version_seen=1)
    assert [one.action for one in desk(loaded).audit("rates")] == [AuditAction.UPLOAD]


def test_what_others_do_with_an_upload_waits_for_its_preview(loaded: Site) -> None:
    waiting = upload(loaded, AFTER)
    quarantine = _quarantine(loaded)
    with quarantine.locked(waiting.upload.id):
        for act in (
            lambda: look(loaded, waiting),
            lambda: desk(loaded).uploads.load(waiting.upload.id, by="ben", live_version_seen=1),
            lambda: desk(loaded).uploads.discard(waiting.upload.id, by="ben"),
        ):
            with pytest.raises(LockTimeoutError):
                act()
    assert look(loaded, waiting).rows == 3


def _quarantine(site: Site) -> Any:
    from refdata.uploadapi import _quarantine

    return _quarantine(site.deps)


LIMITED = [
    ({"upload_max_mb": 0}, b"x", 0, "switched off"),
    ({"upload_max_mb": 1}, b"x" * (1 << 20) + b"x", 0, "larger than 1 MB"),
    ({"upload_max_mb": 1}, b"x", 2 << 20, "larger than 1 MB"),
    ({"upload_folder_max_mb": 1}, b"x" * (1 << 20) + b"x", 0, "exceed 1 MB"),
    ({}, b"", 0, "is empty"),
]


@pytest.mark.parametrize(("changes", "data", "size", "reason"), LIMITED)
def test_what_is_not_accepted_leaves_nothing(
    make_site: Callable[..., Site], changes: dict[str, Any], data: bytes, size: int, reason: str
) -> None:
    site = make_site(min_free_mb=0, **changes)
    with pytest.raises(DataError, match=reason):
        upload(site, data, size=size) if len(data) < 10 else _whole(site, data)
    assert desk(site).uploads.waiting() == ()
    assert list((site.dropoff.root / UPLOADS).glob("*")) == []


def test_a_bucket_takes_no_uploads_and_says_so_before_a_file_is_chosen(make_site: Callable[..., Site]) -> None:
    site = make_site()
    settings = dataclasses.replace(site.deps.settings, dropoff_root="memory://key@landing/refdata")
    uploads = ReferenceData(settings, site.deps.warehouse, clock=site.clock).uploads
    refusal = uploads.refusal()
    assert refusal is not None
    assert refusal.what.endswith("they are dropped into memory://landing/refdata")
    assert "reference_data_table/fullload" in refusal.advice
    assert uploads.waiting() == ()
    with pytest.raises(DataError, match="dropped into memory"), uploads.receiving("rates.csv", by="ann"):
        pass
    with pytest.raises(DataError, match="dropped into memory"):
        uploads.preview(1)
    assert desk(site).uploads.refusal() is None


def _whole(site: Site, data: bytes) -> WaitingUpload:
    uploads = desk(site).uploads
    with uploads.receiving("rates.csv", by="ann") as incoming:
        incoming.write(data)
        return uploads.finish(incoming)


SCANNERS: list[tuple[str, type[RefdataError] | None]] = [
    ("import sys; sys.exit('A1' not in open(sys.argv[1]).read())", None),
    ("raise SystemExit(1)", DataError),
    ("import time; time.sleep(60)", FileBusyError),
]


@pytest.mark.parametrize(("code", "error"), SCANNERS)
def test_a_scanner_decides_by_its_exit_code(
    make_site: Callable[..., Site], code: str, error: type[RefdataError] | None
) -> None:
    import json

    site = make_site(
        upload_scanner=json.dumps([sys.executable, "-S", "-c", code, "{file}"]), upload_scanner_timeout=1.0
    )
    if error is None:
        assert upload(site, BEFORE).upload.size == len(BEFORE)
        return
    with pytest.raises(error):
        upload(site, BEFORE)
    assert list((site.dropoff.root / UPLOADS).glob("*")) == []


def test_a_scanner_that_cannot_start_accepts_nothing(make_site: Callable[..., Site]) -> None:
    with pytest.raises(RefdataError, match="cannot be started"):
        upload(make_site(upload_scanner='["/no/such/scanner"]'), BEFORE)


def test_uploads_that_nobody_loads_are_deleted(loaded: Site) -> None:
    old = upload(loaded, AFTER)
    assert [one.upload.id for one in desk(loaded).uploads.waiting("rates")] == [old.upload.id]
    loaded.clock.now += timedelta(hours=25)
    upload(loaded, AFTER, "other.csv")
    assert [one.table for one in desk(loaded).uploads.waiting()] == ["other"]


def test_a_killed_upload_is_swept_by_a_later_one(loaded: Site) -> None:
    quarantine = _quarantine(loaded)
    number = quarantine._new_folder()
    (loaded.dropoff.root / UPLOADS / str(number) / "part").write_bytes(b"half")
    upload(loaded, AFTER)
    assert (loaded.dropoff.root / UPLOADS / str(number)).exists()
    loaded.clock.now += timedelta(days=3650)
    upload(loaded, AFTER)
    assert not (loaded.dropoff.root / UPLOADS / str(number)).exists()


@every_engine
def test_the_stage_of_a_killed_preview_is_removed_by_the_next_one_only(loaded: Site) -> None:
    import pyarrow as pa

    warehouse = loaded.deps.warehouse
    table = warehouse.table(loaded.deps.live("rates"))
    assert table is not None
    stage = Stage(table.name, PREVIEW, 1_000)
    batch = pa.RecordBatch.from_pydict({"code": ["A1"]})
    warehouse.stage(stage, table.columns[:1], [batch], lambda _: None)
    loaded.load(loaded.drop("rates.csv", AFTER))
    assert warehouse.stages() == (stage,)
    look(loaded, upload(loaded, BEFORE))
    assert warehouse.stages() == ()


def test_a_discarded_upload_is_gone_and_audited(loaded: Site) -> None:
    waiting = upload(loaded, AFTER)
    uploads = desk(loaded).uploads
    uploads.discard(waiting.upload.id, by="ben")
    assert uploads.waiting() == ()
    assert desk(loaded).audit("rates")[0].action is AuditAction.DISCARD
    with pytest.raises(DataError, match="There is no upload"):
        uploads.preview(waiting.upload.id)


def test_a_refused_file_is_looked_at_again_for_another_table(loaded: Site) -> None:
    row = loaded.load(loaded.drop("ratse_new.csv", b"%PDF-1.7 no table"))
    uploads = desk(loaded).uploads
    assert (row.status, uploads.is_kept(row.id)) == (FileStatus.ERROR, True)
    again = uploads.retry(row.id, by="ben")
    assert (again.table, again.upload.name, again.upload.by) == ("ratse_new", "ratse_new.csv", "ben")
    routed = uploads.retry(row.id, by="ben", table="rates")
    assert (routed.table, look(loaded, routed).live_version) == ("rates", 1)
    assert look(loaded, routed).category == "format"
    assert Path(row.file_path).is_file()


def test_a_refused_file_is_discarded_with_all_that_is_beside_it(loaded: Site) -> None:
    row = loaded.load(loaded.drop("rates.csv", BROKEN))
    folder = Path(row.file_path).parent
    assert len(list(folder.iterdir())) == 3
    uploads = desk(loaded).uploads
    uploads.discard_refused(row.id, by="ben", reason="a test")
    assert list(folder.iterdir()) == []
    entry = desk(loaded).audit("rates")[0]
    assert (entry.action, entry.actor, entry.load_id, entry.reason) == (AuditAction.DISCARD, "ben", row.id, "a test")
    assert not uploads.is_kept(row.id)
    with pytest.raises(DataError, match="no longer kept"):
        uploads.retry(row.id, by="ben")


def test_only_a_refused_file_in_an_archive_can_be_taken(loaded: Site, tmp_path: Path) -> None:
    uploads = desk(loaded).uploads
    with pytest.raises(DataError, match="it is completed"):
        uploads.retry(1, by="ben")
    with pytest.raises(DataError, match="There is no load 99"):
        uploads.discard_refused(99, by="ben", reason="x")
    row = loaded.load(loaded.drop("rates.csv", BROKEN))
    secret = tmp_path / "secret.csv"
    secret.write_text("code\n1\n")
    loaded.deps.ledger.move_file(row.id, row.file_path, str(secret))
    for act in (lambda: uploads.retry(row.id, by="ben"), lambda: uploads.discard_refused(row.id, by="b", reason="x")):
        with pytest.raises(DropoffError, match="not in an archive"):
            act()
    loaded.deps.ledger.move_file(row.id, str(secret), row.file_path)
    Path(row.file_path).unlink()
    Path(row.file_path).symlink_to(secret)
    with pytest.raises(DropoffError):
        uploads.retry(row.id, by="ben")
    assert secret.exists()
