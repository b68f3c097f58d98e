"""Distinguishes code pages, for bytes that are not Unicode.

Each encoding that can decode the bytes is scored by how well the resulting text fits a language: by the
letters that the language uses, and by their positions. The site's own code page gets a head start; where two
others fit equally well, chardet decides. Measured by ``benchmarks/encoding_score.py``, which
compares it with chardet and charset-normalizer.
"""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from refdata.core.errors import FormatError
from refdata.csvformat.letters import log_chance

MOST_TOKENS = 300
MOST_BYTES = 4096
"""Limits on the distinct words with letters beyond ASCII that are examined: their number, and their bytes."""

LONGEST_TOKEN = 400
"""Bytes of a word that are examined; even, so that no two-byte character is cut in half."""

_BETWEEN = re.compile(rb'[\s,;"]+')
_DIGITS = re.compile(rb"(?<![\x80-\xff])\d+")

PRIOR = 4.0
"""The head start of the configured code page, in log odds."""

CLOSE = 1.5
"""Chardet decides between candidates this close to the best, in log odds."""

WESTERN = ("en", "fr", "de", "es", "pt", "it", "ca", "nl", "sv", "da", "is", "et", "sq")
CENTRAL = ("pl", "cs", "sk", "hu", "ro", "hr", "de", "sq")
CYRILLIC = ("ru", "uk", "bg", "be", "sr")

ENCODINGS: tuple[tuple[str, float, tuple[str, ...]], ...] = (
    ("cp1252", 0.0, WESTERN),
    ("cp1250", 0.0, CENTRAL),
    ("cp1251", 0.0, CYRILLIC),
    ("cp1253", 0.0, ("el",)),
    ("cp1254", 0.0, ("tr", "de", "fr")),
    ("cp1255", 0.0, ("he",)),
    ("cp1256", 0.0, ("ar", "fa")),
    ("cp1257", 0.0, ("lt", "lv", "et", "pl", "de")),
    ("cp1258", -3.0, ("vi",)),
    ("iso8859-15", -1.0, WESTERN),
    ("iso8859-2", -1.0, CENTRAL),
    ("iso8859-5", -1.0, CYRILLIC),
    ("iso8859-7", -0.5, ("el",)),
    ("iso8859-8", -1.0, ("he",)),
    ("iso8859-6", -1.0, ("ar",)),
    ("iso8859-9", -0.5, ("tr", "de", "fr")),
    ("koi8-r", -1.0, ("ru", "bg")),
    ("koi8-u", -1.5, ("uk", "ru", "be")),
    ("cp866", -2.0, CYRILLIC),
    ("cp850", -10.0, WESTERN),
    ("cp852", -10.0, CENTRAL),
    ("mac-roman", -8.0, WESTERN),
    ("gb18030", 0.0, ("zh",)),
    ("big5hkscs", 0.0, ("zh_t",)),
    ("cp932", 0.0, ("ja",)),
    ("euc-jp", 0.0, ("ja",)),
    ("cp949", 0.0, ("ko",)),
)
"""Encodings, how usual they are (log odds), and the languages written in them."""

USE = {"is": -3.0, "et": -1.0, "sq": -3.0, "ca": -1.0, "be": -1.0, "fa": -1.0, "nl": -1.0}
"""How much rarer a language is than the others of its code page, in log odds."""

SWITCH = 4.0
"""The cost of a word in another language than the file's, in log odds."""

_LISTED = frozenset(name for name, _, _ in ENCODINGS)
_HIGH = re.compile(r"[^\x00-\x7f]")
_LATIN = "A-Za-z\u00c0-\u024f"
_MISPLACED = (
    re.compile(r"[a-zß-öø-ÿа-яα-ω][À-ÖØ-ÞА-ЯΑ-Ω](?![A-Z])"),  # a capital behind a small letter
    re.compile(rf"[{_LATIN}][Ͱ-ϿЀ-ӿ֐-׿؀-ۿ]|[Ͱ-ϿЀ-ӿ֐-׿؀-ۿ][{_LATIN}]"),  # two scripts in a word
    re.compile(r"(?<=[^\W\d_])[^\w\s\x00-\x7f’·‘´–\u0300-\u036f、。・](?=[^\W\d_])"),  # a symbol in a word
    re.compile(r"[À-ÖØ-öø-ɏ](?=[\d ]*\d)|(?<=\d)[À-ÖØ-öø-ɏ]"),  # a letter at a number
    re.compile(r"(?<![^\W_])[Á-ÖØ-ßâ-çê-òô-ùû-ɏ](?![^\W_])"),  # a single letter that is not a word
    re.compile(r"([À-ÖØ-öø-ɏ])\1\1"),  # a letter three times
    re.compile(r"[À-ÖØ-öø-ɏ]{4}"),  # a run of them, as Cyrillic and Greek words make
)
MISPLACED = 4.0
"""The cost of a misplaced character, in log odds."""


