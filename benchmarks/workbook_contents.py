"""Contents that several programs write as workbooks, each with the rows that must be read, stated by hand.

The rows are texts as a CSV file of the sheet would have them: dates in ISO form, numbers as stored, percentages with
their sign. Nothing here is taken from what refdata reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from tests.workbooks import Formula

Rows = Sequence[Sequence[str]]

XLSX_WRITERS = ("openpyxl", "XlsxWriter")
ALL = (
    *XLSX_WRITERS, "LibreOffice xlsx", "LibreOffice ods", "SheetJS xlsx", "SheetJS ods", "SheetJS xlsb", "hand xlsb",
)  # fmt: skip
FROM_EXCEL = tuple(one for one in ALL if one != "openpyxl")
"""The writers that know formulas with their values."""

REFUSED_WRITERS = {"SheetJS xlsb": "short form", "SheetJS ods": "save it again"}
"""SheetJS writes all cells of an ``.xlsb`` but a row's first in a form that calamine does not read, and breaks the
lines of an ``.ods`` where calamine expects cells. Both are refused, unless there is only one column or nothing."""


@dataclass(frozen=True, slots=True)
class Content:
    """Sheets of cells, and what reading them must give.

    ``rows`` begin with the header. ``refused`` and ``note`` are words of the error and of a warning. ``but`` has the
    writers for which something else is right, with the words of the refusal or the rows.
    """

    sheets: Mapping[str, Sequence[Sequence[Any]]]
    rows: Rows = ()
    refused: str = ""
    note: str = ""
    doubt: bool = False
    table: str = ""
    hidden: tuple[str, ...] = ()
    merged: tuple[str, ...] = ()
    date_1904: bool = False
    writers: tuple[str, ...] = ALL
    but: Mapping[str, str | Rows] = field(default_factory=dict)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _one(*rows: Sequence[Any]) -> dict[str, Sequence[Sequence[Any]]]:
    return {"Data": rows}


_PLAIN = [["code", "name"], ["001", "Graz"], ["002", "Linz"], ["003", "Wien"]]
_PLAIN_ROWS = (("code", "name"), ("001", "Graz"), ("002", "Linz"), ("003", "Wien"))
_OTHER = [["a", "b"], ["x", "y"], ["v", "w"]]

_SIXTEEN = (("name", "x"), ("a", "0.3"), ("b", "0.3333333333333333"), ("c", "1.1"), ("d", "100"), ("e", "0.00000025"))
_FIFTEEN = (*_SIXTEEN[:2], ("b", "0.333333333333333"), *_SIXTEEN[3:])
_NEVER = "no program has calculated"

CONTENTS: dict[str, Content] = {
    "codes as text": Content(
        _one(["code", "name"], ["00123", "a"], ["0", "b"], ["1-2", "c"], ["1E5", "d"], ["TRUE", "e"], ["5%", "f"]),
        (("code", "name"), ("00123", "a"), ("0", "b"), ("1-2", "c"), ("1E5", "d"), ("TRUE", "e"), ("5%", "f")),
    ),
    "numbers shown with zeros": Content(
        _one(["code", "name"], [(123, "00000"), "a"], [(7, "00000"), "b"], [(99999, "00000"), "c"]),
        (("code", "name"), ("00123", "a"), ("00007", "b"), ("99999", "c")),
    ),
    "dates": Content(
        _one(["day", "name"], [(date(2024, 5, 1), "dd/mm/yyyy"), "a"], [(date(1999, 12, 31), "d. mmm yyyy"), "b"],
             [(date(2024, 2, 29), "yyyy-mm-dd"), "c"], [(date(1900, 3, 1), "mm-dd-yy"), "d"]),
        (("day", "name"), ("2024-05-01", "a"), ("1999-12-31", "b"), ("2024-02-29", "c"), ("1900-03-01", "d")),
    ),
    "dates of 1904": Content(
        _one(["day", "name"], [(date(1905, 1, 1), "dd/mm/yyyy"), "a"], [(date(2024, 5, 1), "dd/mm/yyyy"), "b"]),
        (("day", "name"), ("1905-01-01", "a"), ("2024-05-01", "b")),
        date_1904=True,
        writers=("openpyxl", "XlsxWriter", "LibreOffice xlsx", "LibreOffice ods", "SheetJS xlsx", "hand xlsb"),
    ),
    "moments": Content(
        _one(["at", "name"], [(_at("2024-05-01 13:45:30"), "dd.mm.yyyy hh:mm:ss"), "a"],
             [(_at("2024-05-02"), "dd.mm.yyyy hh:mm"), "b"]),
        (("at", "name"), ("2024-05-01 13:45:30", "a"), ("2024-05-02 00:00:00", "b")),
        # The form of a date is not in an .ods cell's value, which has no time at midnight.
        but={"LibreOffice ods": (("at", "name"), ("2024-05-01 13:45:30", "a"), ("2024-05-02", "b")),
             "SheetJS ods": (("at", "name"), ("2024-05-01 13:45:30", "a"), ("2024-05-02", "b"))},
    ),
    "times": Content(
        _one(["at", "name"], [(time(7, 5), "hh:mm"), "a"], [(time(23, 59, 59), "hh:mm:ss"), "b"]),
        (("at", "name"), ("07:05:00", "a"), ("23:59:59", "b")),
    ),
    "durations": Content(
        _one(["took", "name"], [(timedelta(hours=26, minutes=30), "[h]:mm"), "a"],
             [(timedelta(hours=100, seconds=1), "[h]:mm:ss"), "b"], [(timedelta(minutes=5), "[h]:mm:ss"), "c"]),
        (("took", "name"), ("26:30:00", "a"), ("100:00:01", "b"), ("00:05:00", "c")),
    ),
    "parts of seconds": Content(
        _one(["took", "name"], [(timedelta(seconds=1.25), "[h]:mm:ss.00"), "a"],
             [(timedelta(hours=30, seconds=0.5), "[h]:mm:ss.00"), "b"]),
        (("took", "name"), ("00:00:01.250", "a"), ("30:00:00.500", "b")),
        but={"LibreOffice ods": (("took", "name"), ("00:00:01.250000", "a"), ("30:00:00.500", "b"))},
    ),
    "percentages": Content(
        _one(["name", "share"], ["a", (0.05, "0%")], ["b", (0.125, "0.0%")], ["c", (1, "0%")], ["d", (0.07, "0%")],
             ["e", (-0.5, "0.00%")]),
        (("name", "share"), ("a", "5%"), ("b", "12.5%"), ("c", "100%"), ("d", "7%"), ("e", "-50%")),
    ),
    "currencies": Content(
        _one(["name", "price"], ["a", (1234.5, '#,##0.00 "EUR"')], ["b", (-0.01, '"$"#,##0.00')],
             ["c", (1000000, "#,##0 [$€-407]")]),
        (("name", "price"), ("a", "1234.5"), ("b", "-0.01"), ("c", "1000000")),
    ),
    "booleans": Content(
        _one(["name", "open"], ["a", True], ["b", False], ["c", None]),
        (("name", "open"), ("a", "true"), ("b", "false"), ("c", "")),
        # LibreOffice takes booleans of .xlsx for the formulas TRUE() and FALSE(), and saves them as numbers.
        but={"LibreOffice ods": (("name", "open"), ("a", "1"), ("b", "0"), ("c", ""))},
    ),
    "errors": Content(
        _one(["name", "x"], ["a", Formula("NA()", "#N/A")], ["b", Formula("1/0", "#DIV/0!")],
             ["c", Formula("#REF!+1", "#REF!")], ["d", 1]),
        (("name", "x"), ("a", "#N/A"), ("b", "#DIV/0!"), ("c", "#REF!"), ("d", "1")),
        note="contain formulas", writers=FROM_EXCEL,
    ),
    "formulas": Content(
        _one(["n", "twice", "word", "big"], *([n, Formula(f"A{n + 1}*2", n * 2), Formula(f'"w"&A{n + 1}', f"w{n}"),
                                                Formula(f"A{n + 1}>2", n > 2)] for n in (1, 2, 3))),
        (("n", "twice", "word", "big"), ("1", "2", "w1", "false"), ("2", "4", "w2", "false"), ("3", "6", "w3", "true")),
        but={"LibreOffice ods": (("n", "twice", "word", "big"), ("1", "2", "w1", "0"), ("2", "4", "w2", "0"),
                                 ("3", "6", "w3", "1"))},
        note="contain formulas", writers=FROM_EXCEL,
    ),
    "a formula with an empty result": Content(
        _one(["n", "x", "m"], [1, Formula('""', ""), 2], [2, Formula('"b"', "b"), 3]),
        (("n", "x", "m"), ("1", "", "2"), ("2", "b", "3")),
        note="contain formulas", writers=FROM_EXCEL,
        # XlsxWriter leaves the value out, and SheetJS what it does not find.
        but={"XlsxWriter": _NEVER, "SheetJS xlsx": _NEVER},
    ),
    "formulas of dates": Content(
        _one(["n", "day", "share"], [1, (Formula("DATE(2024,5,1)", 45413), "dd/mm/yyyy"), (Formula("1/4", 0.25), "0%")]
        ),
        (("n", "day", "share"), ("1", "2024-05-01", "25%")),
        note="contain formulas", writers=FROM_EXCEL,
    ),
    "formulas never calculated": Content(
        _one(["n", "twice"], *([n, f"=A{n + 1}*2"] for n in (1, 2, 3))),
        refused=_NEVER,
        writers=("openpyxl", "XlsxWriter"),
    ),
    "floating point": Content(
        _one(["name", "x"], ["a", 0.1 + 0.2], ["b", 1 / 3], ["c", 1.1], ["d", 100.0], ["e", 2.5e-7]),
        (("name", "x"), ("a", "0.30000000000000004"), ("b", "0.3333333333333333"), ("c", "1.1"), ("d", "100"),
         ("e", "0.00000025")),
        # All but the hand write 15 or 16 digits.
        but=dict.fromkeys(("openpyxl", "XlsxWriter", "SheetJS xlsx"), _SIXTEEN)
        | dict.fromkeys(("LibreOffice xlsx", "LibreOffice ods"), _FIFTEEN),
    ),
    "large and long numbers": Content(
        _one(["name", "x"], ["a", 123456789012345], ["b", 1e21], ["c", -99999999], ["d", 0]),
        (("name", "x"), ("a", "123456789012345"), ("b", "1000000000000000000000"), ("c", "-99999999"), ("d", "0")),
    ),
    "a number beside scientific notation": Content(
        _one(["name", "x"], ["a", (1500000, "0.00E+00")], ["b", (0.00015, "##0.0E+0")]),
        (("name", "x"), ("a", "1500000"), ("b", "0.00015")),
    ),
    "blanks around texts": Content(
        _one(["name", "x"], ["  a", "b  "], [" c ", "d"]),
        (("name", "x"), ("  a", "b  "), (" c ", "d")),
    ),
    "texts with delimiters, quotes and breaks": Content(
        _one(["name", "x"], ["a,b;c", 'say "hi"'], ["two\nlines", "it's"], ["=1+1 not a formula"[1:], "semi;colon"]),
        (("name", "x"), ("a,b;c", 'say "hi"'), ("two\nlines", "it's"), ("1+1 not a formula", "semi;colon")),
    ),
    "tabs in texts": Content(
        _one(["name", "x"], ["a\tb", "c"], ["d", "e"]),
        (("name", "x"), ("a\tb", "c"), ("d", "e")),
    ),
    "letters of the world": Content(
        _one(["name", "x"], ["Žluťoučký kůň", "Ελλάδα"], ["日本語", "العربية"], ["שלום", "🇦🇹 🙂"],
             ["e\u0301", "\u00a0x"]),
        (("name", "x"), ("Žluťoučký kůň", "Ελλάδα"), ("日本語", "العربية"), ("שלום", "🇦🇹 🙂"), ("e\u0301", "\u00a0x")),
    ),
    "a very long text": Content(
        _one(["name", "x"], ["a", "ä" * 32_000], ["b", "short"]),
        (("name", "x"), ("a", "ä" * 32_000), ("b", "short")),
    ),
    "a merged title above the header": Content(
        _one(["Prices of 2024", None, None], [None, None, None], ["code", "name", "price"], ["001", "a", 1.5],
             ["002", "b", 2.5], ["003", "c", 3.5]),
        (("code", "name", "price"), ("001", "a", "1.5"), ("002", "b", "2.5"), ("003", "c", "3.5")),
        merged=("A1:C1",),
    ),
    "two title rows": Content(
        _one(["Report", None, None], ["as of", (date(2024, 5, 1), "dd/mm/yyyy"), None], [None, None, None],
             ["code", "name", "price"], ["001", "a", 1.5], ["002", "b", 2.5], ["003", "c", 3.5]),
        # The second title has as many cells as a row of a narrow table, so a person is asked.
        doubt=True,
    ),
    "empty rows and columns in front": Content(
        _one([], [], [None, None, "code", "name"], [None, None, "001", "a"], [None, None, "002", "b"],
             [None, None, "003", "c"]),
        (("code", "name"), ("001", "a"), ("002", "b"), ("003", "c")),
    ),
    "empty rows between": Content(
        _one(["code", "name"], ["001", "a"], [], [], ["002", "b"], []),
        (("code", "name"), ("001", "a"), ("002", "b")),
    ),
    "an empty column between": Content(
        _one(["code", "note", "name"], ["001", None, "a"], ["002", None, "b"]),
        (("code", "note", "name"), ("001", "", "a"), ("002", "", "b")),
    ),
    "formatted but empty cells": Content(
        _one(["code", "name", (None, "0.00")], ["001", "a", (None, "0.00")], [(None, "0.00"), (None, "0.00")]),
        (("code", "name"), ("001", "a")),
    ),
    "equal rows and cells": Content(
        _one(["a", "b", "c"], *([["7", "7", "7"]] * 5), ["1", None, None], *([["7", "7", "7"]] * 3)),
        (("a", "b", "c"), *([("7", "7", "7")] * 5), ("1", "", ""), *([("7", "7", "7")] * 3)),
    ),
    "the only sheet with data": Content(
        {"Notes": [], "Data": _PLAIN, "Empty": []}, _PLAIN_ROWS,
    ),
    "a hidden sheet": Content(
        {"Old": _OTHER, "Data": _PLAIN}, _PLAIN_ROWS, hidden=("Old",), note="'Old' (hidden) was not",
    ),
    "the sheet named like the table": Content(
        {"Other": _OTHER, "Cities": _PLAIN}, _PLAIN_ROWS, table="cities", note="'Other' was not",
    ),
    "several sheets": Content({"North": _PLAIN, "South": _OTHER}, doubt=True),
    "no data at all": Content({"Data": []}, refused="no sheet with data"),
    "names of sheets": Content({"Prices & more <2024>, 'x' y": _PLAIN}, _PLAIN_ROWS),
    "a header only": Content(_one(["code", "name"]), (("code", "name"),)),
    "one column": Content(_one(["code"], ["001"], ["002"], ["003"]), (("code",), ("001",), ("002",), ("003",))),
    "mixed types in a column": Content(
        _one(["x", "name"], [1, "a"], ["one", "b"], [True, "c"], [(date(2024, 5, 1), "yyyy-mm-dd"), "d"]),
        (("x", "name"), ("1", "a"), ("one", "b"), ("true", "c"), ("2024-05-01", "d")),
        but={"LibreOffice ods": (("x", "name"), ("1", "a"), ("one", "b"), ("1", "c"), ("2024-05-01", "d"))},
    ),
    "dates that are none": Content(
        _one(["day", "name"], [(99999999, "dd/mm/yyyy"), "a"], [(45413, "dd/mm/yyyy"), "b"]),
        (("day", "name"), ("99999999", "a"), ("2024-05-01", "b")),
        writers=("openpyxl", "XlsxWriter", "hand xlsb"),
    ),
}  # fmt: skip
