"""Tables that people retire, rename or delete, and open again: all or nothing, recorded, and no file is lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from refdata.api import ReferenceData
from refdata.contracts.files import folder_of
from refdata.core.errors import DataError, LockTimeoutError, NotInitialisedError, SchemaError
from refdata.core.model import DroppedFile, Load
from refdata.ingest.align import align_table
from refdata.ingest.dependents import DependentKind
from refdata.ingest.detect import detect_format
from tests.integration.engines import TSQL
from tests.integration.ingest.conftest import APPEND, FULL, Site

BY: dict[str, Any] = {"reason": "the feed ends", "by": "ada"}
CITIES = "code,name\n01,Graz\n02,Linz\n"
KEYED = "schema:\n  primaryKey: code\n"


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site(on_missing_column="null", on_type_change="widen")


def desk(site: Site) -> ReferenceData:
    return ReferenceData(site.deps.settings, site.deps.warehouse, clock=site.clock)


def load(site: Site, content: str, *, name: str = "cities.csv", append: bool = False) -> Load:
    return site.load(site.drop(name, content, folder=APPEND if append else FULL), f"run {site.clock()}")


def contract(site: Site, table: str, text: str) -> Path:
    folder = folder_of(site.deps.settings)
    folder.mkdir(exist_ok=True)
    (folder / f"{table}.yaml").write_text(text)
    return folder / f"{table}.yaml"


def tables(site: Site) -> list[str]:
    return [one.table_name for one in desk(site).tables()]


def test_a_retired_table_keeps_its_rows_and_refuses_files(site: Site) -> None:
    load(site, CITIES)
    done = desk(site).closing.retire("Cities", **BY)
    assert (done.closed.table_name, done.closed.state, done.closed.closed_by) == ("cities", "retired", "ada")
    refused = load(site, "code,name\n03,Wels\n")
    assert (refused.status, refused.error_category) == ("error", "closed_table")
    assert "ada retired the table cities on 2024-12-01: the feed ends" in str(refused.error_message)
    assert len(site.rows("cities", "code")) == 2
    assert tables(site) == ["cities"]
    assert site.rows("Reference_Data_Cfg", "is_enabled") == [(False,)]
    with pytest.raises(DataError, match="retired the table cities on 2024-12-01 already"):
        desk(site).closing.retire("cities", **BY)


def test_a_table_that_is_opened_again_takes_files(site: Site) -> None:
    load(site, CITIES)
    desk(site).closing.retire("cities", **BY)
    desk(site).closing.reopen("cities", **BY)
    assert load(site, "code,name\n03,Wels\n").status == "completed"
    assert site.rows("Reference_Data_Cfg", "is_enabled") == [(True,)]
    assert desk(site).closing.closed() == ()
    with pytest.raises(DataError, match="takes files already"):
        desk(site).closing.reopen("cities", **BY)
    assert [entry.action for entry in desk(site).audit("cities")] == ["reopen", "retire"]


def test_a_file_that_waited_while_its_table_was_retired_is_refused(site: Site) -> None:
    load(site, CITIES)
    file = site.drop("cities.csv", "code,name\n03,Wels\n")
    detection = detect_format(site.deps, file, "waits")
    desk(site).closing.retire("cities", **BY)
    with pytest.raises(DataError, match="retired the table cities"):
        align_table(site.deps, file, detection)


def test_a_deleted_table_is_gone_with_its_versions_and_its_history_stays(site: Site) -> None:
    load(site, CITIES)
    load(site, "code,name\n03,Wels\n")
    done = desk(site).closing.delete("cities", **BY)
    assert (done.closed.state, done.rows) == ("deleted", 1)
    assert site.deps.warehouse.table(site.deps.live("cities")) is None
    assert site.deps.warehouse.table(site.database.table("cities_backup", "bkp")) is None
    assert tables(site) == []
    assert site.rows("Reference_Data_Cfg", "ref_name") == []
    ledger = sorted(
        site.rows("File_Monitor_Tracking", "load_type, version_id, version_removed_at"), key=lambda one: one[1]
    )
    assert [(kind, version) for kind, version, _ in ledger] == [("fullload", 1), ("fullload", 2), ("delete", 3)]
    assert None not in [removed for *_, removed in ledger]
    (entry,) = desk(site).audit("cities")
    assert (entry.action, entry.actor, entry.reason, entry.detail) == (
        "delete_table",
        "ada",
        "the feed ends",
        {"rows": 1},
    )
    assert load(site, CITIES).error_category == "closed_table"
    with pytest.raises(DataError, match="There is no table"):
        desk(site).closing.delete("cities", **BY)


def test_a_deleted_table_that_is_opened_again_begins_anew(site: Site) -> None:
    load(site, CITIES)
    desk(site).closing.delete("cities", **BY)
    desk(site).closing.reopen("cities", **BY)
    assert load(site, CITIES).status == "completed", "its content is no duplicate"
    assert load(site, "code,name\n04,Enns\n", append=True).status == "completed"
    (summary,) = desk(site).tables()
    assert (summary.rows_live, summary.version_id) == (3, 4)
    shown = [(one.version, one.kind, one.rows, one.is_kept) for one in desk(site).versions("cities")]
    assert shown == [
        (4, "append", 3, True),
        (3, "fullload", 2, True),
        (2, "delete", 0, False),
        (1, "fullload", 2, False),
    ]
    with pytest.raises(DataError, match="deleted"):
        desk(site).rollback("cities", 1, **BY)


def test_a_renamed_table_keeps_rows_versions_history_and_answers(site: Site) -> None:
    contract(site, "cities", f"# a comment\nname: cities\n{KEYED}")
    load(site, CITIES)
    load(site, "code,name\n01,Graz\n03,Wels\n")
    before = [(one.version, one.rows, one.file_name) for one in desk(site).versions("cities")]
    desk(site).closing.rename("cities", "towns", **BY)
    assert tables(site) == ["towns"]
    assert [(one.version, one.rows, one.file_name) for one in desk(site).versions("towns")] == before
    assert sorted(site.rows("towns", "code")) == [("01",), ("03",)]
    assert desk(site).diff("towns", 1, 2).removed == 1
    desk(site).rollback("towns", 1, **BY)
    assert sorted(site.rows("towns", "code")) == [("01",), ("02",)]
    assert site.rows("Reference_Data_Cfg", "ref_name, source_table, is_enabled") == [("towns", "towns", True)]
    folder = folder_of(site.deps.settings)
    assert sorted(path.name for path in folder.iterdir()) == ["towns.yaml"]
    assert (folder / "towns.yaml").read_text() == f"# a comment\nname: towns\n{KEYED}"
    with site.deps.warehouse.transaction(write=False) as session:
        keys = site.deps.warehouse.unique_indexes(session, site.deps.live("towns"))
    assert [index.columns for index in keys] == [("code",)]


def test_files_named_for_the_old_name_go_to_the_new_one_and_say_so(site: Site) -> None:
    load(site, CITIES)
    desk(site).closing.rename("cities", "towns", **BY)
    desk(site).closing.rename("towns", "places", reason="plainer", by="bob")
    done = load(site, "code,name\n07,Enns\n")
    assert (done.status, done.table_name, done.version_id) == ("completed", "places", 2)
    assert "named for cities, which is called places since 2024-12-01 (ada: the feed ends)" in done.warnings[0]
    assert load(site, "code,name\n08,Wels\n", name="places.csv").version_id == 3
    assert tables(site) == ["places"]


def test_a_table_can_be_renamed_back(site: Site) -> None:
    load(site, CITIES)
    desk(site).closing.rename("cities", "towns", **BY)
    desk(site).closing.rename("towns", "cities", **BY)
    assert tables(site) == ["cities"]
    assert load(site, "code,name\n08,Wels\n").table_name == "cities"
    assert load(site, "code,name\n09,Enns\n", name="towns.csv").table_name == "cities"


def test_a_file_that_waited_while_its_table_was_renamed_goes_to_the_new_name(site: Site) -> None:
    load(site, CITIES)
    file: DroppedFile = site.drop("cities.csv", "code,name\n03,Wels\n")
    detect_format(site.deps, file, "waits")
    desk(site).closing.rename("cities", "towns", **BY)
    done = site.load(file, "waits")
    assert (done.status, done.table_name) == ("completed", "towns")
    assert site.deps.warehouse.table(site.deps.live("cities")) is None


CHILD = """\
schema:
  foreignKeys:
    - fields: city   # where it is
      reference:
        resource: {}
        fields: code
