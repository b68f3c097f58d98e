"""Ordinary CSV text in 27 languages and 33 encodings is decoded to what was written.

``tests/cases/encodings`` holds a text for each language and ``encodings.json`` the encodings it is written in.
"""

from __future__ import annotations

import codecs
import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from refdata.csvformat import detect
from refdata.csvformat.codepages import ENCODINGS, rank_code_pages
from refdata.csvformat.letters import LANGUAGES

CASES = Path(__file__).parents[2] / "cases" / "encodings"
TONES = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}


def text_of(language: str) -> str:
    text = (CASES / f"{language}.csv").read_text("utf-8")
    return "".join(map(with_tone_apart, text)) if language == "vi" else text


def with_tone_apart(character: str) -> str:
    """Windows-1258 writes tone marks behind their letters."""
    marks = unicodedata.normalize("NFD", character)
    base = unicodedata.normalize("NFC", "".join(mark for mark in marks if mark not in TONES))
    return base + "".join(mark for mark in marks if mark in TONES)


def cases() -> Iterator[tuple[str, str]]:
    for language, encodings in json.loads((CASES / "encodings.json").read_text("utf-8")).items():
        for encoding in [*encodings, "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]:
            yield language, encoding


def decoded(path: Path, text: str, encoding: str) -> bool:
    path.write_bytes(text.encode(encoding))
    return path.read_bytes().decode(detect(path).encoding).removeprefix("\ufeff") == text


def test_95_percent_of_texts_are_decoded_identically(tmp_path: Path) -> None:
    missed = [case for case in cases() if not decoded(tmp_path / "file.csv", text_of(case[0]), case[1])]
    assert len(missed) <= 0.05 * len(list(cases())), missed


def test_95_percent_of_first_lines_are_decoded_identically(tmp_path: Path) -> None:
    heads = {language: "".join(text_of(language).splitlines(keepends=True)[:3]) for language, _ in cases()}
    missed = [case for case in cases() if not decoded(tmp_path / "file.csv", heads[case[0]], case[1])]
    assert len(missed) <= 0.05 * len(list(cases())), missed


@pytest.mark.parametrize("name", [name for name, _, _ in ENCODINGS])
def test_encodings_are_known_to_python_and_chardet(name: str) -> None:
    import chardet

    codecs.lookup(name)
    assert chardet.detect(b"caf\xe9", include_encodings=[name], no_match_encoding=name)["encoding"]


def test_languages_named_by_code_pages_have_letters() -> None:
    assert {language for _, _, languages in ENCODINGS for language in languages} <= set(LANGUAGES)


def test_a_code_page_of_the_site_may_be_any_that_python_knows() -> None:
    assert rank_code_pages("prix: 5 €\nété\n".encode("cp1140"), "cp1140")
