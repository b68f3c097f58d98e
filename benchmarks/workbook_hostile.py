"""Damaged, encrypted and hostile workbooks, and files that only have the name of one."""

from __future__ import annotations

import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.workbook_parts import Odd, cell, ods, rows_of, texts, xlsx
from tests.binaryworkbooks import as_xlsb, packed_xlsb, record, row_header, sheet_of
from tests.workbooks import zipped

_CELLS = [["code", "name"], ["001", "a"], ["002", "b"]]
_ROWS = (("code", "name"), ("001", "a"), ("002", "b"))
_STYLE = '<xf numFmtId="10"/>'
_MB = 1 << 20
_LAUGHS = "<!DOCTYPE x [" + '<!ENTITY a0 "ha">' + "".join(
    f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)
) + "]>"  # fmt: skip


def _cut(share: float, write: Callable[[Path], object]) -> Callable[[Path], object]:
    def cut(path: Path) -> None:
        write(path)
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])

    return cut


def _flipped(path: Path) -> None:
    xlsx(path, texts([["code", "name"], *([f"{n:05}", f"name {n}"] for n in range(1000))]))
    data = bytearray(path.read_bytes())
    at = data.index(b"worksheets/s1.xml") + 600
    data[at : at + 40] = bytes(40)
    path.write_bytes(data)


def _laughing(path: Path) -> None:
    xlsx(path, "")
    sheet = (
        f'<?xml version="1.0"?>{_LAUGHS}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    )
    rows = f"<sheetData>{rows_of(cell('A1', 'LAUGH')).replace('LAUGH', '&a9;')}</sheetData></worksheet>"
    _replace(path, "xl/worksheets/s1.xml", sheet + rows)


def _replace(path: Path, member: str, text: str) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    zipped(path, {**parts, member: text})


def _far_cells(path: Path) -> None:
    real = [record(5, struct.pack("<IId", column, 0, 1)) for column in (0, 16_383)]
    packed_xlsb(path, {"Data": sheet_of(row_header(0) + real[0] + row_header(1_048_575) + real[1])})


def _twice(path: Path) -> None:
    xlsx(path, texts(_CELLS))
    with warnings.catch_warnings(), zipfile.ZipFile(path, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("xl/worksheets/s1.xml", archive.read("xl/worksheets/s1.xml").replace(b"001", b"007"))


def _short_record(path: Path) -> None:
    packed_xlsb(path, {"Data": sheet_of(row_header(0) + record(5, struct.pack("<IId", 0, 0, 1)))[:-30]})


def _backwards(path: Path) -> None:
    real = record(5, struct.pack("<IId", 0, 0, 1))
    packed_xlsb(path, {"Data": sheet_of(row_header(5) + real + row_header(2) + real)})


def _written(data: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(data)


_REPEATED = (
    '<table:table-row table:number-rows-repeated="{}"><table:table-cell office:value-type="float" office:value="1" '
    'table:number-columns-repeated="{}"><text:p>1</text:p></table:table-cell></table:table-row>'
)
_ENCRYPTED = '<manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data/></manifest:file-entry>'

HOSTILE: tuple[Odd, ...] = (
    Odd("cut at 60 %", "hand xlsx", "xlsx", _cut(0.6, lambda path: xlsx(path, texts(_CELLS))), refused="damaged"),
    Odd("cut at 95 %", "hand ods", "ods", _cut(0.95, lambda path: ods(path, "")), refused="damaged"),
    Odd("cut at 80 %", "hand xlsb", "xlsb", _cut(0.8, lambda path: as_xlsb(path, {"A": _CELLS})), refused="damaged"),
    Odd("bytes changed within", "hand xlsx", "xlsx", _flipped, refused="damaged"),
    Odd("a password", "hand xlsx", "xlsx", _written(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4000)),
        refused="password"),
    Odd("a password", "hand ods", "ods", lambda path: ods(path, "", manifest=_ENCRYPTED), refused="password"),
    Odd("CSV named .xlsx", "hand xlsx", "xlsx", _written(b"code,name\n001,a\n002,b\n"),
        _ROWS),
    Odd("HTML named .xlsx", "hand xlsx", "xlsx",
        _written(b"<html><body><table><tr><td>1</td></tr></table></body></html>"),
        refused="HTML page"),
    Odd("XML named .xlsx", "hand xlsx", "xlsx", _written(b'<?xml version="1.0"?><Workbook/>'), refused="XML"),
    Odd("nothing named .xlsx", "hand xlsx", "xlsx", _written(b""), refused="empty"),
    Odd("an archive that is no workbook", "hand xlsx", "xlsx", lambda path: zipped(path, {"xl/a.txt": "x"}),
        refused="damaged"),
    Odd("300 MB of shared texts", "hand xlsx", "xlsx", lambda path: xlsx(
        path, texts(_CELLS), strings=f"<si><t>{'a' * 300 * _MB}</t></si>"), refused="too large"),
    Odd("12 MB of names", "hand xlsx", "xlsx", lambda path: xlsx(
        path, texts(_CELLS), names="<definedName name='n'>1</definedName>" * (12 * _MB // 38)), refused="too large"),
    Odd("300,000 styles", "hand xlsx", "xlsx", lambda path: xlsx(
        path, texts(_CELLS), styles=f"<cellXfs>{_STYLE * 300_000}</cellXfs>"), _ROWS),
    Odd("a damaged style", "hand xlsx", "xlsx", lambda path: xlsx(
        path, texts(_CELLS), styles="<fills><fill/></fills><cellXfs><xf/></cellXfs>"), _ROWS),
    Odd("a text of 300 MB", "hand xlsx", "xlsx", lambda path: xlsx(path, rows_of(cell("A1", "a" * 300 * _MB))),
        refused="A row of the workbook"),
    Odd("two parts of one name", "hand xlsx", "xlsx", _twice, refused="two parts of the same name"),
    Odd("a row far away", "hand xlsx", "xlsx", lambda path: xlsx(
        path, texts(_CELLS) + '<row r="4000000000"><c r="A4000000000"><v>1</v></c></row>'), refused="out of order"),
    Odd("entities within entities", "hand xlsx", "xlsx", _laughing, refused="damaged"),
    Odd("entities within entities", "hand ods", "ods", lambda path: ods(
        path, "<table:table-row/>", before=_LAUGHS), refused="document type"),
    Odd("300 MB in one file", "hand ods", "ods", lambda path: ods(path, f"<!--{'a' * 300 * _MB}-->"),
        refused="too large"),
    Odd("a million rows repeated", "hand ods", "ods", lambda path: ods(path, _REPEATED.format(1_000_000, 100)),
        refused="too large"),
    Odd("rows repeated beyond a sheet", "hand ods", "ods", lambda path: ods(path, _REPEATED.format(2_000_000_000, 1)),
        refused="more than a spreadsheet"),
    Odd("a cell in the last column of many rows", "hand ods", "ods", lambda path: ods(
        path, '<table:table-row><table:table-cell table:number-columns-repeated="16383"/><table:table-cell '
        'office:value-type="float" office:value="1"/></table:table-row>' * 1000), refused="too large"),
    Odd("two cells far apart", "hand xlsb", "xlsb", _far_cells, refused="too large"),
    Odd("a record that ends early", "hand xlsb", "xlsb", _short_record, refused="save"),
    Odd("rows out of order", "hand xlsb", "xlsb", _backwards, refused="out of order"),
)  # fmt: skip
