"""Drops whose rows lose something: codes without zeros, repeated keys, rows delivered twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from refdata.core.model import FileStatus
from refdata.core.questions import Given
from refdata.ingest.align import align_table
from refdata.ingest.asking import open_questions, take_answers
from refdata.ingest.detect import detect_format
from refdata.ingest.load import load_or_hold
from tests.integration.faults.conftest import require_held_until_answered
from tests.integration.ingest.conftest import APPEND, FULL, Site

ZIPS = "zip,area\n01001,Agawam\n02134,Allston\n06390,Fishers\n90210,Beverly\n"
COUNTRIES = "code,nm\nDE,Germany\nFR,France\nIT,Italy\n"

LOSSES = [
    pytest.param(ZIPS, ZIPS.replace("\n0", "\n"), FULL, "codes_changed:zip", id="zeros"),
    pytest.param(ZIPS, "zip,area\n1001,Agawam\n77777,New\n", APPEND, "codes_changed:zip", id="zeros in an append"),
    pytest.param("acct,name\n007,Cash\n010,Bank\n", "acct,name\n7.0,Cash\n10.0,Bank\n", FULL, "codes_changed:acct",
                 id="decimals"),
    pytest.param("acct,name\n007,Cash\nA10,Bank\n", "acct,name\n7,Cash\nA10,Bank\n", FULL, "codes_changed:acct",
                 id="one of two"),
    pytest.param("phone,n\n+431234,A\n+491234,B\n", "phone,n\n431234,A\n491234,B\n", FULL, "codes_changed:phone",
                 id="plus signs"),
    pytest.param("n,unit\n1,000\n2,0A1\n", "n,unit\n1,0\n2,A1\n", FULL, "codes_changed:unit", id="second column"),
    pytest.param(COUNTRIES, "code,nm\nDE ,Germany\nfr,France\nIT,Italia\n", FULL, "keys_repeated:code", id="near keys"),
    pytest.param(COUNTRIES, COUNTRIES + "DE,Deutschland\n", FULL, "keys_repeated:code", id="doubled key"),
    pytest.param(COUNTRIES, COUNTRIES + "de,Deutschland\n", FULL, "keys_repeated:code", id="doubled but for case"),
    pytest.param(COUNTRIES, COUNTRIES + "IT ,Italia\n", FULL, "keys_repeated:code", id="doubled but for a blank"),
    pytest.param("id,v\n1,a\n2,b\n", "id,v\n1,a\n2,b\n2,c\n", FULL, "keys_repeated:id", id="doubled number"),
    pytest.param("id,v\n1,a\n9,x\n", '\ufeff"id","v"\n"9","x"\n', APPEND, "rows_repeated", id="other bytes"),
    pytest.param("id,v\n1,a\n2,b\n", "id,v\n2,b\n3,c\n", APPEND, "rows_repeated", id="half of the rows"),
    pytest.param("id,v\n1,a\n2,b\n", "id;v\n2;b\n1;a\n", APPEND, "rows_repeated", id="other order and delimiter"),
    pytest.param("id,v\n1,a\n2,\n", "id,v\n2,\n", APPEND, "rows_repeated", id="with an empty value"),
    pytest.param("id,v\n1,a\n2,b\n", "id,v\n2,changed\n3,c\n", APPEND, "keys_repeated:id", id="a known key"),
    pytest.param("id,v\n1,a\n2,b\n", "id,v\n1,c\n2,d\n", APPEND, "keys_repeated:id", id="all keys known"),
    pytest.param(COUNTRIES, "code,nm\nES,Spain\nDE,Deutschland\n", APPEND, "keys_repeated:code", id="a known code"),
    pytest.param("iata_code,n,nm,s\nVIE,1,Wien,a\nLNZ,2,Linz,b\n", "nm,iata_code,s\nVienna,VIE,a\n", APPEND,
                 "keys_repeated:iata_code", id="a known code, fewer columns"),
    pytest.param("town,v\n" + "".join(f"T{n},{n}\n" for n in range(12)), "town,v\nT3,33\nT99,9\n", APPEND,
                 "keys_repeated:town", id="a known value of the first column"),
    pytest.param("code,day,v\nA,2024-01-01,1\nB,2024-01-01,2\n", "code,day,v\nA,2024-01-01,3\nC,2024-01-02,4\n",
                 APPEND, "keys_repeated:code", id="a known key of the same day"),
    pytest.param("v,id\na,1\nb,2\n", "id,v\n1,a\n2,b\n", APPEND, "rows_repeated", id="other order of columns"),
]  # fmt: skip


@pytest.mark.parametrize(("first", "later", "folder", "name"), LOSSES)
def test_a_load_whose_rows_lose_something_is_held_until_answered(
    site: Site, first: str, later: str, folder: str, name: str
) -> None:
    before = require_held_until_answered(site, first, later, folder, name)
    assert site.rows("t") != before


@pytest.mark.parametrize(("first", "later", "folder", "name"), [LOSSES[0], LOSSES[7], LOSSES[11]])
@pytest.mark.parametrize("policy", ["warn", "allow"])
def test_a_contract_lets_doubtful_rows_through(
    site: Site, policy: str, first: str, later: str, folder: str, name: str
) -> None:
    contracts = Path(site.deps.settings.dropoff_root) / "contracts"
    contracts.mkdir()
    (contracts / "t.yaml").write_text(f"name: t\nrefdata: {{on_doubtful_rows: {policy}}}\n")
    site.load(site.drop("t.csv", first, folder=folder))
    row = site.load(site.drop("t.csv", later, folder=folder), "run 2")
    assert row.status is FileStatus.COMPLETED, (name, row.error_message)
    said = [warning for warning in row.warnings if "on_doubtful_rows is warn" in warning]
    assert len(said) == (1 if policy == "warn" else 0)


HARMLESS = [
    pytest.param(ZIPS, ZIPS + "1001,Not Agawam\n", FULL, id="both codes"),
    pytest.param(ZIPS, ZIPS.replace("Agawam", "Westfield"), FULL, id="another value"),
    pytest.param("n,rate\n1,0.5x\n2,0.7\n", "n,rate\n1,.5x\n2,.7\n", FULL, id="decimals below one"),
    pytest.param("code,nm\nDE,x\nde,y\nFR,z\n", "code,nm\nDE,x\nde,y\nFR,q\n", FULL, id="case always mattered"),
    pytest.param(COUNTRIES, "code,nm\nES,Spain\nPT,Portugal\n", FULL, id="all rows new"),
    pytest.param(
        "id,day,v\n1,2024-01-01,a\n2,2024-01-01,b\n",
        "id,day,v\n1,2024-01-02,a\n2,2024-01-02,d\n",
        APPEND,
        id="the same keys another day",
    ),
    pytest.param(
        "code,year,v\nA,2023,1\nB,2023,2\n",
        "code,year,v\nA,2024,3\nB,2024,4\n",
        APPEND,
        id="the same keys another year",
    ),
    pytest.param("town,v\nGraz,1\nLinz,2\n", "town,v\nGraz,3\nWels,4\n", APPEND, id="values of no key"),
    pytest.param("id,v\n1,a\n1,b\n", "id,v\n1,c\n2,d\n", APPEND, id="keys that repeat already"),
    pytest.param("g,v\nx,1\nx,2\n", "g,v\nx,3\nx,3\n", FULL, id="no column ever identified the rows"),
]


@pytest.mark.parametrize(("first", "later", "folder"), HARMLESS)
def test_a_load_that_loses_nothing_asks_nothing(site: Site, first: str, later: str, folder: str) -> None:
    site.load(site.drop("t.csv", first, folder=folder))
    row = site.load(site.drop("t.csv", later, folder=folder), "run 2")
    assert row.status is FileStatus.COMPLETED, row.error_message


REPEATED = [
    pytest.param("code,name\nab,one\nAB,two\nc ,three\nc,four\n", 2, id="case and blanks"),
    pytest.param("code,name\nDE,Germany\nDE,Germany\nFR,a\nFR,b\n", 2, id="exactly"),
    pytest.param("code,name\nab,one\nAB,two\nab ,three\nab,four\n", 3, id="one code alone"),
    pytest.param("code;name\n ab;one\nab;two\ncd;three\n", 1, id="a blank before"),
    pytest.param("town,name\nGraz,one\nGRAZ,two\nLinz,three\nEnns,four\n", 1, id="capitals"),
    pytest.param("id,name\n1,one\n1,two\n2,three\n", 1, id="numbers"),
    pytest.param("code,name\nA\u200bB,one\nAB,two\nCD,three\n", 1, id="a space without width"),
    pytest.param("code,name\nAB\u00a0,one\nAB,two\nA\u00adB,three\n", 2, id="a hard space, a soft hyphen"),
    pytest.param("part,n\n" + "".join(f"K{n},{n}\n" for n in range(12)) + "K3,9\n", 1, id="codes in front"),
    pytest.param("code,name\nÉ1,one\né1,two\nÖ2,three\n", 1, id="letters with accents"),
]


@pytest.mark.parametrize(("content", "repeated"), REPEATED)
def test_a_first_file_with_repeated_codes_is_loaded_with_a_warning(site: Site, content: str, repeated: int) -> None:
    row = site.load(site.drop("countries.csv", content))
    assert row.status is FileStatus.COMPLETED, row.error_message
    values = "1 value" if repeated == 1 else f"{repeated} values"
    assert f"{values} of {content.partition(',')[0].partition(';')[0]} repeat" in " ".join(row.warnings)


NAMES = ["Graz", *(f"{first}{last}" for first in ("Ober", "Unter", "Neu") for last in ("dorf", "bach", "berg", "au"))]
UNREPEATED = [
    "town,name\nGraz,one\nGraz,two\nGraz,three\n",
    "code,name\nDE,Germany\nFR,France\n",
    "year,n\n2020,1\n2020,2\n",
    "town,n\n" + "".join(f"{name},{n}\n" for n, name in enumerate([*NAMES, "Graz"])),
    "town,n\n" + "".join(f"{name},{n}\n" for n, name in enumerate([*NAMES, "Graz", "NEUBACH"])),
]


@pytest.mark.parametrize("content", UNREPEATED)
def test_a_first_file_whose_values_may_repeat_warns_of_nothing(site: Site, content: str) -> None:
    row = site.load(site.drop("countries.csv", content))
    assert (row.status, row.warnings) == (FileStatus.COMPLETED, ())


NEAR = [
    pytest.param("code,nm\n" + "".join(f"K{n},a\n" for n in range(12_000)), "K7,", "k7,", id="one in small letters"),
    pytest.param("code,nm\n" + "".join(f"K{n},a\n" for n in range(12_000)), "K7,", "K7 ,", id="one with a blank"),
    pytest.param("code,nm\n" + "".join(f"k{n},a\n" for n in range(12_000)), "k", "K", id="all in capitals"),
    pytest.param("code,nm\n" + "".join(f"Kä{n},a\n" for n in range(12_000)), "Kä9,", "KÄ9,", id="an accent"),
    pytest.param("code,nm\n" + "".join(f"K{n},a\n" for n in range(12_000)), "K7,", "K\u200b7,", id="no width"),
    pytest.param(COUNTRIES, "FR", "F\u00adR", id="a soft hyphen in a short table"),
    pytest.param("n,code\n" + "".join(f"1,{n}x\n" for n in range(12_000)), ",77x", ",77X", id="another column"),
]


@pytest.mark.parametrize(("first", "old", "new"), NEAR)
def test_keys_that_nearly_equal_those_of_a_long_table_are_asked_about(
    site: Site, first: str, old: str, new: str
) -> None:
    site.load(site.drop("t.csv", first))
    held = site.load(site.drop("t.csv", first.replace(old, new)), "run 2")
    assert "keys_repeated:code" in (held.error_message or ""), held


@pytest.mark.parametrize("key", ["[code]", "[code, nm]"])
def test_a_stated_key_rejects_and_warns_instead_of_asking(site: Site, key: str) -> None:
    contracts = Path(site.deps.settings.dropoff_root) / "contracts"
    contracts.mkdir()
    (contracts / "t.yaml").write_text(f"name: t\nschema: {{primaryKey: {key}}}\n")
    site.load(site.drop("t.csv", COUNTRIES))
    row = site.load(site.drop("t.csv", COUNTRIES + "de,Germany\n"), "run 2")
    assert row.status is FileStatus.COMPLETED, row.error_message
    near = "1 value of code repeats another one, except for case, blanks, invisible characters and look-alike letters"
    assert (near in " ".join(row.warnings)) is (key == "[code]")


def test_fewer_repeated_rows_are_a_warning(site: Site) -> None:
    site.load(site.drop("t.csv", "id,v\n1,a\n2,b\n", folder=APPEND))
    row = site.load(site.drop("t.csv", "id,v\n2,b\n3,c\n4,d\n", folder=APPEND), "run 2")
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert row.warnings == ("1 row is in t already: this load added it again.",)


def test_in_airflow_the_load_waits_for_the_answer_and_its_turn_with_it(site: Site) -> None:
    site.load(site.drop("t.csv", ZIPS))
    asking = replace(site.deps, asks=True)
    file = site.drop("t.csv", ZIPS.replace("\n0", "\n"))
    detection = detect_format(asking, file, "run 2")
    align_table(asking, file, detection)
    loaded, held = load_or_hold(asking, file, detection)
    row = site.deps.ledger.get(detection.load_id)
    assert row is not None
    assert (loaded.status, held, row.status) == ("review", None, FileStatus.REVIEW)
    assert site.deps.warehouse.stages() == ()
    (asked,) = open_questions(asking, row)
    assert not any("1001" in text for text in (asked.question.subject, *asked.question.evidence)), "values of the file"
    assert asked.question.examples == ("'01001' became '1001'.", "'02134' became '2134'.", "'06390' became '6390'.",
                                       "'1001' has 4 characters.", "'2134' has 4 characters.")  # fmt: skip

    take_answers(asking, row, [Given(asked.question.fingerprint, "load", "ann", "as the post office said")])
    assert site.load(file, "run 2").status is FileStatus.COMPLETED
