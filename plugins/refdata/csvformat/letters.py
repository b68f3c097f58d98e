"""How likely single characters are: signs beyond ASCII, and those of Chinese, Japanese and Korean.

The most frequent characters come from the model of ``letterpairs``; the others go by the levels of the standards, whose
first level has the characters in daily use.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

RARE = -11.0
"""The log chance of a character that text in tables hardly ever contains."""

IMPOSSIBLE = -25.0
"""The log chance of a control character."""

IN_UNIT = 5.0
"""What a sign gains in a unit of measurement, where it is usual."""

_UNITS = re.compile(
    r"(?<![^\W_])(?:[kcdmµ]?m|ft|yd|mi|in)[²³](?![^\W_])"
    r"|(?<![^\W\d_])µ(?=[gmlLsAVFWM](?![^\W_]))|°(?=[CF](?![^\W_]))"
)

_SIGNS = {
    **dict.fromkeys("’–€°«»“”„\u00a0…£", -4.5),
    **dict.fromkeys("‘—§®©™²³½¼·•±×µ№´¿¡ºª‰†", -6.5),
    **dict.fromkeys("、。，（）：・「」！？；《》％／＆", -4.5),
}


@lru_cache(maxsize=1 << 12)
def sign_chance(character: str) -> float:
    """The log chance of a character beyond ASCII that is no letter."""
    if unicodedata.category(character) in {"Cc", "Co", "Cn"}:
        return IMPOSSIBLE
    return _SIGNS.get(character, RARE)


def units_chance(text: str) -> float:
    """What a text gains by its units of measurement, such as km², each counted once.

    >>> units_chance("Fläche km²"), units_chance("Fläche kmē")
    (5.0, 0.0)
    """
    return IN_UNIT * len(set(_UNITS.findall(text)))


@lru_cache(maxsize=1 << 16)
def character_chance(character: str, language: str, frequent: float = IMPOSSIBLE) -> float:
    """The log chance of a character beyond ASCII in Chinese (``zh``, ``zh_t``), Japanese or Korean.

    :param frequent: its log chance among the frequent characters of the language, where it is one.
    """
    if frequent > IMPOSSIBLE:
        return frequent
    if character in _SIGNS:
        return _SIGNS[character]
    if unicodedata.category(character) in {"Cc", "Co", "Cn"}:
        return IMPOSSIBLE
    return _by_level(character, language)


def _by_level(character: str, language: str) -> float:
    """By the standards: GB 2312 rows 16-55, Big5 A4-C6, JIS X 0208 rows 16-47, KS X 1001 syllables."""
    if language == "zh":
        return _by_row(character, "gb2312", 0xB0, 0xD7, -7.5)
    if language == "zh_t":
        return _by_row(character, "big5", 0xA4, 0xC6, -7.5)
    if language == "ko":
        return _by_row(character, "euc_kr", 0xB0, 0xC8, -6.5) if "가" <= character <= "힣" else RARE - 2
    if "\uff61" <= character <= "\uff9f":
        return RARE + 2
    if "\u3040" <= character <= "\u30ff":
        return -6.5
    return _by_row(character, "euc_jp", 0xB0, 0xCF, -7.5)


def _by_row(character: str, standard: str, first: int, last: int, daily: float) -> float:
    try:
        code = character.encode(standard)
    except UnicodeEncodeError:
        return RARE - 3
    if len(code) != 2:
        return RARE - 3
    return daily if first <= code[0] <= last else RARE
