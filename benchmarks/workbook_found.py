"""Compares workbooks that other projects publish with what SheetJS reads in them, cell by cell.

SheetJS shares no code with openpyxl and calamine. It gives type, value and number format of each cell; what refdata
must read follows from these by the rules of docs/file-types.md, written here once more. A refused file is no error; a
cell that is different, lost or added is one. What SheetJS itself gets wrong shows by LibreOffice, which is asked then.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.workbook_reading import sheet_texts
from benchmarks.workbook_writers import by_libreoffice, sheetjs
from rich.console import Console

from refdata.copies.copy import LISTINGS
from refdata.core.errors import FormatError
from refdata.readers import reader_of

_ENDINGS = (".xlsx", ".xlsb", ".ods", ".xlsm")
_DUMP = """
const XLSX = require(process.argv[1]), fs = require("fs");
for (const [from, to] of JSON.parse(fs.readFileSync(process.argv[2]))) {
  try {
    const book = XLSX.readFile(from, {cellNF: true, cellHTML: false});
    const sheets = {};
    book.SheetNames.forEach((name, at) => {
      const sheet = book.Sheets[name], cells = [];
      if (!sheet || sheet["!type"]) return;
      for (const key of Object.keys(sheet)) {
        if (key[0] == "!") continue;
        const {t, v, z, w, F} = sheet[key], {r, c} = XLSX.utils.decode_cell(key);
        if (t != "z" && v !== undefined)
          cells.push([r, c,
            t == "n" && z && XLSX.SSF.is_date(z) ? "n-date" : t, t == "d" ? v.toISOString() : v, z || "", w || ""]);
      }
      sheets[name] = cells;
    });
    const day = !!(((book.Workbook || {}).WBProps || {}).date1904);
    fs.writeFileSync(to, JSON.stringify({sheets, day}));
  } catch (error) { fs.writeFileSync(to, JSON.stringify({error: String(error)})); }
}
"""


def compare_all(folder: Path, limit: int, console: Console) -> Counter[tuple[str, str]]:
    """Counts verdicts by source (the first folder below ``folder``) and kind, and prints what is wrong."""
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in _ENDINGS and path.is_file()]
    counts: Counter[tuple[str, str]] = Counter()
    reasons: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as place:
        for path, dump in _dumped(paths if not limit else paths[:: max(1, len(paths) // limit)], Path(place)):
            source = f"{path.relative_to(folder).parts[0]} {path.suffix.lower()[1:]}"
            verdict, fault = judged(path, dump)
            if verdict == "wrong" and dump.get("sheets"):
                verdict, fault = judged(path, dump, _second(path, Path(place)))
            counts[source, verdict] += 1
            if verdict == "refused":
                reasons[re.sub(r"'.*?'|\d[\d,]*", "…", fault)] += 1
            elif fault:
                console.print(f"{verdict}: {path.relative_to(folder)}: {fault[:300]}", markup=False, highlight=False)
    for reason, number in reasons.most_common(30):
        console.print(f"refused {number:4}: {reason[:150]}", markup=False, highlight=False)
    return counts


def _dumped(paths: list[Path], place: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Each workbook with what SheetJS reads in it, some at a time."""
    for start in range(0, len(paths), 40):
        some = paths[start : start + 40]
        pairs = [(str(path), str(place / f"{at}.json")) for at, path in enumerate(some)]
        (place / "pairs.json").write_text(json.dumps(pairs))
        with contextlib.suppress(subprocess.TimeoutExpired):  # the files that it had no time for are not compared
            subprocess.run(["node", "--max-old-space-size=4000", "-e", _DUMP, sheetjs(), str(place / "pairs.json")],
                           check=False, capture_output=True, timeout=240)  # fmt: skip
        for path, (_, target) in zip(some, pairs, strict=True):
            dump = Path(target)
            yield path, json.loads(dump.read_text()) if dump.exists() else {"error": "no time"}
            dump.unlink(missing_ok=True)


def _second(path: Path, place: Path) -> Mapping[str, Any]:
    """What LibreOffice reads in a workbook: SheetJS has faults of its own."""
    (place / "second").mkdir(exist_ok=True)
    try:
        by_libreoffice([path], place / "second", "xlsx")
    except (subprocess.SubprocessError, OSError):
        return {}
    converted = place / "second" / f"{path.stem}.xlsx"
    return next(iter(_dumped([converted], place)))[1] if converted.exists() else {}


