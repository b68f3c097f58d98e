"""Reads workbooks of many writers, and compares them with rows that were written down by hand.

usage: python -m benchmarks.workbook_corpus [--case TEXT] [--folder PATH] [--found FOLDER] [--limit NUMBER]

Each content of ``workbook_contents`` is saved by openpyxl, XlsxWriter, LibreOffice (apt: libreoffice-calc), SheetJS
(``npm install xlsx`` anywhere, with its folder in REFDATA_SHEETJS) and by hand; ``workbook_oddities`` adds files that
no content describes. A file is right when its rows, its warning or its refusal are the stated ones. A writer that is
not installed is left out, and said so. With ``--found`` all workbooks of a folder are compared with what independent
readers say; see ``workbook_found``. Exit code 1 when a file is wrong.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.workbook_contents import CONTENTS, FROM_EXCEL, REFUSED_WRITERS, Content
from benchmarks.workbook_oddities import oddities
from benchmarks.workbook_reading import Case, read
from benchmarks.workbook_writers import (
    by_libreoffice,
    by_sheetjs,
    libreoffice,
    sheetjs,
    write_by_hand,
    write_openpyxl,
    write_xlsxwriter,
)
from rich.console import Console
from rich.table import Table


def of_content(name: str, content: Content, writer: str, path: Path) -> Case:
    other = content.but.get(writer)
    if writer == "SheetJS ods" or (writer == "SheetJS xlsb" and not content.refused and name != "one column"):
        other = REFUSED_WRITERS[writer]
    rows = other if other is not None and not isinstance(other, str) else content.rows
    refused = other if isinstance(other, str) else content.refused
    return Case(name, writer, path, rows, refused, content.note, content.doubt, content.table)


def _slug(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name)


def written(folder: Path, wanted: str) -> Iterator[Case]:
    """All contents by all writers that are there."""
    chosen = {name: content for name, content in CONTENTS.items() if wanted in name}
    for writer, ending, write in (
        ("openpyxl", "xlsx", write_openpyxl), ("XlsxWriter", "xlsx", write_xlsxwriter),
        ("hand xlsb", "xlsb", write_by_hand),
    ):  # fmt: skip
        (folder / writer).mkdir(parents=True, exist_ok=True)
        for name, content in chosen.items():
            path = folder / writer / f"{_slug(name)}.{ending}"
            if writer in content.writers:
                write(path, content)
                yield of_content(name, content, writer, path)
    yield from _converted(folder, chosen)


def _converted(folder: Path, chosen: dict[str, Content]) -> Iterator[Case]:
    """What LibreOffice and SheetJS make of XlsxWriter's files."""
    for program, available in (("LibreOffice", libreoffice()), ("SheetJS", sheetjs())):
        for ending in ("xlsx", "ods", "xlsb"):
            writer = f"{program} {ending}"
            some = {name: content for name, content in chosen.items() if writer in content.writers}
            if not some or writer not in FROM_EXCEL:
                continue
            if not available:
                print(f"{writer}: not installed, left out")
                continue
            (folder / writer).mkdir(parents=True, exist_ok=True)
            sources = {name: folder / "XlsxWriter" / f"{_slug(name)}.xlsx" for name in some}
            targets = {name: folder / writer / f"{_slug(name)}.{ending}" for name in some}
            if program == "LibreOffice":
                by_libreoffice(list(sources.values()), folder / writer, ending)
            else:
                by_sheetjs([(sources[name], targets[name]) for name in some])
            yield from (of_content(name, content, writer, targets[name]) for name, content in some.items())


def judge(cases: Iterator[Case], console: Console) -> Counter[tuple[str, str]]:
    """Reads each file, prints what is wrong, and counts verdicts by writer."""
    counts: Counter[tuple[str, str]] = Counter()
    for case in cases:
        fault = case.fault(read(case.path, case.table))
        verdict = "wrong" if fault else "refused as expected" if case.refused else "right"
        counts[case.writer, verdict] += 1
        if fault:
            console.print(f"[red]wrong[/] {case.writer}: {case.name}: ", end="")
            console.print(fault[:600], markup=False, highlight=False)
    return counts


def report(counts: Counter[tuple[str, str]], console: Console, first: str = "writer and kind") -> bool:
    """Prints the table; True when nothing is wrong."""
    given = {verdict for _, verdict in counts} | {"right", "wrong"}
    verdicts = [one for one in ("right", "refused as expected", "refused", "not compared", "wrong") if one in given]
    table = Table(first, "files", *verdicts)
    for writer in dict.fromkeys(writer for writer, _ in counts):
        row = [counts[writer, verdict] for verdict in verdicts]
        table.add_row(writer, str(sum(row)), *map(str, row))
    sums = [sum(count for (_, one), count in counts.items() if one == verdict) for verdict in verdicts]
    table.add_section()
    table.add_row("all", str(sum(sums)), *map(str, sums))
    console.print(table)
    return sums[-1] == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", default="", help="only contents with this text in their name")
    parser.add_argument("--folder", type=Path, help="where the files are kept")
    parser.add_argument("--found", type=Path, help="a folder with workbooks to compare instead")
    parser.add_argument("--limit", type=int, default=0, help="how many found files of a kind")
    options = parser.parse_args()
    console = Console(width=200)
    if options.found:
        from benchmarks.workbook_found import compare_all

        sys.exit(0 if report(compare_all(options.found, options.limit, console), console, "source and kind") else 1)
    with tempfile.TemporaryDirectory() as folder:
        place = options.folder or Path(folder)
        counts = judge(written(place, options.case), console) + judge(oddities(place / "odd", options.case), console)
    sys.exit(0 if report(counts, console) else 1)


if __name__ == "__main__":
    main()
