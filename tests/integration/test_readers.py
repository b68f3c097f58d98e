"""The contract of every reader: CSV and JSON lines pass the same cases, chosen by content under one and the same name.

A kind of file that is added (Excel, Parquet) joins ``KINDS``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from refdata import readers
from refdata.core.contract import Constraint, Contract, FieldContract
from refdata.core.contractterms import ConstraintKind, Severity
from refdata.core.errors import FileChangedError, FormatError
from refdata.core.filemodel import Format, ReadColumn, RejectedRow
from refdata.core.filetypes import CSV_ONLY
from refdata.core.model import FileStatus
from refdata.core.sqltypes import DATE, INT, text
from refdata.csvformat.rowrules import row_rules
from refdata.csvreader import CsvReader
from refdata.readers import Reader, reader_of
from tests.integration.ingest.conftest import Site, make_site, site  # noqa: F401  fixtures
from tests.jsonlines_reader import JsonLinesReader

NAMES = ("code", "n", "day")
COLUMNS = (ReadColumn(0, "code", text(5)), ReadColumn(1, "n", INT), ReadColumn(2, "day", DATE))
ROWS: list[tuple[str, ...]] = [("01", "1", "2024-12-01"), ("Ä", "", "2024-12-31"), ("c,d", "300", "")]


@dataclass
class Kind:
    """A reader, how its files are written, and a line that is not a row."""

    reader: Reader
    written: Callable[[list[tuple[str, ...]]], list[str]]
    damaged: str
    first_row: int


def as_csv(rows: list[tuple[str, ...]]) -> list[str]:
    return ["code,n,day\n", *(",".join(f'"{cell}"' if cell else "" for cell in row) + "\n" for row in rows)]


def as_json(rows: list[tuple[str, ...]]) -> list[str]:
    def value(cell: str) -> str:
        return "null" if not cell else cell if cell in ("1", "300") else f'"{cell}"'

    return ["{" + ", ".join(f'"{name}": {value(cell)}' for name, cell in zip(NAMES, row, strict=True)) + "}\n"
            for row in rows]  # fmt: skip


KINDS = {
    "CSV": Kind(CsvReader(), as_csv, "only,two\n", 2),
    "JSON lines": Kind(JsonLinesReader(), as_json, '{"code": 1}\n', 1),
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Kind:
    monkeypatch.setattr(readers, "READERS", (JsonLinesReader(), *readers.READERS))
    return KINDS[request.param]


def written(folder: Path, lines: list[str]) -> Path:
    path = folder / "table.csv"
    path.write_bytes("".join(lines).encode())
    return path


def layout(path: Path) -> Format:
    return reader_of(path).detect(path, code_page="cp1252", min_confidence=0.2)


def read(path: Path, **options: Any) -> tuple[list[dict[str, Any]], list[RejectedRow]]:
    rejects: list[RejectedRow] = []
    batches = reader_of(path).read_rows(path, layout(path), columns=COLUMNS, on_reject=rejects.append, **options)
    return [row for batch in batches for row in batch.to_pylist()], rejects


def test_a_file_is_recognised_by_its_content(kind: Kind, tmp_path: Path) -> None:
    path = written(tmp_path, kind.written(ROWS))
    assert type(reader_of(path)) is type(kind.reader)
    assert kind.reader.recognises(path.read_bytes())


def test_the_layout_names_the_columns(kind: Kind, tmp_path: Path) -> None:
    assert layout(written(tmp_path, kind.written(ROWS))).header == NAMES


def test_the_scan_types_counts_and_hashes(kind: Kind, tmp_path: Path) -> None:
    path = written(tmp_path, kind.written(ROWS))
    scan = kind.reader.scan(path, layout(path), NAMES)
    assert [(one.name, one.type, one.nulls) for one in scan.columns][1:] == [("n", INT, 1), ("day", DATE, 1)]
    assert (scan.rows, scan.rejected, scan.size) == (3, 0, path.stat().st_size)
    assert scan.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_rows_have_the_types_that_are_wanted(kind: Kind, tmp_path: Path) -> None:
    rows, rejects = read(written(tmp_path, kind.written(ROWS)))
    assert [(row["code"], row["n"], str(row["day"])) for row in rows] == [
        ("01", 1, "2024-12-01"), ("Ä", None, "2024-12-31"), ("c,d", 300, "None"),
    ]  # fmt: skip
    assert rejects == []


def test_a_damaged_line_is_a_reject_of_scan_and_rows_alike(kind: Kind, tmp_path: Path) -> None:
    lines = kind.written(ROWS)
    lines.insert(kind.first_row, kind.damaged)
    path = written(tmp_path, lines)
    refused: list[RejectedRow] = []
    scan = kind.reader.scan(path, layout(path), NAMES, on_reject=refused.append)
    rows, rejects = read(path)
    assert (scan.rows, scan.rejected, len(rows)) == (3, 1, 3)
    assert refused == rejects
    assert [(one.line, one.raw) for one in rejects] == [(kind.first_row + 1, kind.damaged.rstrip())]


def test_a_value_of_another_type_or_against_a_rule_is_a_reject(kind: Kind, tmp_path: Path) -> None:
    path = written(tmp_path, kind.written([*ROWS, ("x", "many", ""), ("toolong", "1", "")]))
    most = Constraint(ConstraintKind.MAX_LENGTH, 5, Severity.ERROR)
    contract = Contract(table="t", fields=(FieldContract(name="code", constraints=(most,)),))
    rows, rejects = read(path, rules=row_rules(contract, COLUMNS))
    assert len(rows) == 3
    assert [one.line for one in rejects] == [kind.first_row + 3, kind.first_row + 4]


def test_rows_are_found_again_by_their_number(kind: Kind, tmp_path: Path) -> None:
    lines = kind.written(ROWS)
    lines.insert(kind.first_row, kind.damaged)
    path = written(tmp_path, lines)
    placed = list(kind.reader.place_rows(path, layout(path), columns=COLUMNS, rules=(), reasons={2: "why", 3: "so"}))
    at = kind.first_row
    assert placed == [
        RejectedRow(at + 2, "why", lines[at + 1].rstrip()), RejectedRow(at + 3, "so", lines[at + 2].rstrip()),
    ]  # fmt: skip


def test_many_rows_come_in_their_order(kind: Kind, tmp_path: Path) -> None:
    rows, _ = read(written(tmp_path, kind.written([(f"c{number}", "1", "2024-12-01") for number in range(1000)])))
    assert [row["code"] for row in rows] == [f"c{number}" for number in range(1000)]


def test_a_file_is_loaded_whatever_its_kind(kind: Kind, site: Site) -> None:  # noqa: F811
    first = site.load(site.drop("table.csv", "".join(kind.written(ROWS))), "run 1")
    again = site.load(site.drop("table.csv", "".join(kind.written(ROWS))), "run 2")
    more = site.load(site.drop("table.csv", "".join(kind.written([*ROWS, ("e", "300", "2025-01-01")]))), "run 3")
    statuses = [row.status for row in (first, again, more)]
    assert statuses == [FileStatus.COMPLETED, FileStatus.DUPLICATE, FileStatus.COMPLETED], first.error_message
    assert sorted(row[0] for row in site.rows("table", "code")) == ["01", "c,d", "e", "Ä"]
    assert site.columns("table")["n"] == "INT"


OTHERS = {
    "an Excel workbook": (b"PK\x03\x04\x14\x00\x06\x00" + bytes(22) + b"[Content_Types].xml", "a ZIP archive, as"),
    "an empty archive": (b"PK\x05\x06" + bytes(18), "a ZIP archive"),
    "OpenDocument": (b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/vnd.oasis.opendocument", "OpenDocument"),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "an old Office document"),
    "gzip": (b"\x1f\x8b\x08\x00" + bytes(range(200)), "compressed with gzip"),
    "bzip2": (b"BZh91AY&SY\x8a\x00", "compressed with bzip2"),
    "LZ4": (b"\x04\x22\x4d\x18\x64\x40", "compressed with LZ4"),
    "tar": (b"a.csv".ljust(257, b"\0") + b"ustar\x0000", "a tar archive"),
    "RAR": (b"Rar!\x1a\x07\x01\x00", "a RAR archive"),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF document"),
    "PGP": (b"-----BEGIN PGP MESSAGE-----\n\nhQEM\n", "encrypted with PGP"),
    "Parquet": (b"PAR1\x15\x04\x15\x10", "a Parquet file"),
    "Avro": (b"Obj\x01\x04\x14avro.codec", "an Avro file"),
    "ORC": (b"ORC\x0a\x0b\x0a\x03\x00", "an ORC file"),
    "Arrow": (b"ARROW1\x00\x00\xff\xff\xff\xff", "an Arrow file"),
    "SAS": (bytes(12) + b"\xc2\xea\x81\x60\xb3\x14\x11\xcf", "a SAS file"),
    "SPSS": (b"$FL2@(#) SPSS DATA FILE", "an SPSS file"),
    "Access": (b"\x00\x01\x00\x00Standard ACE DB\x00", "an Access database"),
    "a picture": (b"II*\x00\x08\x00\x00\x00", "a picture"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "words"), OTHERS.values(), ids=OTHERS)
def test_a_file_that_no_reader_knows_is_refused_with_its_kind(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=words) as refused:
        reader_of(path, CSV_ONLY)
    assert refused.value.where == str(path)
    assert refused.value.advice


def test_the_steward_reads_what_the_file_is(site: Site) -> None:  # noqa: F811
    content, words = OTHERS["Parquet"]
    row = site.load(site.drop("table.csv", content))
    assert row.status is FileStatus.ERROR
    assert words in (row.error_what or "")
    assert "/proc/" not in (row.error_message or "")


@pytest.mark.parametrize("header", ["PAR1;PAR2", "BZh;x", "ORC,PIG", "Obj,y", "GIF,PNG", "MZ,ELF", "Rar!,x", "$FL2,a"])
def test_a_header_of_the_same_letters_is_not_a_signature(tmp_path: Path, header: str) -> None:
    path = written(tmp_path, [f"{header}\n", *("1;2\n" if ";" in header else "1,2\n" for _ in range(3))])
    assert len(layout(path).header) == 2


def test_a_missing_file_is_not_blamed_on_its_content(tmp_path: Path) -> None:
    with pytest.raises(FileChangedError):
        reader_of(tmp_path / "gone.csv")