"""


def test_contracts_that_refer_to_a_renamed_table_follow(site: Site) -> None:
    contract(site, "cities", KEYED)
    child = contract(site, "shops", CHILD.format("Cities"))
    Path(site.deps.settings.tables_file).write_text("tables:\n  cities: {max_rejected_rows: 3}  # a few\n")
    load(site, CITIES)
    load(site, "shop,city\na,01\n", name="shops.csv")
    desk(site).closing.rename("cities", "towns", **BY)
    assert child.read_text() == CHILD.format("towns")
    assert Path(site.deps.settings.tables_file).read_text() == "tables:\n  towns: {max_rejected_rows: 3}  # a few\n"
    done = load(site, "shop,city\nb,02\n", name="shops.csv")
    assert (done.status, done.rows_loaded) == ("completed", 1)


def test_an_interrupted_rename_is_completed_by_the_next(site: Site) -> None:
    own = contract(site, "cities", KEYED)
    load(site, CITIES)
    (own.parent / "towns.yaml").write_text(KEYED)  # written, and then the process was killed
    desk(site).closing.rename("cities", "towns", **BY)
    own.write_text(KEYED)  # not yet removed when the process was killed
    assert desk(site).closing.rename("cities", "towns", **BY).closed.new_name == "towns"
    assert not own.exists()


@pytest.mark.parametrize(("new_name", "said"), [
    ("", "cannot be the new name"),
    ("CITIES", "cannot be the new name"),
    ("big towns", "Use big_towns"),
    ("file_monitor_tracking", "cannot be the new name"),
    ("rates", "There is a table rates already"),
    ("gone", "There was a table gone already"),
])  # fmt: skip
def test_a_name_that_is_taken_or_no_table_can_have_is_refused(site: Site, new_name: str, said: str) -> None:
    load(site, CITIES)
    load(site, "code,rate\nEUR,1\n", name="rates.csv")
    load(site, "code,text\nx,gone\n", name="gone.csv")
    desk(site).closing.delete("gone", **BY)
    with pytest.raises(DataError, match=said):
        desk(site).closing.rename("cities", new_name, **BY)
    assert tables(site) == ["cities", "rates"]


def test_a_contract_with_the_new_name_is_not_overwritten(site: Site) -> None:
    contract(site, "cities", KEYED)
    other = contract(site, "towns", "title: Towns\n")
    load(site, CITIES)
    with pytest.raises(Exception, match="already a contract with the new name"):
        desk(site).closing.rename("cities", "towns", **BY)
    assert other.read_text() == "title: Towns\n"
    assert tables(site) == ["cities"]


def test_a_table_that_a_contract_refers_to_is_not_deleted(site: Site) -> None:
    contract(site, "cities", KEYED)
    contract(site, "shops", CHILD.format("cities"))
    load(site, CITIES)
    (found,) = desk(site).closing.dependents("cities")
    assert (found.kind, found.name) == (DependentKind.CONTRACT, "shops")
    with pytest.raises(DataError, match="the contract of shops refers to it"):
        desk(site).closing.delete("cities", **BY)
    assert len(site.rows("cities", "code")) == 2


def test_views_and_waiting_files_are_shown(site: Site) -> None:
    load(site, CITIES)
    site.database.run("CREATE VIEW ref.[big_cities] AS SELECT code FROM ref.[cities]")
    detect_format(site.deps, site.drop("cities.csv", "code,name\n03,Wels\n"), "waits")
    found = [one.what for one in desk(site).closing.dependents("cities")]
    expected = ["the view big_cities names it"] if site.database.is_sqlite else []
    if not site.database.is_sqlite and not site.database.is_babelfish:
        expected = [f"the view {site.deps.settings.ref_schema}.big_cities names it"]
    assert found[:-1] == expected
    assert re.fullmatch(r"cities\.csv \(load \d+\) is in the queue", found[-1])


@pytest.mark.parametrize("change", ["retire", "delete", "rename"])
def test_nothing_is_closed_while_a_load_is_running(site: Site, change: str) -> None:
    load(site, CITIES)
    file = site.drop("cities.csv", "code,name\n03,Wels\n")
    align_table(site.deps, file, detect_format(site.deps, file, "runs"))
    with pytest.raises(LockTimeoutError, match="is being loaded"):
        getattr(desk(site).closing, change)("cities", *(["towns"] if change == "rename" else []), **BY)
    assert desk(site).closing.closed() == ()


@pytest.fixture
def visited(site: Site) -> Iterator[Site]:
    """A site with a foreign key to ``cities``, which is taken away before the tables that it refers to."""
    contract(site, "cities", KEYED)
    load(site, CITIES)
    site.database.run("CREATE TABLE ref.[visits] (code NVARCHAR(2) NOT NULL)")
    site.database.run(
        "ALTER TABLE ref.[visits] ADD CONSTRAINT fk_visits FOREIGN KEY (code) REFERENCES ref.[cities] (code)"
    )
    yield site
    site.database.run("DROP TABLE ref.[visits]")


@pytest.mark.parametrize("engine", TSQL)
def test_a_table_with_a_foreign_key_is_not_deleted_but_can_be_renamed(visited: Site) -> None:
    site = visited
    with pytest.raises(DataError, match="foreign key fk_visits"):
        desk(site).closing.delete("cities", **BY)
    desk(site).closing.rename("cities", "towns", **BY)
    site.database.run("INSERT INTO ref.[visits] VALUES (N'01')")
    with pytest.raises((DataError, SchemaError)):
        site.database.run("INSERT INTO ref.[visits] VALUES (N'99')")


@pytest.mark.parametrize("change", ["retire", "reopen", "delete"])
@pytest.mark.parametrize("missing", ["reason", "by"])
def test_a_name_and_a_reason_are_required(site: Site, change: str, missing: str) -> None:
    load(site, CITIES)
    with pytest.raises(ValueError, match="a reason and the name"):
        getattr(desk(site).closing, change)("cities", **{**BY, missing: "  "})


def test_before_the_first_file_there_is_nothing_to_close(site: Site) -> None:
    with pytest.raises((DataError, NotInitialisedError)):
        desk(site).closing.retire("cities", **BY)
