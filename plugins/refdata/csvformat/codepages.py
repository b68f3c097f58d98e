"""Distinguishes code pages, for bytes that are not Unicode.

Each encoding that reads the bytes gives a text, and the text is scored by how likely its words are in some forty
languages (``letterpairs``). Every encoding is measured by the same languages, so a word that two of them read alike
counts alike for both, and only bytes that differ decide. Which languages a file is in follows from all of its words,
those in plain ASCII included. The site's own code page has the advantage of what is usual.
Measured by ``benchmarks/encoding_score.py``, which sets chardet and charset-normalizer beside it.
"""

from __future__ import annotations

import codecs
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice

import numpy as np
import numpy.typing as npt

from refdata.core.errors import FormatError
from refdata.csvformat.letterpairs import Scores, letter_pairs
from refdata.csvformat.letters import IMPOSSIBLE, RARE, character_chance, sign_chance, units_chance
from refdata.csvformat.repairs import broken_at

MOST_TOKENS = 300
MOST_BYTES = 3072
"""Distinct words with letters beyond ASCII that are looked at: so many, or so many bytes of them."""

MOST_PLAIN = 120
"""Distinct words in plain ASCII that are looked at."""

MOST_RUNS, MOST_SEARCHED, NEAR = 20_000, 1 << 16, 2048
"""Runs of bytes beyond ASCII that are looked at for distinct words; bytes at the start, and on either side of the first
byte beyond ASCII, that are looked at for words in plain ASCII."""

LONGEST_TOKEN = 400
"""Bytes of a word that are looked at; even, so that no character of two bytes is cut in half."""

FEW_BROKEN = 20
FEW_BROKEN_UTF8 = 3
"""One byte in so many of those beyond ASCII may be no text: a damaged file. In UTF-8 text the others prove more."""

MANY_BROKEN = 10
"""So many wrong characters among the first words, and more than one in five bytes, are no damage."""

_HIGH_BYTES = re.compile(rb"[\x80-\xff]+")
_BETWEEN = re.compile(rb'[\s,;"]+')
_DIGITS = re.compile(rb"(?<![\x80-\xff])\d+")
_PLAIN_WORD = re.compile(rb"(?<![\w\x80-\xff])[A-Za-z]{3,40}(?![\w\x80-\xff])")

PRIOR = 4.0
"""The head start of the configured code page, in log odds."""

_Page = tuple[str, float, str]

ENCODINGS: tuple[_Page, ...] = (
    ("cp1252", 0.0, ""),
    ("cp1250", 0.0, ""),
    ("cp1251", 0.0, ""),
    ("cp1253", 0.0, ""),
    ("cp1254", 0.0, ""),
    ("cp1255", 0.0, ""),
    ("cp1256", 0.0, ""),
    ("cp1257", 0.0, ""),
    ("cp1258", -3.0, ""),
    ("cp874", 0.0, ""),
    ("iso8859-15", -1.0, ""),
    ("iso8859-2", -1.0, ""),
    ("iso8859-5", -1.0, ""),
    ("iso8859-7", -0.5, ""),
    ("iso8859-8", -1.0, ""),
    ("iso8859-6", -1.0, ""),
    ("iso8859-9", -0.5, ""),
    ("iso8859-13", -1.5, ""),
    ("iso8859-16", -4.0, ""),
    ("iso8859-4", -6.0, ""),
    ("iso8859-10", -6.0, ""),
    ("iso8859-3", -7.0, ""),
    ("tis-620", -1.0, ""),
    ("koi8-r", -1.0, ""),
    ("koi8-u", -1.5, ""),
    ("cp866", -2.0, ""),
    ("cp855", -4.0, ""),
    ("mac-cyrillic", -4.0, ""),
    ("cp850", -5.0, ""),
    ("cp437", -6.0, ""),
    ("cp852", -5.0, ""),
    ("cp857", -8.0, ""),
    ("cp775", -7.0, ""),
    ("cp737", -6.0, ""),
    ("cp862", -6.0, ""),
    ("cp720", -9.0, ""),
    ("cp865", -9.0, ""),
    ("cp861", -9.0, ""),
    ("cp863", -9.0, ""),
    ("cp860", -9.0, ""),
    ("cp1125", -5.0, ""),
    ("mac-roman", -5.0, ""),
    ("mac-latin2", -6.0, ""),
    ("mac-greek", -8.0, ""),
    ("mac-turkish", -8.0, ""),
    ("mac-croatian", -9.0, ""),
    ("mac-romanian", -9.0, ""),
    ("mac-iceland", -9.0, ""),
    ("gb18030", 0.0, "zh"),
    ("big5hkscs", 0.0, "zh_t"),
    ("cp932", 0.0, "ja"),
    ("euc-jp", 0.0, "ja"),
    ("cp949", 0.0, "ko"),
    ("johab", -6.0, "ko"),
)
"""Encodings, how usual they are (log odds), and the language where it writes with thousands of characters."""

