"""Drops whose codes or numbers were changed by a spreadsheet or a program: each is held, with the evidence."""

from __future__ import annotations

import random

import pytest

from refdata.core.model import FileStatus
from refdata.ingest.align import align_table
from refdata.ingest.asking import QuestionsError
from refdata.ingest.detect import detect_format
from refdata.ingest.load import load_rows
from tests.integration.faults.conftest import require_held_until_answered
from tests.integration.ingest.conftest import APPEND, FULL, Site

GENES = "gene,score\nMARCH2,1\nSEPT7,2\nTP53,3\n"
PARTS = "part,name\n2-3,bolt\n4-11,nut\n10-12,pin\n"
ARTICLES = "article,name\n123E15,bolt\n77A12,nut\n"
RATES = "code,rate\nUSD,1.0837\nGBP,0.8412\nJPY,163.4521\n"
LANDS = "code,name\nAT,Austria\nNA,Namibia\nDE,Germany\n"
GRADES = "id,grade\n1,None\n2,A\n3,\n4,B\n"
EANS = "ean,name\n0401234567890,Tea\n0409876543210,Jam\n9783161484100,Book\n"

DAMAGED = [
    pytest.param(GENES, "gene,score\n2-Mar,1\n7-Sep,2\nTP53,3\n", FULL, "codes_changed:gene", id="days of months"),
    pytest.param(GENES, "gene,score\nMARCH2,1\n7-Sep,2\nTP53,3\n", FULL, "codes_changed:gene", id="one of three"),
    pytest.param(GENES, "gene,score\nMar-02,1\nSep-07,2\nTP53,3\n", FULL, "codes_changed:gene", id="month first"),
    pytest.param(GENES, "gene,score\n02. Mrz,1\nSEPT7,2\nTP53,3\n", FULL, "codes_changed:gene", id="German"),
    pytest.param(GENES, "gene,score\n1-Dec,9\nBRCA1,8\n", APPEND, "codes_changed:gene", id="in an append"),
    pytest.param(PARTS, "part,name\n2024-03-02,bolt\n2024-11-04,nut\n", FULL, "codes_changed:part", id="whole dates"),
    pytest.param(PARTS, "part,name\n02.03.2024,bolt\n25.12.2024,pin\n", FULL, "codes_changed:part", id="German dates"),
    pytest.param(ARTICLES, "article,name\n1.23E+17,bolt\n77A12,nut\n", FULL, "codes_changed:article", id="power"),
    pytest.param(ARTICLES, "article,name\n1.23E+17,bolt\n1.5E+12,nut\n", FULL, "codes_changed:article",
                 id="all powers"),
    pytest.param(EANS, "ean,name\n4.01235E+11,Tea\n9.78316E+12,Book\n", FULL, "codes_changed:ean", id="long codes"),
    pytest.param(EANS, "ean,name\n401234567890,Tea\n9783161484100,Book\n", FULL, "codes_changed:ean", id="long zeros"),
    pytest.param(EANS, "ean,name\n500000000001,New\n", APPEND, "codes_changed:ean", id="a new code, one digit short"),
    pytest.param(RATES, "code,rate\nUSD,1.08\nGBP,0.84\nJPY,163.45\n", FULL, "precision_lost:rate", id="two decimals"),
    pytest.param(RATES, "code,rate\nUSD,1\nGBP,1\nJPY,163\n", FULL, "precision_lost:rate", id="whole numbers"),
    pytest.param(RATES, "code,rate\nUSD,1.083\nGBP,0.841\nJPY,163.452\nCHF,0.9\n", FULL, "precision_lost:rate",
                 id="cut, with a new row"),
    pytest.param(RATES.replace("code", "currency_code"), "rate,currency_code\n1.1,USD\n0.8,GBP\n", FULL,
                 "precision_lost:rate", id="other order of columns"),
]  # fmt: skip


