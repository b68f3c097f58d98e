"""A downloaded table that is dropped back changes nothing and asks nothing."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from refdata.api import ReferenceData
from refdata.core.errors import DataError
from refdata.core.model import FileStatus
from tests.integration.ingest.conftest import Site

FORMS = {
    "plain": "code,name,price,valid,pieces,on\n007,Österreich,10.50,2024-01-31,3,true\n010,,,,-4,false\n",
    "german": 'Code;Name;Preis;Gültig ab;Aktiv\n007;Graz;1,50;31.01.2024;ja\n010;"a;b";-2,25;05.12.2024;nein\n',
    "quoted": 'id,text\n1,"a ""quoted"" text"\n2,"two\nlines"\n3,"=1+1"\n4,"  blanks  "\n',
    "moments": "id,at,clock\n1,2024-01-31 10:00:00.5,10:00:00\n2,2023-12-31 23:59:59,\n",
    "american": "id|when|share\n1|12/31/2024|1.5E-7\n2|01/13/2024|2.5\n",
}


def exported(site: Site, table: str, version: int | None = None) -> bytes:
    target = io.BytesIO()
    ReferenceData(site.deps.settings, site.deps.warehouse).rows.export(table, target, version)
    return target.getvalue()


@pytest.mark.parametrize("form", FORMS)
def test_a_download_that_is_dropped_back_changes_nothing(site: Site, form: str) -> None:
    site.load(site.drop("goods.csv", FORMS[form]))
    rows, columns = site.rows("goods"), site.columns("goods")
    file = exported(site, "goods")
    again = site.load(site.drop("goods.csv", file, mtime=2_000_000_000.0))
    assert again.status in (FileStatus.COMPLETED, FileStatus.DUPLICATE), again.error_message
    assert site.columns("goods") == columns
    own = len(columns) - 3
    assert sorted(map(str, (row[:own] for row in site.rows("goods")))) == sorted(map(str, (row[:own] for row in rows)))
    assert exported(site, "goods") == file


@pytest.mark.parametrize("form", FORMS)
def test_a_workbook_that_is_dropped_back_changes_nothing(make_site: Callable[..., Site], form: str) -> None:
    site = make_site(file_types="csv, xlsx")
    site.load(site.drop("goods.csv", FORMS[form]))
    file, columns = exported(site, "goods"), site.columns("goods")
    again = site.load(site.drop("goods.xlsx", workbook(site, "goods"), mtime=2_000_000_000.0))
    assert again.status in (FileStatus.COMPLETED, FileStatus.DUPLICATE), again.error_message
    assert site.columns("goods") == columns
    assert sorted(exported(site, "goods").splitlines()) == sorted(file.splitlines())


ODD = [
    "007",
    "=1+1",
    "<r><t>x</t></r>",
    " blanks ",
    "_x0041_",
    "12e5",
    "http://x.y",
    "'quoted'",
    "two\nlines",
    "NULL?",
    "1/2",
]


def test_a_workbook_has_typed_cells_and_codes_as_text(site: Site) -> None:
    lines = "".join(f'"{text}",{number}.25,{number},2024-01-{number:02},true\n' for number, text in enumerate(ODD, 1))
    site.load(site.drop("goods.csv", f"code,price,pieces,valid,active\n{lines}"))
    book = openpyxl.load_workbook(io.BytesIO(workbook(site, "goods")))
    sheet = book.active
    header, *rows = [[cell.value for cell in row] for row in sheet.rows]
    assert header == ["code", "price", "pieces", "valid", "active"]
    assert rows[0] == ["007", 1.25, 1, datetime(2024, 1, 1), True]  # noqa: DTZ001  a day
    assert (sheet["A2"].data_type, sheet["A2"].number_format, sheet["D2"].number_format) == ("s", "@", "yyyy\\-mm\\-dd")
    assert {cell.data_type for cell in sheet["A"]} == {"s"}, "no text became a formula or a number"
    assert sheet.cell(4, 1).value == "<r><t>x</t></r>"
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", f"A1:E{len(ODD) + 1}")


def test_a_difference_lists_every_row_that_differs(site: Site) -> None:
    site.load(site.drop("goods.csv", "id,name,n\n1,old,1\n2,older,2\n3,gone,3\n4,=same,4\n"))
    site.load(site.drop("goods.csv", "id,name,n\n1,=new,1\n2,older,20\n4,=same,4\n5,fresh,5\n", mtime=2_000_000_000.0))
    lines = difference(site, "goods", 1, None).decode("utf-8-sig").splitlines()
    assert lines == [
        "difference,id,name,n", "removed,3,gone,3", "before,1,old,1", "after,1,'=new,1", "before,2,older,2",
        "after,2,older,20", "added,5,fresh,5",
    ]  # fmt: skip
    sheet = openpyxl.load_workbook(io.BytesIO(difference(site, "goods", 1, 2, workbook=True))).active
    assert [cell.value for cell in sheet[4]] == ["after", 1, "=new", 1]
    assert (sheet.max_row, sheet["C4"].data_type) == (7, "s")
    assert difference(site, "goods", 2, 2).decode("utf-8-sig") == "difference,id,name,n\n"


def test_a_difference_without_a_key_has_whole_rows(site: Site) -> None:
    site.load(site.drop("goods.csv", "a,b\nx,1\nx,1\ny,\n"))
    site.load(site.drop("goods.csv", "a,b\nx,1\nz,2\nz,2\n", mtime=2_000_000_000.0))
    lines = difference(site, "goods", 1, 2).decode("utf-8-sig").splitlines()
    assert lines == ["difference,a,b", "removed,x,1", "removed,y,", "added,z,2", "added,z,2"]


def difference(site: Site, table: str, before: int, after: int | None, *, workbook: bool = False) -> bytes:
    target = io.BytesIO()
    rows = ReferenceData(site.deps.settings, site.deps.warehouse).rows
    rows.export_difference(table, before, after, target, workbook=workbook)
    return target.getvalue()


def workbook(site: Site, table: str) -> bytes:
    target = io.BytesIO()
    ReferenceData(site.deps.settings, site.deps.warehouse).rows.export_workbook(table, target)
    return target.getvalue()


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=12)


def test_any_texts_come_back_as_they_were(make_site: Callable[..., Site]) -> None:
    site = make_site()
    count = 0

    @settings(max_examples=10, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.tuples(TEXTS.filter(str.strip), TEXTS), min_size=3, max_size=8))
    def comes_back(pairs: list[tuple[str, str]]) -> None:
        nonlocal count
        count += 1
        table = f"texts_{'abcdefghijklmnopqrstuvwxyz'[count % 26]}{'abcdefghijklmnopqrstuvwxyz'[count // 26]}"
        quoted = "\n".join(",".join('"' + text.replace('"', '""') + '"' for text in pair) for pair in pairs)
        first = site.load(site.drop(f"{table}.csv", f"key words,more words\n{quoted}\n"))
        if first.status is not FileStatus.COMPLETED:
            return  # the file itself is refused or asked about; there is no table to download
        file = exported(site, table)
        again = site.load(site.drop(f"{table}.csv", file, mtime=2_000_000_000.0))
        assert again.status in (FileStatus.COMPLETED, FileStatus.DUPLICATE), again.error_message
        assert exported(site, table) == file

    comes_back()


def test_an_earlier_version_is_exported(site: Site) -> None:
    site.load(site.drop("goods.csv", "id,name\n1,old\n2,older\n"))
    site.load(site.drop("goods.csv", "id,name\n1,new\n2,older\n", mtime=2_000_000_000.0))
    assert exported(site, "goods", 1) == b"id,name\n1,old\n2,older\n"
    assert exported(site, "goods") == b"id,name\n1,new\n2,older\n"


def test_own_tables_are_not_exported(site: Site) -> None:
    with pytest.raises(DataError, match="There is no table"):
        exported(site, site.deps.settings.ledger_table)
