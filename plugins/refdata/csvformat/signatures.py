"""Files whose first bytes or lines show that they are not CSV, despite their name."""

from __future__ import annotations

import json
import re

from refdata.core.errors import FormatError

_SHEET, _UNPACK, _EXPORT, _DROP = "Save the sheet as CSV", "Unpack it first", "Export it as CSV", "Drop the data as CSV"

# Where a signature is made of letters that a header could begin with, what follows it in such files is required, too.
_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (rb"PK\x03\x04.{26}mimetypeapplication/vnd\.oasis", "an OpenDocument file (.ods)", _SHEET),
    (rb"PK(?:\x03\x04|\x05\x06|\x07\x08)", "a ZIP archive, as Excel workbooks (.xlsx) are",
     "Save the sheet as CSV, or unpack the archive"),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document (.xls), or a workbook with a password",
     "Save it without a password, or save the sheet as CSV"),
    (rb"%PDF-", "a PDF document", "Ask its sender for the data as CSV"),
    (rb"\x1f\x8b", "compressed with gzip", _UNPACK),
    (rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)", "compressed with bzip2", _UNPACK),
    (rb"\xfd7zXZ\x00", "compressed with xz", _UNPACK),
    (rb"\x28\xb5\x2f\xfd", "compressed with Zstandard", _UNPACK),
    (rb"\x04\x22\x4d\x18", "compressed with LZ4", _UNPACK),
    (rb"\x1f[\x9d\xa0]", "compressed with compress", _UNPACK),
    (rb"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (rb"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (rb".{257}ustar[\x00 ]", "a tar archive", _UNPACK),
    (rb"-----BEGIN PGP MESSAGE-----", "encrypted with PGP", "Decrypt it first"),
    (rb"PAR[1E][\x00-\x08\x0e-\x1f]", "a Parquet file", _EXPORT),
    (rb"ARROW1\x00\x00", "an Arrow file", _EXPORT),
    (rb"Obj\x01", "an Avro file", _EXPORT),
    (rb"ORC(?=.{0,8}[\x00-\x08\x0b\x0c\x0e-\x1f])", "an ORC file", _EXPORT),
    (rb"\x89HDF\r\n\x1a\n", "an HDF5 file", _EXPORT),
    (rb"\$FL[23]@\(#\)", "an SPSS file", _EXPORT),
    (rb"<stata_dta>", "a Stata file", _EXPORT),
    (rb"\x00{12}\xc2\xea\x81\x60", "a SAS file", _EXPORT),
    (rb"SQLite format 3\x00", "an SQLite database", "Export the table as CSV"),
    (rb"\x00\x01\x00\x00Standard (?:Jet|ACE) DB", "an Access database", "Export the table as CSV"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8[79]a|II\*\x00|MM\x00\*|RIFF.{4}WEBP", "a picture", _DROP),
    (rb"\x7fELF|MZ\x90\x00", "a program", _DROP),
    (rb"\{\\rtf", "an RTF document", "Save it as plain text"),
)  # fmt: skip
_KINDS = tuple((re.compile(signature, re.DOTALL), kind, advice) for signature, kind, advice in _SIGNATURES)

_MARKUP = re.compile(r"\s*(?:<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>]|<table[\s>])", re.IGNORECASE)
_XML = re.compile(r"\s*<\?xml\s")

MOST_JSON = 0.8
"""The share of lines that are JSON objects from which a file is JSON lines."""


def other_kind(head: bytes) -> tuple[str, str] | None:
    """The kind of file, other than text, that begins with these bytes, and advice; None where no signature is known.

    >>> other_kind(b"%PDF-1.7")
    ('a PDF document', 'Ask its sender for the data as CSV')
    """
    return next(((kind, advice) for signature, kind, advice in _KINDS if signature.match(head)), None)


def refuse_other_bytes(data: bytes) -> None:
    """Raise FormatError if the first bytes are those of another kind of file."""
    if (other := other_kind(data)) is not None:
        kind, advice = other
        raise FormatError(f"The file is {kind}, not CSV", advice=advice)


def refuse_other_text(text: str) -> None:
    """Raise FormatError if the text is a page, XML or JSON."""
    if _MARKUP.match(text):
        raise FormatError(
            "The file is an HTML page, not CSV", advice="Look at it in a browser: it may be a login or error page"
        )
    if _XML.match(text):
        raise FormatError("The file is XML, not CSV", advice="Export the data as CSV")
    if _is_json(text):
        raise FormatError("The file is JSON, not CSV", advice="Export the data as CSV")


def _is_json(text: str) -> bool:
    start = text.lstrip()[:1]
    if start not in {"{", "["}:
        return False
    lines = [line.strip() for line in text.splitlines()[:200] if line.strip()]
    objects = sum(_is_object(line) for line in lines)
    return (
        objects >= MOST_JSON * len(lines)
        or _parses(text)
        or bool(re.match(r'\s*(?:\[\s*)?\{\s*"[^"]+"\s*:\s*["\d\[{tfn-]', text))
    )


def _is_object(line: str) -> bool:
    return line.startswith("{") and _parses(line.rstrip(","))


def _parses(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict | list)
    except ValueError:
        return False
    except RecursionError:
        return True  # a thousand nested brackets are not a row of a table
