"""Keys that look the same have one form, and keys that people distinguish have two."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdata.core.lookalikes import alike, difference

TWINS = {"A": "АΑＡ", "B": "ВΒ", "C": "С", "E": "ЕΕ", "H": "НΗ", "K": "КΚ\u212a", "M": "МΜ", "O": "ОΟ", "P": "РΡ",
         "T": "ТΤ", "X": "ХΧ", "Y": "УΥ", "I": "ІΙ", "J": "Ј", "S": "Ѕ", "Z": "Ζ", "N": "Ν", "1": "１١", "7": "７۷",
         "-": "‐‑–—−－", " ": "\u00a0\u2003\u202f\u3000", "'": "\u2019\u2018"}  # fmt: skip
KEYS = st.text("".join(TWINS) + "DFGé", min_size=1, max_size=8).map(str.strip).filter(bool)


@given(KEYS, st.data())
def test_a_key_with_other_characters_that_look_like_its_own_has_the_same_form(key: str, data: st.DataObject) -> None:
    twin = "".join(data.draw(st.sampled_from(char + TWINS.get(char, ""))) for char in key)
    twin = unicodedata.normalize(data.draw(st.sampled_from(("NFC", "NFD"))), twin)
    at = data.draw(st.integers(0, len(twin)))
    twin = twin[:at] + data.draw(st.sampled_from(["", "\u200b", "\ufeff", "\u00ad"])) + twin[at:]
    assert alike(twin) == alike(key)
    if "\u039c" not in twin:  # its small letter is a unit where Latin letters are
        assert alike(twin.lower()) == alike(key)


@given(st.text(max_size=10))
def test_the_form_of_a_form_is_itself(value: str) -> None:
    assert alike(alike(value)) == alike(value)


DISTINCT = [
    ("O1", "01"), ("l1", "11"), ("e", "é"), ("m2", "m²"), ("mg", "µg"), ("mm", "μm"), ("u", "ü"), ("n", "ñ"),
    ("A-1", "A1"), ("A 1", "A1"), ("1/2", "½"), ("Я", "R"), ("И", "N"), ("B", "ß"), ("A.1", "A,1"), ("1", "①"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), DISTINCT)
def test_keys_that_people_tell_apart_have_different_forms(one: str, other: str) -> None:
    assert alike(one) != alike(other)


UNSEEN = [
    ("GROSS", "GROß", "LATIN CAPITAL LETTER S + LATIN CAPITAL LETTER S became LATIN SMALL LETTER SHARP S"),
    ("A-1", "A–1", "HYPHEN-MINUS became EN DASH"),
    ("A 1", "A\u00a01", "SPACE became NO-BREAK SPACE"),
    ("A1A", "А1A", "LATIN CAPITAL LETTER A became CYRILLIC CAPITAL LETTER A"),
    ("A\u200b1", "A1", "ZERO WIDTH SPACE was removed"),
    ("a1 ", "A1", ""),
]


@pytest.mark.parametrize(("old", "new", "words"), UNSEEN)
def test_a_difference_that_nobody_sees_is_named(old: str, new: str, words: str) -> None:
    assert alike(old) == alike(new)
    assert difference(old, new) == words
