"""Workbooks that no content describes: parts by hand, furniture of sheets, wrong endings, damage and bombs."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from benchmarks.workbook_contents import Rows
from benchmarks.workbook_hostile import HOSTILE
from benchmarks.workbook_parts import Odd, cell, ods, rows_of, texts, xlsx
from benchmarks.workbook_reading import Case
from tests.binaryworkbooks import as_xlsb, packed_xlsb, record, row_header, sheet_of, wide
from tests.workbooks import Formula

_ROWS: Rows = (("code", "name"), ("001", "a"), ("002", "b"))
_CELLS = [["code", "name"], ["001", "a"], ["002", "b"]]
_FORMULA = '<c r="B{0}"><f{1}>A{0}*2</f><v>{2}</v></c>'


def _furnished(path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Data")
        for at, row in enumerate(_CELLS):
            sheet.write_row(at, 0, row)
        sheet.add_table("A1:B3", {"columns": [{"header": "code"}, {"header": "name"}]})
        sheet.freeze_panes(1, 0)
        sheet.write_comment("A2", "a comment")
        sheet.data_validation("B2:B3", {"validate": "list", "source": ["a", "b"]})
        sheet.conditional_format("A1:B3", {"type": "3_color_scale"})
        sheet.insert_image("D2", "dot.png", {"image_data": io.BytesIO(_PNG)})
        chart = book.add_chart({"type": "column"})
        chart.add_series({"values": "=Data!$A$2:$A$3"})
        sheet.insert_chart("F2", chart)
        sheet.set_header("&LHeader")
        sheet.protect("secret")
        sheet.set_row(1, None, None, {"hidden": True})
        book.define_name("Codes", "=Data!$A$2:$A$3")
        line = book.add_chart({"type": "line"})
        line.add_series({"values": "=Data!$A$2:$A$3"})
        book.add_chartsheet("Chart").set_chart(line)


_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000" "1f15c4890000000d49444154789c6360000002000154a24f5f"
    "0000000049454e44ae426082"
)  # fmt: skip


def _furnished_openpyxl(path: Path) -> None:
    import openpyxl
    from openpyxl.chart import BarChart, Reference
    from openpyxl.comments import Comment
    from openpyxl.worksheet.datavalidation import DataValidation

    book = openpyxl.Workbook()
    sheet = book.active
    for row in _CELLS:
        sheet.append(row)
    sheet.auto_filter.ref = "A1:B3"
    sheet.freeze_panes = "A2"
    sheet["A2"].comment = Comment("a comment", "me")
    sheet.add_data_validation(DataValidation(type="list", formula1='"a,b"', sqref="B2:B3"))
    sheet["B2"].hyperlink = "https://example.com"
    sheet["B2"].value = "a"
    sheet.column_dimensions["A"].hidden = True
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=1, min_row=2, max_row=3))
    book.create_chartsheet("Chart").add_chart(chart)
    book.save(path)


def _inline(path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Data")
        for at, row in enumerate(_CELLS):
            sheet.write_row(at, 0, row)


def _rich(path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Data")
        sheet.write_row(0, 0, ["code", "name"])
        bold = book.add_format({"bold": True})
        sheet.write_row(1, 0, ["001", ""])
        sheet.write_rich_string(1, 1, "plain ", bold, "bold", " end")


def _some_zeros(path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Data")
        sheet.write_row(0, 0, ["n", "x"])
        for at in (1, 2, 3):
            sheet.write_number(at, 0, at)
            sheet.write_formula(at, 1, f"=A{at + 1}-1", None, at - 1)


def _wide(path: Path, columns: int = 1024) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Data")
        for at in (0, 1, 2):
            sheet.write_row(at, 0, [f"c{column}" if not at else f"v{at}" for column in range(columns)])


def _empty_tail(path: Path) -> None:
    tail = "".join(f'<row r="{row}" ht="15"><c r="A{row}"/></row>' for row in range(4, 1_048_577))
    xlsx(path, texts(_CELLS) + tail)


def _rich_record(path: Path) -> None:
    cell_of = (0).to_bytes(8, "little")
    body = (
        row_header(0) + record(6, cell_of + wide("name")) + row_header(1) + record(62, cell_of + b"\0" + wide("rich"))
    )
    packed_xlsb(path, {"Data": sheet_of(body)})


ODDITIES: tuple[Odd, ...] = (
    Odd("tables, filters, pictures, charts, protection", "XlsxWriter", "xlsx", _furnished, _ROWS),
    Odd("filters, comments, links, a chart sheet", "openpyxl", "xlsx", _furnished_openpyxl, _ROWS),
    Odd("inline strings", "XlsxWriter", "xlsx", _inline, _ROWS),
    Odd("rich text", "XlsxWriter", "xlsx", _rich, (("code", "name"), ("001", "plain bold end"))),
    Odd("results 0 of formulas to calculate again", "XlsxWriter", "xlsx", _some_zeros,
        (("n", "x"), ("1", "0"), ("2", "1"), ("3", "2")), note="may never have been calculated"),
    Odd("as many columns as a table may have", "XlsxWriter", "xlsx", _wide,
        (tuple(f"c{n}" for n in range(1024)), ("v1",) * 1024, ("v2",) * 1024)),
    Odd("as many columns as a sheet may have", "XlsxWriter", "xlsx", lambda path: _wide(path, 16_384),
        refused="16384 columns"),
    Odd("an empty tail up to the last row", "hand xlsx", "xlsx", _empty_tail, _ROWS),
    Odd("phonetic texts", "hand xlsx", "xlsx", lambda path: xlsx(
        path, rows_of('<c r="A1" t="s"><v>0</v></c>', '<c r="A2" t="s"><v>1</v></c>'),
        strings="<si><t>city</t></si><si><t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh></si>"),
        (("city",), ("東京",))),
    Odd("carriage returns", "hand xlsx", "xlsx", lambda path: xlsx(
        path, texts([["x", "y"], ["a_x000D_\nb", "_x005F_x0041_"]])),
        (("x", "y"), ("a\r\nb", "_x0041_"))),
    Odd("escapes in shared texts", "hand xlsx", "xlsx", lambda path: xlsx(path, rows_of('<c r="A1" t="s"><v>0</v></c>',
        '<c r="A2" t="s"><v>1</v></c>', '<c r="A3" t="s"><v>2</v></c>'), strings="<si><t>x</t></si>"
        "<si><t>a_x000D_b</t></si><si><t>_x005F_x000D_</t></si>"), (("x",), ("a\rb",), ("_x000D_",))),
    Odd("shared and array formulas", "hand xlsx", "xlsx", lambda path: xlsx(path, rows_of(
        cell("A1", "n") + cell("B1", "x"), '<c r="A2"><v>1</v></c>' +
        _FORMULA.format(2, ' t="shared" ref="B2:B3" si="0"', 2),
        '<c r="A3"><v>2</v></c><c r="B3"><f t="shared" si="0"/><v>4</v></c>',
        '<c r="A4"><v>3</v></c>' + _FORMULA.format(4, ' t="array" ref="B4"', 6))),
        (("n", "x"), ("1", "2"), ("2", "4"), ("3", "6")), note="3 cells"),
    Odd("shared formulas never calculated", "hand xlsx", "xlsx", lambda path: xlsx(path, rows_of(
        cell("A1", "n") + cell("B1", "x"), '<c r="A2"><v>1</v></c><c r="B2"><f t="shared" si="0"/></c>')),
        refused="no program has calculated"),
    Odd("elements with a prefix", "hand xlsx", "xlsx", lambda path: xlsx(
        path, texts(_CELLS) + "<row><c><v>3</v></c><c><f>A2</f><v>4</v></c></row>", prefix="x:"),
        (*_ROWS, ("3", "4")), note="1 cells"),
    Odd("formulas with a prefix, never calculated", "hand xlsx", "xlsx", lambda path: xlsx(
        path, texts(_CELLS) + "<row><c><v>3</v></c><c><f>A2</f></c></row>", prefix="x:"),
        refused="no program has calculated"),
    Odd("cells without references", "hand xlsx", "xlsx", lambda path: xlsx(path, texts(_CELLS, places=False)), _ROWS),
    Odd("wrong dimensions", "hand xlsx", "xlsx", lambda path: xlsx(
        path, texts(_CELLS), before='<dimension ref="A1"/>'), _ROWS),
    Odd("a missing sheet", "hand xlsx", "xlsx", lambda path: xlsx(path, texts(_CELLS), missing=True),
        refused="damaged"),
    Odd("rows out of order", "hand xlsx", "xlsx", lambda path: xlsx(
        path, texts(_CELLS) + '<row r="2"><c r="A2"><v>7</v></c></row>'), refused="out of order"),
    Odd("cells out of order", "hand xlsx", "xlsx", lambda path: xlsx(
        path, texts(_CELLS) + '<row r="9"><c r="C9"><v>7</v></c><c r="A9"><v>8</v></c></row>'), refused="out of order"),
    Odd("a sheet in UTF-16", "hand xlsx", "xlsx", lambda path: xlsx(path, texts(_CELLS), encoding="utf-16"), _ROWS),
    Odd("dates in ISO form", "hand xlsx", "xlsx", lambda path: xlsx(path, texts([["d"]]) + rows_of(
        '<c r="A2" t="d"><v>2024-05-01</v></c>', '<c r="A3" t="d"><v>2024-05-01T10:00:00</v></c>', first=2)),
        (("d",), ("2024-05-01",), ("2024-05-01 10:00:00",))),
    Odd("numbers that are none", "hand xlsx", "xlsx", lambda path: xlsx(
        path, texts(_CELLS) + '<row r="9"><c r="A9"><v>NaN</v></c></row>'), refused="damaged"),
    Odd("negative zero", "hand xlsx", "xlsx", lambda path: xlsx(
        path, texts([["x"]]) + '<row r="2"><c r="A2"><v>-0.0</v></c></row>'), (("x",), ("0",))),
    Odd("a very hidden sheet", "hand xlsx", "xlsx", lambda path: xlsx(
        path, texts(_CELLS), other=("Old", "veryHidden", texts(_CELLS))), _ROWS, note="'Old' (hidden) was not"),
    Odd("an external link", "hand xlsx", "xlsx", lambda path: xlsx(
        path, texts(_CELLS) + '<row r="4"><c r="A4"><f>[1]S!$A$1</f><v>5</v></c></row>', linked=True),
        (*_ROWS, ("5", "")), note="contain formulas"),
    Odd("with macros", "hand xlsx", "xlsx", lambda path: xlsx(path, texts(_CELLS),
        kind="application/vnd.ms-excel.sheet.macroEnabled.main+xml", extra={"xl/vbaProject.bin": "x"}), _ROWS),
    Odd("the workbook under another name", "hand xlsx", "xlsx", lambda path: xlsx(
        path, texts(_CELLS), main="xl/book.xml"),
        _ROWS),
    Odd("strict Open XML", "hand xlsx", "xlsx", lambda path: xlsx(path, texts(_CELLS), strict=True), refused="Strict"),
    Odd("named .ods", "hand xlsx", "ods", lambda path: xlsx(path, texts(_CELLS)), _ROWS),
    Odd("named .csv", "hand xlsx", "csv", lambda path: xlsx(path, texts(_CELLS)), _ROWS),
    Odd("named .xlsx", "hand ods", "xlsx", lambda path: ods(path, "".join(map(_line, _CELLS))), _ROWS),
    Odd("named .xlsx", "hand xlsb", "xlsx", lambda path: as_xlsb(path, {"Data": _CELLS}), _ROWS),
    Odd("texts of several kinds", "hand ods", "ods", lambda path: ods(path, _line(["x", "y"]) + _row(
        '<text:p>a<text:tab/>b<text:line-break/>c<text:s text:c="2"/>d</text:p>'
        '<text:p>e <text:span>f</text:span></text:p>',
        '<office:annotation><text:p>note</text:p></office:annotation><text:p><text:a>link</text:a></text:p>')),
        (("x", "y"), ("a\tb\nc  d\ne f", "link"))),
    Odd("old errors, percentages and zeros", "hand ods", "ods", lambda path: ods(path, _line(["n", "x"]) + "".join(
        _line([str(at)])[:-len("</table:table-row>")] + one + "</table:table-row>" for at, one in enumerate((
            _value("float", "0", "#DIV/0!", ' table:formula="of:=1/0"'), _value("percentage", "0.05", "5,00 %"),
            _value("float", "7", "007"), _value("currency", "12.5", "12,50 €"))))),
        (("n", "x"), ("0", "#DIV/0!"), ("1", "5%"), ("2", "007"), ("3", "12.5"))),
    Odd("repeated rows and columns", "hand ods", "ods", lambda path: ods(path, _line(["a", "b", "c"]) + (
        '<table:table-row table:number-rows-repeated="3">' + _value("percentage", "0.5", "50%",
        ' table:number-columns-repeated="3"') + "</table:table-row>") + _line(["x"]) +
        '<table:table-row table:number-rows-repeated="1048500"><table:table-cell '
        'table:number-columns-repeated="16384"/></table:table-row>'),
        (("a", "b", "c"), *((("50%",) * 3,) * 3), ("x", "", ""))),
    Odd("formulas never calculated", "hand ods", "ods", lambda path: ods(path, _line(["x"]) +
        '<table:table-row><table:table-cell table:formula="of:=1+1"/></table:table-row>'),
        refused="no program has calculated"),
    Odd("rich text", "hand xlsb", "xlsb", _rich_record, (("name",), ("rich",))),
    Odd("cells of the short form", "hand xlsb", "xlsb", lambda path: as_xlsb(path, {"Data": _CELLS}, short=True),
        refused="short form"),
    Odd("only errors on the right", "hand xlsb", "xlsb", lambda path: as_xlsb(
        path, {"Data": [["a", "b"], ["x", Formula("", "#N/A")], [None, "#REF!"]]}),
        (("a", "b"), ("x", "#N/A"), ("", "#REF!"))),
)  # fmt: skip


def _line(cells: list[str]) -> str:
    return _row(*(f"<text:p>{one}</text:p>" for one in cells))


def _row(*inner: str) -> str:
    cells = "".join(f'<table:table-cell office:value-type="string">{one}</table:table-cell>' for one in inner)
    return f"<table:table-row>{cells}</table:table-row>"


def _value(kind: str, value: str, shown: str, more: str = "") -> str:
    return (
        f'<table:table-cell office:value-type="{kind}" office:value="{value}"{more}><text:p>{shown}</text:p>'
        "</table:table-cell>"
    )


def oddities(folder: Path, wanted: str) -> Iterator[Case]:
    """All of them, written into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, odd in enumerate((*ODDITIES, *HOSTILE)):
        if wanted in odd.name:
            path = folder / f"{number}.{odd.ending}"
            odd.write(path)
            yield Case(odd.name, odd.writer, path, odd.rows, odd.refused, odd.note)
