"""Lines of a block that have the header's names, in any order and however they are written.

A line with all names begins with one of them: numpy finds the lines that may, and those few are looked at one by one.
Names are equal as in ``skipping``: whatever their case, and the white space around and within them. All of this may
find too much, and the reader that goes row by row decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from refdata.core.filemodel import Format
from refdata.csvformat.quotes import Positions
from refdata.csvformat.values import Bytes, Mask

BLANKS = "\t\v\f\x1c\x1d\x1e\x1f "
"""White space in ASCII that ends no line."""
OTHER_BLANKS = (
    "\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""White space beyond ASCII, and the byte-order mark, which stands before a line where files were joined."""
MANY = 1_000
"""Lines that are looked at without asking first whether the block has all names at all."""
_BEYOND_ASCII = np.arange(256) > ord("\x7f")
_SMALL = np.array([byte + 32 * (ord("A") <= byte <= ord("Z")) for byte in range(256)], np.uint8)
LAST_CAPITAL = "\U0001e943"
"""No character behind it (Unicode 15, block Adlam) has a case."""


def lines_of_names(text: bytes, lines: Positions, first: Bytes, fmt: Format) -> Iterator[int]:
    """The offset of the first line that may have all names, or be a line of the header.

    :param lines: the offsets of all lines.
    :param first: the first byte of each line.
    """
    names = _Names.of(fmt.header, fmt.header_texts, fmt.delimiter, fmt.quote)
    data = np.frombuffer(text, np.uint8)
    number = np.flatnonzero(names.starts[first])
    at = behind_quote(data, lines[number], fmt.quote)
    may = names.pairs[pair_at(data, at)]
    number, at = number[may], at[may]
    if number.size > MANY and not names.may_be_in(text):
        return
    number = number[names.begin(data, at)]
    ends = np.append(lines[1:], np.int32(len(text)))
    reach = 2 * fmt.header_lines - 1  # \r\n counts as two lines, and names may have line breaks
    for line in number.tolist():
        if names.may_be_in(text[lines[line] : ends[min(line + reach, ends.size - 1)]]):
            yield int(lines[line])
            return


@dataclass(frozen=True, slots=True)
class _Names:
    """How a line with a header's names may begin, and what it has.

    ``starts`` are its first bytes, ``pairs`` the first two of its text behind a quote, ``anyhow`` those that suffice.
    ``words`` are the names' beginnings, in ASCII and small, and the bytes that may follow each. ``parts`` are the words
    of all names, the longest first; ``texts`` are the header's own lines.
    """

    starts: Mask
    pairs: Mask
    anyhow: Mask
    words: tuple[tuple[bytes, Mask], ...]
    parts: tuple[str, ...]
    texts: tuple[str, ...]

    @classmethod
    @lru_cache(maxsize=8)
    def of(cls, header: tuple[str, ...], texts: tuple[str, ...], delimiter: str, quote: str) -> _Names:
        """Those of a format. Only the first name may be none: without all names no other order is recognised."""
        names = [" ".join(name.casefold().split()) for name in header]
        texts = tuple(text.casefold() for text in texts)
        ends = among(delimiter, "\r", "\n", quote)
        begun = [text.lstrip(f"{quote} ") for text in texts]
        words = [_beginning(name, quote, ends) for name in dict.fromkeys(names) if name or not names[0]]
        words += [(_plain(text, quote), ends | True) for text in begun]
        anyhow = _pairs(f"{BLANKS}{OTHER_BLANKS}")  # a tab within quotes, too, where it is the delimiter
        pairs = anyhow | _pairs(one for text in (*names, *begun) if text for one in _written(text[0]))
        if not names[0]:
            pairs |= ends[:, None]
        parts = {part for name in names for part in re.split(r"[\s\"'\\]+", name) if part}
        longest_first = tuple(sorted(parts, key=len, reverse=True))
        return cls(pairs.any(axis=1) | among(quote), pairs, anyhow, tuple(words), longest_first, texts)

    def begin(self, data: Bytes, at: Positions) -> Mask:
        """Which of the texts at the offsets may begin with a name, if each has one of its ``pairs``."""
        found = self.anyhow[pair_at(data, at)]
        left = np.flatnonzero(~found)
        for word, behind in self.words:
            found[left[_begins(data, at[left], word, behind)]] = True
        return found

    def may_be_in(self, text: bytes) -> bool:
        """Whether a text has each word of all names, or a line of the header."""
        folded = text.decode("utf-8", "replace").casefold()
        return all(part in folded for part in self.parts) or any(line in folded for line in self.texts)


def among(*texts: str) -> Mask:
    """Which bytes one of the texts begins with; an empty one begins with none."""
    mask = np.zeros(256, np.bool_)
    mask[[text.encode()[0] for text in texts if text]] = True
    return mask


def _pairs(characters: Iterable[str]) -> Mask:
    """Which two bytes one of the characters begins with; one of ASCII may precede any byte."""
    pairs = np.zeros((256, 256), np.bool_)
    for one in (character.encode() for character in characters):
        pairs[one[0], one[1] if len(one) > 1 else slice(None)] = True
    return pairs


def behind_quote(data: Bytes, at: Positions, quote: str) -> Positions:
    """The offsets of lines, moved behind a quote there."""
    return np.minimum(at + (data[at] == ord(quote)), data.size - 1) if quote else at


def pair_at(data: Bytes, at: Positions) -> tuple[Bytes, Bytes]:
    """The bytes at the offsets, and those behind them."""
    return data[at], data[np.minimum(at + 1, data.size - 1)]


def _beginning(name: str, quote: str, ends: Mask) -> tuple[bytes, Mask]:
    """The beginning of a name that is compared, and the bytes that may follow it: any where the name goes on."""
    plain = _plain(name, quote)
    blanks = among(*BLANKS) | _BEYOND_ASCII
    return plain, blanks | ends if plain.decode() == name else blanks if name[len(plain)] == " " else ends | True


def _plain(text: str, quote: str) -> bytes:
    """The first characters that each writer writes alike: a quote is doubled or escaped, blanks differ."""
    return re.split(rf"[\s\\{re.escape(quote)}\x80-\U0010ffff]", text, maxsplit=1)[0].encode()


def _written(first: str) -> str:
    """All characters that are the same as one when case does not count."""
    return "".join({first, *_capitals().get(first, "")})


@cache
def _capitals() -> dict[str, str]:
    """By the first of the small letters that it becomes, what a character may have been."""
    found: dict[str, str] = {}
    for character in map(chr, range(ord("A"), ord(LAST_CAPITAL) + 1)):
        small = character.casefold()
        if small != character:
            found[small[0]] = found.get(small[0], "") + character
    return found


def _begins(data: Bytes, at: Positions, word: bytes, behind: Mask) -> Mask:
    """At which of the offsets a word is, in capitals or small letters, or something beyond ASCII that may be it."""
    found, left = np.zeros(at.size, np.bool_), np.arange(at.size)
    for index, byte in enumerate(word):
        here = data[np.minimum(at[left] + index, data.size - 1)]
        found[left[_BEYOND_ASCII[here]]] = True
        left = left[_SMALL[here] == byte]
        if not left.size:
            return found
    next_at = at[left] + len(word)
    found[left] = behind[data[np.minimum(next_at, data.size - 1)]] | (next_at >= data.size)
    return found