@dataclass(frozen=True, slots=True)
class RankedCodePage:
    """An encoding that reads the bytes, and how well its text fits (log odds)."""

    encoding: str
    score: float
    language: str


def guess_code_page(data: bytes, code_page: str) -> tuple[str, float, str]:
    """The encoding, how sure it is (0 to 1), and why. Raises FormatError if none reads the bytes."""
    readings = rank_code_pages(data, code_page)
    if not readings:
        raise FormatError("No known encoding reads the file", advice="Save the file as UTF-8 and drop it again")
    best = _settled(readings, data, codecs.lookup(code_page).name)
    others = [one.score for one in readings if not _same_text(one, best, data)]
    margin = best.score - max(others, default=-math.inf)
    sure = round(max(0.75, min(0.99, 0.75 + margin / 50)), 2)
    return best.encoding, sure, f"not UTF-8; the letters fit {best.encoding} ({best.language}) best"


def rank_code_pages(data: bytes, code_page: str) -> list[RankedCodePage]:
    """All encodings that read the bytes, the best first."""
    own = codecs.lookup(code_page).name
    tokens = _telling_tokens(data)
    readings = [
        RankedCodePage(name, score + usual + (PRIOR if codecs.lookup(name).name == own else 0.0), language)
        for name, usual, languages in (*ENCODINGS, *_unlisted(own))
        if _reads(data, name)
        for language, score in [_fit(tokens.decode(name, "replace"), languages)]
    ]
    return sorted(readings, key=lambda reading: -reading.score)


def _unlisted(own: str) -> tuple[tuple[str, float, tuple[str, ...]], ...]:
    """The site's code page if it is not among those known, and Latin-1, which reads any bytes."""
    known = {codecs.lookup(name).name for name, _, _ in ENCODINGS}
    return tuple((name, -2.0, WESTERN) for name in dict.fromkeys((own, "iso8859-1")) if name not in known)


def _fit(text: str, languages: tuple[str, ...]) -> tuple[str, float]:
    """The language that a text's words fit best, and how well; a word in another language costs something."""
    words = text.split("\n")
    fits = [_word_fits(word, languages) for word in words]
    strays = [max(scores) - SWITCH for scores in fits]
    totals = [
        sum(max(scores[at], stray) for scores, stray in zip(fits, strays, strict=True)) + USE.get(language, 0.0)
        for at, language in enumerate(languages)
    ]
    misplaced = sum(len(pattern.findall(text)) for pattern in _MISPLACED)
    best = max(range(len(languages)), key=totals.__getitem__)
    return languages[best], totals[best] - MISPLACED * misplaced


def _word_fits(word: str, languages: tuple[str, ...]) -> list[float]:
    """How well a word fits each language."""
    letters = _HIGH.findall(word)
    return [sum(log_chance(letter, one, languages) for letter in letters) for one in languages]


def _settled(readings: Sequence[RankedCodePage], data: bytes, own: str) -> RankedCodePage:
    """The best reading; where it is not the site's code page, chardet's among those about as good."""
    if codecs.lookup(readings[0].encoding).name == own:
        return readings[0]
    close = [
        one for one in readings if readings[0].score - one.score < CLOSE and not _same_text(one, readings[0], data)
    ]
    if not close:
        return readings[0]
    import chardet  # here, for its models take 50 MB and few files need them

    names = [one.encoding for one in (readings[0], *close) if one.encoding in _LISTED]
    found = chardet.detect(_telling_tokens(data), include_encodings=names, no_match_encoding=names[0])["encoding"]
    chosen = codecs.lookup(found).name if found else ""
    return next((one for one in close if codecs.lookup(one.encoding).name == chosen), readings[0])


def _same_text(one: RankedCodePage, other: RankedCodePage, data: bytes) -> bool:
    tokens = _telling_tokens(data)
    return tokens.decode(one.encoding, "replace") == tokens.decode(other.encoding, "replace")


@lru_cache(maxsize=2)
def _telling_tokens(data: bytes) -> bytes:
    """The first distinct words that hold bytes beyond ASCII, one a line; numbers count as alike.

    The separators are bytes that no encoding here has within a character.
    """
    tokens: dict[bytes, bytes] = {}
    size = 0
    for line in data.splitlines():
        for word in () if line.isascii() else _BETWEEN.split(line):
            token = word[:LONGEST_TOKEN]
            if token.isascii():
                continue
            if tokens.setdefault(_DIGITS.sub(b"0", token), token) is token:
                size += len(token)
        if len(tokens) >= MOST_TOKENS or size >= MOST_BYTES:
            break
    return b"\n".join(tokens.values())


def _reads(data: bytes, encoding: str) -> bool:
    """Whether an encoding has a character for all bytes; a character cut at the end is none against it."""
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(data)
    except UnicodeDecodeError:
        return False
    return True
