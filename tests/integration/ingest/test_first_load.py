"""The first load of a table: readers find no table or all of its rows, and a failed one leaves nothing behind."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from refdata.core.model import FileStatus, Load, TableName
from refdata.core.publishing import qualified
from refdata.ingest import reconcile
from tests.integration.ingest.conftest import APPEND, FULL, Site
from tests.integration.ingest.test_rules import COUNTRIES, declare

ROWS = 3000


class Reader(threading.Thread):
    """Asks for the rows of a table until it is stopped; ``seen`` are the distinct answers, None for no table."""

    def __init__(self, site: Site, table: str) -> None:
        super().__init__()
        self.warehouse = site.database.reopened().warehouse
        self.table = TableName(site.deps.settings.ref_schema, table)
        self.seen: set[int | None] = set()
        self.failed: Exception | None = None
        self.stopped, self.asked = threading.Event(), threading.Event()

    def run(self) -> None:
        while not self.stopped.is_set() and self.failed is None:
            try:
                self.seen.add(self.count())
            except Exception as error:  # noqa: BLE001  reported by the test
                self.failed = error
            self.asked.set()

    def count(self) -> int | None:
        if self.warehouse.table(self.table) is None:
            return None
        with self.warehouse.transaction(write=False) as session:
            return int(session.query(f"SELECT COUNT(*) FROM {qualified(self.table)}")[0][0])


@pytest.mark.parametrize("folder", [FULL, APPEND])
def test_readers_find_no_table_or_all_of_its_rows(site: Site, folder: str) -> None:
    reader = Reader(site, "codes")
    reader.start()
    try:
        assert reader.asked.wait(30)
        lines = "".join(f"{number:06},name {number}\n" for number in range(ROWS))
        row = site.load(site.drop("codes.csv", f"code,name\n{lines}", folder=folder))
        assert row.status is FileStatus.COMPLETED, row.error_message
        reader.asked.clear()
        assert reader.asked.wait(30)
    finally:
        reader.stopped.set()
        reader.join()
    assert reader.failed is None
    assert reader.seen <= {None, ROWS}
    assert None in reader.seen
    assert reader.count() == ROWS


def load(site: Site, content: str) -> Load:
    return site.load(site.drop("countries.csv", content))


FAILURES: dict[str, tuple[str, dict[str, Any]]] = {
    "too many damaged rows": ("code,name\nDE,Germany\nFR\n", {}),
    "a rule that refuses": ("code,name\nDE,Germany\nDE,Again\n", {}),
}


@pytest.mark.parametrize(("content", "rules"), FAILURES.values(), ids=FAILURES)
def test_a_failed_first_load_leaves_no_table(site: Site, content: str, rules: dict[str, Any]) -> None:
    declare(site, COUNTRIES)
    assert load(site, content).status is FileStatus.ERROR
    warehouse, settings = site.deps.warehouse, site.deps.settings
    for schema in (settings.ref_schema, settings.bkp_schema):
        assert [one.name.name for one in warehouse.tables(schema) if "countries" in one.name.name] == []
    assert load(site, "code,name\nDE,Germany\n").status is FileStatus.COMPLETED


def test_a_publish_that_fails_takes_the_table_back(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    import refdata.warehouse.publish as publishing

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the process dies")

    with monkeypatch.context() as patched:
        patched.setattr(publishing, "_mark", broken)
        with pytest.raises(RuntimeError, match="the process dies"):
            load(site, "code,name\nDE,Germany\n")
    assert site.deps.warehouse.table(site.deps.live("countries")) is None


def test_the_first_load_creates_the_index_of_a_key_and_records_it(site: Site) -> None:
    declare(site, COUNTRIES)
    row = load(site, "code,name\nDE,Germany\nFR,France\n")
    assert row.status is FileStatus.COMPLETED, row.error_message
    with site.deps.warehouse.transaction(write=False) as session:
        indexes = site.deps.warehouse.unique_indexes(session, site.deps.live("countries"))
    assert [index.columns for index in indexes] == [("code",)]
    changes = site.database.rows(f"SELECT table_changes FROM ref.File_Monitor_Tracking WHERE id = {row.id}")
    assert "create a unique index on code" in str(changes[0][0])


def left_by_an_earlier_release(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Creates the table in the alignment, as earlier releases did; then the load fails."""

    def early(deps: Any, row: Load, plan: Any) -> None:
        deps.ledger.record_table_changes(row.id, "create ref.countries with 5 columns", any_change=True)
        deps.warehouse.align(plan)

    import refdata.ingest.align as step

    declare(site, COUNTRIES)
    with monkeypatch.context() as patched:
        patched.setattr(step, "apply_alignment", early)
        assert load(site, "code,name\nDE,Germany\nDE,Again\n").status is FileStatus.ERROR


def test_the_doctor_drops_what_a_failed_first_load_of_an_earlier_release_left(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_by_an_earlier_release(site, monkeypatch)
    assert site.deps.warehouse.table(site.deps.live("countries")) is not None
    found = reconcile.find_defects(site.deps)
    assert [one.kind for one in found] == [reconcile.DefectKind.LEFT_TABLE]
    assert [left for _, left in reconcile.repair(found)] == [""]
    assert site.deps.warehouse.table(site.deps.live("countries")) is None
    assert reconcile.find_defects(site.deps) == ()


def test_the_doctor_keeps_a_table_that_got_rows_or_that_somebody_made(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_by_an_earlier_release(site, monkeypatch)
    found = reconcile.find_defects(site.deps)
    site.database.run("INSERT INTO ref.countries (code) VALUES ('DE')")
    assert ["has rows by now" in left for _, left in reconcile.repair(found)] == [True]
    assert reconcile.find_defects(site.deps) == ()
    site.database.run("CREATE TABLE ref.other (code NVARCHAR(10) NULL, name NVARCHAR(20) NULL)")
    declare(site, {**COUNTRIES, "name": "other"})
    assert site.load(site.drop("other.csv", "code,name\nDE,Germany\nDE,Again\n")).status is FileStatus.ERROR
    assert reconcile.find_defects(site.deps) == ()


def test_a_key_whose_first_rows_only_a_collation_calls_equal_is_loaded(site: Site) -> None:
    keys = {"primaryKey": ["code"], "fields": [{"name": "code", "type": "string"}]}
    declare(site, {**COUNTRIES, "schema": keys})
    row = load(site, "code,name\nDE,Germany\nde,germany\n")
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert len(site.rows("countries", "code")) == 2
