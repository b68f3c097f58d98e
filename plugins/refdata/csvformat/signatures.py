"""Files whose first bytes or lines show that they are not CSV, despite their name."""

from __future__ import annotations

import json
import re

from refdata.core.errors import FormatError

_MAGIC = (
    (b"PK\x03\x04", "a ZIP archive, as Excel workbooks (.xlsx) are", "Save the sheet as CSV, or unpack the archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document (.xls)", "Save the sheet as CSV"),
    (b"%PDF-", "a PDF document", "Ask its sender for the data as CSV"),
    (b"\x1f\x8b", "compressed with gzip", "Unpack it first"),
    (b"BZh", "compressed with bzip2", "Unpack it first"),
    (b"\xfd7zXZ\x00", "compressed with xz", "Unpack it first"),
    (b"\x28\xb5\x2f\xfd", "compressed with Zstandard", "Unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "Unpack it first"),
    (b"PAR1", "a Parquet file", "Export it as CSV"),
    (b"SQLite format 3\x00", "an SQLite database", "Export the table as CSV"),
    (b"\x89PNG", "a picture", "Drop the data as CSV"),
    (b"\xff\xd8\xff", "a picture", "Drop the data as CSV"),
    (b"\x7fELF", "a program", "Drop the data as CSV"),
    (b"MZ\x90\x00", "a program", "Drop the data as CSV"),
    (b"{\\rtf", "an RTF document", "Save it as plain text"),
)

_MARKUP = re.compile(r"\s*(?:<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>]|<table[\s>])", re.IGNORECASE)
_XML = re.compile(r"\s*<\?xml\s")

MOST_JSON = 0.8
"""The share of lines that are JSON objects from which a file is JSON lines."""


def refuse_other_bytes(data: bytes) -> None:
    """Raise FormatError if the first bytes are those of another kind of file."""
    for magic, kind, advice in _MAGIC:
        if data.startswith(magic):
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
