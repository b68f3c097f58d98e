"""Going back to an earlier version, and taking one append back: all or nothing, once, and recorded."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from refdata.api import ReferenceData
from refdata.audit import AuditTrail
from refdata.core.errors import DataError, LockTimeoutError, RefdataError
from refdata.core.model import FileStatus
from refdata.core.versions import live_version
from refdata.ingest.align import align_table
from refdata.ingest.detect import detect_format
from tests.integration.engines import TSQL
from tests.integration.ingest.conftest import APPEND, FULL, Site

BY: dict[str, Any] = {"reason": "wrong file", "by": "ada"}


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    """A site whose settings never ask about columns and types: these cases are about undoing."""
    return make_site(on_missing_column="null", on_type_change="widen")


def desk(site: Site) -> ReferenceData:
    return ReferenceData(site.deps.settings, site.deps.warehouse, clock=site.clock)


def load(site: Site, content: str, *, append: bool = False, status: str = "completed") -> int:
    file = site.drop("cities.csv", content, folder=APPEND if append else FULL)
    row = site.load(file, f"run {site.clock()}")
    assert row.status == status, row.error_message
    return row.id


def codes(site: Site) -> list[str]:
    return sorted(row[0] for row in site.rows("cities", "code"))


def snapshot(site: Site) -> dict[str, Any]:
    """All that a revision may change."""
    ledger = "id, status, load_type, version_id, rows_loaded"
    return {
        "live": sorted(site.rows("cities", "code, ref_data_load_id")),
        "kept": sorted(site.rows("cities_backup", "code, ref_data_load_id, ref_data_version_id", "bkp")),
        "ledger": sorted(site.rows("File_Monitor_Tracking", ledger)),
        "audit": len(site.rows("Reference_Data_Audit", "id")),
    }


def test_a_rollback_makes_the_earlier_rows_a_new_version(site: Site) -> None:
    first = load(site, "code,name\n01,Graz\n02,Linz\n")
    second = load(site, "code,name\n03,Wels\n")
    done = desk(site).rollback("Cities", 1, **BY)
    assert (done.version, done.rows_before, done.rows) == (3, 1, 2)
    assert sorted(site.rows("cities", "code, name, ref_data_load_id")) == [("01", "Graz", first), ("02", "Linz", first)]
    found = desk(site).versions("cities")
    assert [(one.version, one.kind, one.rows, one.is_live, one.origin_id) for one in found] == [
        (3, "rollback", 2, True, 1),
        (2, "fullload", 1, False, None),
        (1, "fullload", 2, False, None),
    ]
    assert (found[0].actor, found[0].reason, found[1].actor) == ("ada", "wrong file", None)
    assert site.rows("cities_backup", "ref_data_load_id", "bkp").count((second,)) == 1
    assert desk(site).diff("cities", 1, 3).is_empty
    assert desk(site).diff("cities", 2, 3).added == 2


def test_a_rollback_empties_the_table_as_its_engine_can(make_site: Callable[..., Site]) -> None:
    site = make_site(publish_method="truncate")
    load(site, "code,name\n01,Graz\n")
    load(site, "code,name\n03,Wels\n")
    desk(site).rollback("cities", 1, **BY)
    assert codes(site) == ["01"]


def test_a_rollback_is_recorded_in_ledger_and_audit_trail(site: Site) -> None:
    load(site, "code\n01\n")
    load(site, "code\n02\n")
    done = desk(site).rollback("cities", 1, request_id="request 7", **BY)
    row = desk(site).file(done.load_id)
    assert row is not None
    assert (row.status, row.load_type, row.file_path) == (FileStatus.COMPLETED, "rollback", "rollback/cities/3")
    assert (row.rows_loaded, row.version_id, row.dag_run_id, row.is_reference_data) == (1, 3, "request 7", True)
    entry = AuditTrail(site.deps.warehouse).entries("cities")[0]
    assert (entry.action, entry.actor, entry.reason) == ("rollback", "ada", "wrong file")
    assert (entry.load_id, entry.version_id) == (done.load_id, 3)
    assert entry.detail == {"rows_before": 1, "rows_after": 1, "origin_id": 1}
    summary = desk(site).tables()[0]
    assert (summary.rows_live, summary.files, summary.version_id) == (1, 2, 3)


def test_after_a_rollback_the_restored_file_is_a_duplicate_and_the_undone_one_is_not(site: Site) -> None:
    load(site, "code\n01\n")
    load(site, "code\n02\n")
    desk(site).rollback("cities", 1, **BY)
    load(site, "code\n01\n", status="duplicate")
    load(site, "code\n02\n")
    assert codes(site) == ["02"]


def test_a_version_that_ended_by_an_append_is_restored_without_the_later_ones(site: Site) -> None:
    load(site, "code\n01\n")
    load(site, "code\n02\n", append=True)
    load(site, "code\n03\n", append=True)
    desk(site).rollback("cities", 2, **BY)
    assert codes(site) == ["01", "02"]
    load(site, "code\n02\n", append=True, status="duplicate")
    load(site, "code\n03\n", append=True)
    load(site, "code\n09\n")
    desk(site).rollback("cities", 4, **BY)
    assert codes(site) == ["01", "02"]
    desk(site).rollback("cities", 3, **BY)
    assert codes(site) == ["01", "02", "03"]


def test_a_rollback_can_be_rolled_back(site: Site) -> None:
    load(site, "code\n01\n")
    load(site, "code\n02\n")
    desk(site).rollback("cities", 1, **BY)
    desk(site).rollback("cities", 2, **BY)
    assert codes(site) == ["02"]
    assert [one.rows for one in desk(site).versions("cities")] == [1, 1, 1, 1]


def test_columns_that_came_since_are_empty_after_a_rollback(site: Site) -> None:
    load(site, "code,name\n1,Graz\n")
    load(site, "code,name,people\nx2,Linz,210\n")
    desk(site).rollback("cities", 1, **BY)
    assert site.rows("cities", "code, name, people") == [("1", "Graz", None)]


def test_rows_from_before_refdata_can_be_restored(site: Site) -> None:
    site.database.run("CREATE TABLE ref.cities (code NVARCHAR(10) NULL)")
    site.database.run("INSERT INTO ref.cities VALUES ('00')")
    load(site, "code\n01\n")
    desk(site).rollback("cities", 0, **BY)
    assert codes(site) == ["00"]


def test_an_append_is_taken_back_by_its_load_and_may_be_dropped_again(site: Site) -> None:
    load(site, "code\n01\n")
    second = load(site, "code\n02\n", append=True)
    load(site, "code\n03\n", append=True)
    done = desk(site).take_back(second, **BY)
    assert (done.table, done.version, done.rows_before, done.rows) == ("cities", 4, 3, 2)
    assert codes(site) == ["01", "03"]
    assert desk(site).versions("cities")[0].origin_id == second
    assert desk(site).tables()[0].rows_live == 2
    load(site, "code\n03\n", append=True, status="duplicate")
    load(site, "code\n02\n", append=True)
    assert codes(site) == ["01", "02", "03"]
    desk(site).rollback("cities", 3, **BY)
    assert codes(site) == ["01", "02", "03"]


REFUSED = [
    ("an unknown version", lambda site: desk(site).rollback("cities", 9, **BY), "has no version 9"),
    ("version 0", lambda site: desk(site).rollback("cities", 0, **BY), "has no version 0"),
    ("the live version", lambda site: desk(site).rollback("cities", 3, **BY), "is already live"),
    ("another live one", lambda site: desk(site).rollback("cities", 1, expected=2, **BY), "is now at version 3"),
    ("an unknown table", lambda site: desk(site).rollback("towns", 1, **BY), "There is no table"),
    ("a full load", lambda site: desk(site).take_back(1, **BY), "is not an append|There is no load"),
    ("no load", lambda site: desk(site).take_back(99999999, **BY), "There is no load"),
]


@pytest.mark.parametrize(("ask", "message"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED])
def test_an_impossible_undoing_is_refused_and_changes_nothing(site: Site, ask: Any, message: str) -> None:
    for number in (1, 2, 3):
        load(site, f"code\n0{number}\n")
    before = snapshot(site)
    with pytest.raises(DataError, match=message):
        ask(site)
    assert snapshot(site) == before


def test_a_replaced_append_cannot_be_taken_back(site: Site) -> None:
    load(site, "code\n01\n")
    second = load(site, "code\n02\n", append=True)
    load(site, "code\n03\n")
    with pytest.raises(DataError, match="replaced or taken back"):
        desk(site).take_back(second, **BY)


def test_without_a_reason_nothing_is_undone(site: Site) -> None:
    with pytest.raises(ValueError, match="reason"):
        desk(site).rollback("cities", 1, reason=" ", by="ada")


def test_a_request_that_comes_twice_is_done_once(site: Site) -> None:
    load(site, "code\n01\n")
    load(site, "code\n02\n")
    first = desk(site).rollback("cities", 1, request_id="run 1", **BY)
    after = snapshot(site)
    again = desk(site).rollback("cities", 1, request_id="run 1", **BY)
    assert (again.version, again.load_id) == (first.version, first.load_id)
    assert snapshot(site) == after


def test_while_a_load_is_at_work_nothing_is_undone_and_after_it_is(site: Site) -> None:
    load(site, "code\n01\n")
    load(site, "code\n02\n")
    file = site.drop("cities.csv", "code\n03\n")
    detection = detect_format(site.deps, file, "running")
    align_table(site.deps, file, detection)
    before = snapshot(site)
    with pytest.raises(LockTimeoutError, match=r"cities.csv \(load \d+\) is being loaded"):
        desk(site).rollback("cities", 1, **BY)
    assert snapshot(site) == before
    site.load(file, "running")
    assert desk(site).rollback("cities", 1, **BY).version == 4
    assert codes(site) == ["01"]


def test_a_load_that_died_blocks_no_other_and_its_late_publish_is_refused(site: Site) -> None:
    load(site, "code\n01\n")
    load(site, "code\n02\n")
    file = site.drop("cities.csv", "code\n03\n")
    detection = detect_format(site.deps, file, "dying")
    align_table(site.deps, file, detection)
    site.clock.now += site.clock.now.resolution * 10**6 * (int(site.deps.settings.stale_after) + 1)
    desk(site).rollback("cities", 1, **BY)
    row = site.deps.ledger.get(detection.load_id)
    assert row is not None
    assert row.status == FileStatus.PENDING


@pytest.mark.parametrize("engine", TSQL)
def test_no_turn_is_given_while_rows_are_restored(site: Site) -> None:
    load(site, "code\n01\n")
    file = site.drop("cities.csv", "code\n03\n")
    row = site.deps.ledger.get(detect_format(site.deps, file, "waiting").load_id)
    assert row is not None
    impatient = site.database.reopened(lock_timeout=0.3)
    with site.deps.warehouse.replacing(site.database.table("cities")), pytest.raises(LockTimeoutError):
        type(site.deps.ledger)(impatient.warehouse).claim_turn(row, 900, site.clock())
    assert site.deps.ledger.claim_turn(row, 900, site.clock()) == 1


class Dying:
    """A session that breaks at its n-th statement, as a lost line would."""

    def __init__(self, session: Any, after: int) -> None:
        self._session = session
        self.left = after

    def query(self, sql: str, values: Sequence[object] = ()) -> Any:
        self._count()
        return self._session.query(sql, values)

    def execute(self, sql: str, values: Sequence[object] = ()) -> int:
        self._count()
        return int(self._session.execute(sql, values))

    def _count(self) -> None:
        if self.left == 0:
            raise ConnectionError("the line broke")
        self.left -= 1


class Fragile:
    """A warehouse whose replacing transaction breaks at its n-th statement."""

    def __init__(self, warehouse: Any, after: int) -> None:
        self._warehouse = warehouse
        self._after = after
        self.reached = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._warehouse, name)

    @contextlib.contextmanager
    def replacing(self, *tables: Any) -> Iterator[Any]:
        with self._warehouse.replacing(*tables) as (session, live):
            dying = Dying(session, self._after)
            yield dying, live
            self.reached = True


@pytest.mark.parametrize("kind", ["rollback", "take_back"])
def test_wherever_it_breaks_the_table_is_as_it_was_and_the_next_try_does_it(site: Site, kind: str) -> None:
    load(site, "code\n01\n")
    load(site, "code\n02\n")
    third = load(site, "code\n03\n", append=True)
    before, broken = snapshot(site), 0
    for after in range(40):
        warehouse = Fragile(site.deps.warehouse, after)
        at = ReferenceData(site.deps.settings, warehouse, clock=site.clock)
        with contextlib.suppress(ConnectionError):
            if kind == "rollback":
                at.rollback("cities", 1, request_id="one", **BY)
            else:
                at.take_back(third, request_id="one", **BY)
        if warehouse.reached:
            break
        assert snapshot(site) == before
        broken = after + 1
    assert broken >= 9
    assert codes(site) == (["01"] if kind == "rollback" else ["02"])
    assert live_version(site.deps.ledger.versions("cities")) == 4


def test_the_error_is_of_the_tree_before_anything_was_loaded(site: Site) -> None:
    with pytest.raises(RefdataError, match="There is no table"):
        desk(site).rollback("cities", 1, **BY)
