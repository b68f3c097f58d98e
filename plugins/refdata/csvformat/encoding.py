"""Which encoding the bytes are in, by the strongest evidence first.

1. a byte-order mark; 2. the places of NUL bytes, for UTF-16 and UTF-32 without one; 3. strict UTF-8;
4. the encoding whose letters fit best, that of the table's earlier files or the configured code page by preference
(see ``codepages``).
"""

from __future__ import annotations

import codecs
import unicodedata
from dataclasses import dataclass, replace

from refdata.core.errors import FormatError
from refdata.csvformat.sample import Sample, Window

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MARK_NAMES = {"utf-8-sig": "UTF-8", "utf-32": "UTF-32", "utf-16": "UTF-16"}

FEW_NULS = 0.01
"""Below this share of NUL bytes a text is damaged; above it the file is not text."""

MANY_CONTROLS = 0.03
"""Above this share of control characters a file is not text."""

_WITHOUT_ASCII = bytes(32 if byte < 0x80 else byte for byte in range(256))
_BY_CHANCE = frozenset({"Cc", "Cn", "Co", "Cs", "Mn"})
_NO_TEXT = frozenset({"Cc", "Cn", "Co", "Cs"})
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\v\f\r\x1a\x1b")

MANY_NULS = 0.2
"""UTF-32 text has more NUL bytes than this in each of two places at least."""

LOOKED_AT = 2000
"""Characters of a file with NUL bytes that are examined, to distinguish wide characters from a binary file."""

NARROW = 128
"""Bytes in a row that are ASCII without a NUL byte, which no text of wide characters has."""

NUL_CONTRAST = 10.0
"""In UTF-16 without a mark, NUL bytes are this many times more frequent in one half of the unit than in the other."""

MIXED_EVIDENCE = 3
"""UTF-8 characters beyond ASCII that show a file of two encodings if other bytes are not UTF-8."""

MOST_RUNS = 2000
LONGEST_RUN = 240
"""The runs of bytes beyond ASCII at either end of a window, and the bytes of each, that are examined for this."""

DAMAGED = 0.9
"""How sure an encoding is that cannot read some bytes."""

FEW_WRONG = 3
"""One character in so many may be wrong in a damaged UTF-8 file; with more of them it is in two encodings."""

MIXED_SHARE = 10
"""In a file in a code page, UTF-8 characters rarer than one in this many are chance."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """The name of a Python codec, how sure it is (0 to 1) and why; ``rivals`` are others that may be meant as well.

    Where it is ``damaged``, some of the bytes are no text in it. ``note`` is a sentence for the ledger, ``""`` where
    there is nothing to say.
    """

    name: str
    confidence: float
    reason: str
    rivals: tuple[str, ...] = ()
    damaged: bool = False
    note: str = ""


def detect_encoding(sample: Sample, code_page: str, known: str = "", fallback: str = "") -> Encoding:
    """The encoding of a sample. Raises FormatError where no encoding reads all of it.

    :param code_page: what files here are in when they are no Unicode.
    :param known: what the table's earlier files were in; ``""`` where that is not known.
    :param fallback: what single lines are in that the encoding cannot read; ``""`` where none is stated.
    """
    encoding = by_mark(sample) or by_nuls(sample) or _by_utf8(sample, fallback)
    if encoding is None:
        return _beside_known(guess(sample, code_page, known), known)
    if known and encoding.name == "utf-8" and sample.head.data.isascii() and sample.whole and _is_narrow(known):
        return Encoding(known, 1.0, f"all bytes are ASCII; earlier files of the table were in {known}")
    return _beside_known(encoding, known)


def family(name: str) -> str:
    """An encoding's name without byte order and mark: ``utf-8``, ``utf-16`` and ``utf-32`` each come in several."""
    return next((wide for wide in ("utf-8", "utf-16", "utf-32") if name.startswith(wide)), name)


def _beside_known(encoding: Encoding, known: str) -> Encoding:
    """With a note where the table's earlier files were in another encoding; ASCII shows no change."""
    is_ascii = encoding.name == "utf-8" and "ASCII, which" in encoding.reason
    if not known or is_ascii or family(known) == family(encoding.name):
        return encoding
    note = f"The encoding changed: earlier files of this table were in {known}, this one is in {encoding.name}."
    return replace(encoding, note=note)


def _is_narrow(name: str) -> bool:
    """Whether a file of ASCII bytes is the same text in an encoding."""
    return b"a,1".decode(name, "replace") == "a,1" and family(name) == name


def decode(window: Window, encoding: str, size: int, *, damaged: bool = False) -> str:
    """A window of a file of ``size`` bytes as text; a character cut at either end is left out.

    :param damaged: whether bytes that are no text are let through, as ``surrogateescape`` has them.
    :raises FormatError: otherwise, with the byte offset of what is not in the encoding.
    """
    name = encoding if window.offset == 0 else _without_mark(encoding, window)
    decoder = codecs.getincrementaldecoder(name)("surrogateescape" if damaged else "strict")
    skipped = 0 if window.offset == 0 else _cut_bytes(window.data, name)
    try:
        return decoder.decode(window.data[skipped:], final=window.offset + len(window.data) == size)
    except UnicodeDecodeError as error:
        raise _undecodable(window, skipped + error.start, encoding) from None


