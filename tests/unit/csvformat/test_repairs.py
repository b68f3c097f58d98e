"""Bytes that are no text cost their own row only, or are read in the fallback of the contract; fixed seeds."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from refdata.core.errors import FormatError
from refdata.core.filemodel import Format, ReadColumn, RejectedRow, Scan
from refdata.core.sqltypes import SqlType, TypeKind
from refdata.core.statedformat import StatedFormat
from refdata.csvformat import detect
from refdata.csvformat.reader import read_rows
from refdata.csvformat.repairs import mended, readable
from refdata.csvformat.scan import scan

WORDS = ("Café", "Köln", "Łódź", "plain", "Besançon", "東京", "x")
BROKEN = (b"Zo\xeb", b"K\xf6ln", b"\xff", b"caf\xe9 cr\xe8me", b"\xc3", b"a\x80b")
TEXT = SqlType(TypeKind.NVARCHAR, 100)


def generated(rng: random.Random) -> tuple[bytes, list[tuple[str, str]], dict[int, bytes]]:
    """A UTF-8 file, its good rows, and the broken cells by their line."""
    lines, good, broken = [b"id,name\n"], [], {}
    for number in range(rng.choice((30, 80))):
        word = rng.choice(WORDS)
        if number > 5 and rng.random() < 0.1:
            cell = rng.choice(BROKEN)
            broken[len(lines) + 1] = cell
            lines.append(b"%d,%s\n" % (number, rng.choice((cell, b'"' + cell + b'"'))))
        else:
            good.append((str(number), word))
            lines.append(f"{number},{word}\n".encode())
    return b"".join(lines), good, broken


def read(path: Path, found: Format, block: int) -> tuple[list[tuple[str, str]], list[RejectedRow]]:
    rejects: list[RejectedRow] = []
    columns = [ReadColumn(0, "id", TEXT), ReadColumn(1, "name", TEXT)]
    batches = read_rows(path, found, columns=columns, on_reject=rejects.append, block_bytes=block)
    return [tuple(row.values()) for batch in batches for row in batch.to_pylist()], rejects


def scanned(path: Path, found: Format, rejects: list[RejectedRow], block: int = 64) -> Scan:
    return scan(path, found, [f"c{at}" for at in range(len(found.header))], on_reject=rejects.append, block_bytes=block)


@pytest.mark.parametrize("seed", range(40))
def test_broken_rows_are_rejects_and_name_bytes_and_offset(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    data, good, broken = generated(rng)
    path = tmp_path / "file.csv"
    path.write_bytes(rng.choice((b"", b"\xef\xbb\xbf")) + data)
    data = path.read_bytes()
    found = detect(path)
    assert found.encoding == ("utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8")
    for block in (7, 64, 1 << 20):
        rows, rejects = read(path, found, block)
        assert rows == good
        assert [reject.line for reject in rejects] == list(broken)
        for reject in rejects:
            offset = int(reject.reason.partition(" at offset ")[2].split()[0])
            assert f"0x{data[offset]:02X}" in reject.reason and data[offset] > 0x7F
            assert data[:offset].count(b"\n") == reject.line - 1
            assert f"\\x{data[offset]:02X}" in reject.raw
        again: list[RejectedRow] = []
        assert (scanned(path, found, again, block).rows, again) == (len(good), rejects)


@pytest.mark.parametrize("seed", range(20))
def test_fallback_reads_broken_lines_and_reports_them(seed: int, tmp_path: Path) -> None:
    data, good, broken = generated(random.Random(seed))
    path = tmp_path / "file.csv"
    path.write_bytes(data)
    found = detect(path, stated=StatedFormat(decode_fallback="cp1252"))
    for block in (7, 64, 1 << 20):
        rows, rejects = read(path, found, block)
        assert not rejects
        assert [row for row in rows if row in good] == good
        names = dict(rows)
        assert [names[str(line - 2)] for line in broken] == [cell.decode("cp1252") for cell in broken.values()]
        warnings = scanned(path, found, rejects, block).warnings
        reported = [one for one in warnings if "decode_fallback" in one]
        assert bool(reported) == bool(broken)
        assert all(
            f"{len(broken)} line" in one and f"line {min(broken)}." in one and "cp1252" in one for one in reported
        )


@pytest.mark.parametrize(
    ("encoding", "text", "broken", "named"),
    [
        ("cp1252", "id,name\n1,Café Noël\n2,Besançon\n" * 9, b"3,\x81\x8d!\n", "bytes 0x81 0x8D"),
        ("cp932", "番号,品名\n1,緑茶\n2,静岡新茶\n" * 9, b"3,\x81\n", "byte 0x81"),
        ("euc_jp", "番号,品名\n1,緑茶\n2,静岡新茶\n" * 9, b"3,\xa4\n", "byte 0xA4"),
        ("cp949", "번호,품명\n1,김치\n2,녹차 보성\n" * 9, b"3,\xff\n", "byte 0xFF"),
    ],
)
def test_broken_character_in_another_encoding_is_named(
    encoding: str, text: str, broken: bytes, named: str, tmp_path: Path
) -> None:
    path = tmp_path / "file.csv"
    data = text.encode(encoding)
    path.write_bytes(data + broken + text.encode(encoding))
    found = detect(path, stated=StatedFormat(encoding=encoding))
    for block in (5, 1 << 20):
        rejects: list[RejectedRow] = []
        scanned(path, found, rejects, block)
        ((line, reason),) = [(one.line, one.reason) for one in rejects]
        offset = len(data) + 2
        assert (line, reason.startswith(f"{named} at offset {offset} ")) == (text.count("\n") + 1, True), reason


def test_bytes_that_the_fallback_cannot_read_either_are_rejects(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes("id,name\n1,Café\n2,Köln\n3,Łódź\n".encode() + b"4,\x81\n5,\xe9\n")
    found = detect(path, stated=StatedFormat(decode_fallback="cp1252"))
    rows, rejects = read(path, found, 64)
    assert rows[-1] == ("5", "é")
    assert [(one.line, one.reason) for one in rejects] == [(5, "byte 0x81 at offset 36 is not valid utf-8")]


def test_broken_bytes_within_quotes_cost_their_row_only(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes('id,name\n1,"Café\nKöln"\n2,Łódź\n'.encode() + b'3,"Zo\xeb\nMax"\n4,x\n')
    rows, rejects = read(path, detect(path), 64)
    assert rows == [("1", "Café\nKöln"), ("2", "Łódź"), ("4", "x")]
    assert [(one.line, one.raw) for one in rejects] == [(5, '3,"Zo\\xEB\nMax"')]


@pytest.mark.parametrize("stated", ["", "cp1252"])
def test_broken_header_needs_a_fallback(stated: str, tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(b"id,na\xefme\n" + "1,Café\n2,Köln\n3,Łódź\n".encode())
    if stated:
        assert detect(path, stated=StatedFormat(decode_fallback=stated)).header == ("id", "naïme")
    else:
        with pytest.raises(FormatError, match="header has bytes that are not valid utf-8"):
            detect(path)


def test_file_in_two_encodings_is_refused_unless_a_fallback_is_stated(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes("id,name\n1,Café\n2,Köln\n3,Łódź\n".encode() + "4,Café\n5,Köln\n".encode("cp1252") * 9)
    with pytest.raises(FormatError) as raised:
        detect(path)
    assert "changes its encoding" in raised.value.advice
    assert detect(path, stated=StatedFormat(decode_fallback="cp1252")).encoding == "utf-8"


def test_text_with_broken_bytes_can_be_shown() -> None:
    assert readable(b"a\xe9b".decode("utf-8", "surrogateescape")) == "a\\xE9b"
    assert readable("\udc81".encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")) == "\\x81"
    assert mended("a\udce9\nb\n", "utf-8", "cp1252") == "aé\nb\n"
    assert mended("a\udce9\nb\n", "utf-8", "") == "a\ufffd\nb\n"


@pytest.mark.parametrize("end", [b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98"])
def test_file_that_ends_within_a_character_is_refused(end: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes("id,name\n1,Café\n2,Köln\n3,Łódź\n4,J".encode() + end)
    with pytest.raises(FormatError) as raised:
        detect(path)
    assert "cut off" in raised.value.advice