@pytest.mark.parametrize(("first", "later", "folder", "name"), DAMAGED)
def test_a_load_with_damaged_codes_is_held_until_answered(
    site: Site, first: str, later: str, folder: str, name: str
) -> None:
    require_held_until_answered(site, first, later, folder, name)


def test_a_column_is_asked_about_once_whatever_happened_to_it(site: Site) -> None:
    site.load(site.drop("t.csv", "code,n\nNA,1\n0012,2\n0345,3\n"))
    file = site.drop("t.csv", "code,n\n,1\n12,2\n345,3\n")
    detection = detect_format(site.deps, file, "run 2")
    align_table(site.deps, file, detection)
    with pytest.raises(QuestionsError) as held:
        load_rows(site.deps, file, detection)
    assert [question.name for question in held.value.questions] == ["codes_changed:code"]


@pytest.mark.parametrize(("first", "later", "folder", "name"), DAMAGED[::3])
def test_a_kept_answer_loads_the_next_such_file(site: Site, first: str, later: str, folder: str, name: str) -> None:
    site.load(site.drop("t.csv", first, folder=folder))
    site.load(site.drop("t.csv", later, folder=folder), "run 2", {name: "load"}, keep=True)
    site.load(site.drop("t.csv", first.replace("\n", " \n", 1), folder=folder), "run 3", {"rows_repeated": "load"})
    row = site.load(site.drop("t.csv", later + "\n", folder=folder), "run 4", {"rows_repeated": "load"})
    assert row.status in (FileStatus.COMPLETED, FileStatus.DUPLICATE), row.error_message


SILENT: dict[str, list[tuple[list[str], list[str]]]] = {
    "zeros behind": [
        (["1.10", "1.2", "beta"], ["1.1", "1.2", "beta"]),
        (["1.0", "2.0", "n/a"], ["1", "2", "n/a"]),
        (["1,50", "2,75", "free"], ["1,5", "2,75", "free"]),
        (["10.100", "10.20", "x"], ["10.1", "10.2", "x"]),
        (["3.10", "3.9", "3.10b"], ["3.1", "3.9", "3.10b"]),
    ],
    "zeros at both ends": [
        (["01.10", "01.20", "62.01"], ["1.1", "1.2", "62.01"]),
        (["01.10", "02.00", "x"], ["1.1", "2", "x"]),
        (["01,5", "02,25", "free"], ["1,5", "2,25", "free"]),
        (["001.100", "x", "010.20"], ["1.1", "x", "10.2"]),
        (["08.90", "08.9b", "35.11"], ["8.9", "08.9b", "35.11"]),
    ],
    "mark for text": [
        (["01001", "02134", "90210"], ["'01001", "'02134", "'90210"]),
        (["01001", "02134", "K0210"], ["'01001", "02134", "K0210"]),
        (["DE-01", "DE-02", "DE-03"], ["'DE-01", "'DE-02", "'DE-03"]),
        (["A1", "B2", "C3"], ['="A1"', '="B2"', '="C3"']),
        (["007", "A08", "B09"], ['="007"', "A08", "B09"]),
    ],
    "zeros within": [
        (["DE-01", "DE-12", "FR-03"], ["DE-1", "DE-12", "FR-3"]),
        (["01/2024", "11/2024", "12/2024"], ["1/2024", "11/2024", "12/2024"]),
        (["A007", "A123", "B045"], ["A7", "A123", "B45"]),
        (["1-02-003", "1-02-004", "x"], ["1-2-3", "1-2-4", "x"]),
        (["08:05", "18:30", "closed"], ["8:05", "18:30", "closed"]),
    ],
    "rounded": [
        (["1234567890123456", "1234567890123999", "2234567890123411"], ["1234570000000000"] * 2 + ["2234570000000000"]),
        (["12345678901234567890", "22345678901234567891", "3"], ["12345678901234500000", "22345678901234500000", "3"]),
        (["4012345678901", "X1", "4098765432109"], ["4012350000000", "X1", "4098770000000"]),
        (["4012345678901", "X1", "Y"], ["4,01235E+12", "X1", "Y"]),
        (["123456789012", "223456789013", "323456789014"], ["123457000000", "223457000000", "323457000000"]),
    ],
    "marks in whole numbers": [
        (["1234567", "2234567", "A1"], ["1.234.567", "2.234.567", "A1"]),
        (["0012345", "0034567", "1234567"], ["12,345", "34,567", "1,234,567"]),
        (["1234567", "2234567", "A1"], ["1 234 567", "2234567", "A1"]),
        (["56789", "12345", "A1"], ["56789.0", "12345.0", "A1"]),
        (["56789", "01234", "11111"], ["56789.00", "01234", "11111.00"]),
    ],
    "zeros in front": [
        (["0012", "0345", "1234"], ["000012", "000345", "001234"]),
        (["0012", "0345", "1234"], ["012", "0345", "1234"]),
        (["007", "A1", "12"], ["0007", "A1", "12"]),
        (["00", "01", "99"], ["0", "001", "099"]),
        (["000000012", "000001234", "x"], ["0000012", "00001234", "x"]),
    ],
    "dates": [
        (["2-1", "77A", "10-12"], ["2024-01-02", "77A", "10-12"]),
        (["MARCH1", "TP53", "BRCA1"], ["2024-03-01", "TP53", "BRCA1"]),
        (["2-1", "A", "B"], ["45293", "A", "B"]),
        (["1/2024", "x", "2/2024"], ["2024-01-01", "x", "2024-02-01"]),
        (["SEPT2", "DEC1", "z"], ["02.09.2024", "1-Dec", "z"]),
    ],
}
"""Codes of three rows, and what a spreadsheet made of them."""


