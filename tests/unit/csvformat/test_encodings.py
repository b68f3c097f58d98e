"""Ordinary CSV text in 27 languages and 33 encodings is decoded to what was written.

``tests/cases/encodings`` contains a text for each language and ``encodings.json`` the encodings it is written in.
Generated tables of places in 36 languages (``benchmarks/encoded_csv.py``, fixed seed) are in each code page that can
hold them.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.encoded_csv import encoded, tables, with_tones_apart

from refdata.core.knownformat import KnownFormat
from refdata.csvformat import detect
from refdata.csvformat.codepages import ENCODINGS, rank_code_pages
from refdata.csvformat.encoding import Encoding, detect_encoding
from refdata.csvformat.letterpairs import letter_pairs
from refdata.csvformat.sample import Sample, Window

CASES = Path(__file__).parents[2] / "cases" / "encodings"


def text_of(language: str) -> str:
    text = (CASES / f"{language}.csv").read_text("utf-8")
    return with_tones_apart(text) if language == "vi" else text


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


def detected(data: bytes, known: str = "") -> Encoding:
    return detect_encoding(Sample(len(data), Window(0, data)), "cp1252", known)


def outcome(data: bytes, text: str) -> str:
    found = detected(data)
    if found.rivals:
        return "refused"
    return "right" if data.decode(found.name) == text else "wrong"


def test_generated_tables_are_decoded_identically_or_refused() -> None:
    outcomes: dict[str, list[str]] = {}
    for language, text in tables(2026, 40):
        for family, _, written, data in encoded(language, text):
            outcomes.setdefault(family, []).append(outcome(data, written))
    shares = {family: ones.count("right") / len(ones) for family, ones in outcomes.items()}
    wrong = {family: ones.count("wrong") / len(ones) for family, ones in outcomes.items()}
    for family, least, most_wrong in (
        ("Windows", 0.95, 0.01),
        ("ISO, KOI8", 0.94, 0.02),
        ("East Asia", 0.9, 0.05),
        ("DOS, Mac", 0.8, 0.07),
    ):
        assert shares[family] >= least and wrong[family] <= most_wrong, (family, shares, wrong)


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("code,region\nNO09,Sør-Østlandet\nHU21,Közép-Dunántúl\n", "cp1252"),
        ("code,region\nNO09,Sør-Østlandet\nNO02,Hedmark og Oppland\n", "cp1252"),
        ("code,region\nHU21,Közép-Dunántúl\nHU23,Dél-Dunántúl\n", "cp1250"),
        ("code,region\nHU33,Győr-Moson-Sopron\nHU31,Fehérgyarmat, Hódmezővásárhely\n", "cp1250"),
        ("код,город\n1,Москва\n2,Щёлково\n3,Нижний Новгород\n", "cp855"),
        ("код,город\n1,Москва\n2,Щёлково\n3,Нижний Новгород\n", "mac-cyrillic"),
        ("code,name\n1,กรุงเทพมหานคร\n2,เชียงใหม่\n3,ขอนแก่น\n", "tis-620"),
        ("번호,품명,도시\n1,김치,서울\n2,녹차,보성\n3,인삼,금산\n", "johab"),
    ],
)
def test_language_of_the_letters_decides(text: str, page: str) -> None:
    assert outcome(text.encode(page), text) == "right"


@pytest.mark.parametrize(("name", "page"), [("Zoë", "cp437"), ("Größe", "cp437"), ("Škoda", "cp852")])
def test_letters_that_fit_several_encodings_are_refused_with_the_candidates(
    name: str, page: str, tmp_path: Path
) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(f"id,n\n1,{name}\n".encode(page))
    doubt = detect(path).doubt
    assert doubt is not None
    offered = [str(reading.encoding) for reading in doubt.readings]
    assert "cp1252" in offered and all(one in doubt.what for one in offered) and "encoding" in doubt.advice
    assert any(name.encode(page).decode(one) == name for one in offered)


CAFES = "id,name,town\n1,Café Noël,Besançon\n2,Crème brûlée,Mâcon\n"
TOWNS = "id,nazwa\n1,Łódź\n2,Częstochowa\n3,Świnoujście\n4,Białystok\n"


@pytest.mark.parametrize(
    ("text", "page", "known", "read", "changed"),
    [
        (CAFES, "cp1252", "cp1252", "cp1252", False),
        (CAFES, "cp1252", "iso8859-15", "iso8859-15", False),
        (CAFES, "utf-8", "cp1252", "utf-8", True),
        (CAFES, "cp1252", "utf-8", "cp1252", True),
        (CAFES, "utf-8-sig", "utf-8", "utf-8-sig", False),
        (CAFES, "utf-16", "utf-8", "utf-16", True),
        (TOWNS, "cp1250", "cp1250", "cp1250", False),
        (TOWNS, "cp1250", "cp1252", "cp1250", True),
        ("id,name\n1,plain\n", "ascii", "cp1250", "cp1250", False),
        ("id,name\n1,plain\n", "ascii", "utf-16", "utf-8", False),
        ("id,n\n1,Ü\n", "cp1250", "cp1250", "cp1250", False),
        ("id,n\n1,š\n", "cp1257", "cp1257", "cp1257", False),
    ],
)
def test_encoding_of_earlier_files_is_evidence(text: str, page: str, known: str, read: str, changed: bool) -> None:
    found = detected(text.encode(page), known)
    assert (found.name, bool(found.note)) == (read, changed)
    assert not found.rivals


def test_change_of_encoding_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(TOWNS.encode("cp1250"))
    (note,) = detect(path, known=KnownFormat(encoding="utf-8")).notes
    assert "utf-8" in note and "cp1250" in note


@pytest.mark.parametrize("name", [name for name, _, _ in ENCODINGS])
def test_encodings_are_known_to_python(name: str) -> None:
    assert codecs.lookup(name)


def test_languages_with_thousands_of_characters_have_a_model() -> None:
    assert {language for _, _, language in ENCODINGS if language} == set(letter_pairs().characters)


def test_words_are_likeliest_in_their_own_language() -> None:
    model = letter_pairs()
    words = {"düsseldorfer straße": "de", "székesfehérvár": "hu", "świnoujście": "pl", "нижний новгород": "ru"}
    best = model.scores(list(words)).argmax(axis=1)
    assert [model.languages[at] for at in best] == list(words.values())


@pytest.mark.parametrize("page", ["cp1140", "utf-16", "utf-8", "hz", "iso2022_jp", "utf-7"])
def test_a_code_page_of_the_site_may_be_any_that_python_knows(page: str) -> None:
    assert rank_code_pages("prix: 5 €\nété\n".encode("cp1252"), page)
