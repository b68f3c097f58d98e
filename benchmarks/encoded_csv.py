"""Random CSV texts in many languages, and the code pages that can hold them: known answers for encoding detection.

The places are those of ``tests/cases/encodings/places.json``. Everything follows from the seed.
"""

from __future__ import annotations

import json
import random
import unicodedata
from collections.abc import Iterator
from pathlib import Path

CASES = Path(__file__).parent.parent / "tests" / "cases" / "encodings"

PAGES = {
    "Windows": ["cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874"],
    "ISO, KOI8": [
        "iso8859-1",
        "iso8859-2",
        "iso8859-5",
        "iso8859-6",
        "iso8859-7",
        "iso8859-8",
        "iso8859-9",
        "iso8859-13",
        "iso8859-15",
        "tis-620",
        "koi8-r",
        "koi8-u",
    ],
    "DOS, Mac": [
        "cp437",
        "cp850",
        "cp852",
        "cp855",
        "cp866",
        "cp737",
        "cp775",
        "cp857",
        "cp862",
        "mac-roman",
        "mac-cyrillic",
        "mac-latin2",
        "mac-greek",
        "mac-turkish",
    ],
    "East Asia": ["gb18030", "gbk", "big5", "big5hkscs", "cp932", "shift_jis", "euc-jp", "cp949", "euc-kr", "johab"],
}
"""Python codecs by family."""

OWN = {
    "ja": ("cp932", "shift_jis", "euc-jp"),
    "ko": ("cp949", "euc-kr", "johab"),
    "zh": ("gb18030", "gbk"),
    "zh_t": ("big5", "big5hkscs"),
}
"""Languages that other families' encodings can hold too, but are not written in."""

TOGETHER = (
    ("nb", "hu", "de", "fr", "sv"),
    ("es", "pt", "it", "fr"),
    ("cs", "pl", "hu", "de"),
    ("ru", "uk", "bg"),
    ("lt", "lv", "et"),
)
"""Languages that tables of several countries hold side by side."""

WORDS = ("north", "station", "open", "closed", "region", "capital", "market", "old", "port", "A1", "B 12", "n/a")
HEADERS = (("id", "place", "kind"), ("code", "name", "region"), ("nr", "city", "remarks"))
TONES = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}


def with_tones_apart(text: str) -> str:
    """Vietnamese as Windows-1258 writes it: tone marks behind their letters."""
    parts = []
    for character in unicodedata.normalize("NFC", text):
        marks = unicodedata.normalize("NFD", character)
        rest = "".join(mark for mark in marks if mark not in TONES)
        parts.append(unicodedata.normalize("NFC", rest) + "".join(mark for mark in marks if mark in TONES))
    return "".join(parts)


def tables(seed: int, count: int) -> Iterator[tuple[str, str]]:
    """So many tables: their languages, joined by ``+``, and their text."""
    rng = random.Random(seed)
    places: dict[str, list[str]] = json.loads((CASES / "places.json").read_text("utf-8"))
    for _ in range(count):
        languages = [rng.choice(sorted(places))] if rng.random() < 0.75 else rng.sample(rng.choice(TOGETHER), 2)
        yield "+".join(languages), _table(rng, [place for one in languages for place in places[one]])


def _table(rng: random.Random, places: list[str]) -> str:
    delimiter = rng.choice(",;\t|")
    rows = [list(rng.choice(HEADERS))]
    numbers = range(100, 100 + rng.choice((4, 8, 20, 60)))
    rows += [[str(number), rng.choice(places), rng.choice(WORDS)] for number in numbers]
    return "".join(delimiter.join(row) + "\r\n" for row in rows)


def encoded(language: str, text: str) -> Iterator[tuple[str, str, str, bytes]]:
    """A text in each code page that can hold it: family, encoding, the text as written, its bytes.

    Encodings in which it is ASCII or valid UTF-8 are left out: nothing distinguishes them.
    """
    for family, pages in PAGES.items():
        for page in pages:
            if (language in OWN and page not in OWN[language]) or (family == "East Asia" and language not in OWN):
                continue
            written = with_tones_apart(text) if page == "cp1258" and language == "vi" else text
            try:
                data = written.encode(page)
            except UnicodeEncodeError:
                continue
            if not _is_utf8(data):
                yield family, page, written, data


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