def in_columns(variants: list[tuple[list[str], list[str]]], place: int) -> str:
    """One column for each variant, before (0) or after (1) the damage."""
    lines = [[chr(ord("p") + at) for at in range(len(variants))], *zip(*(one[place] for one in variants), strict=True)]
    quoted = [[f'"{text.replace(chr(34), 2 * chr(34))}"' for text in line] for line in lines]
    return "".join(f"{number};{';'.join(line)}\n" for number, line in zip(["n", 1, 2, 3], quoted, strict=True))


@pytest.mark.parametrize("kind", SILENT)
def test_each_column_whose_codes_were_changed_is_asked_about(site: Site, kind: str) -> None:
    """All variants of a kind are columns of one file, so that a kind costs two loads."""
    variants = SILENT[kind]
    site.load(site.drop("t.csv", in_columns(variants, 0)))
    file = site.drop("t.csv", in_columns(variants, 1))
    detection = detect_format(site.deps, file, "run 2")
    align_table(site.deps, file, detection)
    with pytest.raises(QuestionsError) as held:
        load_rows(site.deps, file, detection)
    names = {f"codes_changed:{chr(ord('p') + at)}" for at in range(len(variants))}
    assert {question.name for question in held.value.questions} == names, site.columns("t")


UNHARMED = [
    pytest.param(GENES, GENES.replace("3\n", "4\n"), FULL, id="other values beside the codes"),
    pytest.param("d,note\n2-Mar,a\n3-Apr,b\n", "d,note\n4-May,c\n5-Jun,d\n", FULL, id="days of months all along"),
    pytest.param("n,note\n1,see 2024-01-05\n2,2024-02-06\n", "n,note\n1,2024-03-07\n2,2024-03-08\n", FULL,
                 id="dates among the texts"),
    pytest.param(RATES, "code,rate\nUSD,1.1201\nGBP,0.9\nJPY,150\n", FULL, id="one value keeps its decimals"),
    pytest.param(RATES, "code,rate\nUSD,2.5\nGBP,3.5\nJPY,99.5\n", FULL, id="other values with fewer decimals"),
    pytest.param("code,price\nA,1.50\nB,2.10\n", "code,price\nA,1.5\nB,2.1\n", FULL, id="zeros behind the decimals"),
    pytest.param(EANS, EANS + "1234567890123,New\n", FULL, id="a new code of the same length"),
    pytest.param("v,n\n1.10,A\n1.2,B\nx,C\n", "v,n\n1.10,A\n1.2,B\n1.11,D\n1.3,E\n", FULL, id="other versions"),
    pytest.param("v,n\n1.05,A\nx,C\n", "v,n\n1.5,A\nx,C\n", FULL, id="another version"),
    pytest.param("c,n\nDE-01,A\nDE-12,B\n", "c,n\nDE-02,A\nDE-12,B\nDE-9X,C\n", FULL, id="other parts"),
    pytest.param("c,n\nDE-1,A\nDE-12,B\n", "c,n\nDE-01,A\nDE-12,B\n", FULL, id="zeros added"),
    pytest.param("n,t\n1,rock 'n' roll\n2,x\n", "n,t\n1,'n' roll\n2,x\n", FULL, id="an apostrophe in a text"),
    pytest.param("n,t\n1,one 01 May\n2,x\n", "n,t\n1,2024-03-07\n2,x\n", FULL, id="a date among texts"),
    pytest.param("n,k\n1,1234567890123456\n", "n,k\n1,1234567890123457\n2,5000000000000000\n", FULL, id="long"),
    pytest.param("c,n\n0012,A\n0345,B\n", "c,n\n0012,A\n00345,B\n0345,C\n", FULL, id="another code beside"),
    pytest.param("c,n\n1234,A\nX,B\n", "c,n\n1234,A\n1.234,B\n56.0,C\n", FULL, id="other numbers with marks"),
    pytest.param("c,n\n1.0,A\n1,B\nX,C\n", "c,n\n2.0,A\n1.0,B\nX,C\n", FULL, id="decimals all along"),
    pytest.param("n,code\n1,A1\n2,77\n", "n,code\n3,5\n4,B2\n", APPEND, id="numbers among codes without zeros"),
    pytest.param(LANDS, "code,name\nAT,Austria\nDE,Germany\n", FULL, id="the row of a word for nothing is gone"),
    pytest.param(GRADES, "id,grade\n2,A\n3,\n4,B\n", FULL, id="as many empty values as before"),
    pytest.param(GRADES, "id,grade\n1,None\n2,\n3,\n4,B\n", FULL, id="another value became empty"),
]  # fmt: skip


