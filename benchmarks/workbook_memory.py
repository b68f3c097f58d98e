"""Peak memory of copying a sheet of 100,000 and of 1,000,000 rows, each in a process of its own.

    python -m benchmarks.workbook_memory [--rows NUMBER ...]

The sheets have ten columns: codes, texts, numbers, dates, percentages. ``.xlsx`` comes with its texts in the cells,
with few shared texts, and with a shared text for each row. Where a file is refused the table says why.
"""

from __future__ import annotations

import argparse
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.read_speed import peak_mib
from benchmarks.workbook_parts import ods, xlsx
from tests.binaryworkbooks import as_xlsb, record, row_header, wide

_HEADER = ("id", "code", "name", "city", "price", "share", "day", "n", "flag", "note")
_PIECE = 5000


def _replaced(path: Path, member: str, begin: bytes, pieces: Iterator[bytes], end: bytes) -> None:
    """Writes a part of a workbook again, in pieces; the others stay."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    whole = parts.pop(member)
    head, _, tail = whole.partition(begin + end)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
        with archive.open(member, "w", force_zip64=True) as part:
            part.write(head + begin)
            for piece in pieces:
                part.write(piece)
            part.write(end + tail)


def _pieces(rows: int, row: Callable[[int], bytes]) -> Iterator[bytes]:
    for start in range(1, rows + 1, _PIECE):
        yield b"".join(row(number) for number in range(start, min(start + _PIECE, rows + 1)))


def write_inline(path: Path, rows: int) -> None:
    def row(n: int) -> bytes:
        text = '<c t="inlineStr"><is><t>{}</t></is></c>'.format
        cells = (f"<c><v>{n}</v></c>{text(f'{n:07}')}{text(f'Name {n}')}{text(f'City {n % 500}')}"
                 f"<c><v>{n / 7!r}</v></c>"
                 f'<c><v>{n % 100 / 100}</v></c><c><v>{40000 + n % 9000}</v></c><c><v>{n * 3}</v></c>'
                 f'<c t="b"><v>1</v></c>'
                 f"{text(f'note {n % 50}')}")  # fmt: skip
        return f'<row r="{n + 1}" ht="15" customHeight="1">{cells}</row>'.encode()

    xlsx(path, "")
    _replaced(path, "xl/worksheets/s1.xml", b"<sheetData>", _headed(_pieces(rows, row)), b"</sheetData>")


def _headed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    cells = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in _HEADER)
    yield f'<row r="1">{cells}</row>'.encode()
    yield from pieces


def _shared(path: Path, rows: int, texts: int) -> None:
    def row(n: int) -> bytes:
        cells = (f'<c><v>{n}</v></c><c t="s"><v>{n % texts}</v></c><c t="s"><v>{n % 50}</v></c>'
                 f'<c t="s"><v>{n % 500}</v></c>'
                 f"<c><v>{n / 7!r}</v></c><c><v>{n % 100 / 100}</v></c><c><v>{40000 + n % 9000}</v></c>"
                 f"<c><v>{n * 3}</v></c>"
                 f'<c t="b"><v>1</v></c><c t="s"><v>{n % 40}</v></c>')  # fmt: skip
        return f'<row r="{n + 1}">{cells}</row>'.encode()

    xlsx(path, "", strings="<si/>")
    _replaced(path, "xl/worksheets/s1.xml", b"<sheetData>", _headed(_pieces(rows, row)), b"</sheetData>")
    some = _pieces(texts, lambda n: f"<si><t>Some name of a customer {n}</t></si>".encode())
    _replaced(path, "xl/sharedStrings.xml", b"<si/>", some, b"")


def write_few_shared(path: Path, rows: int) -> None:
    _shared(path, rows, 1000)


def write_many_shared(path: Path, rows: int) -> None:
    _shared(path, rows, rows)


def write_xlsb(path: Path, rows: int) -> None:
    def row(n: int) -> bytes:
        texts = {1: f"{n:07}", 2: f"Name {n}", 3: f"City {n % 500}", 9: f"note {n % 50}"}
        cells = (record(6, struct.pack("<II", at, 0) + wide(texts[at])) if at in texts
                 else record(5, struct.pack("<IId", at, 0, n / 7)) for at in range(10))  # fmt: skip
        return row_header(n) + b"".join(cells)

    as_xlsb(path, {"Data": [_HEADER]})
    last = record(6, struct.pack("<II", 9, 0) + wide(_HEADER[9]))
    _replaced(path, "xl/worksheets/s1.bin", last, _pieces(rows, row), record(146) + record(130))


def write_ods(path: Path, rows: int) -> None:
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'.format
    value = (
        '<table:table-cell office:value-type="float" office:value="{0}"><text:p>{0}</text:p></table:table-cell>'.format
    )

    def row(n: int) -> bytes:
        cells = (value(n), cell(f"{n:07}"), cell(f"Name {n}"), cell(f"City {n % 500}"), value(n / 7),
                 value(n % 100 / 100),
                 value(n), value(n * 3), value(1), cell(f"note {n % 50}"))  # fmt: skip
        return f"<table:table-row>{''.join(cells)}</table:table-row>".encode()

    ods(path, f"<table:table-row>{''.join(map(cell, _HEADER))}</table:table-row>")
    _replaced(path, "content.xml", b"</table:table-row>", _pieces(rows, row), b"</table:table>")


WRITERS: dict[str, tuple[str, Callable[[Path, int], None]]] = {
    ".xlsx, texts in cells": ("xlsx", write_inline),
    ".xlsx, 1,000 shared texts": ("xlsx", write_few_shared),
    ".xlsx, a shared text for each row": ("xlsx", write_many_shared),
    ".xlsb": ("xlsb", write_xlsb),
    ".ods": ("ods", write_ods),
}


def copy_one(path: Path) -> str:
    """Copies the only sheet of a workbook; the peak, what it took, and how it ended."""
    from refdata.copies.copy import COPIERS, LISTINGS, Copies
    from refdata.core.errors import FormatError

    base, start = peak_mib(), time.process_time()
    try:
        part = LISTINGS["sheet"](path)[0]
        copy = Copies().of(path, part.name, COPIERS["sheet"])
        with copy.path.open("rb") as file:
            end = f"{sum(1 for _ in file):,} lines"
    except FormatError as error:
        end = f"refused: {error}".split(" [")[0]
    return f"{peak_mib():.0f}\t{peak_mib() - base:.0f}\t{time.process_time() - start:.0f}\t{end}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--only", default="", help="kinds with this text")
    parser.add_argument("--file", type=Path)
    options = parser.parse_args()
    if options.file:
        print(copy_one(options.file))
        return
    print("| sheet | rows | file MB | peak MiB | above start | CPU s | end |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | --- |", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for kind, (ending, write) in WRITERS.items():
            for rows in options.rows if options.only in kind else []:
                path = Path(folder) / f"a.{ending}"
                write(path, rows)
                command = [sys.executable, "-m", "benchmarks.workbook_memory", "--file", str(path)]
                result = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip().split("\t")
                print(
                    "|", " | ".join((kind, f"{rows:,}", f"{path.stat().st_size / 1e6:.0f}", *result)), "|", flush=True
                )


if __name__ == "__main__":
    main()
