"""Columns of text that get a type: those that never had a value by themselves, others by command, with a preview."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from refdata.audit import AuditTrail
from refdata.core.errors import ConfigurationError, DataError, SchemaError
from refdata.core.model import FileStatus, Load
from refdata.core.sqltypes import BIT, DATE, FLOAT, INT, SqlType, decimal, text
from refdata.ingest.retyping import preview_retype, retype
from refdata.versioning.locating import Versions
from tests.integration.ingest.conftest import APPEND, Site
from tests.integration.ingest.test_rules import declare


def load(site: Site, content: str, **options: Any) -> Load:
    row = site.load(site.drop("t.csv", content, **options))
    assert row.status is FileStatus.COMPLETED, row.error_message
    return row


@pytest.mark.parametrize(
    ("value", "kind"),
    [("12", "INT"), ("1.5", "DECIMAL(2,1)"), ("2024-01-31", "DATE"), ("true", "BIT"), ("abc", "NVARCHAR(10)")],
)
@pytest.mark.parametrize("folder", ["full", "append"])
def test_an_empty_column_takes_the_first_real_type_without_a_question(
    site: Site, value: str, kind: str, folder: str
) -> None:
    load(site, "code,x\na,\nb,\n")
    load(site, "code,x\na,\nc,\n")
    row = load(site, f"code,x\nd,{value}\n", **({"folder": APPEND} if folder == "append" else {}))
    assert site.columns("t")["x"] == kind
    assert not row.warnings
    kept = site.deps.warehouse.table(site.database.table("t_backup", "bkp"))
    assert kept is not None
    assert str((kept.column("x") or kept.columns[0]).type) == kind
    load(site, f"code,x\nd,{value}\ne,\n")


def test_a_column_whose_values_went_away_stays_text(site: Site) -> None:
    load(site, "code,x\na,abc\n")
    load(site, "code,x\na,\n")
    load(site, "code,x\na,5\n")
    assert site.columns("t")["x"].startswith("NVARCHAR")


def test_an_empty_column_that_people_made_text_stays_text(site: Site) -> None:
    kinds = "code NVARCHAR(10) NULL, x NVARCHAR(10) NULL"
    site.database.run(f"CREATE TABLE ref.[t] ({kinds})")
    load(site, "code,x\na,5\n")
    assert site.columns("t")["x"] == "NVARCHAR(10)"


@pytest.mark.parametrize(
    ("texts", "kind", "values"),
    [
        (("5", "-12"), INT, ["-12", "5"]),
        (("1.50", "2.25"), decimal(10, 2), ["1.50", "2.25"]),
        (("2024-01-31", "2023-12-01"), DATE, ["2023-12-01", "2024-01-31"]),
        (("true", "False"), BIT, ["0", "1"]),
        (("1e3", "0.1"), FLOAT, ["0.1", "1000.0"]),
    ],
)
def test_a_text_column_gets_its_type_in_the_table_and_its_versions(
    site: Site, texts: tuple[str, str], kind: SqlType, values: list[str]
) -> None:
    text_column(site, *texts)
    assert preview_retype(site.deps, "t", "x", kind).fits
    assert site.columns("t")["x"].startswith("NVARCHAR")
    done = retype(site.deps, "t", "x", kind, by="ann")
    assert (done.applied, done.rows, site.columns("t")["x"]) == (True, 2, str(kind))
    shown = sorted(str(int(value) if isinstance(value, bool) else value) for (value,) in site.rows("t", "x"))
    assert [one.rstrip("0") or "0" for one in shown] == [one.rstrip("0") or "0" for one in values]
    kept = site.deps.warehouse.table(site.database.table("t_backup", "bkp"))
    assert kept is not None
    assert str((kept.column("x") or kept.columns[0]).type) == str(kind)
    load(site, f"code,x,note\na,{texts[0]},c\nb,{texts[0]},c\n")
    assert site.columns("t")["x"] == str(kind)


def test_values_that_do_not_fit_are_listed_and_nothing_changes(site: Site) -> None:
    text_column(site, "007", "tbd")
    found = preview_retype(site.deps, "t", "x", INT)
    assert [(one.value, one.rows, one.kept) for one in found.misfits] == [("007", 1, 1), ("tbd", 1, 1)]
    with pytest.raises(DataError, match="2 values of x are not INT, in 2 rows of t and 2 of its earlier versions"):
        retype(site.deps, "t", "x", INT, by="ann")
    assert site.columns("t")["x"].startswith("NVARCHAR")


def test_a_column_is_read_as_its_contract_writes_it(site: Site) -> None:
    text_column(site, "31.01.2024", "1.2.2024")
    field = {"name": "x", "type": "date", "format": "%d.%m.%Y"}
    declare(site, {"name": "t", "schema": {"fields": [{"name": "code", "type": "string"}, field]}})
    retype(site.deps, "t", "x", DATE, by="ann")
    assert sorted(str(value) for (value,) in site.rows("t", "x")) == ["2024-01-31", "2024-02-01"]


@pytest.mark.parametrize(
    ("column", "kind", "error"), [("n", INT, SchemaError), ("gone", INT, DataError), ("x", text(10), SchemaError)]
)
def test_what_cannot_be_typed_again_is_said(site: Site, column: str, kind: SqlType, error: type[Exception]) -> None:
    load(site, "code,x,n\na,y,1\n")
    with pytest.raises(error):
        preview_retype(site.deps, "t", column, kind)


def test_a_column_that_is_declared_as_text_stays_text(site: Site) -> None:
    text_column(site, "5", "6")
    declare(site, {"name": "t", "schema": {"fields": [{"name": "x", "type": "string"}]}})
    with pytest.raises(ConfigurationError, match="declares x as text"):
        preview_retype(site.deps, "t", "x", INT)


def text_column(site: Site, *texts: str) -> None:
    """A table with a text column, and an earlier version with the same texts."""
    site.database.run("CREATE TABLE ref.[t] (code NVARCHAR(10) NULL, x NVARCHAR(10) NULL)")
    lines = "".join(f"{number},{value}\n" for number, value in enumerate(texts))
    for note in ("a", "b"):
        load(site, f"code,x,note\n{lines.replace(chr(10), f',{note}{chr(10)}')}")
    assert site.columns("t")["x"].startswith("NVARCHAR")


def test_versions_that_a_type_does_not_fit_can_be_deleted_with_it(site: Site) -> None:
    for content in ("code,x\na,1\nb,n/a\n", "code,x\na,1\nb,2\n", "code,x\na,3\nb,-\n", "code,x\na,1\nb,4\n"):
        load(site, content)
    shown = preview_retype(site.deps, "t", "x", INT)
    assert (shown.fits, shown.fits_without_versions, shown.versions) == (False, True, (1, 3))
    with pytest.raises(DataError, match="--delete-versions"):
        retype(site.deps, "t", "x", INT, by="ann")
    done = retype(site.deps, "t", "x", INT, by="ann", delete_versions=True)
    assert (done.applied, done.versions, site.columns("t")["x"]) == (True, (1, 3), "INT")
    assert sorted(site.rows("t", "code, x")) == [("a", 1), ("b", 4)]
    kept = site.rows("t_backup", "ref_data_version_id, code, x", schema="bkp")
    assert sorted(kept) == [(2, "a", 1), (2, "b", 2)]
    removed = {one.version: one.removed_at is not None for one in site.deps.ledger.versions("t")}
    assert removed == {1: True, 2: False, 3: True, 4: False}
    trail = [(one.action.value, one.actor, one.version_id) for one in AuditTrail(site.deps.warehouse).entries()]
    assert [one for one in trail if one[0] == "delete"] == [("delete", "ann", 3), ("delete", "ann", 1)]


def test_versions_put_together_from_rows_that_are_deleted_go_with_them(make_site: Callable[..., Site]) -> None:
    site = make_site(versions="deltas", publish_method="delta")
    for rows in ("a,1\nb,n/a", "a,2\nb,n/a", "a,2\nb,3", "a,9\nb,3"):
        load(site, f"code,x\n{rows}\n")
    assert preview_retype(site.deps, "t", "x", INT).versions == (1, 2)
    assert retype(site.deps, "t", "x", INT, by="ann", delete_versions=True).applied
    assert site.rows("t_backup", "ref_data_version_id, code, x", schema="bkp") == [(3, "a", 2)]
    assert {one.version: one.is_kept for one in Versions(site.deps.settings, site.deps.warehouse).listed("t")} == {
        1: False, 2: False, 3: True, 4: True,
    }  # fmt: skip


def test_a_live_row_that_a_type_does_not_fit_is_never_deleted(site: Site) -> None:
    load(site, "code,x\na,1\nb,n/a\n")
    load(site, "code,x\na,1\nb,-\n")
    with pytest.raises(DataError, match="nothing was changed"):
        retype(site.deps, "t", "x", INT, by="ann", delete_versions=True)
    assert len(site.rows("t_backup", "code", schema="bkp")) == 2