@pytest.mark.parametrize(("first", "later", "folder"), UNHARMED)
def test_what_loses_nothing_is_not_asked(site: Site, first: str, later: str, folder: str) -> None:
    site.load(site.drop("t.csv", first, folder=folder))
    row = site.load(site.drop("t.csv", later, folder=folder), "run 2")
    assert row.status is FileStatus.COMPLETED, row.error_message


@pytest.mark.parametrize("seed", range(6))
def test_codes_of_any_shape_that_lose_their_zeros_are_held(site: Site, seed: int) -> None:
    rng = random.Random(seed)
    width, plain = rng.randint(3, 9), rng.randint(1, 30)
    ones = {f"{rng.randrange(10 ** (width - 1)):0{width}d}" for _ in range(plain)} | {f"0{'1' * (width - 1)}"}
    others = {f"{rng.choice('ABC')}{rng.randrange(10**width)}" for _ in range(rng.randint(0, 5))}
    lines = [f"{code};{rng.randrange(100)}\n" for code in sorted(ones | others)]
    suffix = rng.choice(["", ".0"]) if not others else ""
    site.load(site.drop("t.csv", "code;n\n" + "".join(lines)))
    lost = [f"{line.partition(';')[0].lstrip('0') or '0'}{suffix};{line.partition(';')[2]}" for line in lines]
    held = site.load(site.drop("t.csv", "code;n\n" + "".join(lost)), "run 2")
    assert "codes_changed:code" in (held.error_message or ""), (lines, lost)
