"""What was dropped can be had again: the file, its rejected lines with the fault marked, and a file to fix."""

from __future__ import annotations

import io
from collections.abc import Callable

import openpyxl
import pytest

from refdata.api import ArchivedDrops, ReferenceData
from refdata.core.errors import DataError
from refdata.core.model import FileStatus, Load
from tests.integration.ingest.conftest import APPEND, FULL, Site

GOOD = "code;name;price\nA1;Zürich;1,5\nB2;Bern;2,5\nC3;Chur;3,5\n"
MORE = "code;name;price\nD4;Domat;4,5\n=E5;zu;viel;5,5\nF6;Flims;6,5\nG7\n"


def archive(site: Site) -> ArchivedDrops:
    return ReferenceData(site.deps.settings, site.deps.warehouse).archive


def load(site: Site, text: str, folder: str, encoding: str = "utf-8", mtime: float = 2_000_000_000.0) -> Load:
    return site.load(site.drop("goods.csv", text.encode(encoding), folder=folder, mtime=mtime))


def fixable(site: Site, row: Load) -> bytes:
    target = io.BytesIO()
    assert archive(site).export_fixable(row.id, target) == "goods.csv"
    return target.getvalue()


def test_a_refused_file_shows_its_faults_and_is_fixed_as_a_whole(site: Site) -> None:
    row = load(site, MORE, FULL)
    assert row.status is FileStatus.ERROR
    page = archive(site).rejects(row.id)
    assert (page.total, page.fixes_all) == (2, True)
    first, second = page.lines
    assert (first.line, first.missing, second.line, second.missing) == (3, 0, 5, 2)
    assert first.reason.startswith("expected 3 fields, found 4")
    assert [(part.text, part.is_fault) for part in first.parts] == [("=E5;zu;viel;", False), ("5,5", True)]
    assert archive(site).rejects(row.id, offset=1, limit=1).lines == (second,)
    target = io.BytesIO()
    assert archive(site).original(row.id, target) == "goods.csv"
    assert target.getvalue() == fixable(site, row) == MORE.encode()


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_the_file_to_fix_of_an_append_has_the_rejected_lines_only(
    make_site: Callable[..., Site], encoding: str
) -> None:
    site = make_site(max_rejected_rows=9)
    more = f'{GOOD}D4;Genève;4,5\n"E\n5";zu;viel;5,5\nF6;Flims;6,5\nÄ7'
    row = load(site, more, APPEND, encoding)
    assert (row.status, row.rows_rejected, row.rows_loaded) == (FileStatus.COMPLETED, 2, 5), row.error_message
    assert not archive(site).rejects(row.id).fixes_all
    fixed = fixable(site, row).decode(encoding)
    assert fixed == 'code;name;price\n"E\n5";zu;viel;5,5\nÄ7\n'


def test_the_list_of_rejects_is_a_workbook_too(site: Site) -> None:
    row = load(site, MORE, FULL)
    target = io.BytesIO()
    assert archive(site).export_rejects(row.id, target, workbook=True) == "goods.rejects.csv"
    sheet = openpyxl.load_workbook(target).active
    assert [[cell.value for cell in line] for line in sheet.rows][:2] == [
        ["line", "reason", "raw"],
        [3, archive(site).rejects(row.id).lines[0].reason, "=E5;zu;viel;5,5"],
    ]


def test_what_is_not_there_is_said(site: Site) -> None:
    row = load(site, GOOD, FULL)
    with pytest.raises(DataError, match=r"No line of goods\.csv was rejected"):
        archive(site).rejects(row.id)
    with pytest.raises(DataError, match="There is no file of load 99"):
        archive(site).rejects(99)
    folder, _, name = row.file_path.rpartition("/")
    site.deps.dropoff.delete_archived(folder, name)
    with pytest.raises(DataError, match=r"The archive no longer has goods\.csv"):
        archive(site).original(row.id, io.BytesIO())