def _undecodable(window: Window, at: int, encoding: str, advice: str = "") -> FormatError:
    """The error for the byte at an index of a window."""
    line = 1 + window.data.count(b"\n", 0, at)
    return FormatError(
        f"Byte 0x{window.data[at]:02X} is not valid {encoding}",
        where=f"offset {window.offset + at}" + (f", line {line}" if window.offset == 0 else ""),
        advice=advice or "save the whole file in one encoding, preferably UTF-8, and drop it again",
    )


def by_mark(sample: Sample) -> Encoding | None:
    """The encoding that a byte-order mark states, or None."""
    for mark, name in _MARKS:
        if sample.head.data.startswith(mark):
            if name != "utf-8-sig":
                _refuse_narrow(sample, name)
            reason = f"a {_MARK_NAMES[name]} byte-order mark opens the file"
            return Encoding(name, 1.0, reason, damaged=name == "utf-8-sig" and not _is_sound(sample))
    return None


def _is_sound(sample: Sample) -> bool:
    try:
        return all(decode(window, "utf-8", sample.size) is not None for window in sample.evidence)
    except FormatError:
        return False


def by_nuls(sample: Sample) -> Encoding | None:
    """The encoding of wide characters that the positions of NUL bytes show, or None. Raises FormatError if binary."""
    data = b"".join(window.data[: len(window.data) // 4 * 4] for window in sample.evidence) or sample.head.data
    nuls = data.count(0)
    if nuls <= FEW_NULS * len(data):
        _refuse_controls(data)
        return None
    name = _wide_name(_nul_shares(data))
    if name is None or not _looks_like_text(data[: 4 * LOOKED_AT], name):
        raise FormatError(
            f"The file is binary: {nuls} of {len(data)} examined bytes are NUL, and it is neither UTF-16 nor UTF-32",
            advice="Export the data as text (CSV) and drop it again",
        )
    _refuse_narrow(sample, name)
    return Encoding(name, 0.95, f"the positions of NUL bytes are those of {name.upper()}")


def _refuse_controls(data: bytes) -> None:
    """Raise FormatError if there are more control characters than text has by damage."""
    controls = len(data) - len(data.translate(None, _CONTROLS))
    if controls > MANY_CONTROLS * len(data) + 2:
        raise FormatError(
            f"The file is binary: {controls} of {len(data)} examined bytes are control characters",
            advice="Export the data as text (CSV) and drop it again",
        )


def _nul_shares(data: bytes) -> list[float]:
    """The share of NUL bytes in each place of four-byte units."""
    return [4 * data[at::4].count(0) / max(len(data), 1) for at in range(4)]


def _wide_name(shares: list[float]) -> str | None:
    """The wide encoding that fits the share of NUL bytes in each place of four-byte units."""
    if min(shares[1:]) > MANY_NULS and shares[0] * NUL_CONTRAST < min(shares[2:]):
        return "utf-32-le"
    if min(shares[:3]) > MANY_NULS and shares[3] * NUL_CONTRAST < min(shares[:2]):
        return "utf-32-be"
    even, odd = (shares[0] + shares[2]) / 2, (shares[1] + shares[3]) / 2
    if even * NUL_CONTRAST < odd:
        return "utf-16-le"
    return "utf-16-be" if odd * NUL_CONTRAST < even else None


def _looks_like_text(data: bytes, name: str) -> bool:
    """Whether a wide encoding gives letters, signs and lines, and hardly a control or unassigned character."""
    text = data.decode(name, "replace")[:LOOKED_AT]
    odd = sum(unicodedata.category(one) in _NO_TEXT and one not in "\t\r\n\f" for one in text)
    return odd <= MANY_CONTROLS * len(text)


def _refuse_narrow(sample: Sample, name: str) -> None:
    """Raise FormatError where a file in a wide encoding continues in a narrow one: a long stretch of ASCII."""
    for window in sample.evidence:
        for at in range(0, len(window.data) - NARROW + 1, NARROW):
            piece = window.data[at : at + NARROW]
            if piece.isascii() and b"\0" not in piece:
                raise _undecodable(window, at, name, "the file changes its encoding; save all of it as UTF-8")


def _by_utf8(sample: Sample, fallback: str) -> Encoding | None:
    beyond = False
    for window in sample.evidence:
        try:
            beyond = not decode(window, "utf-8", sample.size).isascii() or beyond
        except FormatError as error:
            return mostly_utf8(sample, error, fallback)
    if not beyond:
        return Encoding("utf-8", 1.0, f"{'all' if sample.whole else 'the sampled'} bytes are ASCII, which is UTF-8")
    return Encoding("utf-8", 1.0, "all examined bytes are valid UTF-8 beyond ASCII")


def mostly_utf8(sample: Sample, error: FormatError, fallback: str) -> Encoding | None:
    """UTF-8 with some bytes that are not, or None where the file is in another encoding.

    Text in a code page is hardly ever valid UTF-8 by chance: each of its letters beyond ASCII would have to
    be followed by a fitting sign. So a run of valid characters at either end is UTF-8.

    :param error: names the first bytes that are not UTF-8.
    :param fallback: the encoding of single lines that are not, ``""`` where none is stated.
    :raises FormatError: a part of the file is UTF-8 and another is not, or the file is cut off.
    """
    marks = [valid for window in sample.evidence for valid in _valid_characters(window)]
    wrong = marks.index(False) if False in marks else len(marks)
    behind = marks[::-1].index(False) if False in marks else 0
    by_ends = max(wrong, behind) >= MIXED_EVIDENCE and sum(marks) * MIXED_SHARE >= len(marks)
    by_number = sum(marks) >= MIXED_EVIDENCE and sum(marks) * 2 >= len(marks)
    if wrong == len(marks) or not (by_ends or by_number):
        return None
    if not fallback and _is_cut_off(sample):
        advice = "The file ends within a character, so it seems to be cut off; ask for it again"
        raise FormatError(error.what, where=error.where, advice=advice)
    few_wrong = (len(marks) - sum(marks)) * FEW_WRONG <= len(marks)
    if not few_wrong and not fallback:
        advice = "The file changes its encoding: other parts are UTF-8; save all of it as UTF-8 and drop it again"
        raise FormatError(error.what, where=error.where, advice=advice)
    return damaged("utf-8", error, fallback)


def _is_cut_off(sample: Sample) -> bool:
    """Whether a file ends with the first bytes of a UTF-8 character."""
    last = sample.windows[-1].data[-3:]
    return any(_is_first_part(last[at:]) for at in range(len(last)))


def _is_first_part(data: bytes) -> bool:
    """Whether bytes are the start of one UTF-8 character and not all of it."""
    try:
        return data[0] > 0x7F and codecs.utf_8_decode(data, "strict", False)[1] == 0
    except UnicodeDecodeError:
        return False


def damaged(name: str, error: FormatError, fallback: str) -> Encoding:
    """An encoding that reads nearly all of a file; ``error`` names the first bytes that it does not read."""
    lines = f"such lines are read as {fallback}" if fallback else "rows with such bytes are rejects"
    what = f"{error.what[:1].lower()}{error.what[1:]} ({error.where})"
    return Encoding(name, DAMAGED, f"nearly all examined bytes are valid {name}, but {what}; {lines}", damaged=True)


def _valid_characters(window: Window) -> list[bool]:
    """For each character beyond ASCII, of the first and last ones in a window, whether it is valid UTF-8.

    Combining marks and private characters are what letters of a code page turn into by chance: not valid.
    """
    start = 0 if window.offset == 0 else _cut_bytes(window.data, "utf-8")
    runs = window.data[start:].translate(_WITHOUT_ASCII).split()
    first, last = runs[:MOST_RUNS], runs[max(MOST_RUNS, len(runs) - MOST_RUNS) :]
    text = b"".join(run[:LONGEST_RUN] for run in (*first, *last)).decode("utf-8", "surrogateescape")
    return [unicodedata.category(one) not in _BY_CHANCE for one in text]


def guess(sample: Sample, code_page: str, known: str = "") -> Encoding:
    """An encoding of one or two bytes a character, for bytes that are not UTF-8."""
    from refdata.csvformat.codepages import guess_code_page  # here, for it loads numpy and few files need it

    data = b"\n".join(
        window.data[_cut_bytes(window.data, code_page) if window.offset else 0 :] for window in sample.evidence
    )
    guess = guess_code_page(data, code_page, known)
    return Encoding(guess.encoding, guess.confidence, guess.reason, guess.rivals, guess.damaged)


def _without_mark(encoding: str, window: Window) -> str:
    """The codec for a window behind the start, where no byte-order mark states the byte order."""
    if encoding == "utf-8-sig":
        return "utf-8"
    if encoding in {"utf-16", "utf-32"}:
        even, odd = window.data[::2].count(0), window.data[1::2].count(0)
        return f"{encoding}-{'le' if odd >= even else 'be'}"
    return encoding


def _cut_bytes(data: bytes, encoding: str) -> int:
    """Bytes at the start of a window that belong to a character begun before it."""
    if encoding == "utf-8":
        return next((at for at in range(min(4, len(data))) if data[at] & 0xC0 != 0x80), 0)
    if encoding.startswith("utf"):
        return 0
    cut = min((at for at in (data.find(b"\n"), data.find(b"\r")) if at >= 0), default=-1)
    return cut + 1