KNOWN_PRIOR = 10.0
"""The head start of the encoding of the table's earlier files."""

CLOSE = 3.0
"""An encoding that is no further behind the best (log odds) may be meant as well, unless that is the site's own."""

BETTER = 4.0
"""So may a rare one whose letters fit better by this much, although the best one is so much more usual."""

MOST_RIVALS = 3
"""Such encodings that are named."""

FEW_TOKENS = 24
HOPELESS = 40.0
"""The first words, on which all encodings are tried, and how far behind the best (log odds) they may be there."""

PLAIN_WEIGHT = 0.8
"""The weight of a word in plain ASCII, relative to one with other letters."""

AGAIN = 0.5
"""The cost of a repeated usual sign, as a share of its first occurrence."""

_ROUNDS, _SMOOTHING = 4, 0.1

_MARKS = "\u0300-\u036f\u0591-\u05c7\u064b-\u0652\u0e31-\u0e4e"
_EAST = "\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef"
_CAPITALS = "".join(filter(str.isupper, map(chr, range(0xC0, 0x530))))
_SMALL = "".join(filter(str.islower, map(chr, range(0xC0, 0x530))))
_HIGH = re.compile(r"[^\x00-\x7f]")
_SIGN = re.compile(rf"[^\w\x00-\x7f{_MARKS}]")
_MISPLACED = (
    # a capital behind a small letter, or within a word that goes on in small ones
    (re.compile(rf"[a-z{_SMALL}][{_CAPITALS}](?![A-Z])|(?<=[A-Z{_CAPITALS}])[{_CAPITALS}](?=[a-z{_SMALL}])"), 4.0),
    # a symbol in a word
    (re.compile(rf"(?<=[^\W\d_])[^\w\s\x00-\x7f’·´–{_MARKS}、。・](?=[^\W\d_])"), 4.0),
    # a quotation mark that nothing opens or closes
    (re.compile(r"(?<![^\W\d_])’(?=[^\W\d_])"), 4.0),
    # a sign that never ends a word
    (re.compile(r"(?<=[^\W\d_])[‰„‚†‡ˆ‹˜¨¸¯•](?![^\W\d_])"), 4.0),
    (re.compile(rf"(?<=[^\W\d_])(?:[“‘«…](?![^\W\d_])|\u00a0(?=[a-z{_SMALL}]))"), 2.0),
    # a sign that never begins a word
    (re.compile(rf"(?<![^\W\d_])[©®¦¬¹²³¼½¾·¸¯¨ˇ˘˝˛¤°±¶×÷†‡•‰™»](?=[a-z{_SMALL}])"), 3.0),
    # two scripts in a word
    (re.compile(r"[A-Za-z\u00c0-\u024f][\u0370-\u0eff]|[\u0370-\u0eff][A-Za-z\u00c0-\u024f]"), 4.0),
    # a letter or a degree sign at a number
    (re.compile(r"(?<![^\W_])°(?=\d)|[À-ÖØ-öø-ɏ](?=[\d ]*\d)|(?<=\d)[À-ÖØ-öø-ɏ]|(?<![^\W_])[Ͱ-\u0fff](?=\d)"), 4.0),
    # a Chinese, Japanese or Korean character within a Latin word
    (re.compile(rf"[a-z](?=[{_EAST}])|(?<=[{_EAST}])[a-z]"), 4.0),
)
"""Characters out of place, and what each costs in the logarithm of odds."""


@dataclass(frozen=True, slots=True)
class _PageFit:
    """An encoding that reads the bytes, how well its text fits and how usual it is (log odds)."""

    encoding: str
    fit: float
    usual: float
    language: str

    @property
    def score(self) -> float:
        """Both together."""
        return self.fit + self.usual


@dataclass(frozen=True, slots=True)
class _Guess:
    """The encoding, how sure it is (0 to 1), why, and the encodings that may be meant as well, with other text.

    Where it is ``damaged``, a few bytes are no text in it.
    """

    encoding: str
    confidence: float
    reason: str
    rivals: tuple[str, ...] = ()
    damaged: bool = False