def judged(path: Path, dump: Mapping[str, Any], second: Mapping[str, Any] | None = None) -> tuple[str, str]:
    """The verdict on a workbook, and the first cell that is different from both readings."""
    try:
        reader_of(path)
        parts = LISTINGS["sheet"](path)
        read = {part.name: [] if part.empty else sheet_texts(path, part.name) for part in parts}
    except FormatError as error:
        return "refused", str(error).split(" [")[0]
    except Exception as error:  # noqa: BLE001  whatever it is, it is a fault
        return "wrong", f"{type(error).__name__}: {error}"
    if "error" in dump:
        return "not compared", ""
    for name, cells in dump["sheets"].items():
        if name not in read:
            if cells:
                return "wrong", f"the sheet {name!r} with {len(cells)} cells is missing"
            continue
        others = (second or {}).get("sheets", {}).get(name, [])
        if fault := _difference(read[name], cells, others, dump["day"]):
            return "wrong", f"{name!r}: {fault}"
    return "right", ""


def _difference(rows: list[list[str]], cells: list[list[Any]], others: list[list[Any]], date_1904: bool) -> str:
    """The first cell that is different. The copy lacks the empty columns on the left, which the filled cells show."""
    filled = [cell for cell in cells if cell[2] != "s" or cell[3] != ""]
    second = {(cell[0], cell[1]): cell for cell in others}
    left = min((cell[1] for cell in filled), default=0)
    read = {(at, left + column): text for at, row in enumerate(rows) for column, text in enumerate(row) if text}
    for cell in filled:
        ours = read.pop((cell[0], cell[1]), "")
        other = second.get((cell[0], cell[1]), [*cell[:2], "s", "", "", ""] if others else cell)
        if not is_same(ours, cell, date_1904) and not is_same(ours, other, date_1904):
            return f"row {cell[0] + 1}, column {cell[1] + 1}: read {ours[:80]!r}, but it is {str(cell[2:])[:160]}"
    for (row, column), text in read.items():
        if (row, column) not in second or not is_same(text, second[row, column], date_1904):
            return f"row {row + 1}, column {column + 1}: read {text[:80]!r}, but it is empty"
    return ""


def is_same(ours: str, cell: list[Any], date_1904: bool) -> bool:
    """Whether a text is what a cell of SheetJS stands for: row, column, type, value, number format, shown text."""
    kind, value, shown, text = cell[2:]
    if ours == str(text) and ours.startswith("#"):
        return True  # Excel writes errors into .ods as the number 0
    if value is None:
        return True  # not a number, for SheetJS
    match kind:
        case "s" if any("\ud800" <= letter <= "\udfff" for letter in str(value)):
            return True  # half a letter, which no text in UTF-8 can have
        case "s":
            return ours.replace("\r", "") == str(value).replace("\r", "")
        case "b":
            return ours == str(bool(value)).lower()
        case "e":
            return ours == str(text)
        case "n-date" | "d":
            return _same_moment(ours, value, date_1904)
    return _same_number(ours, float(value), shown)


def _same_number(ours: str, value: float, shown: str) -> bool:
    plain = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]', "", shown)
    try:
        number = float(ours.removesuffix("%")) / (100 if ours.endswith("%") else 1)
    except ValueError:
        return False
    zeros = re.fullmatch("0{2,}", shown.split(";")[0])
    if zeros and value >= 0 and value == int(value):
        return ours == f"{int(value):0{len(zeros.group())}}"
    return ours.endswith("%") == ("%" in plain) and abs(number - value) <= 1e-13 * abs(value)


def _same_moment(ours: str, value: float | str, date_1904: bool) -> bool:
    """Within a second: the serial number of a day, or the ISO form of a date."""
    if isinstance(value, str):
        return ours[:10] == value[:10]
    epoch = datetime.datetime.fromisoformat("1904-01-01" if date_1904 else "1899-12-30")
    second = 1 / 86_400
    if re.fullmatch(r"-?\d+:\d\d:\d\d(\.\d+)?", ours):
        hours, minutes, seconds = ours.lstrip("-").split(":")
        days = (int(hours) + int(minutes) / 60 + float(seconds) / 3600) / 24
        return abs((-days if ours.startswith("-") else days) - value) < second
    try:
        serial = (datetime.datetime.fromisoformat(ours) - epoch) / datetime.timedelta(days=1)
    except ValueError:
        return _same_number(ours, float(value), "")  # a number that is no date
    return abs(serial - value) < second or (not date_1904 and value < 61 and abs(serial - value - 1) < second)
