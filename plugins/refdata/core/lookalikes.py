"""The form in which keys look alike, whatever their case, blanks, composition and look-alike letters. Pure.

The letters are those of Latin, Greek and Cyrillic that Unicode's confusables call alike
(<https://www.unicode.org/reports/tr39/>, ``confusables.txt``), as capitals: keys that differ by case are alike too.
Digits and letters are never alike: ``O1`` and ``01`` are two codes.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

_GREEK = ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹͿϜ", "ABEZHIKMNOPTYXCJF")
_CYRILLIC = ("АВЕЅІЈКМНОРСТУХҮԌԚԜԀҺ", "ABESIJKMHOPCTYXYGQWDH")
_CAPITALS = str.maketrans(_GREEK[0] + _CYRILLIC[0], _GREEK[1] + _CYRILLIC[1])
_APOSTROPHES = "\u2018\u2019\u02bc\u2032"
_MINUS = "\u2212"
_KEPT = ("<super>", "<sub>", "<fraction>", "<circle>", "<square>")
"""Compatible forms that mean something else than their characters: ``m²`` is not ``m2``."""
_MICRO, _MU = "\u00b5", "\u03bc"
_LATIN = re.compile("[A-Za-z]")


class _Characters(dict[int, str]):
    """What each character becomes; filled on use, so that ``str.translate`` is as fast as for a finished table."""

    def __missing__(self, code: int) -> str:
        self[code] = found = _character(chr(code))
        return found


def _character(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cf":
        return ""
    if category[0] == "Z" or char.isspace():
        return " "
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category == "Pd" or char == _MINUS:
        return "-"
    if char in _APOSTROPHES:
        return "'"
    compatible = unicodedata.decomposition(char).partition(" ")[0]
    is_kept = char == _MICRO or not compatible.startswith("<") or compatible in _KEPT
    return char if is_kept else unicodedata.normalize("NFKC", char)


_TABLE = _Characters()


def alike(value: str) -> str:
    """The form that nearly equal keys share.

    >>> alike("\u0410\uff11\u00a0b") == alike("A1  B")
    True
    >>> alike("Cafe\u0301") == alike("caf\u00e9"), alike("gro\u00df") == alike("GROSS")
    (True, True)
    >>> alike("\u00b5g") == alike("mg"), alike("m\u00b2") == alike("m2"), alike("\u00e9") == alike("e")
    (False, False, False)
    """
    if value.isascii():
        return " ".join(value.split()).upper()
    text = value.translate(_TABLE)
    if _MU in text and _LATIN.search(text):
        text = text.replace(_MU, _MICRO)  # a unit; its capital would look like that of another one
    letters = _MICRO.join(part.casefold().upper() for part in text.split(_MICRO))
    letters = unicodedata.normalize("NFD", letters).translate(_CAPITALS)
    return " ".join(unicodedata.normalize("NFC", letters).split())


def may_look_alike(value: str) -> bool:
    """Whether a value has characters or blanks that may look like others; all others differ by case at most."""
    return not value.isascii() or "  " in value


def difference(old: str, new: str) -> str:
    """The characters in which two nearly equal keys differ, which nobody sees; empty where case or outer blanks do.

    >>> difference("A1", "\u04101")
    'LATIN CAPITAL LETTER A became CYRILLIC CAPITAL LETTER A'
    >>> difference("A 1", "A\u200b 1"), difference("de", "DE ")
    ('ZERO WIDTH SPACE was added', '')
    """
    if old.strip().lower() == new.strip().lower():
        return ""
    before, after = Counter(old), Counter(new)
    gone, added = list((before - after).elements()), list((after - before).elements())
    if gone and added:
        return f"{_named(gone)} became {_named(added)}"
    if gone or added:
        return f"{_named(gone or added)} was {'removed' if gone else 'added'}"
    return ""


def _named(chars: list[str]) -> str:
    return " + ".join(unicodedata.name(char, f"U+{ord(char):04X}") for char in chars)