def guess_code_page(data: bytes, code_page: str, known: str = "") -> _Guess:
    """The encoding that the letters fit best. Raises FormatError if none reads the bytes.

    :param known: the encoding of the table's earlier files; it is right unless another one fits plainly better.
    """
    readings = rank_code_pages(data, code_page, known)
    if not readings:
        raise FormatError("No known encoding reads the file", advice="Save the file as UTF-8 and drop it again")
    best = readings[0]
    others = [one for one in readings[1:] if not _same_text(one, best, data)]
    margin = best.score - max((one.score for one in others), default=-math.inf)
    sure = round(max(0.75, min(0.99, 0.75 + margin / 50)), 2)
    if known and codecs.lookup(known).name == codecs.lookup(best.encoding).name:
        return _Guess(
            best.encoding, sure, f"not UTF-8; earlier files of the table were in {known}, and the letters fit it"
        )
    close = 0.0 if codecs.lookup(code_page).name == codecs.lookup(best.encoding).name else CLOSE
    rivals = [one.encoding for one in others if best.score - one.score < close or one.fit - best.fit > BETTER]
    reason = f"not UTF-8; the letters fit {best.encoding} ({best.language}) best"
    return _Guess(best.encoding, sure, reason, tuple(rivals[:MOST_RIVALS]), bool(_broken(data, best.encoding)))


def rank_code_pages(data: bytes, code_page: str, known: str = "") -> list[_PageFit]:
    """All encodings that read the bytes, the best first."""
    pages = [page for page in _pages(code_page, known) if _reads(data, page[0])]
    tokens = _telling_tokens(data)
    plain = letter_pairs().scores(_plain_words(data) or ["-"])
    few = b"\n".join(tokens.split(b"\n")[:FEW_TOKENS])
    readings = _readings(few, pages, plain)
    if few == tokens:
        return readings
    likely = {one.encoding for one in readings if readings[0].score - one.score < HOPELESS}
    return _readings(tokens, [page for page in pages if page[0] in likely], plain)


def _pages(code_page: str, known: str) -> list[_Page]:
    """The encodings to try; the table's or else the site's own is ahead of the others. Latin-1 reads any bytes."""
    own, ahead = codecs.lookup(known or code_page).name, KNOWN_PRIOR if known else PRIOR
    listed = {codecs.lookup(name).name: (name, usual, only) for name, usual, only in ENCODINGS}
    others = [(name, -2.0, "") for name in dict.fromkeys((own, "iso8859-1", "utf-8")) if name not in listed]
    return [
        (name, usual + (ahead if codecs.lookup(name).name == own else 0.0), only)
        for name, usual, only in (*listed.values(), *others)
    ]


def _readings(tokens: bytes, pages: Sequence[_Page], plain: Scores) -> list[_PageFit]:
    """The readings of some words, the best first; a text that several encodings give is judged once."""
    fits: dict[tuple[str, str], tuple[str, float]] = {}
    readings = []
    for name, usual, only in pages:
        text = tokens.decode(name, "replace")
        if (text, only) not in fits:
            fits[text, only] = _fit(text, only, plain)
        language, score = fits[text, only]
        readings.append(_PageFit(name, score, usual, language))
    return sorted(readings, key=lambda reading: -reading.score)


def _fit(text: str, only: str, plain: Scores) -> tuple[str, float]:
    """The language that the words of a text fit best, and how well."""
    misplaced = sum(cost * len(pattern.findall(text)) for pattern, cost in _MISPLACED)
    if only:
        return only, _fit_characters(text, only, plain) - misplaced
    language, score = _mixed(letter_pairs().scores(text.lower().split("\n")), plain)
    return language, score + _fit_signs(text) + units_chance(text) - misplaced


def _fit_signs(text: str) -> float:
    """How well the signs beyond ASCII fit; one that occurs again costs less."""
    signs = Counter(_SIGN.findall(text))
    chances = [(sign_chance(sign), count) for sign, count in signs.items()]
    return sum(one * (1 + (AGAIN if one > RARE else 1.0) * (count - 1)) for one, count in chances)


def _fit_characters(text: str, language: str, plain: Scores) -> float:
    rest = _HIGH.sub(" ", text.lower()).split("\n")
    _, score = _mixed(letter_pairs().scores(rest), plain)
    frequent = letter_pairs().characters[language]
    return score + sum(character_chance(one, language, frequent.get(one, IMPOSSIBLE)) for one in _HIGH.findall(text))


def _mixed(words: Scores, plain: Scores) -> tuple[str, float]:
    """The most frequent language of some words, and their log chance in the mixture of languages that fits best."""
    languages = letter_pairs().languages
    both = np.vstack((words, plain))
    weights = np.repeat((1.0, PLAIN_WEIGHT), (len(words), len(plain)))
    shares = np.full(len(languages), 1 / len(languages))
    for _ in range(_ROUNDS):
        chances = both + np.log(shares)
        top = chances.max(axis=1, keepdims=True)
        odds = np.exp(chances - top)
        totals = odds.sum(axis=1, keepdims=True)
        counts = (odds / totals * weights[:, None]).sum(axis=0) + _SMOOTHING / len(languages)
        shares = counts / counts.sum()
    score = float(((top + np.log(totals))[:, 0] * weights).sum())
    return languages[int(shares.argmax())], score


