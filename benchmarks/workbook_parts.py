"""Workbooks from parts written by hand, for what no program writes."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from benchmarks.workbook_contents import Rows

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml."


@dataclass(frozen=True, slots=True)
class Odd:
    """A workbook made by one function, and what reading it must give; see ``Content``."""

    name: str
    writer: str
    ending: str
    write: Callable[[Path], object]
    rows: Rows = ()
    refused: str = ""
    note: str = ""


def cell(place: str, text: str) -> str:
    """A cell with an inline text."""
    where = f' r="{place}"' if place else ""
    return f'<c{where} t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def rows_of(*rows: str, first: int = 1) -> str:
    """Rows of finished cells."""
    return "".join(f'<row r="{number}">{row}</row>' for number, row in enumerate(rows, first))


def texts(rows: Sequence[Sequence[str]], *, places: bool = True) -> str:
    """Rows of texts; with ``places`` each cell has its reference."""
    written = [
        "".join(cell(f"{'ABCDEFGH'[at]}{number}" if places else "", text) for at, text in enumerate(row))
        for number, row in enumerate(rows, 1)
    ]
    return rows_of(*written) if places else "".join(f"<row>{row}</row>" for row in written)


def xlsx(
    path: Path, rows: str, *, strings: str = "", prefix: str = "", strict: bool = False, encoding: str = "utf-8",
    before: str = "", main: str = "xl/workbook.xml", kind: str = f"{_SHEET}sheet.main+xml", linked: bool = False,
    other: tuple[str, str, str] | None = None, styles: str = "", names: str = "",
    missing: bool = False, extra: Mapping[str, str] | None = None,
) -> Path:  # fmt: skip
    """A workbook with the sheet ``Data``; ``other`` is the name, state and rows of a second one."""
    sheets = [("Data", "visible", rows), *([other] if other else [])]
    listed = "".join(f'<sheet name="{name}" sheetId="{at}" state="{state}" r:id="r{at}"/>'
                     for at, (name, state, _) in enumerate(sheets, 1))  # fmt: skip
    links = "<externalReferences><externalReference r:id='x1'/></externalReferences>" if linked else ""
    parts = {
        "_rels/.rels": _relations([("r1", "officeDocument", f"/{main}")]),
        main: f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATED}"><sheets>{listed}</sheets>{links}'
        f'<definedNames>{names}</definedNames></workbook>',
        f"xl/_rels/{main.rpartition('/')[2]}.rels": _relations(
            [*((f"r{at}", "worksheet", f"/xl/worksheets/s{at}.xml") for at, _ in enumerate(sheets, 1)),
             ("s", "styles", "/xl/styles.xml"),
             *([("x1", "externalLink", "/xl/externalLinks/e1.xml")] if linked else [])]),
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">{styles}</styleSheet>',
    }  # fmt: skip
    if strings:
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{_MAIN}">{strings}</sst>'
    types = "".join(f'<Override PartName="/{name}" ContentType="{_type(name, main, kind)}"/>'
                    for name in (*parts, *(f"xl/worksheets/s{at}.xml" for at, _ in enumerate(sheets, 1)))
                    if not name.endswith(".rels"))  # fmt: skip
    parts["[Content_Types].xml"] = (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="{_PACKAGE}/relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{types}</Types>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(parts):  # [Content_Types].xml is the first
            archive.writestr(name, parts[name].replace(_MAIN, _STRICT) if strict else parts[name])
        for at, (_, _, some) in enumerate([] if missing else sheets, 1):
            archive.writestr(f"xl/worksheets/s{at}.xml", _sheet(some, prefix, before, encoding))
        for name, text in (extra or {}).items():
            archive.writestr(name, text)
    return path


_STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"


def _sheet(rows: str, prefix: str, before: str, encoding: str) -> bytes:
    text = f"<worksheet>{before}<sheetData>{rows}</sheetData></worksheet>"
    if prefix:
        text = text.replace("</", "\0").replace("<", f"<{prefix}").replace("\0", f"</{prefix}")
    name = f"xmlns:{prefix[:-1]}" if prefix else "xmlns"
    text = text.replace(f"<{prefix}worksheet>", f'<{prefix}worksheet {name}="{_MAIN}">', 1)
    return f'<?xml version="1.0" encoding="{encoding}"?>{text}'.encode(encoding)


def _type(name: str, main: str, kind: str) -> str:
    known = {"xl/styles.xml": "styles", "xl/sharedStrings.xml": "sharedStrings"}
    return kind if name == main else f"{_SHEET}{known.get(name, 'worksheet')}+xml"


def _relations(links: Sequence[tuple[str, str, str]]) -> str:
    some = "".join(f'<Relationship Id="{key}" Type="{_RELATED}/{kind}" Target="{to}"/>' for key, kind, to in links)
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{some}</Relationships>'


def ods(path: Path, rows: str, *, manifest: str = "", before: str = "") -> Path:
    """A workbook with the sheet ``Data``."""
    names = "".join(f' xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"'
                    for short in ("office", "table", "text", "style"))  # fmt: skip
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", f"<manifest:manifest>{manifest}</manifest:manifest>")
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0"?>{before}<office:document-content{names}><office:body><office:spreadsheet>'
            f'<table:table table:name="Data">{rows}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return path
