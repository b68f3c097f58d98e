"""Telling code pages apart: chardet's judgement under the prior that a site's own code page is likely."""

from __future__ import annotations

import codecs

import chardet

from refdata.core.errors import FormatError

CANDIDATES = (
    *(f"windows-125{digit}" for digit in range(9)),
    "iso-8859-1", "iso-8859-2", "iso-8859-5", "iso-8859-7", "iso-8859-9", "iso-8859-15", "koi8-r", "koi8-u",
    "shift_jis", "cp932", "euc-jp", "gb18030", "big5", "big5hkscs", "euc-kr", "cp949",
)  # fmt: skip
"""The encodings that files from databases and spreadsheets come in."""

SURE = 0.5
"""chardet's confidence from which it overrules the code page."""


def guess_code_page(data: bytes, code_page: str) -> tuple[str, float, str]:
    """The encoding, how sure it is, and why. Raises FormatError if none reads the bytes."""
    found = chardet.detect(data[:200_000], include_encodings=CANDIDATES)
    name = found["encoding"]
    confidence = float(found["confidence"] or 0)
    if name and (confidence >= SURE or not _reads(data, code_page)) and _reads(data, name):
        return codecs.lookup(name).name, confidence, f"chardet finds {name}"
    for fallback in (code_page, "latin-1"):
        if _reads(data, fallback):
            return codecs.lookup(fallback).name, 0.6, f"no UTF-8; read as the configured code page {fallback}"
    raise FormatError("No known encoding reads the file", advice="save the file as UTF-8 and drop it again")


def _reads(data: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(data)
    except (UnicodeDecodeError, LookupError):
        return False
    return True