def _same_text(one: _PageFit, other: _PageFit, data: bytes) -> bool:
    tokens = _telling_tokens(data)
    return tokens.decode(one.encoding, "replace") == tokens.decode(other.encoding, "replace")


@lru_cache(maxsize=2)
def _telling_tokens(data: bytes) -> bytes:
    """The first distinct words that hold bytes beyond ASCII, one a line; numbers count as alike.

    The separators are bytes that no encoding here has within a character.
    """
    tokens: dict[bytes, bytes] = {}
    size = end = 0
    for run in islice(_HIGH_BYTES.finditer(data), MOST_RUNS):
        if run.start() < end:
            continue
        before = _BETWEEN.split(data[max(end, run.start() - LONGEST_TOKEN) : run.start()])[-1]
        behind = _BETWEEN.search(data, run.end(), run.end() + LONGEST_TOKEN)
        end = behind.start() if behind else run.end() + LONGEST_TOKEN
        token = (before + data[run.start() : end])[:LONGEST_TOKEN]
        if tokens.setdefault(_DIGITS.sub(b"0", token), token) is token:
            size += len(token)
        if len(tokens) >= MOST_TOKENS or size >= MOST_BYTES:
            break
    return b"\n".join(tokens.values())


def _plain_words(data: bytes) -> list[str]:
    """The first distinct words in plain ASCII, near the first byte that is not and at the start."""
    words: dict[str, None] = {}
    first = _HIGH_BYTES.search(data)
    near = max(0, first.start() - NEAR if first else 0)
    matches = chain(_PLAIN_WORD.finditer(data, near, near + 2 * NEAR), _PLAIN_WORD.finditer(data, 0, MOST_SEARCHED))
    for word in matches:
        words[word[0].decode("ascii").lower()] = None
        if len(words) == MOST_PLAIN:
            break
    return list(words)


def _broken(data: bytes, encoding: str) -> int:
    """How many bytes are no text in an encoding; a character cut at the end does not count."""
    without = _without_meaning(encoding)
    if without is not None:
        return int(_counts(data)[list(without)].sum())
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(data)
    except UnicodeError:
        return _broken_characters(data, encoding)
    return 0


def _broken_characters(data: bytes, encoding: str) -> int:
    """The same where a character has several bytes; all are wrong where many of the first words are."""
    tokens = _telling_tokens(data) + b"\n"
    for part in (tokens, data[:MOST_SEARCHED]):
        broken = _escaped(part, encoding)
        if part is tokens and broken * FEW_BROKEN > _beyond_ascii(data):
            return broken
        if broken > MANY_BROKEN and broken * 5 > _beyond_ascii(part):
            return len(data)
    return _escaped(data, encoding)


def _escaped(data: bytes, encoding: str) -> int:
    try:
        return len(broken_at(codecs.getincrementaldecoder(encoding)("surrogateescape").decode(data)))
    except UnicodeError:
        return len(data)


def _beyond_ascii(data: bytes) -> int:
    """How many bytes are beyond ASCII."""
    return int(_counts(data)[0x80:].sum())


@lru_cache(maxsize=128)
def _without_meaning(encoding: str) -> bytes | None:
    """The bytes that are no character in an encoding of one byte a character; None for other encodings."""
    try:
        text = [bytes([byte]).decode(encoding, "surrogateescape") for byte in range(256)]
    except UnicodeError:
        return None
    return bytes(byte for byte, one in enumerate(text) if broken_at(one)) if _is_single(encoding) else None


def _is_single(encoding: str) -> bool:
    """Whether all of two bytes are two characters."""
    pairs = bytes(range(0x80, 0x100)) + b"".join(bytes([0x80 + at % 128, 0x40 + at % 64]) for at in range(256))
    return len(pairs.decode(encoding, "surrogateescape")) == len(pairs)


@lru_cache(maxsize=4)
def _counts(data: bytes) -> npt.NDArray[np.int64]:
    """How often each byte occurs."""
    return np.bincount(np.frombuffer(data, np.uint8), minlength=256)


def _reads(data: bytes, encoding: str) -> bool:
    """Whether an encoding has a character for all bytes, or for nearly all of those beyond ASCII."""
    broken = _broken(data, encoding)
    return broken * (FEW_BROKEN_UTF8 if encoding == "utf-8" else FEW_BROKEN) <= _beyond_ascii(data)
