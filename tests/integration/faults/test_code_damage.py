"""Drops whose codes or numbers were changed by a spreadsheet or a program: each is held, with the evidence."""

from __future__ import annotations

import random

import pytest

from refdata.core.model import FileStatus
from tests.integration.faults.conftest import require_held_until_answered
from tests.integration.ingest.conftest import APPEND, FULL, Site

GENES = "gene,score\nMARCH2,1\nSEPT7,2\nTP53,3\n"
PARTS = "part,name\n2-3,bolt\n4-11,nut\n10-12,pin\n"
ARTICLES = "article,name\n123E15,bolt\n77A12,nut\n"
RATES = "code,rate\nUSD,1.0837\nGBP,0.8412\nJPY,163.4521\n"
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


@pytest.mark.parametrize(("first", "later", "folder", "name"), DAMAGED[::3])
def test_a_kept_answer_loads_the_next_such_file(site: Site, first: str, later: str, folder: str, name: str) -> None:
    site.load(site.drop("t.csv", first, folder=folder))
    site.load(site.drop("t.csv", later, folder=folder), "run 2", {name: "load"}, keep=True)
    site.load(site.drop("t.csv", first.replace("\n", " \n", 1), folder=folder), "run 3", {"rows_repeated": "load"})
    row = site.load(site.drop("t.csv", later + "\n", folder=folder), "run 4", {"rows_repeated": "load"})
    assert row.status in (FileStatus.COMPLETED, FileStatus.DUPLICATE), row.error_message


UNHARMED = [
    pytest.param(GENES, GENES.replace("3\n", "4\n"), FULL, id="other values beside the codes"),
    pytest.param("d,note\n2-Mar,a\n3-Apr,b\n", "d,note\n4-May,c\n5-Jun,d\n", FULL, id="days of months all along"),
    pytest.param("n,note\n1,see 2024-01-05\n2,2024-02-06\n", "n,note\n1,2024-03-07\n2,2024-03-08\n", FULL,
                 id="dates among the texts"),
    pytest.param(RATES, "code,rate\nUSD,1.1201\nGBP,0.9\nJPY,150\n", FULL, id="one value keeps its decimals"),
    pytest.param(RATES, "code,rate\nUSD,2.5\nGBP,3.5\nJPY,99.5\n", FULL, id="other values with fewer decimals"),
    pytest.param("code,price\nA,1.50\nB,2.10\n", "code,price\nA,1.5\nB,2.1\n", FULL, id="zeros behind the decimals"),
    pytest.param(EANS, EANS + "1234567890123,New\n", FULL, id="a new code of the same length"),
    pytest.param("n,code\n1,A1\n2,77\n", "n,code\n3,5\n4,B2\n", APPEND, id="numbers among codes without zeros"),
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
